"""What to write for a group of calls, given what the store holds of them: duplicates, folds, tombstones. No I/O."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from store.fold import Body, Derivation, Row, fold, sources
from store.lookup import Held, Key
from store.schema import CALL_COLUMNS, POSITION

TS, CALL_ID, VERSION = POSITION["ts"], POSITION["call_id"], POSITION["version"]
IS_DELETED, KEEP_DAYS, FOLD = POSITION["is_deleted"], POSITION["keep_days"], POSITION["fold"]
EMPTY = tuple(column.unknown for column in CALL_COLUMNS)

Event = tuple[Row, Body | None]
StoredBody = tuple[int, int, object, int, int, int, str, str, str]
"""project_id, ts, call_id, version, is_deleted, keep_days and the three texts."""
Fetch = Callable[[Mapping[Key, Iterable[Held]]], dict[tuple[Key, int], Event]]


@dataclass(slots=True)
class Plan:
    """Rows of one insert, and what each event turned out to be."""

    calls: list[Row] = field(default_factory=list)
    bodies: list[StoredBody] = field(default_factory=list)
    written: dict[Key, list[Event]] = field(default_factory=dict)
    """What was written of each call; looked at once more after the insert."""
    duplicates: set[int] = field(default_factory=set)
    """Positions of the events that were in the store, or earlier in this group, already."""


def key_of(row: Row) -> Key:
    """Return project and id of a call."""
    return row[0], row[CALL_ID]


def covered(event: Row, stored: Iterable[Held]) -> bool:
    """True if the one row that readers see holds everything of this event."""
    live = [held for held in stored if not held.gone]
    return len(live) == 1 and sources(event[VERSION], event[FOLD]) <= live[0].sources


def plan(events: list[Event], stored: Mapping[Key, list[Held]], fetch: Fetch, derive: Derivation) -> Plan:
    """Decide what to write. `fetch` returns the whole rows of the few calls that are stored with other content."""
    result = Plan()
    to_fold: dict[Key, list[Event]] = {}
    for key, fresh in _fresh(events, stored, result).items():
        live = [held for held in stored.get(key, ()) if not held.gone]
        if len(fresh) == 1 and not live:
            _write(result, *fresh[0])
        elif fresh or len(live) > 1:
            to_fold[key] = fresh
    if to_fold:
        lives = {key: [held for held in stored.get(key, ()) if not held.gone] for key in to_fold}
        whole = fetch(lives)
        for key, fresh in to_fold.items():
            _fold(result, fresh, [whole[key, held.ts_us] for held in lives[key] if (key, held.ts_us) in whole], derive)
    return result


def _fresh(events: list[Event], stored: Mapping[Key, list[Held]], result: Plan) -> dict[Key, list[Event]]:
    """Sort events by call and leave out what is known; note which were duplicates."""
    fresh: dict[Key, list[Event]] = {}
    seen: set[tuple[Key, int]] = set()
    for position, event in enumerate(events):
        row = event[0]
        key = (row[0], row[CALL_ID])
        several = fresh.setdefault(key, [])
        held = stored.get(key)
        known = frozenset().union(*(one.sources for one in held if not one.gone)) if held else ()
        if (key, row[VERSION]) in seen or (held and sources(row[VERSION], row[FOLD]) <= set(known)):
            result.duplicates.add(position)
            continue
        seen.add((key, row[VERSION]))
        several.append(event)
    return fresh


def _fold(result: Plan, fresh: list[Event], stored: list[Event], derive: Derivation) -> None:
    """Write one row for all that is known, and free every other start at which the call was stored."""
    if not stored and not fresh:
        return
    newest = max((row for row, _ in stored), key=lambda row: row[VERSION], default=None)
    row, body = fold([*stored, *fresh], derive, newest)
    here = next((text for old, text in stored if old[TS] == row[TS]), None)
    _write(result, row, body if body != here else None)
    result.written[key_of(row)] = [(row, body)]
    for old, text in stored:
        if old[TS] != row[TS]:
            _free(result, old, row, text is not None)


def _write(result: Plan, row: Row, body: Body | None) -> None:
    result.calls.append(row)
    result.written[key_of(row)] = [(row, body)]
    if body is not None:
        result.bodies.append((row[0], row[TS], row[CALL_ID], row[VERSION], 0, row[KEEP_DAYS], *body))


def _free(result: Plan, old: Row, new: Row, has_body: bool) -> None:
    """A tombstone: same key and partition as the old row, the version of the new one, nothing else."""
    grave = list(EMPTY)
    for position, value in (
        (0, old[0]), (TS, old[TS]), (CALL_ID, old[CALL_ID]), (VERSION, new[VERSION]), (IS_DELETED, 1),
        (KEEP_DAYS, old[KEEP_DAYS]),
    ):  # fmt: skip
        grave[position] = value
    result.calls.append(tuple(grave))
    if has_body:
        result.bodies.append((old[0], old[TS], old[CALL_ID], new[VERSION], 1, old[KEEP_DAYS], "", "", ""))
