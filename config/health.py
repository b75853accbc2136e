"""Two answers for whoever watches the web port: is the process alive, and would a call sent now be acknowledged?"""

import shutil
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ingest import accept
from projects import keys
from store import client

Check = Callable[[], str | None]

LEAST_FREE_BYTES = 256 * 1024 * 1024  # a merge needs room for a second copy of what it merges


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
    """The store takes inserts."""
    return None if client.writable() else "The event store does not take calls now: see the log of the store."


def control_database() -> str | None:
    """The control database answers, or this process remembers the keys of its senders from before it went away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return None if keys.remembered() else "The control database does not answer, so no key can be checked."
    return None


def queue() -> str | None:
    """There is room for one more request."""
    return None if accept.writer().has_room() else "Calls arrive faster than they can be stored: the queue is full."


def disk() -> str | None:
    """The embedded store has room to write."""
    if settings.EVENTS_URL != "embedded" or shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES:
        return None
    return f"Less than {LEAST_FREE_BYTES // 2**20} MiB are left on the disk of DATA_DIR."


CHECKS: dict[str, Check] = {
    "event_store": event_store,
    "control_database": control_database,
    "queue": queue,
    "disk": disk,
}
