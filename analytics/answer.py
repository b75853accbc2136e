"""What a question comes to: rows, what their columns mean, how fresh and how well known they are. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.dimensions import dimension
from analytics.metrics import METRICS
from analytics.parts import COSTED
from analytics.question import Question, Span
from polymeter.event import COST_STATUSES


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current an answer is."""

    newest_event: datetime | None
    """When the newest call of the project came in."""
    raw_hours: int
    """Hours read from calls rather than from rollups."""
    rolled_up_to: datetime | None
    """Calls before this are rolled up, dirty hours apart; None before the first pass."""
    as_of: datetime

    def as_dict(self) -> dict[str, Any]:
        return {
            "newest_event": self.newest_event,
            "raw_hours": self.raw_hours,
            "rolled_up_to": self.rolled_up_to,
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows are dicts of dimensions, `bucket`, measures and, when compared, `<measure>_before`."""

    question: Question
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    """The measures over everything the question asks for, whatever `limit` cut off."""
    columns: list[dict[str, Any]]
    freshness: Freshness
    coverage: dict[str, Any] | None
    """How well the cost is known; None when no measure is about money."""
    coverage_before: dict[str, Any] | None = None
    truncated: bool = False
    """There are more rows than `limit`."""
    before: Span | None = None
    receipt: str = ""
    sums: Mapping[str, Any] = field(default_factory=dict)
    """The sums behind `totals`, by their names in parts.py."""


def measures(question: Question, sums: Mapping[str, Any]) -> dict[str, Any]:
    """Return the finished measures of one row of sums."""
    return {key: METRICS[key].value(sums) for key in question.measures}


def columns(question: Question) -> list[dict[str, Any]]:
    """Return what each column of a row means, in order."""
    found: list[dict[str, Any]] = []
    if question.granularity != "none":
        found.append({"key": "bucket", "label": "Time", "kind": "time"})
    found += [{"key": key, "label": dimension(key).label, "kind": "dimension"} for key in question.dimensions]
    for key in question.measures:
        metric = METRICS[key]
        column = {"key": key, "label": metric.label, "kind": "measure", "unit": str(metric.unit),
                  "better": str(metric.better), "additive": metric.additive}  # fmt: skip
        found.append(column)
        if question.compare != "none":
            found.append(column | {"key": f"{key}_before", "label": f"{metric.label}, before"})
    return found


def coverage(sums: Mapping[str, Any]) -> dict[str, Any]:
    """Return how well a cost is known: the share of calls with a known one, its bounds, and calls by cost status."""
    calls, known = sums["calls"], sums["known_calls"]
    return {
        "calls": calls,
        "known_calls": known,
        "unbounded_calls": sums["unbounded_calls"],
        "priced_share": known / calls if calls else None,
        "cost_usd": _money(sums, "cost"),
        "floor_usd": _money(sums, "cost_floor"),
        "ceiling_usd": _money(sums, "cost_ceiling"),
        "by_status": {status: _status(sums, status) for status in COST_STATUSES if sums[f"n_{status}"]},
    }


def _money(sums: Mapping[str, Any], name: str) -> Decimal | None:
    amount: Decimal | None = sums[name]
    return Decimal(0) if amount is None and not sums["calls"] else amount


def _status(sums: Mapping[str, Any], status: str) -> dict[str, Any]:
    cost: Decimal | None = Decimal(0) if status == "free" else None
    if status in COSTED:
        cost = sums[f"cost_{status}"]
    return {
        "calls": sums[f"n_{status}"],
        "cost_usd": cost,
        "share": _share(cost, sums["cost"]),
    }


def _share(part: Decimal | None, whole: Decimal | None) -> float | None:
    return float(part / whole) if part is not None and whole else None
