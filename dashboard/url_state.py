"""A query string becomes a question and back, the only state of a page. Never fails; says what it ignored."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

from analytics.dimensions import DIMENSIONS, RANGES, dimension
from analytics.question import Filter, Question, Span
from dashboard.periods import DEFAULT, PERIODS, Window, step_for, window

COMPARE: Final = {"prev": "previous", "exact": "exact", "year": "year", "none": "none"}
"""The words of the URL and what `analytics` calls them."""
STEPS: Final = {
    "5m": timedelta(minutes=5), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1),
    "month": timedelta(days=28),
}  # fmt: skip
MOST_BUCKETS: Final = 1_000
"""More cannot be told apart in a chart, and their rows would be cut."""
SHOWN: Final = ("by", "metric", "sort", "page", "view", "step", "find", "cursor", "selected", "more")
"""Parameters of what is shown, never of what is counted."""
TIMES: Final = ("period", "from", "to")
COUNTED: Final = (*TIMES, "compare")
LONGEST: Final = 2_000

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class UrlState:
    """What an address says. `pairs` are the readable parameters in their order; every link is made from them."""

    project_id: int
    slug: str
    zone: str
    now: datetime
    window: Window
    period: str
    """A key of PERIODS, or the empty text for fixed times."""
    compare: str
    filters: tuple[Filter, ...]
    pairs: Pairs
    ignored: tuple[str, ...] = ()
    shown: dict[str, str] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """The counted time."""
        return Span(self.window.start, self.window.end)

    @property
    def step(self) -> str:
        """The size of one bucket of time: as chosen, unless that makes more than can be drawn."""
        chosen = self.shown.get("step", "")
        fits = chosen in STEPS and self.window.length <= MOST_BUCKETS * STEPS[chosen]
        return chosen if fits else step_for(self.window.length)

    @cached_property
    def tz(self) -> ZoneInfo:
        """The project's zone."""
        return ZoneInfo(self.zone)

    def question(self, *measures: str, **more: Any) -> Question:
        """This page's question for `measures`; `more` are further fields of Question."""
        named = {"compare": COMPARE[self.compare], "timezone": self.zone, "filters": self.filters} | more
        return Question(self.project_id, self.span, measures, **named)

    @cached_property
    def comparison(self) -> Window | None:
        """The window the comparison reads; None when there is none."""
        span = self.question("calls").comparison(self.now)
        return Window(span.start, span.end) if span else None

    def query(self, **changes: str | None) -> str:
        """The query string with some single parameters set (or, with None, taken out)."""
        names = {name.replace("__", "."): value for name, value in changes.items()}
        kept = [pair for pair in self.pairs if pair[0] not in names]
        return encode([*kept, *((name, value) for name, value in names.items() if value is not None)])

    def toggled(self, name: str, value: str) -> str:
        """The query string with one filter value added, or taken out when it is there."""
        pair, kept = (name, value), self._without("page", "cursor", "selected")
        return encode([one for one in kept if one != pair] if pair in kept else [*kept, pair])

    def without(self, *names: str) -> str:
        """The query string without some parameters."""
        return encode(self._without(*names))

    def _without(self, *names: str) -> list[tuple[str, str]]:
        return [pair for pair in self.pairs if pair[0] not in names]

    def counted(self, extra: Iterable[tuple[str, str]] = (), *, drop: Sequence[str] = ()) -> str:
        """The query string of the same calls, and those of `extra`; without what is only shown."""
        extra = list(extra)
        replaced = {name for name, _ in extra} | set(drop)
        if replaced & {"from", "to"}:
            replaced |= set(TIMES)
        kept = [pair for pair in self.pairs if pair[0] not in SHOWN and pair[0] not in replaced]
        return encode([*kept, *extra])

    def room(self, room: str, extra: Iterable[tuple[str, str]] = (), *, drop: Sequence[str] = ()) -> str:
        """The address of the same question in another room of this project."""
        query = self.counted(extra, drop=drop)
        return f"/p/{self.slug}/{room}/" + (f"?{query}" if query else "")

    def calls(self, *extra: tuple[str, str], drop: Sequence[str] = ()) -> str:
        """The address of the calls behind a number."""
        return self.room("calls", extra, drop=drop)

    def fixed(self) -> str:
        """The query string that says the same in a year: fixed times instead of a moving period."""
        return self.between(self.window.start, self.window.end)

    @property
    def find(self) -> str:
        """The text that rows of a table are searched for."""
        return self.shown.get("find", "")

    @property
    def kept_for_find(self) -> list[tuple[str, str]]:
        """What a search field of this page carries on."""
        return self._without("find", "page")

    @property
    def kept_for_by(self) -> list[tuple[str, str]]:
        """What a field for another split carries on."""
        return self._without("by", "find", "page", "sort")

    def with_period(self, period: str) -> str:
        """The query string for a named period."""
        return encode([*self._without(*TIMES, "page", "cursor"), ("period", period)])

    def between(self, start: datetime, end: datetime) -> str:
        """The query string for fixed times."""
        return encode([*self._without(*TIMES, "page", "cursor"), *self.times(start, end)])

    def times(self, start: datetime, end: datetime) -> list[tuple[str, str]]:
        """The parameters of fixed times."""
        return [("from", stamp(start, self.tz)), ("to", stamp(end, self.tz))]


def stamp(moment: datetime, tz: ZoneInfo) -> str:
    """A time as the URL writes it: in the project's zone; with its offset only where the clock shows it twice."""
    local = moment.astimezone(tz)
    text = f"{local:%Y-%m-%dT%H:%M:%S}" if local.second else f"{local:%Y-%m-%dT%H:%M}"
    return text if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset() else local.isoformat()


def encode(pairs: Iterable[tuple[str, str]]) -> str:
    """A readable query string; characters that are safe in a query stay as they are."""
    return "&".join(f"{quote(name, safe='.-_')}={quote(value, safe=':/,@.-_')}" for name, value in pairs)


def read(query: str, *, project_id: int, slug: str, zone: str, now: datetime, default: str = "") -> UrlState:
    """Read a query string. `default` is the period this person used last; it counts only when the URL names none."""
    reader = _Reader(ZoneInfo(zone), now)
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None)[:500]:
        reader.take(name, value)
    period, where = reader.when(default)
    return UrlState(
        project_id=project_id,
        slug=slug,
        zone=zone,
        now=now,
        window=where,
        period=period,
        compare=reader.single.get("compare", "prev"),
        filters=tuple(reader.filters()),
        pairs=tuple(reader.pairs),
        ignored=tuple(reader.ignored),
        shown={name: value for name, value in reader.single.items() if name in SHOWN},
    )


class _Reader:
    """Sorts parameters one by one into what is counted, what is shown and what is ignored."""

    def __init__(self, tz: ZoneInfo, now: datetime) -> None:
        self.tz, self.now = tz, now
        self.pairs: list[tuple[str, str]] = []
        self.single: dict[str, str] = {}
        self.times: dict[str, datetime] = {}
        self.values: dict[tuple[str, bool], list[str]] = {}
        self.ignored: list[str] = []

    def take(self, name: str, value: str) -> None:
        """Accept one parameter, or say why not."""
        if not self._accept(name, value):
            self.ignored.append(f"{name}={value}"[:120])
        elif (name, value) not in self.pairs:
            self.pairs.append((name, value))

    def _accept(self, name: str, value: str) -> bool:
        if name in {"from", "to"}:
            return self._take_time(name, value)
        choices: dict[str, Container[str]] = {"period": PERIODS, "compare": COMPARE, "step": STEPS}
        allowed = choices.get(name)
        if allowed is not None or name in SHOWN:
            fits = name not in self.single and (value in allowed if allowed is not None else _shows(name, value))
            if fits:
                self.single[name] = value
            return fits
        return self._take_filter(name, value)

    def _take_time(self, name: str, value: str) -> bool:
        try:
            moment = datetime.fromisoformat(value.replace(" ", "+"))
            aware = moment if moment.tzinfo else moment.replace(tzinfo=self.tz)
            utc = aware.astimezone(UTC)
        except (ValueError, OverflowError):
            return False
        if name in self.times or not 1970 <= utc.year < 2100:
            return False
        self.times[name] = utc
        return True

    def _take_filter(self, name: str, value: str) -> bool:
        negated = name.startswith("not.")
        key = name.removeprefix("not.")
        try:
            Filter(key, (value,), negated=negated)
        except ValueError:
            return False
        if key in RANGES and (key, negated) in self.values:
            return False
        chosen = self.values.setdefault((key, negated), [])
        if value not in chosen:
            chosen.append(value)
        return True

    def filters(self) -> Iterable[Filter]:
        """One filter per dimension and sense: its values are OR, different filters AND."""
        for (key, negated), values in self.values.items():
            yield Filter(key, tuple(values[:1000]), negated=negated)

    def when(self, default: str) -> tuple[str, Window]:
        """The period and its window; fixed times win over a period."""
        if self.times:
            fixed = self._fixed()
            if fixed is not None:
                return "", fixed
            self._ignore_times()
        period = self.single.get("period") or (default if default in PERIODS else DEFAULT)
        return period, window(period, self.now, self.tz)

    def _fixed(self) -> Window | None:
        end = self.times.get("to") or max(self.now, self.times["from"] + timedelta(minutes=1))
        start = self.times.get("from") or end - timedelta(days=7)
        try:
            Span(start, end)
        except ValueError:
            return None
        return Window(start, end, open=start <= self.now < end)

    def _ignore_times(self) -> None:
        gone = [pair for pair in self.pairs if pair[0] in {"from", "to"}]
        self.ignored += [f"{name}={value}" for name, value in gone]
        self.pairs = [pair for pair in self.pairs if pair not in gone]


def _shows(name: str, value: str) -> bool:
    """Whether a parameter of what is shown can be used; which columns sort, only the page knows."""
    if name == "by":
        return _is_dimension(value)
    if name == "page":
        return value.isdecimal() and value.isascii() and 0 < len(value) < 6
    return name != "view" or value == "table"


def _is_dimension(name: str) -> bool:
    try:
        dimension(name)
    except ValueError:
        return False
    return True


def label_of(name: str) -> str:
    """What a dimension or a limit is called on a page."""
    return RANGES[name].label if name in RANGES else dimension(name).label


def offered() -> list[tuple[str, str]]:
    """The dimensions a person can add as a filter: (name, label)."""
    return [(one.key, one.label) for one in DIMENSIONS.values()]
