"""The sums that every measure is made of: each once as SQL over calls, each a column of the rollup. Pure.

Money stays Decimal here: only sums, never a division, a product or a float (a test reads every line of this file).
"""

from dataclasses import dataclass
from typing import Final

from polymeter.event import COST_STATUSES


@dataclass(frozen=True, slots=True)
class Part:
    """One aggregate. NULL means that no call knew the value, which is not the same as 0."""

    key: str
    sql: str
    type: str = "UInt64"
    rolled: bool = True
    merge: str = "sum"
    """How rows of the rollup and of calls become one."""

    @property
    def nullable(self) -> bool:
        return self.type.startswith("Nullable")


def nothing(part: "Part") -> str:
    """Return SQL for the part of no calls at all."""
    return f"CAST(NULL, '{part.type}')" if part.nullable else "toUInt64(0)"


MONEY: Final = "Nullable(Decimal(38, 18))"
TOKENS: Final = "Nullable(UInt64)"
USAGE_PARTS: Final = (
    "input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in", "output_text",
    "reasoning", "audio_out", "image_out", "requests", "web_search",
)  # fmt: skip
COSTED: Final = ("provider_reported", "priced_exact", "priced_estimated_usage")
"""Statuses whose calls can cost something."""

_TIMED = "latency_ms > ifNull(ttft_ms, 0) AND status = 'ok' AND coalesce(output_text, reasoning) IS NOT NULL"

PARTS: Final = {
    part.key: part
    for part in (
        Part("calls", "count()"),
        Part("errors", "countIf(status = 'error')"),
        Part("known_calls", "count(cost_current)"),
        Part("unbounded_calls", "countIf(cost_current IS NULL AND cost_ceiling IS NULL)"),
        *[Part(f"n_{status}", f"countIf(cost_status = '{status}')") for status in COST_STATUSES],
        Part("cost", "sum(cost_current)", MONEY),
        Part("cost_floor", "sum(coalesce(cost_floor, cost_current))", MONEY),
        Part("cost_ceiling", "sum(coalesce(cost_ceiling, cost_current))", MONEY),
        *[Part(f"cost_{s}", f"sumIf(cost_current, cost_status = '{s}')", MONEY) for s in COSTED],
        *[Part(usage, f"sum({usage})", TOKENS) for usage in USAGE_PARTS],
        Part("latency_n", "count(latency_ms)"),
        Part("latency_us", "sum(toUInt64(round(latency_ms * 1000)))", TOKENS),
        Part("ttft_n", "count(ttft_ms)"),
        Part("ttft_us", "sum(toUInt64(round(ttft_ms * 1000)))", TOKENS),
        Part("timed_tokens", f"sumIf(toUInt64(ifNull(output_text, 0) + ifNull(reasoning, 0)), {_TIMED})", TOKENS),
        Part("timed_us", f"sumIf(toUInt64(round((latency_ms - ifNull(ttft_ms, 0)) * 1000)), {_TIMED})", TOKENS),
        Part("users", "uniqStateIf(user_id, user_id != '')", rolled=False, merge="uniqMerge"),
    )
}

COVERAGE: Final = ("calls", "known_calls", "unbounded_calls", "cost", "cost_floor", "cost_ceiling",
                   *(f"n_{s}" for s in COST_STATUSES), *(f"cost_{s}" for s in COSTED))  # fmt: skip
"""What an answer needs to say how well its cost is known."""

BOOKED: Final = {
    "cost_floor": "sum(coalesce(cost_booked, cost_floor))",
    "cost_ceiling": "sum(coalesce(cost_booked, cost_ceiling))",
}
"""Sums that differ in questions about costs as first booked; in others cost_booked just stands for cost_current."""
