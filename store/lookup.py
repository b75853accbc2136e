"""What the store already holds of some calls: a narrow look at many ids, whole rows of the few that need a fold.

Reads the table itself, not `calls_live`: the writer must see every version and every tombstone to decide on the next.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from store import client
from store.fold import Body, Row, sources
from store.schema import BODY_NAMES, CALL_NAMES

Key = tuple[int, uuid.UUID]
"""Project and id of a call."""
DAY_US = 24 * 3600 * 1_000_000

IDS = """
    SELECT project_id,
           call_id,
           toUnixTimestamp64Micro(ts) AS ts_us,
           max(version) AS top,
           argMax(is_deleted, version) AS gone,
           argMax(fold, version) AS provenance
      FROM calls
     WHERE project_id IN {{projects:Array(UInt32)}}
       AND ({spans})
       AND call_id IN {{ids:Array(UUID)}}
  GROUP BY project_id, call_id, ts
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
SPAN = (
    "ts >= fromUnixTimestamp64Micro({{low{n}:Int64}}, 'UTC')"
    " AND ts <= fromUnixTimestamp64Micro({{high{n}:Int64}}, 'UTC')"
)


class Held(NamedTuple):
    """The winning version that the store holds at one start of one call."""

    ts_us: int
    version: int
    gone: bool
    fold: str

    @property
    def sources(self) -> frozenset[int]:
        """The versions of the events in it."""
        return sources(self.version, self.fold)


class Scope(NamedTuple):
    """Some calls, and the spans of starts between which they are looked for: never more of the table than need be."""

    keys: frozenset[Key]
    spans: tuple[tuple[int, int], ...]

    def sql(self, text: str) -> str:
        """Return a statement that looks only between these starts."""
        return text.format(spans=" OR ".join(SPAN.format(n=n) for n in range(len(self.spans))))

    def params(self) -> dict[str, Any]:
        """Return the parameters of that statement."""
        found: dict[str, Any] = {
            "projects": sorted({project for project, _ in self.keys}),
            "ids": [str(call_id) for _, call_id in self.keys],
        }
        for n, (low, high) in enumerate(self.spans):
            found |= {f"low{n}": low, f"high{n}": high}
        return found


def scope(keys: Iterable[Key], starts: Iterable[int], *, around_us: int = DAY_US) -> Scope:
    """Return the scope of these calls: from a day before to a day after their starts, gaps left out."""
    spans: list[tuple[int, int]] = []
    for day in sorted({start // DAY_US for start in starts}):
        low, high = max(day * DAY_US - around_us, 0), (day + 1) * DAY_US + around_us
        if spans and low <= spans[-1][1]:
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return Scope(frozenset(keys), tuple(spans))


def held(within: Scope) -> dict[Key, list[Held]]:
    """Return what is stored of these calls, one entry for each start."""
    found: dict[Key, list[Held]] = {}
    for row in client.operator_select(within.sql(IDS), **within.params()):
        # The projects and the ids are two lists: a pair that nobody asked for belongs to another project.
        key = (row["project_id"], row["call_id"])
        if key in within.keys:
            found.setdefault(key, []).append(Held(row["ts_us"], row["top"], bool(row["gone"]), row["provenance"]))
    return found


def rows(wanted: Mapping[Key, Iterable[Held]]) -> dict[tuple[Key, int], tuple[Row, Body | None]]:
    """Return the whole rows and texts of these versions, by call and start."""
    versions = {(key, held.ts_us): held.version for key, several in wanted.items() for held in several}
    if not versions:
        return {}
    within = scope(wanted, (ts_us for _, ts_us in versions), around_us=0)
    texts = _bodies(within)
    found = {}
    for row in client.operator_select(within.sql(CALLS), **within.params()):
        place = ((row["project_id"], row["call_id"]), row["ts_us"])
        if versions.get(place) == row["version"]:
            row["ts"] = row["ts_us"]
            found[place] = (tuple(row[name] for name in CALL_NAMES), texts.get(place))
    return found


def _bodies(within: Scope) -> dict[tuple[Key, int], Body]:
    newest: dict[tuple[Key, int], dict[str, Any]] = {}
    for row in client.operator_select(within.sql(BODIES), **within.params()):
        place = ((row["project_id"], row["call_id"]), row["ts_us"])
        if place not in newest or newest[place]["version"] < row["version"]:
            newest[place] = row
    return {place: tuple(row[name] for name in BODY_NAMES) for place, row in newest.items() if not row["is_deleted"]}
