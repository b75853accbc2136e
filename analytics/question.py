"""What someone wants to know: a span of time, filters, measures and how to split them. Pure values, no SQL, no HTTP."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from analytics.dimensions import RANGES, dimension
from analytics.metrics import metric

GRANULARITIES: Final = ("none", "5m", "hour", "day", "week", "month")
COMPARISONS: Final = ("none", "previous", "exact", "year")
PRICE_BOOKS: Final = ("current", "booked")
MAX_SPAN: Final = timedelta(days=3660)
MAX_MEASURES: Final = 20
MAX_DIMENSIONS: Final = 5
MAX_LIMIT: Final = 10_000
MAX_VALUES: Final = 1_000
MAX_BUCKETS: Final = 50_000
SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""JSON can spell half a pair, UTF-8 and so the store cannot."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open [start, end), both timezone-aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise ValueError("from and to need a time zone, for example 2026-11-01T00:00:00Z.")
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.end <= self.start:
            raise ValueError("to: must be after from.")
        if self.end - self.start > MAX_SPAN:
            raise ValueError("from and to may be at most 10 years apart.")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def until(self, moment: datetime) -> "Span":
        """Return the part before `moment`; the whole span if that would leave nothing."""
        return self if moment >= self.end or moment <= self.start else Span(self.start, moment.astimezone(UTC))

    def previous(self, zone: str = "UTC") -> "Span":
        """Return a span of equal length, whole weeks back by the wall clock of `zone`, so that weekdays match."""
        weeks = max(1, -(-self._wall_length(zone) // timedelta(weeks=1)))
        return self.back(timedelta(weeks=weeks), zone)

    def exact(self, zone: str = "UTC") -> "Span":
        """Return the span of equal length immediately before, by the wall clock of `zone`."""
        return Span(self.back(self._wall_length(zone), zone).start, self.start)

    def year(self, zone: str = "UTC") -> "Span":
        """Return the same calendar dates one year back; Feb 29 becomes Feb 28."""
        return Span(_year_back(self.start, zone), _year_back(self.end, zone))

    def back(self, shift: timedelta, zone: str) -> "Span":
        """Return both ends moved back by `shift` on the wall clock of `zone`."""
        return Span(wall_back(self.start, shift, zone), wall_back(self.end, shift, zone))

    def _wall_length(self, zone: str) -> timedelta:
        tz = ZoneInfo(zone)
        wall = self.end.astimezone(tz).replace(tzinfo=None) - self.start.astimezone(tz).replace(tzinfo=None)
        return max(wall, timedelta(microseconds=1))


def wall_back(moment: datetime, shift: timedelta, zone: str) -> datetime:
    """Return `moment` moved back by `shift` on the wall clock of `zone`, in UTC."""
    tz = ZoneInfo(zone)
    local = moment.astimezone(tz)
    moved = (local.replace(tzinfo=None) - shift).replace(tzinfo=tz, fold=local.fold)
    return moved.astimezone(UTC)


def _year_back(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone))
    try:
        return local.replace(year=local.year - 1).astimezone(UTC)
    except ValueError:
        return local.replace(year=local.year - 1, day=28).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """Calls whose `dimension` is one of `values` (or none of them, when `negated`). '' means "not set"."""

    dimension: str
    values: tuple[str, ...]
    negated: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.dimension}: give at least one value; an empty text means 'not set'.")
        if len(self.values) > MAX_VALUES:
            raise ValueError(f"{self.dimension}: at most {MAX_VALUES} values.")
        if any(SURROGATE.search(text) for text in (self.dimension, *self.values)):
            raise ValueError(f"{self.dimension}: half a surrogate pair is no text; send whole characters.")
        if self.dimension in RANGES:
            RANGES[self.dimension].check(self)
        else:
            dimension(self.dimension)


def filters(wanted: Mapping[str, Any]) -> tuple[Filter, ...]:
    """Read {dimension: value or [values], "not": {dimension: [values]}} into filters.

    Raises:
        ValueError: a name is unknown, or a value is not text, a number or true/false.
    """
    found: list[Filter] = []
    for name, value in wanted.items():
        if name == "not":
            if not isinstance(value, Mapping):
                raise ValueError("not: use an object of dimensions and values.")
            if "not" in value:
                raise ValueError("not: use it once; leave out what is excluded twice.")
            found += [replace(f, negated=True) for f in filters(value)]
        else:
            found.append(Filter(name, _texts(name, value)))
    return tuple(found)


def _texts(name: str, value: Any) -> tuple[str, ...]:
    many: Iterable[Any] = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return tuple(_text(name, one) for one in many)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"{name}: a value is text, a number, true, false or null.")


@dataclass(frozen=True, slots=True)
class Question:
    """Measures over a span of one project's calls, split by dimensions and time."""

    project_id: int
    span: Span
    measures: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    granularity: str = "none"
    timezone: str = "UTC"
    compare: str = "none"
    sort: str = ""
    """A measure, dimension or `bucket`, `-` in front for descending. Default: by time, else the first measure down."""
    limit: int = 1_000
    price_book: str = "current"
    """`current`: costs by the latest prices; `booked`: costs as first booked, which never change."""

    def __post_init__(self) -> None:
        _check_names("measures", self.measures, MAX_MEASURES, at_least=1)
        _check_names("dimensions", self.dimensions, MAX_DIMENSIONS, at_least=0)
        for name in self.measures:
            metric(name)
        for name in self.dimensions:
            dimension(name)
        _check_choice("granularity", self.granularity, GRANULARITIES)
        _check_choice("compare", self.compare, COMPARISONS)
        _check_choice("price_book", self.price_book, PRICE_BOOKS)
        check_zone(self.timezone)
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"limit: use a whole number from 1 to {MAX_LIMIT}.")
        self._check_buckets()
        self._check_sort()

    def _check_buckets(self) -> None:
        seconds = {"5m": 300, "hour": 3600}.get(self.granularity)
        if seconds and self.span.length.total_seconds() / seconds > MAX_BUCKETS:
            raise ValueError(
                f"granularity: {self.granularity} gives more than {MAX_BUCKETS} buckets here; use a longer one."
            )

    def _check_sort(self) -> None:
        allowed = {*self.measures, *self.dimensions} | ({"bucket"} if self.granularity != "none" else set())
        if self.sort and self.sort.removeprefix("-") not in allowed:
            raise ValueError(
                f"sort: {self.sort!r} is not asked for here. Use one of {', '.join(sorted(allowed))},"
                " with '-' in front for descending."
            )

    def comparison(self, now: datetime) -> Span | None:
        """Return the span to compare with. It stops where the present stops: never a part against a whole."""
        if self.compare == "none":
            return None
        span = self.span.until(now)
        before: Span = getattr(span, self.compare)(self.timezone)
        return before

    def as_dict(self) -> dict[str, Any]:
        """Return the question in the API's own words; equal questions give equal dicts."""
        return {
            "project_id": self.project_id,
            "measures": list(self.measures),
            "dimensions": list(self.dimensions),
            "filters": _filters_as_dict(self.filters),
            "from": self.span.start.isoformat(),
            "to": self.span.end.isoformat(),
            "granularity": self.granularity,
            "timezone": self.timezone,
            "compare": self.compare,
            "sort": self.sort,
            "limit": self.limit,
            "price_book": self.price_book,
        }


def _filters_as_dict(wanted: Sequence[Filter]) -> list[list[Any]]:
    return sorted([f.dimension, f.negated, sorted(set(f.values))] for f in wanted)


def _check_names(what: str, names: tuple[str, ...], most: int, *, at_least: int) -> None:
    if not at_least <= len(names) <= most:
        raise ValueError(f"{what}: give {at_least} to {most} names.")
    if len(set(names)) != len(names):
        raise ValueError(f"{what}: each name only once.")


def _check_choice(what: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{what}: {value!r} is not one of {', '.join(allowed)}.")


def check_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if name not in _zones():
        raise ValueError(f"timezone: {name!r} is not an IANA zone such as Europe/Paris.")


@cache
def _zones() -> frozenset[str]:
    """What the store knows, too: not the files beside the zones, such as right/UTC and this machine's localtime."""
    return frozenset(available_timezones() - {"localtime"})
