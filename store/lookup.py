"""What the store already holds of some calls: a narrow look at many ids, whole rows of the few that need a fold.

Reads the table itself, not `calls_live`: the writer must see every version and every tombstone to decide on the next.
"""

import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from store import client
from store.fold import Body, Row, sources
from store.schema import BODY_NAMES, CALL_NAMES

log = logging.getLogger(__name__)

Key = tuple[int, uuid.UUID]
"""Project and id of a call."""
FEW = 100
"""With more ids than this the bloom filter lets nearly every granule pass and only costs time."""
HOUR_US = 3600 * 1_000_000
DAY_US = 24 * HOUR_US
MOST_SPANS = 32
SLOW_S, QUICK_S = 0.5, 0.05
LEAST_REACH_US = DAY_US // 64

IDS = """
    SELECT project_id,
           call_id,
           toUnixTimestamp64Micro(ts) AS ts_us,
           version,
           is_deleted,
           fold
      FROM calls
     WHERE project_id IN {{projects:Array(UInt32)}}
       AND ({spans})
       AND call_id IN {{ids:Array(UUID)}}
  SETTINGS use_skip_indexes = {skip}
"""

WHOLE = """
    SELECT {columns}, toUnixTimestamp64Micro(ts) AS ts_us
      FROM {table}
     WHERE project_id IN {{{{projects:Array(UInt32)}}}}
       AND ({{spans}})
       AND call_id IN {{{{ids:Array(UUID)}}}}
"""
CALLS = WHOLE.format(columns=", ".join(name for name in CALL_NAMES if name != "ts"), table="calls")
BODIES = WHOLE.format(
    columns=", ".join(("project_id", "call_id", "version", "is_deleted", *BODY_NAMES)), table="bodies"
)
TEXTS = WHOLE.format(columns="project_id, call_id, version", table="bodies")
SPAN = (
    "ts >= fromUnixTimestamp64Micro({{low{n}:Int64}}, 'UTC')"
    " AND ts <= fromUnixTimestamp64Micro({{high{n}:Int64}}, 'UTC')"
)


class Held(NamedTuple):
    """One version that the store holds of a call."""

    ts_us: int
    version: int
    gone: bool
    fold: str

    @property
    def sources(self) -> frozenset[int]:
        """The versions of the events in it."""
        return sources(self.version, self.fold)


class Standing:
    """Everything that the store holds of one call, and what readers see of it."""

    def __init__(self, every: list[Held]) -> None:
        winners: dict[int, Held] = {}
        for held in every:
            if held.ts_us not in winners or winners[held.ts_us].version < held.version:
                winners[held.ts_us] = held
        self.live = [held for held in winners.values() if not held.gone]
        """What readers see: more than one only after two processes wrote at the same moment."""
        self.known = frozenset[int]().union(*(held.sources for held in self.live))
        self.lost = [held for held in every if not held.gone and not held.sources <= self.known]
        """Rows that lost against a row which does not hold what they tell: also the work of two processes."""

    @property
    def settled(self) -> bool:
        """True if readers see one row that holds everything."""
        return len(self.live) == 1 and not self.lost


NOTHING_HELD = Standing([])


class Ids:
    """Many ids as the inside of one list. The driver looks at every letter of a text in a list; this it takes as it is.

    Safe because only the 36 letters of a UUID are ever in it.
    """

    def __init__(self, ids: Iterable[uuid.UUID]) -> None:
        self._text = ", ".join([f"'{call_id}'" for call_id in ids])

    def __str__(self) -> str:
        return self._text


class Scope(NamedTuple):
    """Some calls, and the spans of starts between which they are looked for: never more of the table than need be."""

    keys: frozenset[Key]
    spans: tuple[tuple[int, int], ...]

    def sql(self, text: str) -> str:
        """Return a statement that looks only between these starts."""
        spans = " OR ".join(SPAN.format(n=n) for n in range(len(self.spans)))
        return text.format(spans=spans, skip=int(len(self.keys) <= FEW))

    def params(self) -> dict[str, Any]:
        """Return the parameters of that statement."""
        found: dict[str, Any] = {
            "projects": sorted({project for project, _ in self.keys}),
            "ids": [Ids(call_id for _, call_id in self.keys)],
        }
        for n, (low, high) in enumerate(self.spans):
            found |= {f"low{n}": low, f"high{n}": high}
        return found


def scope(keys: Iterable[Key], starts: Iterable[int], *, around_us: int = DAY_US) -> Scope:
    """Return the scope of these calls: from `around_us` before to as much after their starts, gaps left out."""
    several = set(starts)
    for bucket in (HOUR_US, DAY_US, 7 * DAY_US):
        spans = _spans(several, bucket, around_us)
        if len(spans) <= MOST_SPANS:
            break
    return Scope(frozenset(keys), tuple(spans))


def _spans(starts: set[int], bucket: int, around_us: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for number in sorted({start // bucket for start in starts}):
        low, high = max(number * bucket - around_us, 0), (number + 1) * bucket + around_us
        if spans and low <= spans[-1][1]:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans


class Reach:
    """How far from its start a call is looked for: a day, less while so many calls are stored that this is too slow.

    The look-up reads the ids of everything around the batch, which at a thousand calls a second is a hundred million
    a day. A start that moved beyond the reach is found by the nightly check instead.
    """

    def __init__(self) -> None:
        self.us = DAY_US
        self._slow = self._quick = 0

    def took(self, seconds: float) -> None:
        """Learn from one look-up. A single slow one says nothing: the machine may have been busy."""
        self._slow = self._slow + 1 if seconds > SLOW_S else 0
        self._quick = self._quick + 1 if seconds < QUICK_S else 0
        if self._slow >= 5 and self.us > LEAST_REACH_US:
            self._set(self.us // 2)
        elif self._quick >= 50 and self.us < DAY_US:
            self._set(self.us * 2)

    def _set(self, us: int) -> None:
        self.us, self._slow, self._quick = us, 0, 0
        log.warning("writer.reach minutes=%d", us // 60_000_000)


def held(within: Scope) -> dict[Key, Standing]:
    """Return what is stored of these calls; calls of which nothing is stored are left out."""
    found: dict[Key, list[Held]] = {}
    for row in client.look_up(within.sql(IDS), **within.params()):
        # The projects and the ids are two lists: a pair that nobody asked for belongs to another project.
        key = (row["project_id"], row["call_id"])
        if key in within.keys:
            found.setdefault(key, []).append(Held(row["ts_us"], row["version"], bool(row["is_deleted"]), row["fold"]))
    return {key: Standing(every) for key, every in found.items()}


def with_texts(events: Iterable[Row]) -> set[tuple[Key, int]]:
    """Return which of these single events have their texts in the store, by call and version."""
    several = list(events)
    within = scope(((row[0], row[2]) for row in several), (row[1] for row in several), around_us=0)
    return {
        ((row["project_id"], row["call_id"]), row["version"])
        for row in client.look_up(within.sql(TEXTS), **within.params())
    }


def rows(wanted: Mapping[Key, Iterable[Held]]) -> dict[Key, list[tuple[Row, Body | None]]]:
    """Return the whole rows and texts of these versions; those that a merge took away meanwhile are missing."""
    versions = {(key, held.ts_us, held.version) for key, several in wanted.items() for held in several}
    if not versions:
        return {}
    within = scope(wanted, (ts_us for _, ts_us, _ in versions), around_us=0)
    texts = _texts(within)
    found: dict[Key, list[tuple[Row, Body | None]]] = {}
    for row in client.look_up(within.sql(CALLS), **within.params()):
        key, ts_us, version = (row["project_id"], row["call_id"]), row["ts_us"], row["version"]
        if (key, ts_us, version) in versions:
            row["ts"] = ts_us
            event = tuple(row[name] for name in CALL_NAMES), texts.get((key, ts_us, version))
            found.setdefault(key, []).append(event)
    return found


def _texts(within: Scope) -> dict[tuple[Key, int, int], Body]:
    return {
        ((row["project_id"], row["call_id"]), row["ts_us"], row["version"]): tuple(row[name] for name in BODY_NAMES)
        for row in client.look_up(within.sql(BODIES), **within.params())
        if not row["is_deleted"]
    }
