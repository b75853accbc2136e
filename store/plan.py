"""What to write for a group of calls, given what the store holds of them: duplicates, folds, tombstones. No I/O."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from store.fold import Body, Derivation, Row, fold, sources
from store.lookup import NOTHING_HELD, Held, Key, Standing
from store.schema import CALL_COLUMNS, POSITION

TS, CALL_ID, VERSION = POSITION["ts"], POSITION["call_id"], POSITION["version"]
IS_DELETED, KEEP_DAYS, FOLD = POSITION["is_deleted"], POSITION["keep_days"], POSITION["fold"]
EMPTY = tuple(column.unknown for column in CALL_COLUMNS)

Event = tuple[Row, Body | None]
StoredBody = tuple[Any, ...]
"""A row of the table `bodies`, in the order of store.blocks.BODY_COLUMNS."""
Fetch = Callable[[Mapping[Key, Iterable[Held]]], Mapping[Key, list[Event]]]


@dataclass(slots=True)
class Plan:
    """Rows of one insert, and what each event turned out to be."""

    calls: list[Row] = field(default_factory=list)
    bodies: list[StoredBody] = field(default_factory=list)
    written: dict[Key, Event] = field(default_factory=dict)
    """What was written of each call; looked at once more after the insert."""
    duplicates: set[int] = field(default_factory=set)
    """Positions of the events that were in the store, or earlier in this group, already."""
    told_again: list[Event] = field(default_factory=list)
    """Duplicates that bring texts: a crash may have left their call without them."""
    has_folds: bool = False
    """True if a row depends on what is stored, so that its texts must be there before it is."""


def key_of(row: Row) -> Key:
    """Return project and id of a call."""
    return row[0], row[CALL_ID]


def covered(event: Row, standing: Standing) -> bool:
    """True if readers see one row of this call, and it holds everything of this event and of every other stored one."""
    return standing.settled and sources(event[VERSION], event[FOLD]) <= standing.known


def plan(events: list[Event], stored: Mapping[Key, Standing], fetch: Fetch, derive: Derivation) -> Plan:
    """Decide what to write. `fetch` returns the whole rows of the few calls that are stored with other content."""
    result = Plan()
    to_fold: dict[Key, list[Event]] = {}
    for key, fresh in _fresh(events, stored, result).items():
        standing = stored.get(key)
        if standing is None and len(fresh) == 1:
            _write(result, *fresh[0])
        elif fresh or (standing is not None and not standing.settled):
            to_fold[key] = fresh
    if to_fold:
        result.has_folds = True
        _fold_all(result, to_fold, stored, fetch, derive)
    return result


def _fresh(events: list[Event], stored: Mapping[Key, Standing], result: Plan) -> dict[Key, list[Event]]:
    """Sort events by call and leave out what readers see already; note which were duplicates."""
    fresh: dict[Key, list[Event]] = {}
    seen: set[tuple[Key, int]] = set()
    for position, event in enumerate(events):
        row = event[0]
        key = (row[0], row[CALL_ID])
        several = fresh.setdefault(key, [])
        standing = stored.get(key)
        known = standing is not None and sources(row[VERSION], row[FOLD]) <= standing.known
        if known or (several and (key, row[VERSION]) in seen):
            result.duplicates.add(position)
            if known and standing and event[1] is not None and row[VERSION] == standing.live[0].version:
                result.told_again.append(event)
            continue
        seen.add((key, row[VERSION]))
        several.append(event)
    return fresh


def _fold_all(
    result: Plan, to_fold: dict[Key, list[Event]], stored: Mapping[Key, Standing], fetch: Fetch, derive: Derivation
) -> None:
    standings = {key: stored.get(key, NOTHING_HELD) for key in to_fold}
    whole = fetch({key: [*one.live, *one.lost] for key, one in standings.items()})
    for key, fresh in to_fold.items():
        several = [*whole.get(key, ()), *fresh]
        if several:
            _fold(result, several, standings[key], derive)


def _fold(result: Plan, several: list[Event], standing: Standing, derive: Derivation) -> None:
    """Write one row for all that is known, and free every other start at which readers see the call."""
    seen = {held.version for held in standing.live}
    newest = max((row for row, _ in several if row[VERSION] in seen), key=lambda row: row[VERSION], default=None)
    row, body = fold(several, derive, newest)
    _write(result, row, body)
    for old, text in several:
        if old[VERSION] in seen and old[TS] != row[TS]:
            _free(result, old, row, text is not None)


def _write(result: Plan, row: Row, body: Body | None) -> None:
    """Write a row with its texts, also unchanged ones: so a row and its texts always have the same version."""
    result.calls.append(row)
    result.written[key_of(row)] = (row, body)
    if body is not None:
        write_texts(result, row, body)


def write_texts(result: Plan, row: Row, body: Body) -> None:
    """Write the texts of a row, under its key and version."""
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
