"""Buckets of time in a zone: where each starts, in Python and in SQL, with DST and half-hour zones right. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from analytics.question import Span, wall_back

SQL: Final = {
    "5m": "toStartOfInterval({ts}, INTERVAL 5 MINUTE)",
    # toStartOfHour is off for the rest of a day on which a zone changes by half an hour (Lord Howe).
    "hour": "{ts} - (toUnixTimestamp({ts}) + timezoneOffset(toTimeZone({ts}, '{zone}'))) % 3600",
    "day": "toStartOfDay({ts}, '{zone}')",
    "week": "toDateTime(toStartOfWeek({ts}, 1, '{zone}'), '{zone}')",
    "month": "toDateTime(toStartOfMonth({ts}, '{zone}'), '{zone}')",
}


def bucket_sql(granularity: str, zone: str, ts: str = "ts") -> str:
    """Return SQL for the start of the bucket that holds the time `ts`. `zone` is a checked IANA name."""
    return f"toDateTime({SQL[granularity].format(ts=ts, zone=zone)}, 'UTC')"


def bucket_start(moment: datetime, granularity: str, zone: str) -> datetime:
    """Return the start of the bucket that holds `moment`, in UTC."""
    if granularity == "5m":
        return moment.replace(minute=moment.minute - moment.minute % 5, second=0, microsecond=0)
    local = moment.astimezone(ZoneInfo(zone))
    if granularity == "hour":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return local.astimezone(UTC) - into
    return midnight(first_day(local.date(), granularity), zone)


def first_day(day: date, granularity: str) -> date:
    """Return the first day of the day, week (from Monday) or month that holds `day`."""
    if granularity == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "month" else day


def midnight(day: date, zone: str) -> datetime:
    """Return the first instant of `day` in `zone`, in UTC; where the clock skips midnight, the moment it skips it."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def next_start(start: datetime, granularity: str, zone: str) -> datetime:
    """Return the start of the bucket after the one that starts at `start`."""
    if granularity == "5m":
        return start + timedelta(minutes=5)
    if granularity == "hour":
        return bucket_start(start + timedelta(hours=1), "hour", zone)
    day = (start + timedelta(hours=12)).astimezone(ZoneInfo(zone)).date()
    step = {"day": 1, "week": 7, "month": 32}[granularity]
    return midnight(first_day(day + timedelta(days=step), granularity), zone)


def buckets(span: Span, granularity: str, zone: str) -> Iterator[datetime]:
    """Yield the starts of all buckets that touch the span; the first may lie before its start."""
    start = bucket_start(span.start, granularity, zone)
    while start < span.end:
        yield start
        start = next_start(start, granularity, zone)


def partners(span: Span, before: Span, granularity: str, zone: str) -> dict[datetime, datetime]:
    """Return for each bucket of `span` the one of `before` that it is compared with."""
    if granularity in ("5m", "hour"):
        ends = (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in (span.start, before.start))
        shift = next(ends) - next(ends)
        return {start: wall_back(start, shift, zone) for start in buckets(span, granularity, zone)}
    return dict(zip(buckets(span, granularity, zone), buckets(before, granularity, zone), strict=False))
