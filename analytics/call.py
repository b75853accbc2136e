"""One stored call as the API speaks it: the sender's names and convention, null for unknown, money as text."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from analytics.where import micros
from pricing import snapshot
from pricing.book import PriceBook
from pricing.cost import Billable, Line
from pricing.usage import UsageVector, spoken
from store.fold import provenance
from store.schema import USAGE

Row = Mapping[str, Any]

MOST_TOKENS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
PLAIN: Final = (
    "trace_id", "span_id", "parent_span_id", "response_id", "operation", "provider", "vendor", "requested_model",
    "model", "billed_model", "region", "tier", "processing", "status", "error_type", "http_status", "error_message",
    "finish_reason", "environment", "task", "feature", "user_id", "customer_id", "session_id", "role", "stage",
    "attempt", "group_id", "fallback_reason", "outcome_id", "agent", "team", "key_id", "credential",
    "system_fingerprint",
)  # fmt: skip
"""Fields whose column has the field's name."""
NESTED: Final = {
    "prompt": {"name": "prompt_name", "version": "prompt_version"},
    "route": {
        "name": "route_name", "version": "route_version", "type": "route_type", "branch": "route_branch",
        "reason": "route_reason", "propensity": "route_propensity", "overhead_ms": "route_overhead_ms",
    },
    "experiment": {"key": "experiment_key", "arm": "experiment_arm", "phase": "experiment_phase"},
    "cache": {"hit": "cache_hit", "saved_usd": "cache_saved_usd"},
    "schema": {"id": "schema_id", "ok": "schema_ok"},
    "sender": {"name": "sender_name", "version": "sender_version"},
}  # fmt: skip
BODIES: Final = ("input", "output", "tool_calls")


def call(row: Row, body: Row | None = None, *, receipt: bool = True) -> dict[str, Any]:
    """Return the call. With `body`, its texts too: '' in the store means that none was kept.

    Without `receipt` the cost has no lines, which is much quicker for very many calls.
    """
    told: dict[str, Any] = {"id": str(row["call_id"]), "started_at": instant(row["ts"])}
    told |= {name: row[name] for name in ("latency_ms", "ttft_ms", "streaming")}
    told |= {name: _known(row[name]) for name in PLAIN}
    told |= {name: _nested(row, columns) for name, columns in NESTED.items()}
    told |= {"usage": usage(row), "cost_usd": _money(row["provider_cost_usd"]), "tags": dict(row["tags"])}
    told |= {
        "checks": _json(row["checks"]),
        "request_params": _json(row["request_params"]),
        "extra": dict(row["extra"]),
    }
    told["cost"] = cost(row, receipt=receipt)
    told |= {"received_at": instant(row["ingested_at"]), "dialect": _known(row["dialect"])}
    if body is not None:
        told |= {name: _text(body.get(name, "")) for name in BODIES}
    return told


def instant(moment: datetime) -> str:
    """Return the time as RFC 3339 text in UTC, with microseconds only where needed."""
    return moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds").replace(
        "+00:00", "Z"
    )


def _known(value: Any) -> Any:
    return None if value == "" else value


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


def plain(amount: Decimal) -> str:
    """Return money as text without an exponent and without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _nested(row: Row, columns: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the object, or null when the sender told nothing of it."""
    values = {name: _known(row[column]) for name, column in columns.items()}
    values = {name: _money(value) if isinstance(value, Decimal) else value for name, value in values.items()}
    return values if any(value is not None for value in values.values()) else None


def _json(text: str) -> Any:
    return json.loads(text) if text else None


def _text(text: str) -> Any:
    """Return a body: text as it was sent; what was sent as a JSON object or list comes back as one."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text or None


def usage(row: Row) -> dict[str, Any] | None:
    """Return the counts in the sender's convention; null when none was told."""
    vector, convention = _vector(row), row["usage_convention"] or None
    counts: dict[str, Any] = spoken(vector, convention, row["usage_flag"]) | _counts_as_told(row)
    raw = _json(row["usage_raw"])
    if raw is None and all(count is None for count in counts.values()):
        return None
    return counts | {"convention": convention, "raw": raw, "flag": _known(row["usage_flag"])}


def _counts_as_told(row: Row) -> dict[str, Any]:
    """The few counts that the vector cannot give back, as they were sent."""
    known = spoken(UsageVector(), None)
    return {name: count for name, count in provenance(row["fold"]).usage.items() if name in known}


def _vector(row: Row) -> UsageVector:
    return UsageVector(*(row[column.name] for column in USAGE))


def cost(row: Row, *, receipt: bool = True) -> dict[str, Any]:
    """Return what the call cost, how well that is known, and the receipt line by line."""
    return {
        "amount_usd": _money(row["cost_current"]),
        "status": _known(row["cost_status"]),
        "floor_usd": _money(row["cost_floor"]),
        "ceiling_usd": _money(row["cost_ceiling"]),
        "booked_usd": _money(row["cost_booked"]),
        "price_book": row["book_current"],
        "lines": [_line(line) for line in lines(row)] if receipt else [],
    }


def lines(row: Row) -> list[Line]:
    """Return the receipt by the price book that made the current cost."""
    if row["cost_status"] in ("", "free", "usage_unknown"):
        return []
    return book(row["book_current"]).lines(billable(row))


def book(version: int) -> PriceBook:
    """Return the price book of a version; the newest is at hand already."""
    newest = snapshot.current()
    return newest if newest.version == version else _old_book(version)


@lru_cache(maxsize=4)
def _old_book(version: int) -> PriceBook:
    return snapshot.at_version(version)


def billable(row: Row) -> Billable:
    """Return what the price of a stored call depends on."""
    return Billable(
        provider=row["provider"],
        model=row["billed_model"] or row["model"] or row["requested_model"],
        region=row["region"],
        tier=row["tier"],
        processing=row["processing"],
        at_us=micros(row["ts"]),
        usage=_vector(row),
        reported_usd=row["provider_cost_usd"],
        status=row["status"],
        error_type=row["error_type"],
        http_status=row["http_status"],
        max_output_tokens=_most_tokens(row),
        delivered_chars=0,
        usage_flag=row["usage_flag"],
    )


def _most_tokens(row: Row) -> int | None:
    params = _json(row["request_params"]) or {}
    return next((params[name] for name in MOST_TOKENS if isinstance(params.get(name), int) and params[name] > 0), None)


def _line(line: Line) -> dict[str, Any]:
    return {
        "dimension": line.dimension,
        "units": line.units,
        "unit_price": _money(line.unit_price),
        "amount": _money(line.amount),
        "price_id": line.price_id,
    }


def span(row: Row) -> dict[str, Any]:
    """Return a span that is not a call: an agent, a tool, a retriever. It is never priced."""
    return {
        "trace_id": row["trace_id"],
        "span_id": row["span_id"],
        "parent_span_id": _known(row["parent_span_id"]),
        "name": row["name"],
        "kind": _known(row["kind"]),
        "status": _known(row["status"]),
        "status_message": _known(row["status_message"]),
        "started_at": instant(row["ts"]),
        "duration_ms": row["duration_ms"],
        "sender": _known(row["sender_name"]),
        "attributes": dict(row["attributes"]),
    }
