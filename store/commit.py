"""One group of requests on its way into the store: look up, plan, insert, and where need be look once more."""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from store import lookup
from store.blocks import Block, blocks
from store.client import StoreError
from store.fold import Derivation
from store.lookup import NOTHING_HELD, Key, Reach, Standing
from store.plan import TS, VERSION, Event, Plan, covered, key_of, plan, write_texts
from store.unit import Unit

ATTEMPTS = 6
FIRST_PAUSE_S = 0.1
REPAIRS = 8
"""How often one group is repaired before it is left to the nightly check; each repair needs a new coincidence."""

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class Unsure:
    """What was written while another machine may have written the same calls, and who waits for certainty."""

    units: list[Unit] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    repairs: int = 0


@dataclass(slots=True)
class Means:
    """What a writer commits with."""

    derive: Derivation
    beside: Executor
    """Runs one insert beside another."""
    reach: Reach = field(default_factory=Reach)


def commit(units: list[Unit], before: Unsure, means: Means, *, alone: bool) -> tuple[list[Unit], Unsure]:
    """Write a group; return the requests that may be answered and those that wait for another look.

    `alone` is true while this process has the turn of every process that can reach the store: then the first look is
    the truth. Otherwise the rows are looked at once more, together with the look-up of the next group: each of two
    machines sees nothing before its insert, but whoever looks last sees both rows, and writes the union.
    """
    events = [event for unit in units for event in unit.events]
    stored = _look([*events, *before.events], means.reach)
    lost = [event for event in before.events if not covered(event[0], stored.get(key_of(event[0]), NOTHING_HELD))]
    repairs = before.repairs + 1 if lost else 0
    if repairs > REPAIRS:
        log.error("writer.unsettled calls=%d", len(lost))
        lost = []
    plans = plan([*events, *lost], stored, lookup.rows, means.derive)
    _complete(plans)
    _persist(blocks(plans, [span for unit in units for span in unit.spans]), None if plans.has_folds else means.beside)
    _count(units, plans.duplicates)
    waiting = [*(before.units if lost else ()), *units]
    answered = [] if lost else before.units
    if alone or not plans.written:
        return [*answered, *waiting], Unsure()
    return answered, Unsure(waiting, list(plans.written.values()), repairs)


def _complete(plans: Plan) -> None:
    """Write the texts of known calls again if a crash came between them: nobody was told that they are stored."""
    if not plans.told_again:
        return
    found = patiently(lambda: lookup.with_texts(row for row, _ in plans.told_again))
    for row, body in plans.told_again:
        if body is not None and (key_of(row), row[VERSION]) not in found:
            write_texts(plans, row, body)


def _persist(found: list[Block], beside: Executor | None) -> None:
    """Write texts, calls and spans side by side, or, where `beside` is None, texts first.

    Side by side a crash may leave a call without its texts. It was not acknowledged, so its sender sends it again, and
    `_complete` writes them. It saves a quarter of the time that a sender waits.
    """
    if beside is None or len(found) < 2:
        for block in found:
            patiently(block.insert)
        return
    futures = [beside.submit(patiently, block.insert) for block in found[1:]]
    try:
        patiently(found[0].insert)
    finally:
        wait(futures)
    for future in futures:
        future.result()


def _look(events: Iterable[Event], reach: Reach) -> dict[Key, Standing]:
    rows = [row for row, _ in events]
    if not rows:
        return {}
    within = lookup.scope(map(key_of, rows), (row[TS] for row in rows), around_us=reach.us)
    began = time.monotonic()
    stored = patiently(lambda: lookup.held(within))
    reach.took(time.monotonic() - began)
    return stored


def _count(units: list[Unit], duplicates: set[int]) -> None:
    position = 0
    for unit in units:
        unit.count(sum(at in duplicates for at in range(position, position + len(unit.events))) if duplicates else 0)
        position += len(unit.events)


def patiently(work: Callable[[], T]) -> T:
    """Repeat until it works; an error that repetition cannot help, or one too many, is raised."""
    pause = FIRST_PAUSE_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work()
        except StoreError as error:
            if not error.retry or attempt == ATTEMPTS:
                raise
            log.warning("writer.retry attempt=%d error=%s", attempt, error)
        time.sleep(pause)
        pause *= 2
    raise AssertionError("unreachable: the last attempt returned or raised")
