"""A measure over time split by a dimension, as a chart with its words, and as the table of the same numbers."""

from dataclasses import dataclass
from typing import Final

from django.http import StreamingHttpResponse

from analytics.metrics import METRICS
from dashboard import charts, exports
from dashboard import format as fmt
from dashboard.breakdown import OverTime, added, bucket_label, bucket_times, name_of, others
from dashboard.charts import Series
from dashboard.components import Cell, Chart, Column, Row, Table, written
from dashboard.format import MoneyColumn, Number
from dashboard.url_state import UrlState, label_of

PER: Final = {"5m": "per 5 minutes", "hour": "per hour", "day": "per day", "week": "per week", "month": "per month"}


def title(state: UrlState, by: str, measure: str) -> str:
    """What the chart and the table are called."""
    label = label_of(by)
    return f"{METRICS[measure].label} by {label[0].lower() + label[1:]}, {PER[state.step]}"


def chart(state: UrlState, split: OverTime, by: str, measure: str, *, id: str, as_table: str) -> Chart:
    """Stacked bars, the largest series at the bottom, with a legend whose entries are links."""
    unit = METRICS[measure].unit
    return Chart(
        id=id,
        title=title(state, by, measure),
        summary=summary(state, split, measure),
        figure=charts.stacked_bars(
            split.axis, split.series, lambda value: written(value, unit), prefix="$" if unit == "usd" else ""
        ),
        as_table=as_table,
        legend=[Cell(one.name, series_url(state, split, one), slot=one.slot) for one in split.series],
        note=f"The largest {len(split.series) - 1} of {len(split.totals)}." if split.hidden else "",
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What a page shows of it: the chart, or the same numbers as a table with the way back."""

    chart: Chart | None = None
    table: Table | None = None
    back: str = ""


def part(state: UrlState, split: OverTime, by: str, measure: str, *, id: str, base: str, file: str = "") -> Part:
    """The chart, or its table where the address asks for that. `file` is the name of its CSV below the page `base`."""
    if state.shown.get("view") == "table":
        export = f"{base}{file}?{state.query()}" if file else ""
        return Part(table=table(state, split, by, measure, export=export), back=f"{base}?{state.without('view')}")
    return Part(chart=chart(state, split, by, measure, id=id, as_table=f"{base}?{state.query(view='table')}"))


def series_url(state: UrlState, split: OverTime, one: Series) -> str:
    """The calls of one series over the whole window."""
    if not one.rest:
        return state.calls((split.by, one.value))
    return state.calls(*others(state, split.by, [other.value for other in split.series if not other.rest]))


def summary(state: UrlState, split: OverTime, measure: str) -> str:
    """The chart in a sentence: the first and the last finished bucket, and the largest part."""
    unit = METRICS[measure].unit
    whole = [value for place, value in enumerate(sums(split)) if place not in split.axis.open]
    if len(whole) < 2:
        return _largest(split)
    first, last = (written(value, unit) for value in (whole[0], whole[-1]))
    if first == last:
        words = f"{METRICS[measure].label} stayed at {first} {PER[state.step]}"
    else:
        way = "rose" if (whole[-1] or 0) > (whole[0] or 0) else "fell"
        words = f"{METRICS[measure].label} {way} from {first} to {last} {PER[state.step]}"
    return f"{words}. {_largest(split)}"


def _largest(split: OverTime) -> str:
    whole = added(split.totals.values())
    name, size = next(iter(split.totals.items()), ("", None))
    if not whole or not size:
        return ""
    return f"{name_of(name)} is {fmt.share(size / whole)} of it."


def sums(split: OverTime) -> list[Number | None]:
    """Each bucket's sum over all series."""
    return [added(column) for column in zip(*(one.values for one in split.series), strict=True)]


def table(state: UrlState, split: OverTime, by: str, measure: str, *, export: str = "") -> Table:
    """The chart's numbers: a row per bucket, newest first; the sum of all rows is the first."""
    everything = [value for one in split.series for value in one.values]
    unit = METRICS[measure].unit
    money = fmt.money_column([*everything, *sums(split)]) if unit == "usd" else None
    columns = [Column("Time", numeric=False), Column(_header("All", unit))]
    columns += [Column(one.name) for one in split.series]
    rows = [_total(state, split, money)]
    for place in reversed(range(len(split.axis.starts))):
        rows.append(_row(state, split, place, money))
    return Table(title(state, by, measure), columns, rows, note=f"Times are {state.zone}.", export=export)


def _header(label: str, unit: str) -> str:
    return f"{label} ($)" if unit == "usd" else label


def _total(state: UrlState, split: OverTime, money: MoneyColumn | None) -> Row:
    whole = Cell(_number(added(sums(split)), money), state.calls())
    parts = [Cell(_number(added(one.values), money), series_url(state, split, one)) for one in split.series]
    return Row([Cell("All"), whole, *parts], total=True)


def _row(state: UrlState, split: OverTime, place: int, money: MoneyColumn | None) -> Row:
    start = split.axis.starts[place]
    so_far = "so far" if place in split.axis.open else ""
    whole = Cell(_number(sums(split)[place], money), state.calls(*bucket_times(state, start)))
    parts = [
        Cell(_number(one.values[place], money), with_times(one.link, split.axis.times[place])) for one in split.series
    ]
    return Row([Cell(bucket_label(state, start), sub=so_far), whole, *parts])


def with_times(link: str, times: str) -> str:
    """The calls of one series in one bucket, as a click on its bar opens them."""
    return f"{link}{'&' if '?' in link else '?'}{times}"


def _number(value: Number | None, money: MoneyColumn | None) -> str:
    return money.text(value) if money else fmt.count(value)


def file(state: UrlState, split: OverTime, what: str, measure: str) -> StreamingHttpResponse:
    """The same numbers as CSV: a row per bucket and series."""
    name = exports.file_name(state.slug, what, state.window.start, state.window.end)
    rows = (
        (start, one.value if not one.rest else one.name, one.values[place])
        for place, start in enumerate(split.axis.starts)
        for one in split.series
    )
    return exports.response(name, ("time", split.by, measure), rows)
