"""What charts and tables show: answers of `analytics`, cut to the largest parts and a rest. Computes no new figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from analytics.answer import Answer
from analytics.ask import ask
from analytics.periods import buckets, next_start
from analytics.question import Filter
from dashboard import charts, colours
from dashboard.charts import Axis, Series
from dashboard.url_state import TIMES, UrlState, encode

LARGEST: Final = 8
"""More series than these nobody can tell apart; what remains is one grey series."""
NOT_SET: Final = "not set"
TURNS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
"""Characters that change the direction of text."""
MOST: Final = 10_000
Amount = int | Decimal | None


def text(value: Any) -> str:
    """A value of a dimension as the address writes it; the empty text means "not set"."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def name_of(value: str) -> str:
    """A value as the page writes it: without marks that would turn the words after it around."""
    return value.translate(TURNS) or NOT_SET


@dataclass(frozen=True, slots=True)
class OverTime:
    """An additive measure per bucket: the largest series, then grey "everything else" when there are more."""

    by: str
    axis: Axis
    series: list[Series]
    totals: dict[str, Amount]
    """Every value of the dimension with its sum over the window, largest first."""
    answer: Answer

    @property
    def hidden(self) -> int:
        """How many values share the grey series."""
        return max(0, len(self.totals) - LARGEST)


def over_time(state: UrlState, by: str, measure: str, *, room: str) -> OverTime:
    """Ask for a measure that adds up, per bucket and value of `by`: one query."""
    question = state.question(
        measure, dimensions=(by,), granularity=state.step, compare="none", sort=f"-{measure}", limit=MOST
    )  # fmt: skip
    answer = ask(question, now=state.now)
    axis = axis_of(state, room)
    if answer.truncated:
        return _of_the_largest(state, axis, by, measure)
    cells = _cells(answer.rows, by, measure)
    totals = _ranked(cells)
    shown = list(totals)[:LARGEST]
    slots = slots_of(state, by, shown)
    series = [_series(state, axis, by, name, cells[name], slots.get(name, 0)) for name in shown]
    if len(totals) > LARGEST:
        series.append(_rest(state, axis, by, cells, shown))
    return OverTime(by, axis, series, totals, answer)


def _of_the_largest(state: UrlState, axis: Axis, by: str, measure: str) -> OverTime:
    """The same for a dimension with very many values: the largest are asked for by name, the rest is what remains."""
    ranking = ask(state.question(measure, dimensions=(by,), compare="none", limit=LARGEST), now=state.now)
    totals = {text(row[by]): row[measure] for row in ranking.rows}
    named = (*state.filters, Filter(by, tuple(totals)))
    by_time = {"granularity": state.step, "compare": "none", "sort": "bucket", "limit": MOST}
    split = ask(state.question(measure, dimensions=(by,), **by_time | {"filters": named}), now=state.now)
    whole = ask(state.question(measure, **by_time), now=state.now)
    cells = _cells(split.rows, by, measure)
    slots = slots_of(state, by, list(totals))
    series = [_series(state, axis, by, name, cells.get(name, {}), slots.get(name, 0)) for name in totals]
    sums = {row["bucket"]: row[measure] or 0 for row in whole.rows}
    left = [sums.get(start, 0) - (added(one.values[at] for one in series) or 0) for at, start in enumerate(axis.starts)]
    rest = timeless(state, *others(state, by, list(totals)))
    series.append(Series("Everything else", left, 0, rest, rest=True))
    return OverTime(by, axis, series, totals, whole)


def _cells(rows: Sequence[Mapping[str, Any]], by: str, measure: str) -> dict[str, dict[datetime, Amount]]:
    cells: dict[str, dict[datetime, Amount]] = {}
    for row in rows:
        cells.setdefault(text(row[by]), {})[row["bucket"]] = row[measure]
    return cells


def _ranked(cells: Mapping[str, Mapping[datetime, Amount]]) -> dict[str, Amount]:
    sums = {name: added(values.values()) for name, values in cells.items()}
    return dict(sorted(sums.items(), key=lambda pair: (-(pair[1] or 0), pair[0])))


def added(values: Any) -> Amount:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known[1:], start=known[0]) if known else None


def _series(state: UrlState, axis: Axis, by: str, name: str, values: Mapping[datetime, Amount], slot: int) -> Series:
    link = timeless(state, (by, name))
    return Series(name_of(name), [values.get(start, 0) for start in axis.starts], slot, link, value=name)


def _rest(
    state: UrlState, axis: Axis, by: str, cells: Mapping[str, Mapping[datetime, Amount]], shown: Sequence[str]
) -> Series:
    names = [name for name in cells if name not in shown]
    values = [added(cells[name].get(start) for name in names) or 0 for start in axis.starts]
    label = f"Everything else ({len(names)})"
    return Series(label, values, 0, timeless(state, *others(state, by, shown)), rest=True)


def others(state: UrlState, by: str, shown: Sequence[str]) -> list[tuple[str, str]]:
    """The parameters that leave out `shown`, and what the address leaves out already."""
    excluded = [value for one in state.filters if one.negated and one.dimension == by for value in one.values]
    return [(f"not.{by}", value) for value in dict.fromkeys([*excluded, *shown])]


def timeless(state: UrlState, *extra: tuple[str, str]) -> str:
    """The calls of a series, to which a bucket's times are added."""
    return state.calls(*extra, drop=TIMES)


def bucket_times(state: UrlState, start: datetime) -> list[tuple[str, str]]:
    """The parameters of one bucket, cut to the window."""
    end = next_start(start, state.step, state.zone)
    return state.times(max(start, state.window.start), min(end, state.window.end))


def axis_of(state: UrlState, room: str) -> Axis:
    """The buckets of the page's window."""
    starts = list(buckets(state.span, state.step, state.zone))
    unfinished = charts.open_places(starts, state.window.end, state.step, unfinished=state.window.open)
    times = [encode(bucket_times(state, start)) for start in starts]
    return Axis(starts, state.step, state.zone, unfinished, f"/p/{state.slug}/{room}/?{state.query()}", times)


def slots_of(state: UrlState, by: str, shown: Sequence[str]) -> dict[str, int]:
    """The colours of names: the project's own where it has them, else by their place on the page."""
    if by in colours.COLOURED:
        return dict(colours.slots(state.project_id, by, state.now))
    return {name: place for place, name in enumerate([name for name in shown if name][:LARGEST], start=1)}


def bucket_label(state: UrlState, start: datetime) -> str:
    """A bucket as a row of a table writes it."""
    local = start.astimezone(state.tz)
    if state.step in {"5m", "hour"}:
        return f"{local:%b} {local.day}, {local:%H:%M}"
    words = f"{local:%a}, {local:%b} {local.day}"
    return f"Week of {words}" if state.step == "week" else f"{local:%B %Y}" if state.step == "month" else words
