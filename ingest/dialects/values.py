"""Read one attribute value that may have any type. What cannot be read is None, never a guess."""

import math
from typing import Any

import msgspec

from polymeter.event import Limits

LONGEST_MS = 1e12
SMALL_COUNT = 65_535


def text(value: Any) -> str | None:
    """A name. Longer ones are cut, because one odd label must not lose a call."""
    if type(value) is str:
        return value[: Limits.NAME_CHARS] or None
    if value is None or isinstance(value, (list, dict, bytes)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def integer(value: Any) -> int | None:
    """A count: whole, not negative."""
    if type(value) is int:
        return value if 0 <= value <= Limits.COUNT else None
    as_number = number(value)
    return None if as_number is None or as_number < 0 or as_number > Limits.COUNT else int(as_number)


def number(value: Any) -> float | None:
    """A finite number, also when it was sent as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def truth(value: Any) -> bool | None:
    """A switch: true, "True", "true", 1 and their opposites."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def seconds(value: Any) -> float | None:
    """A duration that the sender states in seconds, in milliseconds."""
    found = number(value)
    return None if found is None else duration_ms(found * 1000)


def duration_ms(value: Any) -> float | None:
    """A duration in milliseconds: not negative, and not longer than a call can be."""
    found = number(value)
    return found if found is not None and 0 <= found <= LONGEST_MS else None


def small(value: Any) -> int | None:
    """A count that fits 16 bits, such as an attempt."""
    count = integer(value)
    return count if count is not None and count <= SMALL_COUNT else None


def money(value: Any) -> str | None:
    """A cost the sender computed, as exact text. Zero is what senders without a price list say, so it is unknown."""
    amount = number(value)
    return str(value).strip() if amount is not None and amount > 0 else None


def first(value: Any) -> str | None:
    """The first of a list, of a list written as JSON text, or the value itself."""
    if isinstance(value, str) and value.startswith("["):
        value = json(value)
    if isinstance(value, list):
        value = value[0] if value else None
    return text(value)


def json(value: Any) -> Any:
    """JSON text taken apart; anything else as it is."""
    if not isinstance(value, str) or value[:1] not in '{["':
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return value


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one."""
    value = json(value)
    return value if isinstance(value, dict) else {}
