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
LONG: Final = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Axis:
    """The buckets of time under a chart; `open` are the unfinished ones, `zoom` is the address a drag changes.

    `times` are each bucket's parameters: with a series' link they lead to the calls of one point.
    """

    starts: Sequence[datetime]
    step: str
    zone: str
    open: frozenset[int] = frozenset()
    zoom: str = ""
    times: Sequence[str] = ()

    @property
    def x(self) -> list[str]:
        """Wall clock times of the zone, as Plotly reads them; short, for they are repeated in every series."""
        tz, form = ZoneInfo(self.zone), "%Y-%m-%d" if self.step in LONG else "%Y-%m-%d %H:%M"
        return [start.astimezone(tz).strftime(form) for start in self.starts]


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one kind of bar. `link` opens its calls; None in `values` is unknown.

    `value` is what the dimension holds, where `name` is what a page writes; `rest` is "everything else".
    """

    name: str
    values: Sequence[Number | None]
    slot: int = 0
    link: str = ""
    faint: bool = False
    light: bool = False
    """As certain as the others, but beside them: a p95 beside its p50."""
    value: str = ""
    rest: bool = False


def stacked_bars(
    axis: Axis, series: Sequence[Series], write: Callable[[Number | None], str], *, prefix: str = ""
) -> Figure:
    """One bar per bucket, made of `series` from the bottom up; unfinished buckets are hatched."""
    wide = WIDTHS[axis.step] * 1000
    data = [
        {
            "type": "bar",
            "name": one.name,
            "x": axis.x,
            "y": [_short(value) or 0.0 for value in one.values],
            "width": wide * 0.78,
            "offset": wide * 0.11,
            "customdata": _words(one, axis, write),
            "hovertemplate": tooltip(one),
            "meta": {"slot": one.slot, "open": sorted(axis.open), "link": one.link},
        }
        for one in series
    ]
    layout = _layout(axis, ticks_at=timedelta(milliseconds=wide / 2))
    layout["yaxis"]["tickprefix"] = prefix
    return {"data": data, "layout": layout | {"barmode": "stack"}}


def lines(axis: Axis, series: Sequence[Series], write: Callable[[Number | None], str], *, zero: bool = True) -> Figure:
    """One line per series; unknown is a gap, the way to an unfinished bucket is dotted, a comparison is faint."""
    layout = _layout(axis)
    layout["yaxis"]["rangemode"] = "tozero" if zero else "normal"
    layout["shapes"] = [shape for one in series for shape in _dotted_step(axis, one)]
    return {"data": [trace for one in series for trace in _line(axis, one, write)], "layout": layout}


def _line(axis: Axis, one: Series, write: Callable[[Number | None], str]) -> list[dict[str, Any]]:
    values = [_short(value) for value in one.values]
    closed = [None if index in axis.open else value for index, value in enumerate(values)]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if len(values) <= 40 else "lines",
        "name": one.name,
        "x": axis.x,
        "y": closed,
        "connectgaps": False,
        "customdata": _words(one, axis, write),
        "hovertemplate": tooltip(one),
        "line": {"dash": "dot" if one.faint else "solid"},
        "meta": {"slot": one.slot, "faint": one.faint, "light": one.light, "link": one.link},
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


def _short(value: Number | None) -> float | None:
    """A value to six digits: no pixel is finer, and the figure is half as long."""
    return None if value is None else float(f"{float(value):.6g}")


def _words(one: Series, axis: Axis, write: Callable[[Number | None], str]) -> list[str]:
    return [f"{write(value)}{' so far' if at in axis.open else ''}" for at, value in enumerate(one.values)]


def tooltip(one: Series) -> str:
    """The line of a point in the tooltip. Names come from outside, and Plotly reads tags and %{…} in its texts."""
    name = one.name if len(one.name) <= 40 else f"{one.name[:39]}…"
    for mark, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("{", "&#123;")):
        name = name.replace(mark, entity)
    return f"{name}: %{{customdata}}<extra></extra>"


def _layout(axis: Axis, *, ticks_at: timedelta = timedelta(0)) -> dict[str, Any]:
    """Axes; whole days and longer are labelled one by one while there is room."""
    days = axis.step in LONG
    xaxis: dict[str, Any] = {"type": "date", "hoverformat": "%a, %b %-d" if days else "%b %-d, %H:%M"}
    # The second line of a tick is drawn only where it changes: the date under hours, never the year under days.
    xaxis["tickformat"] = "%b %-d" if days else "%H:%M\n%b %-d"
    if days and len(axis.starts) <= 10:
        local = [datetime.fromisoformat(x) for x in axis.x]
        xaxis |= {
            "tickmode": "array",
            "tickvals": [f"{moment + ticks_at:%Y-%m-%d %H:%M}" for moment in local],
            "ticktext": [f"{moment:%b} {moment.day}" for moment in local],
        }
    meta = {"zoom": axis.zoom, "times": list(axis.times)}
    return {"xaxis": xaxis, "yaxis": {"rangemode": "tozero"}, "meta": meta}


def open_places(starts: Sequence[datetime], end: datetime, step: str, *, unfinished: bool) -> frozenset[int]:
    """The place of the bucket that the present is in, when the window ends in it."""
    if not unfinished or not starts or end >= starts[-1] + timedelta(seconds=WIDTHS[step]):
        return frozenset()
    return frozenset({len(starts) - 1})
