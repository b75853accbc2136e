"""The columns of a stored call: names, order and what "unknown" means in each. Mirrors migrations/0001_calls.sql.

A test compares this list with the table, so a column exists in both or in neither.
"""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column of `calls`. `unknown` is the stored value that means "the sender did not tell"."""

    name: str
    unknown: Any
    merges: bool = True
    """False for bookkeeping columns that are never folded from several versions of a call."""


def _names(*names: str) -> list[Column]:
    return [Column(name, "") for name in names]


def _numbers(*names: str) -> list[Column]:
    return [Column(name, None) for name in names]


IDENTITY: Final = [
    Column("project_id", None, merges=False),
    Column("ts", None),
    Column("call_id", None, merges=False),
    Column("version", None, merges=False),
    Column("is_deleted", 0, merges=False),
    Column("keep_days", 0, merges=False),
    Column("fold", "", merges=False),
]
"""`ts` is the start in microseconds since 1970 (UTC); `version` is rule 1 of the store; `fold` is the provenance of a
row made from several events (empty for nearly all)."""

TRACE: Final = _names("trace_id", "span_id", "parent_span_id", "response_id")

DIMENSIONS: Final = _names(
    "operation", "provider", "provider_raw", "vendor", "requested_model", "model", "billed_model", "region", "tier",
    "processing", "status", "error_type", "finish_reason", "environment", "task", "feature", "prompt_name",
    "prompt_version", "route_name", "route_version", "route_type", "route_branch", "role", "stage", "fallback_reason",
    "experiment_key", "experiment_arm", "agent", "team", "key_id", "credential", "sender_name", "sender_version",
    "dialect", "system_fingerprint", "schema_id", "usage_convention",
)  # fmt: skip
"""LowCardinality strings; empty means unknown."""

PEOPLE: Final = _names("user_id", "customer_id", "session_id", "group_id", "outcome_id")

FACTS: Final = [
    *_numbers("latency_ms", "ttft_ms", "streaming", "http_status", "attempt", "experiment_phase", "route_propensity"),
    *_numbers("route_overhead_ms", "cache_hit", "cache_saved_usd", "schema_ok", "provider_cost_usd"),
    *_names("error_message", "route_reason", "checks", "request_params", "usage_raw"),
    Column("tags", {}),
    Column("extra", {}),
]
"""`checks`, `request_params`, `usage_raw` are JSON text; `extra` keeps attributes nobody here knows."""

USAGE: Final = _numbers(
    "input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in", "output_text",
    "reasoning", "audio_out", "image_out", "requests", "web_search",
)  # fmt: skip
"""The disjoint usage vector (cost_semantics rule 1): no token is in two of these."""

USAGE_NOTES: Final = _names("usage_flag")
"""Why the usage is not taken at face value: `` | contradiction | estimated | assumed_ttl."""

COST: Final = [
    Column("cost_status", "", merges=False),
    *[Column(n, None, merges=False) for n in ("cost_booked", "cost_current", "cost_floor", "cost_ceiling")],
    *[Column(n, 0, merges=False) for n in ("book_booked", "book_current", "price_id")],
]
"""Derived from usage and the price book, so recomputed after a fold, never folded."""

CALL_COLUMNS: Final = (*IDENTITY, *TRACE, *DIMENSIONS, *PEOPLE, *FACTS, *USAGE, *USAGE_NOTES, *COST)
CALL_NAMES: Final = tuple(column.name for column in CALL_COLUMNS)
POSITION: Final = {name: index for index, name in enumerate(CALL_NAMES)}

BODY_NAMES: Final = ("input", "output", "tool_calls")
"""Texts of a call, in the table `bodies` under the call's key (project_id, ts, call_id) and version."""
