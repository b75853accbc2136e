"""The filter bar of a page: period, comparison and filters, every choice a link made on the server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analytics.dimensions import RANGES
from analytics.question import Filter
from dashboard import format as fmt
from dashboard import url_state
from dashboard.periods import PERIODS, Window
from dashboard.url_state import UrlState

COMPARISONS: Final = {
    "prev": "Same weekdays before",
    "exact": "Immediately before",
    "year": "A year before",
    "none": "No comparison",
}
COMMON: Final = ("model", "provider", "feature", "task", "environment", "customer_id", "status", "error_type")


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a menu."""

    label: str
    href: str
    current: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pill:
    """One filter as a sentence, and the address without it."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class FilterBar:
    """Everything the bar shows."""

    period: str
    zone: str
    periods: list[Choice]
    compared: str
    comparisons: list[Choice]
    toggle_compare: str
    pills: list[Pill]
    clear: str
    common: list[Choice]
    others: list[Choice]
    moving: str
    fixed: str
    ignored: str
    start: str
    end: str
    kept: list[tuple[str, str]]
    zoom_out: str
    export: str = ""


def bar(state: UrlState, room: str, *, export: str = "") -> FilterBar:
    """The bar of a page in `room`; `export` is the address of its CSV."""
    offers = [Choice(label, _values_url(state, room, name), name=name) for name, label in url_state.offered()]
    many = len(state.filters) > 1
    return FilterBar(
        period=PERIODS.get(state.period) or span_words(state.window, state),
        zone=state.zone,
        periods=[
            Choice(words, _link(state.with_period(name)), name == state.period, name) for name, words in PERIODS.items()
        ],
        compared=_compared(state),
        comparisons=[
            Choice(words, _link(state.query(compare=None if name == "prev" else name)), name == state.compare, name)
            for name, words in COMPARISONS.items()
        ],
        toggle_compare=_link(state.query(compare="none" if state.compare != "none" else None)),
        pills=list(_pills(state)),
        clear=_link(url_state.encode(_unfiltered(state))) if many else "",
        common=[offer for offer in offers if offer.name in COMMON],
        others=[offer for offer in offers if offer.name not in COMMON],
        moving=_link(state.query()),
        fixed=_link(state.fixed()),
        ignored=ignored_words(state),
        start=url_state.stamp(state.window.start, state.tz)[:16],
        end=url_state.stamp(state.window.end, state.tz)[:16],
        kept=[pair for pair in state.pairs if pair[0] not in (*url_state.TIMES, "page")],
        zoom_out=_link(state.without("from", "to")) if not state.period else "",
        export=export,
    )


def _link(query: str) -> str:
    return f"?{query}"


def _values_url(state: UrlState, room: str, name: str) -> str:
    return f"/p/{state.slug}/filter/{room}/{name}/?{state.query()}"


def _compared(state: UrlState) -> str:
    window = state.comparison
    return "No comparison" if window is None else f"vs {span_words(window, state)}"


def between_words(window: Window, state: UrlState) -> str:
    """A window after "No calls": "between Nov 14 and Nov 21", "on Nov 14"."""
    words = span_words(window, state)
    return f"between {words.replace(' to ', ' and ')}" if " to " in words else f"on {words}"


def compared_words(state: UrlState) -> str:
    """What a change is compared with, in a sentence: "Nov 11 to Nov 17, 14:05"."""
    return span_words(state.comparison, state) if state.comparison else ""


def span_words(window: Window, state: UrlState) -> str:
    """A window in words: whole days as days, the rest with times."""
    start, end = window.start.astimezone(state.tz), window.end.astimezone(state.tz)
    now = state.now.astimezone(state.tz)
    if start.time() == end.time() and not (end.hour or end.minute):
        last = (window.end - (window.end - window.start) / 10_000).astimezone(state.tz)
        first_day, last_day = fmt.day(start, now), fmt.day(last, now)
        return first_day if first_day == last_day else f"{first_day} to {last_day}"
    from_words = fmt.day(start, now) if not (start.hour or start.minute) else f"{fmt.day(start, now)}, {start:%H:%M}"
    same_day = start.date() == end.date()
    return f"{from_words} to {end:%H:%M}" if same_day else f"{from_words} to {fmt.day(end, now)}, {end:%H:%M}"


def _pills(state: UrlState) -> Iterator[Pill]:
    for one in state.filters:
        name = f"not.{one.dimension}" if one.negated else one.dimension
        yield Pill(sentence(one), _link(state.without(name, "page", "cursor")))


def sentence(one: Filter) -> str:
    """A filter in words: "Model is sonnet-4 or gpt-5-mini", "Feature is not internal", "Customer is not set"."""
    label = url_state.label_of(one.dimension)
    if one.dimension in RANGES:
        number = one.values[0]
        text = fmt.duration(float(number)) if one.dimension.endswith("_ms") else f"${number}"
        return f"{label} {text}"
    if one.values == ("",):
        return f"{label} is set" if one.negated else f"{label} is not set"
    values = [value or "not set" for value in one.values]
    shown = values if len(values) <= 3 else [*values[:2], f"{len(values) - 2} more"]
    words = " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
    return f"{label} is {'not ' if one.negated else ''}{words}"


def _unfiltered(state: UrlState) -> list[tuple[str, str]]:
    kept = (*url_state.COUNTED, *url_state.SHOWN)
    return [pair for pair in state.pairs if pair[0] in kept and pair[0] not in {"page", "cursor"}]


def ignored_words(state: UrlState) -> str:
    """What of the address could not be read, and what is shown instead."""
    if not state.ignored:
        return ""
    shown = PERIODS.get(state.period, "the times in the address")
    return f"Ignored {', '.join(state.ignored[:5])}; showing {shown[0].lower() + shown[1:]}."
