"""The key check of plain Django views: who is calling, and may they. Nothing about what is called."""

import base64
import binascii
import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from projects import keys
from projects.keys import KeyIdentity
from projects.problem import problem

CHALLENGE = 'Bearer realm="polymeter", Basic realm="polymeter"'


def client_ip(request: HttpRequest) -> str | None:
    """Return where a request comes from; what a proxy says counts only when we were told to trust it."""
    given = request.META.get("REMOTE_ADDR") or None
    if settings.TRUST_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        given = forwarded.rsplit(",", 1)[-1].strip()  # the last hop is the one our own proxy wrote
    try:
        return str(ipaddress.ip_address(given)) if given else None
    except ValueError:
        return None


class KeyedRequest(HttpRequest):
    """A request whose key was checked."""

    key: KeyIdentity


View = Callable[..., HttpResponseBase]


def secret_of(authorization: str) -> str | None:
    """Return the key in an Authorization header: `Bearer KEY`, or `Basic` with KEY as the password of any user."""
    kind, _, value = authorization.partition(" ")
    value = value.strip()
    if kind.lower() == "bearer":
        return value or None
    if kind.lower() != "basic":
        return None
    try:
        _user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password or None


def check(authorization: str, scope: str) -> KeyIdentity | HttpResponse:
    """Return who is calling, or the answer that refuses them: 401, 403, or 503 while keys cannot be looked up."""
    secret = secret_of(authorization)
    if secret is None:
        return missing_key()
    try:
        identity = keys.identify(secret)
    except DatabaseError:
        return lookup_failed()
    if identity is None:
        return unknown_key()
    if scope not in identity.scopes:
        return missing_scope(identity, scope)
    keys.touch(identity.key_id)
    return identity


def require_key(scope: str) -> Callable[[View], View]:
    """Let only callers with a key of this scope in, as `request.key`; everyone else gets a problem document."""

    def decorate(view: View) -> View:
        @wraps(view)
        def keyed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            found = check(request.META.get("HTTP_AUTHORIZATION", ""), scope)
            if isinstance(found, HttpResponse):
                return found
            request.key = found  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return csrf_exempt(keyed)

    return decorate


def missing_key() -> HttpResponse:
    """401: no key came along."""
    detail = "Send your API key as “Authorization: Bearer KEY”. Create one under Settings → API keys."
    return problem(401, "missing_key", "No API key", detail, headers={"WWW-Authenticate": CHALLENGE})


def unknown_key() -> HttpResponse:
    """401: a key came along and is not ours, or no longer."""
    detail = "This API key is unknown or was revoked. Create one under Settings → API keys."
    return problem(401, "unknown_key", "Unknown key", detail, headers={"WWW-Authenticate": CHALLENGE})


def missing_scope(identity: KeyIdentity, scope: str) -> HttpResponse:
    """403: a good key for something else."""
    have = ", ".join(sorted(identity.scopes))
    detail = (
        f"The key {identity.prefix}… has the scopes {have}; this needs “{scope}”. "
        f"Create a key with that scope under Settings → API keys."
    )
    return problem(403, "missing_scope", "Key lacks a scope", detail, scope=scope)


def lookup_failed() -> HttpResponse:
    """503: a key we have not seen lately, and the database that knows does not answer."""
    detail = "API keys cannot be checked right now. Nothing was stored; send the same request again in a few seconds."
    return problem(503, "keys_unavailable", "Keys cannot be checked", detail, headers={"Retry-After": "5"})
