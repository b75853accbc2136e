"""Figures as plain dicts: shape, order, gaps and words are decided here, colours in the browser. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboard.format import Number

Figure = dict[str, Any]
WIDTHS: Final = {"5m": 300, "hour": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
"""Seconds of one bucket, as wide as its bar may be."""
HOVER: Final = "%{customdata}<extra></extra>"


@dataclass(frozen=True, slots=True)
class Axis:
    """The buckets of time under a chart; `open` are the unfinished ones, `zoom` is the address a drag changes."""

    starts: Sequence[datetime]
    step: str
    zone: str
    open: frozenset[int] = frozenset()
    zoom: str = ""

    @property
    def x(self) -> list[str]:
        """Wall clock times of the zone, as Plotly reads them."""
        tz = ZoneInfo(self.zone)
        return [f"{start.astimezone(tz):%Y-%m-%d %H:%M}" for start in self.starts]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of bar. `links` open the calls behind each point; None in `values` is unknown.

    `value` is what the dimension holds, where `name` is what a page writes; `rest` is "everything else".
    """

    name: str
    values: Sequence[Number | None]
    slot: int = 0
    links: Sequence[str] = ()
    faint: bool = False
    value: str = ""
    rest: bool = False


def stacked_bars(axis: Axis, series: Sequence[Series], write: Callable[[Number | None], str]) -> Figure:
    """One bar per bucket, made of `series` from the bottom up; unfinished buckets are hatched."""
    wide = WIDTHS[axis.step] * 1000
    data = [
        {
            "type": "bar",
            "name": one.name,
            "x": axis.x,
            "y": [0.0 if value is None else float(value) for value in one.values],
            "width": wide * 0.78,
            "offset": wide * 0.11,
            "customdata": _words(one, axis, write),
            "hovertemplate": HOVER,
            "meta": {"slot": one.slot, "open": sorted(axis.open), "links": list(one.links)},
        }
        for one in series
    ]
    layout = _layout(axis, ticks_at=timedelta(milliseconds=wide / 2))
    return {"data": data, "layout": layout | {"barmode": "stack"}}


def lines(axis: Axis, series: Sequence[Series], write: Callable[[Number | None], str], *, zero: bool = True) -> Figure:
    """One line per series; unknown is a gap, the way to an unfinished bucket is dotted, a comparison is faint."""
    layout = _layout(axis)
    layout["yaxis"]["rangemode"] = "tozero" if zero else "normal"
    layout["shapes"] = [shape for one in series for shape in _dotted_step(axis, one)]
    return {"data": [trace for one in series for trace in _line(axis, one, write)], "layout": layout}


def _line(axis: Axis, one: Series, write: Callable[[Number | None], str]) -> list[dict[str, Any]]:
    values = [None if value is None else float(value) for value in one.values]
    closed = [None if index in axis.open else value for index, value in enumerate(values)]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if len(values) <= 40 else "lines",
        "name": one.name,
        "x": axis.x,
        "y": closed,
        "connectgaps": False,
        "customdata": _words(one, axis, write),
        "hovertemplate": HOVER,
        "line": {"dash": "dot" if one.faint else "solid"},
        "meta": {"slot": one.slot, "faint": one.faint, "links": list(one.links)},
    }
    if not axis.open or all(values[index] is None for index in axis.open):
        return [trace]
    unfinished = [value if index in axis.open else None for index, value in enumerate(values)]
    return [trace, trace | {"mode": "markers", "y": unfinished, "marker": {"symbol": "circle-open"}}]


def _dotted_step(axis: Axis, one: Series) -> list[dict[str, Any]]:
    """The way from the last finished point to the unfinished one."""
    last = max(axis.open, default=0)
    if last < 1 or one.values[last] is None or one.values[last - 1] is None:
        return []
    ends = [float(value) for value in one.values[last - 1 : last + 1] if value is not None]
    x = axis.x
    line = {"dash": "dot", "width": 2}
    place = {"x0": x[last - 1], "x1": x[last], "y0": ends[0], "y1": ends[1]}
    return [{"type": "line", "xref": "x", "yref": "y", "name": f"slot-{one.slot}", "line": line, **place}]


def _words(one: Series, axis: Axis, write: Callable[[Number | None], str]) -> list[str]:
    name = _escaped(one.name)
    return [f"{name}: {write(value)}{' so far' if i in axis.open else ''}" for i, value in enumerate(one.values)]


def _escaped(text: str) -> str:
    """Names come from outside, and Plotly reads a few HTML tags in its texts."""
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _layout(axis: Axis, *, ticks_at: timedelta = timedelta(0)) -> dict[str, Any]:
    """Axes; whole days and longer are labelled one by one while there is room."""
    days = axis.step in {"day", "week", "month"}
    xaxis: dict[str, Any] = {"type": "date", "hoverformat": "%a, %b %-d" if days else "%b %-d, %H:%M"}
    if days and len(axis.starts) <= 10:
        local = [datetime.fromisoformat(x) for x in axis.x]
        xaxis |= {
            "tickmode": "array",
            "tickvals": [f"{moment + ticks_at:%Y-%m-%d %H:%M}" for moment in local],
            "ticktext": [f"{moment:%b} {moment.day}" for moment in local],
        }
    return {"xaxis": xaxis, "yaxis": {"rangemode": "tozero"}, "meta": {"zoom": axis.zoom}}


def open_places(starts: Sequence[datetime], end: datetime, step: str, *, unfinished: bool) -> frozenset[int]:
    """The place of the bucket that the present is in, when the window ends in it."""
    if not unfinished or not starts or end >= starts[-1] + timedelta(seconds=WIDTHS[step]):
        return frozenset()
    return frozenset({len(starts) - 1})
