"""Tiles of a page from the totals of one answer: value, change, trend, and the address of the calls behind each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from analytics.answer import Answer
from analytics.metrics import METRICS
from dashboard import format as fmt
from dashboard.components import Tile, delta, spark, written
from dashboard.format import Number
from dashboard.url_state import UrlState

THOUSAND: Final = 1000
Extra = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a page: the measure it shows, how, and which of the calls are behind it."""

    measure: str
    label: str
    scale: int = 1
    calls: Callable[[Number], Extra] = lambda value: ()
    """The filters that lead to the calls behind the value."""


def slower_than(value: Number) -> Extra:
    """A percentile opens the calls that took at least as long, slowest first."""
    return (("min_latency_ms", f"{float(value):.3f}".rstrip("0").rstrip(".")), ("sort", "-latency"))


def failing(value: Number) -> Extra:
    """A share of errors opens the failing calls."""
    return (("status", "error"),)


SPEND: Final = Figure("cost_usd", "Spend", calls=lambda value: (("sort", "-cost"),))
CALLS: Final = Figure("calls", "Calls")
PER_THOUSAND: Final = Figure("cost_per_call_usd", "Cost / 1,000 calls", THOUSAND, lambda value: (("sort", "-cost"),))
LATENCY: Final = Figure("latency_p95", "Latency p95", calls=slower_than)
ERRORS: Final = Figure("error_rate", "Error rate", calls=failing)


def scaled(value: Any, scale: int) -> Any:
    """A value times `scale`; unknown stays unknown."""
    return None if value is None else value if scale == 1 else value * scale


def tile(figure: Figure, answer: Answer, state: UrlState, *, trend: bool = True) -> Tile:
    """One figure with its change and, from the answer's buckets, its trend."""
    metric, totals = METRICS[figure.measure], answer.totals
    value = scaled(totals[figure.measure], figure.scale)
    old = scaled(totals.get(f"{figure.measure}_before"), figure.scale)
    compared = state.compare != "none"
    series = [scaled(row[figure.measure], figure.scale) for row in answer.rows] if trend else []
    return Tile(
        label=figure.label,
        value=written(value, metric.unit),
        href=state.calls(*(figure.calls(value) if value is not None else ())),
        title=exact(value, metric.unit),
        delta=delta(value, old, unit=metric.unit, better=metric.better) if compared else None,
        spark=spark(series, unfinished=state.window.open),
        check=f"{figure.measure}={value}" if value is not None else "",
    )


def plain(label: str, value: Number | None, unit: str, href: str) -> Tile:
    """A figure without a change or a trend."""
    return Tile(label, written(value, unit), href, exact(value, unit))


def exact(value: Number | None, unit: str) -> str:
    """The exact value for a title."""
    if value is None:
        return "not known"
    if unit == "usd":
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
        return f"{amount.normalize():,f} USD"
    if unit == "ms":
        return f"{float(value):,.1f} ms"
    return f"{float(value) * 100:.4f}%" if unit == "ratio" else fmt.exact_count(value)
