"""Filters as SQL. Values from outside are always parameters; only names from our own tables become text. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from analytics.dimensions import RANGES, Dimension, dimension
from analytics.question import Filter, Span

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Params:
    """Values of one statement, named as they come."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def bind(self, value: Any, kind: str) -> str:
        """Keep the value and return its placeholder."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"{{{name}:{kind}}}"


def column(wanted: Dimension, params: Params) -> str:
    """Return SQL for the dimension's value as text, '' when unknown."""
    return f"tags[{params.bind(wanted.tag, 'String')}]" if wanted.tag else wanted.sql


def micros(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - EPOCH) // (EPOCH.resolution)


def instant(moment: datetime) -> str:
    """Return SQL for a time, to the microsecond. Made of a number, so nothing from outside can be in it."""
    return f"fromUnixTimestamp64Micro({micros(moment)}, 'UTC')"


def within(spans: Iterable[Span], ts: str = "ts") -> str:
    """Return SQL that is true inside any of the spans."""
    each = [f"({ts} >= {instant(span.start)} AND {ts} < {instant(span.end)})" for span in spans]
    return " OR ".join(each) or "0"


def conditions(filters: Sequence[Filter], params: Params, cost: str = "cost_current") -> list[str]:
    """Return one condition a filter, to be joined by AND."""
    return [_condition(wanted, params, cost) for wanted in filters]


def _condition(wanted: Filter, params: Params, cost: str) -> str:
    if limit := RANGES.get(wanted.dimension):
        value = limit.value(wanted.values[0])
        bound = params.bind(str(value) if limit.type.startswith("Decimal") else value, limit.type)
        return f"{limit.sql.replace('cost_current', cost)}{bound}"
    sql = column(dimension(wanted.dimension), params)
    values = params.bind(sorted(set(wanted.values)), "Array(String)")
    return f"{sql} {'NOT IN' if wanted.negated else 'IN'} {values}"
