"""Latency over time: half of the calls and the slowest twentieth, for everything and for each provider."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from analytics.ask import ask
from dashboard import charts
from dashboard import format as fmt
from dashboard.breakdown import MOST, axis_of, bucket_label, bucket_times, name_of, slots_of, text, timeless
from dashboard.charts import Axis, Figure, Series
from dashboard.components import Cell, Chart, Column, Row, Table
from dashboard.figures import slower_than
from dashboard.stacked import PER
from dashboard.url_state import UrlState

PROVIDERS: Final = 6
"""As many small charts as one can compare."""
LINES: Final = (("latency_p95", "p95"), ("latency_p50", "p50"))
BEFORE: Final = Series("p95 before", (), faint=True)
Rows = Sequence[dict[str, Any]]


def chart(state: UrlState, rows: Rows, *, as_table: str, room: str) -> Chart:
    """p50 and a lighter p95 over time; the time before, dotted, when there is something to compare with."""
    axis = axis_of(state, room)
    link = timeless(state) + ("&" if "?" in timeless(state) else "?") + "sort=-latency"
    series = [_line(axis, rows, "latency_p95", Series("p95", (), 1, link, light=True))]
    series.append(_line(axis, rows, "latency_p50", Series("p50", (), 1, link)))
    if state.compare != "none":
        series.append(_line(axis, rows, "latency_p95_before", BEFORE))
    return Chart(
        "latency", f"Latency, {PER[state.step]}", summary(rows, axis), lines(axis, series), as_table,
        [Cell(one.name, slot=one.slot, sub=_ink(one)) for one in series],
    )  # fmt: skip


def _ink(one: Series) -> str:
    return "dotted" if one.faint else "lighter" if one.light else ""


def _line(axis: Axis, rows: Rows, measure: str, like: Series) -> Series:
    values: dict[datetime, float | None] = {row["bucket"]: row.get(measure) for row in rows}
    return replace(like, values=[values.get(start) for start in axis.starts])


def lines(axis: Axis, series: Sequence[Series]) -> Figure:
    """Lines of milliseconds, drawn in seconds where that is how they are read."""
    largest = max((float(value) for one in series for value in one.values if value is not None), default=0.0)
    scale, unit = (1000, "s") if largest >= 1000 else (1, "ms")
    scaled = [replace(one, values=[None if v is None else float(v) / scale for v in one.values]) for one in series]
    figure = charts.lines(axis, scaled, lambda value: fmt.duration(None if value is None else float(value) * scale))
    figure["layout"]["yaxis"]["ticksuffix"] = f"{fmt.NBSP}{unit}"
    return figure


def summary(rows: Rows, axis: Axis) -> str:
    """The chart in a sentence: "p95 went from 2.10 s to 2.31 s; it was slowest on Nov 19 with 4.02 s"."""
    values = {row["bucket"]: row["latency_p95"] for row in rows}
    told = [values.get(start) for place, start in enumerate(axis.starts) if place not in axis.open]
    known = [value for value in told if value is not None]
    if not known:
        so_far = [value for value in values.values() if value is not None]
        return f"p95 is {fmt.duration(so_far[-1])} so far." if so_far else "No call here tells how long it took."
    if len(known) == 1:
        return f"p95 was {fmt.duration(known[0])}."
    first, last, most = (fmt.duration(value) for value in (known[0], known[-1], max(known)))
    if first == last == most:
        return f"p95 stayed at {first}."
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
    """A small chart for each of the largest providers, and how many there are in all."""
    ranking = ask(state.question("calls", dimensions=("provider",), compare="none", limit=MOST), now=state.now)
    names = [text(row["provider"]) for row in ranking.rows]
    question = state.question(
        "latency_p95", "latency_p50", dimensions=("provider",), granularity=state.step, sort="bucket", limit=MOST
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
            _line(axis, rows[name], "latency_p95", Series("p95", (), slot, link, light=True)),
            _line(axis, rows[name], "latency_p50", Series("p50", (), slot, link)),
        ]
        if state.compare != "none":
            series.append(_line(axis, rows[name], "latency_p95_before", BEFORE))
        figure = lines(axis, series)
        legend = [Cell(name_of(name), f"?{state.toggled('provider', name)}", slot=slot)]
        yield Chart(f"latency-{place}", name_of(name), summary(rows[name], axis), figure, legend=legend, low=True)
