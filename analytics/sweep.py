"""Calls that live at two starts, since two processes wrote one id at one moment: only the highest version stays."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from analytics.where import instant, micros
from store import client
from store.blocks import blocks
from store.plan import CALL_ID, EMPTY, IS_DELETED, KEEP_DAYS, TS, VERSION, Plan
from store.schema import BODY_NAMES

PROJECT: Final = "project_id = {project_id:UInt32}"
SUSPECTS: Final = """
SELECT call_id
  FROM calls
 WHERE {project} AND ingested_at >= {since}
GROUP BY call_id
HAVING uniqExact(ts) > 1
 LIMIT {limit}"""
ALL_SUSPECTS: Final = """
SELECT call_id
  FROM calls
 WHERE {project} AND cityHash64(call_id) % {slices} = {slice}
GROUP BY call_id
HAVING uniqExact(ts) > 1
 LIMIT {limit}"""
LIVE: Final = f"""
SELECT ts, call_id, version, keep_days
  FROM calls_live
 WHERE {PROJECT} AND call_id IN {{ids:Array(UUID)}}"""
AT_ONCE: Final = 1_000
SLICES: Final = 16
"""The whole look is taken in so many parts, so that no part needs much memory."""


def recent(project_id: int, since: datetime) -> int:
    """Free the lower of two live starts among calls that came in lately; return how many were freed."""
    sql = SUSPECTS.format(project=PROJECT, since=instant(since), limit=AT_ONCE)
    return _settle(project_id, client.select(sql, project_id=project_id, timeout_s=120))


def everything(project_id: int) -> int:
    """Do the same for all calls; nightly."""
    freed = 0
    for part in range(SLICES):
        sql = ALL_SUSPECTS.format(project=PROJECT, slices=SLICES, slice=part, limit=AT_ONCE)
        freed += _settle(project_id, client.select(sql, project_id=project_id, timeout_s=120))
    return freed


def _settle(project_id: int, suspects: list[dict[str, Any]]) -> int:
    """Most suspects were moved properly, with a tombstone; only those with two live rows are touched."""
    if not suspects:
        return 0
    live = client.select(LIVE, project_id=project_id, ids=[row["call_id"] for row in suspects], timeout_s=120)
    plan = Plan()
    for rows in _by_id(live).values():
        highest = max(rows, key=lambda row: (row["version"], row["ts"]))
        for row in rows:
            if row is not highest:
                _free(plan, project_id, row, highest["version"])
    for block in blocks(plan, ()):
        block.insert()
    return len(plan.calls)


def _by_id(rows: Iterable[dict[str, Any]]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    found: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["call_id"], []).append(row)
    return found


def _free(plan: Plan, project_id: int, row: dict[str, Any], version: int) -> None:
    """A tombstone for the row and for its texts: same key and partition, the version of the row that stays."""
    ts = micros(row["ts"])
    grave = list(EMPTY)
    told = {
        0: project_id,
        TS: ts,
        CALL_ID: row["call_id"],
        VERSION: version,
        IS_DELETED: 1,
        KEEP_DAYS: row["keep_days"],
    }
    for position, value in told.items():
        grave[position] = value
    plan.calls.append(tuple(grave))
    texts = ("",) * len(BODY_NAMES)
    plan.bodies.append((project_id, ts, row["call_id"], version, 1, row["keep_days"], *texts))
