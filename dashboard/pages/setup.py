"""The first run: make a key, send one call, and see it arrive. Shown in place of an empty project's pages."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from django.views.decorators.vary import vary_on_headers

from analytics import calls as stored
from dashboard import format as fmt
from dashboard import one_call
from dashboard.arrivals import refusals as refused
from dashboard.breakdown import name_of
from dashboard.one_call import Call
from dashboard.pages.settings import first_time
from dashboard.snippets import Way, ways
from projects import keys
from projects.access import may, membership_for, project_page
from projects.audit import Actor
from projects.http import client_ip
from projects.models import Project, Role
from store.client import StoreError

STOP_POLLING: Final = 286
"""htmx's word for: this was the last answer you needed to ask for."""
KEY_NAME: Final = "First key"
SCOPES: Final = ("ingest", "read")


@dataclass(frozen=True, slots=True)
class Arrival:
    """The newest call of a project that has calls."""

    at: datetime
    href: str
    model: str
    tokens: str
    cost: str
    took: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has arrived so far: a call, or refusals, or nothing."""

    slug: str
    zone: ZoneInfo
    arrival: Arrival | None
    refusals: Sequence[Any]
    silent: bool = False
    """The store did not answer; ask again."""


@dataclass(frozen=True)
class SetupPage:
    """Three steps. `secret` is shown on the answer that made it and never again."""

    project: Project
    edits: bool
    living: int
    ways: Sequence[Way]
    way: Way
    waiting: Waiting
    nonce: str
    secret: str = ""


@never_cache
@vary_on_headers("HX-Request")
@require_http_methods(["GET", "HEAD", "POST"])
@project_page()
def setup(request: HttpRequest, project: Project) -> HttpResponse:
    """The page; POST makes a key and shows its secret once."""
    if request.method != "POST":
        return _show(request, project)
    membership_for(request.user, project.slug, Role.EDITOR)
    if not first_time(request):
        messages.info(request, "This key was made already; its secret is shown only once.")
        return redirect("dashboard:setup", project.slug)
    by = Actor(cast(User, request.user), client_ip(request))
    _, secret = keys.create(project, name=KEY_NAME, scopes=SCOPES, by=by)
    return _show(request, project, secret)


def _show(request: HttpRequest, project: Project, secret: str = "") -> HttpResponse:
    role = membership_for(request.user, project.slug).role
    every = ways(base_url(request), secret)
    wanted = request.GET.get("way", "")
    page = SetupPage(
        project=project,
        edits=may(role, Role.EDITOR),
        living=project.api_keys.filter(revoked_at=None).count(),
        ways=every,
        way=next((way for way in every if way.name == wanted), every[0]),
        waiting=_waiting(project),
        nonce=secrets.token_urlsafe(9),
        secret=secret,
    )
    fragment = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    return render(request, f"dashboard/{'_setup_steps' if fragment else 'setup'}.html", {"page": page})


def base_url(request: HttpRequest) -> str:
    """Where this server is reached, without a slash at the end."""
    return settings.SITE_URL if settings.HTTPS else request.build_absolute_uri("/").rstrip("/")


@never_cache
@require_GET
@project_page()
def waiting(request: HttpRequest, project: Project) -> HttpResponse:
    """Whether the first call has arrived; asked every two seconds until it has."""
    page = _waiting(project)
    status = STOP_POLLING if page.arrival else 200
    return render(request, "dashboard/_setup_waiting.html", {"page": page}, status=status)


def _waiting(project: Project) -> Waiting:
    zone = ZoneInfo(project.timezone)
    refusals = list(refused(project)[:5])
    try:
        found = stored.page(project.pk, (), None, limit=1).calls
    except StoreError:
        return Waiting(project.slug, zone, None, refusals, silent=True)
    return Waiting(project.slug, zone, _arrival(project, found[0]) if found else None, refusals)


def _arrival(project: Project, call: Call) -> Arrival:
    return Arrival(
        one_call.started(call),
        one_call.call_url(project.slug, call["id"]),
        name_of(call["model"] or ""),
        one_call.arrow(call),
        fmt.money(one_call.cost(call)),
        fmt.duration(call["latency_ms"]),
    )
