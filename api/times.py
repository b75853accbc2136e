"""Times as callers write them: RFC 3339 with an offset, or a plain date or time in the question's zone."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from analytics.question import MAX_SPAN, Span

DEFAULT_LENGTH: Final = timedelta(days=7)
LONGEST: Final = MAX_SPAN


def moment(name: str, text: str, zone: str) -> datetime:
    """Read one time; a date is its first moment.

    Raises:
        ValueError: it is no time of the years 1970 to 2099.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=ZoneInfo(zone)) if found.tzinfo is None else found
        if not 1970 <= found.year < 2100:
            raise ValueError("out of range")
    except ValueError as exc:
        raise ValueError(f"{name}: {text!r} is no time. Write for example 2026-11-01 or 2026-11-01T09:30:00Z.") from exc
    return found


def span(start: str | None, end: str | None, zone: str, now: datetime) -> Span:
    """Return [start, end); without them the seven days up to now."""
    last = moment("to", end, zone) if end else now
    first = moment("from", start, zone) if start else last - DEFAULT_LENGTH
    return Span(first, last)
