"""Nightly: compare every rolled-up hour with its calls, make the differing ones again, and tell Data health."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from analytics import rollup, sweep
from analytics.models import RollupDifference, RollupState, moment
from analytics.plan import NEVER, Rolled
from analytics.question import Span
from analytics.where import within
from store import client

PROJECT: Final = "project_id = {project_id:UInt32}"
MEASURES: Final = {
    "calls": ("count()", "sum(calls)"),
    "input_tokens": ("sum(input_uncached)", "sum(input_uncached)"),
    "cached_input_tokens": ("sum(cache_read)", "sum(cache_read)"),
    "output_tokens": ("sum(output_text)", "sum(output_text)"),
    "cost_usd": ("sum(cost_current)", "sum(cost)"),
}
"""What is compared: SQL over calls, SQL over the rollup."""
OF_CALLS: Final = """
SELECT toUnixTimestamp(toStartOfHour(ts)) AS hour, {measures}
  FROM calls_live
 WHERE {project} AND ({within})
GROUP BY hour"""
OF_ROLLUP: Final = """
SELECT toUnixTimestamp(start) AS hour, {measures}
  FROM calls_hourly FINAL
 WHERE {project} AND ({within}) AND calls > 0
GROUP BY hour"""
STEP: Final = timedelta(days=31)
READ_S: Final = 300
KEEP: Final = timedelta(days=90)


def run(project_id: int) -> int:
    """Check one project and return the number of hours that differed. Safe to repeat."""
    sweep.everything(project_id)
    rollup.run(project_id)
    state = RollupState.objects.filter(project_id=project_id).first()
    if state is None:
        return 0
    found = list(_differences(project_id, state))
    RollupDifference.objects.filter(project_id=project_id, found_at__lt=timezone.now() - KEEP).delete()
    RollupDifference.objects.bulk_create(found)
    hours = sorted({int(one.hour.timestamp()) for one in found})
    if hours:
        rollup.mark(project_id, hours)
        rollup.run(project_id)
    return len(hours)


def _differences(project_id: int, state: RollupState) -> Iterator[RollupDifference]:
    """Hours that changed since the last pass are dirty, not wrong: they are left out."""
    rolled = state.rolled
    for span in _spans(project_id, rolled):
        calls, kept = (_by_hour(sql, side, project_id, span) for side, sql in enumerate((OF_CALLS, OF_ROLLUP)))
        differing = {hour for hour in {*calls, *kept} if calls.get(hour) != kept.get(hour)}
        differing -= {hour for hour in differing if moment(hour) in rolled.dirty}
        if differing:
            differing -= _touched(project_id, rolled)
        for hour in sorted(differing):
            yield from _told(project_id, hour, calls.get(hour, {}), kept.get(hour, {}))


def _spans(project_id: int, rolled: Rolled) -> Iterator[Span]:
    """The time from the first call to the last closed hour, a month at a time."""
    sql = f"SELECT min(ts) AS first, count() AS calls FROM calls WHERE {PROJECT}"
    found = client.select(sql, project_id=project_id, timeout_s=READ_S)[0]
    start = found["first"].replace(minute=0, second=0, microsecond=0)
    while found["calls"] and NEVER <= start < rolled.closed_to:
        yield Span(start, min(start + STEP, rolled.closed_to))
        start += STEP


def _by_hour(sql: str, side: int, project_id: int, span: Span) -> dict[int, dict[str, Any]]:
    measures = ", ".join(f"{both[side]} AS m_{name}" for name, both in MEASURES.items())
    asked = sql.format(measures=measures, project=PROJECT, within=within([span], "start" if side else "ts"))
    rows = client.select(asked, project_id=project_id, timeout_s=READ_S)
    return {row["hour"]: {name: row[f"m_{name}"] for name in MEASURES} for row in rows}


def _touched(project_id: int, rolled: Rolled) -> set[int]:
    sql = f"""
    SELECT DISTINCT toUnixTimestamp(toStartOfHour(ts)) AS hour
      FROM calls
     WHERE {PROJECT} AND ingested_at >= {{since:DateTime64(3, 'UTC')}}"""
    return {row["hour"] for row in client.select(sql, project_id=project_id, since=rolled.since)}


def _told(project_id: int, hour: int, calls: dict[str, Any], kept: dict[str, Any]) -> Iterator[RollupDifference]:
    for name in MEASURES:
        ours, theirs = calls.get(name), kept.get(name)
        if ours != theirs:
            yield RollupDifference(
                project_id=project_id,
                hour=moment(hour),
                measure=name,
                of_calls=Decimal(ours or 0),
                of_rollup=Decimal(theirs or 0),
                found_at=timezone.now(),
            )
