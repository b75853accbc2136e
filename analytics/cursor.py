"""Where a page of calls ends, as an opaque text: the order's own values of the last call. Pure."""

import base64
import json
import uuid
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last call of a page in the order `sort`: its value (None: unknown), its start in µs and its id."""

    sort: str
    value: str | None
    ts_us: int
    call_id: uuid.UUID

    def text(self) -> str:
        """Return the cursor as text for the wire."""
        plain = json.dumps([self.sort, self.value, self.ts_us, self.call_id.hex], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read(text: str, sort: str) -> Cursor:
    """Read a cursor that `text()` wrote.

    Raises:
        ValueError: it is none, or it belongs to another order.
    """
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found = _checked(json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)))
    except (ValueError, TypeError, KeyError, InvalidOperation, RecursionError) as exc:
        raise ValueError("cursor: use the value of `next` as it came, without changes.") from exc
    if found.sort != sort:
        raise ValueError(f"cursor: it belongs to sort={found.sort}; repeat that, or start without a cursor.")
    return found


def _checked(values: Any) -> Cursor:
    sort, value, ts_us, call_id = values
    if not (isinstance(sort, str) and isinstance(ts_us, int) and 0 <= ts_us < 2**53 and isinstance(call_id, str)):
        raise ValueError("not a cursor")
    if value is not None and not (
        isinstance(value, str) and Decimal(value).is_finite() and abs(Decimal(value)) < 10**19
    ):
        raise ValueError("not a cursor")
    return Cursor(sort, value, ts_us, uuid.UUID(call_id))
