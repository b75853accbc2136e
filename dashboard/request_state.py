"""The state of a request's address, and the cookie that remembers the last period. GET writes nothing else."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard import url_state
from dashboard.url_state import UrlState
from projects.models import Project

PERIOD_COOKIE = "period"
YEAR = 365 * 24 * 3600


def state_of(request: HttpRequest, project: Project) -> UrlState:
    """Read the address of a page of `project`."""
    return url_state.read(
        request.META.get("QUERY_STRING", ""),
        project_id=project.pk,
        slug=project.slug,
        zone=project.timezone,
        now=timezone.now(),
        default=request.COOKIES.get(PERIOD_COOKIE, ""),
    )


def remember(response: HttpResponse, state: UrlState) -> HttpResponse:
    """Keep the period for pages whose address names none."""
    if state.period:
        response.set_cookie(PERIOD_COOKIE, state.period, max_age=YEAR, samesite="Lax")
    return response
