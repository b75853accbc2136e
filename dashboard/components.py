"""What a component needs to be drawn, as frozen values: built by pages, drawn by templates/components/."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard import format as fmt
from dashboard.format import Number

Unit = Literal["usd", "count", "ms", "ratio", "tokens", "per_second"]
Better = Literal["lower", "higher", "neither"]
Tone = Literal["good", "bad", "neutral"]


def written(value: Number | None, unit: str) -> str:
    """A value of a metric as text, by its unit."""
    if unit == "usd":
        return fmt.money(value)
    if unit == "ms":
        return fmt.duration(value)
    if unit == "ratio":
        return fmt.share(value)
    if unit == "per_second":
        return fmt.UNKNOWN if value is None else f"{float(value):,.1f}{fmt.NBSP}/s"
    return fmt.count(value)


@dataclass(frozen=True, slots=True)
class Delta:
    """A change: sign, arrow, word and colour, and what it is compared with."""

    text: str
    arrow: str = ""
    tone: Tone = "neutral"
    old: str = ""
    spoken: str = ""


def delta(new: Number | None, old: Number | None, *, unit: str, better: str) -> Delta:
    """The change from `old` to `new`; a share changes in points, a time in time, all else relatively."""
    text = _change(new, old, unit)
    if text in {fmt.UNKNOWN, "no change"} or new is None or old is None:
        return Delta(text, old=written(old, unit), spoken=_spoken(text, "", old, unit))
    rises = new > old
    judged = "" if better == "neither" else "better" if rises == (better == "higher") else "worse"
    tone: Tone = "neutral" if not judged else "good" if judged == "better" else "bad"
    return Delta(text, "▲" if rises else "▼", tone, written(old, unit), _spoken(text, judged, old, unit))


def _change(new: Number | None, old: Number | None, unit: str) -> str:
    if unit == "ratio":
        return fmt.change_of_share(new, old)
    if unit == "ms":
        return fmt.change_of_duration(new, old)
    return fmt.change(new, old)


def _spoken(text: str, judged: str, old: Number | None, unit: str) -> str:
    """The change for a screen reader: "up 12.4 percent, worse, from $4,281.50"."""
    if text == fmt.UNKNOWN:
        return "no comparison"
    words = text.replace("+", "up ").replace(fmt.MINUS, "down ").replace("%", " percent").replace("pp", "points")
    parts = [words.replace(fmt.TIMES, "times "), judged, f"from {written(old, unit)}"]
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Spark:
    """A trend as SVG paths in a box of 100 by 28; `open` is the unfinished last step."""

    line: str
    area: str
    open: str = ""


def spark(values: Sequence[Number | None], *, unfinished: bool = False) -> Spark | None:
    """Draw `values` in order; None breaks the line. None when there is nothing to draw."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(0.0, *known), max(known)
    height = (high - low) or 1.0
    step = 100 / (len(values) - 1)
    points = [
        None if value is None else (round(index * step, 2), round(26 - 24 * (float(value) - low) / height, 2))
        for index, value in enumerate(values)
    ]
    last = points[-2:] if unfinished and None not in points[-2:] else []
    solid = points[:-1] if last else points
    return Spark(_path(solid), _area(solid), _path(last))


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    text, pen_down = [], False
    for point in points:
        if point is not None:
            text.append(f"{'L' if pen_down else 'M'}{point[0]} {point[1]}")
        pen_down = point is not None
    return "".join(text)


def _area(points: Sequence[tuple[float, float] | None]) -> str:
    whole = [point for point in points if point is not None]
    if len(whole) < 2 or len(whole) != len(points):
        return ""
    return f"{_path(whole)}L{whole[-1][0]} 28L{whole[0][0]} 28Z"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a page: a link to its calls."""

    label: str
    value: str
    href: str = ""
    title: str = ""
    delta: Delta | None = None
    note: str = ""
    spark: Spark | None = None
    check: str = ""
    """What a test compares after following the link: `calls=12481`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `sort` is the link that sorts by it; empty when it cannot be sorted."""

    label: str
    numeric: bool = True
    sort: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `slot` draws a dot in that colour, `bar` (0 to 100) a bar behind the number."""

    text: str
    href: str = ""
    title: str = ""
    slot: int | None = None
    bar: float | None = None
    tone: str = ""
    sub: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row; its first cell is the thing itself."""

    cells: Sequence[Cell]
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A real table. `note` says what is left out; `export` is its CSV, `previous` and `next` its other pages."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    note: str = ""
    export: str = ""
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure for charts.js with its words: caption, summary, the same numbers as a table, and what each colour is."""

    id: str
    title: str
    summary: str
    figure: dict[str, Any]
    as_table: str = ""
    legend: Sequence[Cell] = ()
    note: str = ""
    low: bool = False


@dataclass(frozen=True, slots=True)
class Banner:
    """A line about the page: `info`, `good` or `warn`, with one link."""

    text: str
    kind: Literal["info", "good", "warn"] = "info"
    link: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing to show, why, and what to do next."""

    title: str
    text: str = ""
    links: Sequence[tuple[str, str]] = field(default_factory=tuple)
    icon: str = "inbox"
    steps: str = ""
    """Where the steps of the first run come from, which stand below."""
