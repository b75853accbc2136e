"""Two answers for whoever watches the web port: is the process alive, and would a call sent now be acknowledged?"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from store import client

Check = Callable[[], str | None]


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """`/healthz`: this process answers. It asks nobody else, so a restart is only due when this fails."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """`/readyz`: 200 when a POST would be acknowledged, else 503 with a reason for each part that stands in the way."""
    reasons = {name: reason for name, check in CHECKS.items() if (reason := check())}
    if reasons:
        return JsonResponse({"status": "unavailable", "reasons": reasons}, status=503, headers={"Retry-After": "1"})
    return JsonResponse({"status": "ok"})


def event_store() -> str | None:
    """The store answers a statement."""
    return None if client.ping() else "The event store does not answer."


def control_database() -> str | None:
    """The control database answers, or every key a sender may use is still remembered by this process."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM projects_project LIMIT 1")
    except DatabaseError:
        return "The control database does not answer."
    return None


CHECKS: dict[str, Check] = {"event_store": event_store, "control_database": control_database}
