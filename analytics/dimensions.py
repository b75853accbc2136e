"""Everything calls can be split and filtered by: its SQL, its label, and which rollups carry it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class Dimension:
    """One property of a call. `sql` is text in the store, '' when unknown."""

    key: str
    label: str
    sql: str
    kind: str = "text"
    """text, number or flag: how a value is spoken in answers; in filters every value is text."""
    rolled: bool = False
    """Carried by the rollup of sums."""
    timed: bool = False
    """Carried by the rollup of latencies, too (always also `rolled`)."""
    tag: str = ""
    """The tag's key when this is `tag.<key>`."""

    def spoken(self, stored: str) -> str | int | bool | None:
        """Return the value as answers speak it; None when the sender did not tell."""
        if stored == "":
            return None
        if self.kind == "number":
            return int(stored)
        return stored == "true" if self.kind == "flag" else stored


def _text(key: str, label: str, column: str = "", *, rolled: bool = False, timed: bool = False) -> Dimension:
    return Dimension(key, label, column or key, rolled=rolled or timed, timed=timed)


def _number(key: str, label: str) -> Dimension:
    return Dimension(key, label, f"ifNull(toString({key}), '')", kind="number")


DIMENSIONS: Final = {
    dimension.key: dimension
    for dimension in (
        _text("provider", "Provider", timed=True),
        _text("vendor", "Vendor", timed=True),
        _text("model", "Model", timed=True),
        _text("requested_model", "Requested model"),
        _text("billed_model", "Billed model"),
        _text("region", "Region"),
        _text("tier", "Service tier"),
        _text("processing", "Processing"),
        _text("operation", "Operation", timed=True),
        _text("status", "Status", rolled=True),
        _text("error_type", "Error type", rolled=True),
        _number("http_status", "HTTP status"),
        _text("finish_reason", "Finish reason"),
        _text("environment", "Environment", timed=True),
        _text("task", "Task", timed=True),
        _text("feature", "Feature", timed=True),
        _text("user_id", "User"),
        _text("customer_id", "Customer"),
        _text("session_id", "Session"),
        _text("prompt", "Prompt", "prompt_name", rolled=True),
        _text("prompt_version", "Prompt version", rolled=True),
        _text("route", "Route", "route_name", rolled=True),
        _text("route_type", "Route type"),
        _text("route_branch", "Route branch", rolled=True),
        _text("experiment", "Experiment", "experiment_key", rolled=True),
        _text("arm", "Arm", "experiment_arm", rolled=True),
        _text("role", "Role"),
        _text("stage", "Stage", rolled=True),
        _number("attempt", "Attempt"),
        _text("fallback_reason", "Fallback reason", rolled=True),
        _text("agent", "Agent"),
        _text("team", "Team"),
        _text("key_id", "API key"),
        _text("credential", "Credential"),
        _text("sender", "Sender", "sender_name"),
        _text("cost_status", "Cost status"),
        _text("usage_flag", "Usage note"),
        Dimension("streaming", "Streaming", "ifNull(toString(streaming), '')", kind="flag"),
        Dimension("schema_ok", "Fits its schema", "ifNull(toString(schema_ok), '')", kind="flag"),
        _text("trace_id", "Trace"),
        _text("group_id", "Group"),
        _text("outcome_id", "Outcome"),
    )
}

TAG: Final = re.compile(r"tag\.(?P<key>.{1,64})", re.DOTALL)


def dimension(key: str) -> Dimension:
    """Return the dimension named `key`; `tag.<key>` names any tag.

    Raises:
        ValueError: there is no such dimension.
    """
    if found := DIMENSIONS.get(key):
        return found
    if match := TAG.fullmatch(key):
        return Dimension(key, f"Tag {match['key']}", "tags", tag=match["key"])
    raise ValueError(f"{key!r} is not a dimension. Use one of {', '.join(DIMENSIONS)} or tag.<key>.")


ROLLED: Final = tuple(d for d in DIMENSIONS.values() if d.rolled)
TIMED: Final = tuple(d for d in DIMENSIONS.values() if d.timed)
LEVELS: Final = {
    0: TIMED,
    1: tuple(DIMENSIONS[key] for key in ("environment", "task", "feature")),
    2: tuple(DIMENSIONS[key] for key in ("provider", "vendor", "model", "environment")),
    3: (),
}
"""The rollup of times by all its dimensions, by place, by model, and in total: most questions need few rows of it.
A row's number is 1 if it has no `provider`, plus 2 if it has no `task`."""


def level(keys: Collection[str]) -> int:
    """Return the highest, that is smallest, of LEVELS that has all these dimensions."""
    return max(number for number, carried in LEVELS.items() if set(keys) <= {one.key for one in carried})


class _Filter(Protocol):
    @property
    def dimension(self) -> str: ...
    @property
    def values(self) -> tuple[str, ...]: ...
    @property
    def negated(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Range:
    """A limit on a number of a call, used as a filter: calls slower than, dearer than."""

    key: str
    label: str
    sql: str
    type: str

    def check(self, wanted: _Filter) -> None:
        if len(wanted.values) != 1 or wanted.negated:
            raise ValueError(f"{self.key}: give one number, not excluded.")
        self.value(wanted.values[0])

    def value(self, text: str) -> Any:
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > 10**15:
            raise ValueError(f"{self.key}: {text!r} is not a number.")
        return number if self.type.startswith("Decimal") else float(number)


RANGES: Final = {
    limit.key: limit
    for limit in (
        Range("min_latency_ms", "Latency at least", "latency_ms >= ", "Float64"),
        Range("max_latency_ms", "Latency at most", "latency_ms <= ", "Float64"),
        Range("min_ttft_ms", "Time to first token at least", "ttft_ms >= ", "Float64"),
        Range("min_cost_usd", "Cost at least", "cost_current >= ", "Decimal(38, 18)"),
        Range("max_cost_usd", "Cost at most", "cost_current <= ", "Decimal(38, 18)"),
    )
}
