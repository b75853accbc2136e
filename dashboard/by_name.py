"""A stacked bar per name instead of per time: parts of things side by side, as a figure for charts.js. Pure."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from dashboard.charts import Figure, Series, tooltip
from dashboard.format import Number


def stacked(names: Sequence[str], by: str, kinds: Sequence[Series], write: Callable[[Number | None], str]) -> Figure:
    """One bar per name, made of `kinds`, whose values are in the order of `names`.

    A click opens the calls of that kind (its link) and name (which is added to it).
    """
    ticks = [short(name) for name in names]
    data = [
        {
            "type": "bar",
            "name": kind.name,
            "x": ticks,
            "y": [float(value or 0) for value in kind.values],
            "customdata": [write(value) for value in kind.values],
            "hovertemplate": tooltip(kind),
            "meta": {"slot": kind.slot, "link": kind.link},
        }
        for kind in kinds
    ]
    xaxis = {"type": "category", "fixedrange": True, "categoryorder": "array", "categoryarray": ticks}
    meta = {"times": [f"{by}={quote(name, safe='')}" for name in names]}
    return {
        "data": data,
        "layout": {"barmode": "stack", "xaxis": xaxis, "yaxis": {"rangemode": "tozero"}, "meta": meta},
    }


def short(name: str) -> str:
    """A name as it fits under a bar. Names come from outside, and Plotly reads tags in its texts."""
    text = name if len(name) <= 16 else f"{name[:15]}…"
    return (text or "not set").replace("<", "‹").replace(">", "›")
