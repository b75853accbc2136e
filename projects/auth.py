"""Django REST framework's view of keys: who is calling, may they, and errors as problem documents."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from projects import http, keys
from projects.keys import KeyIdentity
from projects.problem import ProblemError, problem

if TYPE_CHECKING:
    from rest_framework.views import APIView  # at run time that module imports this one


class Machine:
    """Who a key stands for, where DRF wants a user; it is nobody's account."""

    is_authenticated = True
    is_active = True
    pk = None

    def __init__(self, key: KeyIdentity) -> None:
        self.key = key

    def __str__(self) -> str:
        return f"key {self.key.prefix}…"


class KeyAuthentication(BaseAuthentication):
    """`request.auth` becomes the KeyIdentity of a Bearer (or Basic) key."""

    def authenticate(self, request: Request) -> tuple[Machine, KeyIdentity] | None:
        secret = http.secret_of(request.META.get("HTTP_AUTHORIZATION", ""))
        if secret is None:
            return None
        try:
            identity = keys.identify(secret)
        except DatabaseError as failure:
            raise Refused(http.lookup_failed()) from failure
        if identity is None:
            raise Refused(http.unknown_key())
        keys.touch(identity.key_id)
        return Machine(identity), identity

    def authenticate_header(self, request: Request) -> str:
        return http.CHALLENGE


class HasScope(BasePermission):
    """The key must have the view's `scope` ("read" unless the view says otherwise)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, KeyIdentity):
            raise Refused(http.missing_key())
        scope = getattr(view, "scope", "read")
        if scope not in key.scopes:
            raise Refused(http.missing_scope(key, scope))
        return True


class Refused(exceptions.APIException):
    """A finished answer, raised where DRF expects an exception."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.status_code = answer.status_code
        self.answer = answer


TITLES = {
    400: ("bad_request", "Unreadable request"),
    401: ("missing_key", "No API key"),
    403: ("forbidden", "Not allowed"),
    404: ("not_found", "Not found"),
    405: ("method_not_allowed", "Method not allowed"),
    406: ("not_acceptable", "No such form of answer"),
    415: ("unsupported_media_type", "Unsupported content type"),
    422: ("invalid", "Invalid values"),
    429: ("throttled", "Too many requests"),
}


def as_problem(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: the same documents as plain views give. None lets Django answer 500."""
    if isinstance(exception, Refused):
        return exception.answer
    if isinstance(exception, ProblemError):
        return exception.response()
    if isinstance(exception, RequestDataTooBig):
        return problem(413, "too_large", "Body too large", "The body is too large. Ask for less at once.")
    if isinstance(exception, RecursionError):
        return problem(400, "malformed", "Not JSON", "The JSON is nested too deeply to read. Send it flat.")
    if isinstance(exception, Http404):
        exception = exceptions.NotFound(str(exception) or None)
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied(str(exception) or None)
    if not isinstance(exception, exceptions.APIException):
        return None
    return _from_api_exception(exception)


def _from_api_exception(exception: exceptions.APIException) -> HttpResponse:
    if isinstance(exception, exceptions.ValidationError):
        detail = "Some values cannot be used; “errors” names each field and what is wrong with it."
        return problem(422, "invalid", "Invalid values", detail, errors=_field_errors(exception.detail))
    code, title = TITLES.get(exception.status_code, ("error", "Error"))
    return problem(exception.status_code, code, title, str(exception.detail), headers=_headers(exception))


def _headers(exception: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if header := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = str(header)
    if (wait := getattr(exception, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    return headers


def _field_errors(detail: Any) -> Any:
    """Errors that belong to no field are listed under an empty name."""
    return detail if isinstance(detail, dict) else {"": detail}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes a key."""

    target_class = "projects.auth.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API key of the project: `Bearer KEY`."}
