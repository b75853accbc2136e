"""Latency over time: half of the calls and the slowest twentieth, for everything and for each provider."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from analytics.ask import ask
from dashboard import charts
from dashboard import format as fmt
from dashboard.breakdown import MOST, axis_of, bucket_label, bucket_times, name_of, slots_of, text, timeless
from dashboard.charts import Axis, Series
from dashboard.components import Cell, Chart, Column, Row, Table
from dashboard.figures import slower_than
from dashboard.stacked import PER
from dashboard.url_state import UrlState

PROVIDERS: Final = 6
"""As many small charts as one can compare."""
LINES: Final = (("latency_p95", "p95"), ("latency_p50", "p50"))
SLOWEST: Final = ("sort", "-latency")
Rows = Sequence[dict[str, Any]]


def chart(state: UrlState, rows: Rows, *, as_table: str, room: str) -> Chart:
    """p50 and a lighter p95 over time; the time before, dotted, when there is something to compare with."""
    axis = axis_of(state, room)
    link = timeless(state) + ("&" if "?" in timeless(state) else "?") + "sort=-latency"
    series = [_line(axis, rows, "latency_p95", "p95", 2, link), _line(axis, rows, "latency_p50", "p50", 1, link)]
    if state.compare != "none":
        series.append(_line(axis, rows, "latency_p95_before", "p95 before", 2, "", faint=True))
    return Chart(
        "latency", f"Latency, {PER[state.step]}", summary(rows, axis), charts.lines(axis, series, fmt.duration),
        as_table, [Cell(one.name, slot=one.slot, sub="dotted" if one.faint else "") for one in series],
    )  # fmt: skip


def _line(
    axis: Axis, rows: Rows, measure: str, name: str, slot: int, link: str, *, faint: bool = False
) -> Series:  # fmt: skip
    values: dict[datetime, float | None] = {row["bucket"]: row.get(measure) for row in rows}
    return Series(name, [values.get(start) for start in axis.starts], slot, link, faint=faint)


def summary(rows: Rows, axis: Axis) -> str:
    """The chart in a sentence: "p95 went from 2.10 s to 2.31 s; it was slowest on Nov 19 with 4.02 s"."""
    values = {row["bucket"]: row["latency_p95"] for row in rows}
    told = [values.get(start) for place, start in enumerate(axis.starts) if place not in axis.open]
    known = [value for value in told if value is not None]
    if not known:
        return "No call here tells how long it took."
    if len(known) == 1:
        return f"p95 was {fmt.duration(known[0])}."
    first, last, most = (fmt.duration(value) for value in (known[0], known[-1], max(known)))
    return f"p95 went from {first} to {last}; its highest was {most}."


def table(state: UrlState, rows: Rows) -> Table:
    """The same numbers, newest first; every percentile opens the calls slower than it."""
    columns = [Column("Time", numeric=False), *(Column(name) for _, name in LINES), Column("Calls")]
    return Table(f"Latency, {PER[state.step]}", columns, [_bucket(state, row) for row in reversed(rows)],
                 f"Times are {state.zone}.")  # fmt: skip


def _bucket(state: UrlState, row: dict[str, Any]) -> Row:
    times = bucket_times(state, row["bucket"])
    cells = [Cell(bucket_label(state, row["bucket"]), state.calls(*times))]
    for measure, _ in LINES:
        value = row[measure]
        link = state.calls(*times, *slower_than(value)) if value is not None else ""
        cells.append(Cell(fmt.duration(value), link))
    return Row([*cells, Cell(fmt.count(row["calls"]), state.calls(*times), check=f"calls={row['calls']}")])


def by_provider(state: UrlState, room: str) -> tuple[list[Chart], int]:
    """A small chart for each of the largest providers, and how many there are in all: two queries."""
    ranking = ask(state.question("calls", dimensions=("provider",), compare="none", limit=MOST), now=state.now)
    names = [text(row["provider"]) for row in ranking.rows]
    question = state.question(
        "latency_p95", "latency_p50", dimensions=("provider",), granularity=state.step, compare="none", sort="bucket",
        limit=MOST,
    )  # fmt: skip
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in ask(question, now=state.now).rows:
        rows.setdefault(text(row["provider"]), []).append(row)
    slots = slots_of(state, "provider", names)
    charted = [name for name in names if any(row["latency_p95"] is not None for row in rows.get(name, []))]
    return list(_small(state, rows, charted[:PROVIDERS], slots, room)), len(charted)


def _small(
    state: UrlState, rows: dict[str, list[dict[str, Any]]], names: Sequence[str], slots: Any, room: str
) -> Iterator[Chart]:
    axis = axis_of(state, room)
    for place, name in enumerate(names):
        link = f"{timeless(state, ('provider', name))}&sort=-latency"
        slot = slots.get(name, 0)
        series = [
            _line(axis, rows[name], "latency_p95", "p95", slot, link),
            _line(axis, rows[name], "latency_p50", "p50", slot, link, faint=True),
        ]
        figure = charts.lines(axis, series, fmt.duration)
        legend = [Cell(name_of(name), f"?{state.toggled('provider', name)}", slot=slot)]
        yield Chart(f"latency-{place}", name_of(name), summary(rows[name], axis), figure, legend=legend, low=True)
