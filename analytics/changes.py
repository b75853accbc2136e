"""What changed in a project's calls since the last rollup pass: which hours and days are to be made again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from analytics import rollup_sql
from analytics.models import RollupState, moment
from analytics.periods import bucket_start, next_start
from analytics.plan import HOUR, NEVER, floor_hour
from analytics.where import instant
from store import client

REREAD: Final = timedelta(minutes=10)
"""Rows become visible in another order than they are stamped in; each pass looks back this far."""
READ_S: Final = 120


@dataclass(frozen=True, slots=True)
class Changes:
    """Hours and days are seconds since 1970."""

    hours: frozenset[int]
    """Closed hours to make again."""
    days: frozenset[int]
    """Closed days to make again; without those that nothing is known of but that they hold calls (`all_days`)."""
    busy_days: frozenset[int]
    """Days into which calls came since the last pass: better made again when that stops."""
    all_days: bool
    """No day was made yet in this zone."""
    calls: dict[int, int]
    """Calls that came in lately, by hour: how much work an hour is, about."""
    lately: dict[str, str]
    """Digest of the calls that came in during the last ten minutes, by hour; for the next pass."""
    marks: dict[str, str]
    """Hours that were marked lately; for the next pass."""
    newest: datetime | None
    closed_to: datetime
    days_to: datetime


def since(state: RollupState) -> datetime:
    """Return from when on calls are looked at again."""
    return max(NEVER, state.watermark - REREAD)


def read(state: RollupState, now: datetime, zone: str) -> Changes:
    """Return what changed up to `now`, the store's time."""
    rows, marks = _lately(state, now), _marks(state)
    closed_to = floor_hour(now)
    days_to = bucket_start(closed_to, "day", zone)
    hours = _changed(state, rows) | set(state.dirty_hours)
    hours |= {hour for hour, seen in marks.items() if seen != state.marks.get(str(hour))}
    hours |= {int(hour.timestamp()) for hour in _starts(state.closed_to, closed_to, "hour", "UTC")}
    hours = {hour for hour in hours if moment(hour) < closed_to}
    all_days = zone != state.zone or state.days_to <= NEVER
    days = days_of(hours, zone) | (set() if all_days else set(state.dirty_days))
    if not all_days:
        days |= {int(day.timestamp()) for day in _starts(state.days_to, days_to, "day", zone)}
    return Changes(
        hours=frozenset(hours),
        days=frozenset(day for day in days if moment(day) < days_to),
        busy_days=frozenset(days_of((row["hour"] for row in rows if row["fresh"]), zone)),
        all_days=all_days,
        calls={row["hour"]: row["calls"] for row in rows},
        lately={str(row["hour"]): str(row["lately"]) for row in rows if row["lately"]},
        marks={str(hour): seen for hour, seen in marks.items()},
        newest=max([row["newest"] for row in rows] + ([state.newest] if state.newest else []), default=None),
        closed_to=closed_to,
        days_to=days_to,
    )


def days_of(hours: Iterable[int], zone: str) -> set[int]:
    """Return the days that hold a part of the hours."""
    ends = (end for hour in hours for end in (moment(hour), moment(hour) + HOUR - timedelta.resolution))
    return {int(bucket_start(end, "day", zone).timestamp()) for end in ends}


def all_days(project_id: int, zone: str) -> set[int]:
    """Return every day that ever held a call, by the hourly rollup."""
    sql = rollup_sql.HOURS_KEPT
    return days_of((row["hour"] for row in client.select(sql, project_id=project_id)), zone)


def _lately(state: RollupState, now: datetime) -> list[dict[str, Any]]:
    start, recent = since(state), max(NEVER, now - REREAD)
    sql = rollup_sql.touched(instant(start), instant(state.watermark), instant(recent), instant(now))
    return client.select(sql, project_id=state.project_id, timeout_s=READ_S)


def _changed(state: RollupState, rows: list[dict[str, Any]]) -> set[int]:
    """Hours with new calls, and hours where what came in before the last pass is not what that pass saw."""
    seen, known = state.recent, {row["hour"] for row in rows}
    changed = {row["hour"] for row in rows if row["fresh"] or str(row["before"]) != seen.get(str(row["hour"]), "0")}
    return changed | {int(hour) for hour in seen if int(hour) not in known}


def _marks(state: RollupState) -> dict[int, str]:
    """Marks set lately, by hour: what tells a new one from one that the last pass saw."""
    rows = client.select(rollup_sql.marked(instant(since(state))), project_id=state.project_id)
    return {row["start"]: f"{row['marks']} {row['last'].isoformat()}" for row in rows}


def _starts(start: datetime, end: datetime, granularity: str, zone: str) -> Iterator[datetime]:
    """What closed since the last pass; before the first pass nothing was open."""
    while NEVER < start < end:
        yield start
        start = next_start(start, granularity, zone)
