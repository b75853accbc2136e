"""Which part of a span the rollups can answer: clean closed hours and days; the rest is read from calls. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from analytics.periods import bucket_start, buckets, next_start
from analytics.question import Span

HOUR: Final = timedelta(hours=1)
DAILY_FROM: Final = timedelta(days=7)
"""Longer spans are answered from whole days where they can be."""
MOST_PIECES: Final = 200
"""A span cut into more pieces than this by dirty hours is read from calls: the statement would grow too long."""
COMMIT: Final = timedelta(seconds=10)
"""Rows are visible this long after the time stamped on them, at most."""
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rolled:
    """How far a project's rollups reach, as the last finished pass left them."""

    watermark: datetime = NEVER
    """Calls stamped before this (less COMMIT) are in the rollups of all clean hours."""
    closed_to: datetime = NEVER
    """The first hour that is not rolled up yet."""
    dirty: frozenset[datetime] = frozenset()
    """Hours before `closed_to` that wait to be made again."""
    zone: str = "UTC"
    """The zone of the daily rollup."""
    days_to: datetime = NEVER
    """The first day that is not rolled up yet."""
    dirty_days: frozenset[datetime] = frozenset()
    newest: datetime | None = None
    """When the newest call came in, as the last pass saw it."""

    @property
    def since(self) -> datetime:
        """Calls stamped from here on may be missing in the rollups."""
        return max(NEVER, self.watermark - COMMIT)


@dataclass(frozen=True, slots=True)
class Plan:
    """Disjoint spans that together are the span asked for."""

    days: tuple[Span, ...]
    hours: tuple[Span, ...]
    calls: tuple[Span, ...]
    rolled: Rolled

    @property
    def from_calls(self) -> bool:
        return not self.days and not self.hours

    @property
    def raw_hours(self) -> int:
        """Hours that are read from calls, begun ones counted whole."""
        return sum(-(-span.length // HOUR) for span in self.calls)


def plan(span: Span, granularity: str, zone: str, rolled: Rolled, now: datetime) -> Plan:
    """Cut the span into days, hours and the rest."""
    nothing = Plan((), (), (span,), rolled)
    clean = _clean_hours(span, granularity, zone, rolled, now)
    if granularity == "5m" or not clean or len(clean) > MOST_PIECES:
        return nothing
    days = _days(span, clean, granularity, zone, rolled)
    hours = [whole for piece in _without(clean, days) if (whole := _whole_hours(piece))]
    rest = _without([span], [*days, *hours])
    if max(len(days), len(hours), len(rest)) > MOST_PIECES:
        return nothing
    return Plan(tuple(days), tuple(hours), tuple(rest), rolled)


def _clean_hours(span: Span, granularity: str, zone: str, rolled: Rolled, now: datetime) -> list[Span]:
    """Whole, closed, clean hours of the span that no bucket's edge cuts in two, joined where they touch."""
    end = min(span.end, rolled.closed_to, now)
    if end <= span.start or (whole := _whole_hours(Span(span.start, end))) is None:
        return []
    cut = [*rolled.dirty, *_split_hours(whole, granularity, zone)]
    return _without([whole], [Span(hour, hour + HOUR) for hour in cut])


def _whole_hours(span: Span) -> Span | None:
    """Return the whole UTC hours inside the span."""
    start, end = floor_hour(span.start + HOUR - timedelta.resolution), floor_hour(span.end)
    return Span(start, end) if start < end else None


def floor_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _split_hours(span: Span, granularity: str, zone: str) -> Iterator[datetime]:
    """UTC hours with the edge of a bucket inside: days that start at half past, or every hour of such a zone."""
    if granularity == "none" or not _has_part_hours(span, zone):
        return
    step = span.start if granularity != "hour" else floor_hour(span.start) - HOUR
    for edge in buckets(Span(step, span.end), granularity, zone):
        if edge.minute or edge.second:
            yield floor_hour(edge)


def _has_part_hours(span: Span, zone: str) -> bool:
    """True if the zone is off UTC by part of an hour at some day of the span."""
    tz, day = ZoneInfo(zone), span.start
    while day < span.end:
        offset = day.astimezone(tz).utcoffset() or timedelta()
        if offset % HOUR:
            return True
        day += timedelta(days=1)
    return False


def _days(span: Span, clean: Sequence[Span], granularity: str, zone: str, rolled: Rolled) -> list[Span]:
    """Whole clean days of the rollup's zone inside the span, if it is long and they fit its buckets."""
    if span.length <= DAILY_FROM or granularity == "hour" or rolled.days_to <= span.start:
        return []
    if granularity != "none" and zone != rolled.zone:
        return []
    start = bucket_start(span.start, "day", rolled.zone)
    start = start if start == span.start else next_start(start, "day", rolled.zone)
    end = bucket_start(min(span.end, rolled.days_to), "day", rolled.zone)
    if start >= end:
        return []
    dirty = [Span(day, next_start(day, "day", rolled.zone)) for day in rolled.dirty_days]
    return _without([Span(start, end)], [*dirty, *_touching_days(rolled)])


def _touching_days(rolled: Rolled) -> list[Span]:
    """Days that hold a dirty hour."""
    hours = (moment for hour in rolled.dirty for moment in (hour, hour + HOUR - timedelta.resolution))
    days = {bucket_start(moment, "day", rolled.zone) for moment in hours}
    return [Span(day, next_start(day, "day", rolled.zone)) for day in days]


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and found[-1].end >= span.start:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return the spans less the holes, in order."""
    cuts, left = sorted(holes, key=lambda hole: hole.start), []
    for span in sorted(spans, key=lambda one: one.start):
        start = span.start
        for hole in cuts:
            if hole.end <= start or hole.start >= span.end:
                continue
            if hole.start > start:
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return left
