"""What was refused and why, by project, reason and sender, with the latest example: what Data health shows."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models import F

from ingest.models import Refusal
from ingest.origin import Origin
from ingest.tally import Entry, Tally

OPEN_ENDED = ("tags", "usage.raw")
"""Fields whose inner names senders choose: counted under the outer name."""


class RejectedItem(Protocol):
    """What is needed of a refused item."""

    @property
    def id(self) -> str | None: ...

    @property
    def errors(self) -> dict[str, list[str]]: ...


def note(origin: Origin, rejected: Sequence[RejectedItem]) -> None:
    """Count refused items, once for each field at fault."""
    for item in rejected:
        for field, why in item.errors.items():
            _add(origin, _reason(field), {"id": str(item.id or "")[:64], "field": field[:100], "why": why[0][:300]})


def note_request(origin: Origin, code: str) -> None:
    """Count a whole request that was refused."""
    _add(origin, code, {})


def flush() -> None:
    """Write now what would be written within the minute."""
    _tally.flush()


def _reason(field: str) -> str:
    outer = field.split(".", 1)[0]
    return outer if outer in OPEN_ENDED else field[:80]


def _add(origin: Origin, reason: str, example: dict[str, Any]) -> None:
    sender = f"{origin.sender_name} {origin.sender_version}".strip()[:200]
    if not _tally.add((origin.project_id, reason, sender), 1, example):
        _tally.add((origin.project_id, "other", ""), 1, example)


def _write(key: tuple[int, str, str], entry: Entry) -> None:
    project_id, reason, sender = key
    found = Refusal.objects.filter(project_id=project_id, reason=reason, sender=sender)
    changes = {"count": F("count") + entry.count, "last_at": entry.last_at, "example": entry.detail or {}}
    if found.update(**changes):
        return
    try:
        with transaction.atomic():
            Refusal.objects.create(
                project_id=project_id, reason=reason, sender=sender, count=entry.count, example=entry.detail or {},
                first_at=entry.last_at, last_at=entry.last_at,
            )  # fmt: skip
    except IntegrityError:  # another process made the row first, or the project is gone
        found.update(**changes)


SOON_S = 2.0
"""Whoever sends for the first time waits on a page to see what was refused."""
_tally = Tally("refusals", _write, SOON_S)
