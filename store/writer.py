"""Group commit: many requests, one durable insert. One thread per process; a request is answered after its insert.

There is no timer. While one insert is in flight the next group gathers; when it returns, that group goes. A group runs
through four steps: look up what the store holds of its ids, plan (duplicates, folds, tombstones), insert, and look
once more, together with the look-up of the next group. The second look catches what two processes wrote at the same
moment: each sees nothing before its insert, but whoever looks last sees both rows, folds them and writes the union.
Requests are answered only after it, so an acknowledged event is in the row that readers see, not merely in a loser.
"""

import atexit
import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from store import client, lookup
from store.blocks import Block, blocks
from store.client import StoreError
from store.fold import Body, Derivation, Row
from store.plan import TS, Event, covered, key_of, plan
from store.unit import GROUP_BYTES, GROUP_PARTITIONS, GROUP_ROWS, QueueFull, Receipt, Unit, units

QUEUE_BYTES = 64 * 1024 * 1024
ATTEMPTS = 6
FIRST_PAUSE_S = 0.1
REPAIRS = 8
"""How often one group is repaired before it is left to the nightly check; each repair needs a new coincidence."""

log = logging.getLogger(__name__)

__all__ = ["QueueFull", "Receipt", "Writer"]


class Writer:
    """The only way in for calls, texts and spans."""

    def __init__(self, derive: Derivation, *, queue_bytes: int = QUEUE_BYTES) -> None:
        self._derive = derive
        self._queue_bytes = queue_bytes
        self._reset()
        atexit.register(self.flush)

    def _reset(self) -> None:
        """Start empty: at first, and in a forked child, which has neither the thread nor the requests of its parent."""
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._waiting: deque[Unit] = deque()
        self._bytes = 0
        self._by_project: Counter[int] = Counter()
        self._thread: threading.Thread | None = None

    def submit(
        self, rows: Sequence[Row], bodies: Sequence[Body | None], spans: Sequence[tuple[Any, ...]] = ()
    ) -> "Future[Receipt]":
        """Queue calls (rows in the order of CALL_NAMES, texts beside them) and spans; the future ends when durable.

        Raises:
            QueueFull: too much is waiting already. Nothing was taken; the sender should come back later.
        """
        if self._pid != os.getpid():
            self._reset()
        several = units(list(zip(rows, bodies, strict=True)), spans)
        with self._lock:
            self._admit(several[0].project, sum(unit.bytes for unit in several))
            self._waiting.extend(several)
            self._ensure_thread()
            self._lock.notify_all()
        return several[0].receipt

    def _admit(self, project: int, size: int) -> None:
        """Take room in the queue. One project may fill half of it, so that it cannot keep the others out."""
        own = self._by_project[project]
        # One submission always fits an empty queue, or it would never fit at all.
        if own and own + size > self._queue_bytes // 2:
            raise QueueFull(own=True)
        if self._bytes and self._bytes + size > self._queue_bytes:
            raise QueueFull(own=False)
        self._bytes += size
        self._by_project[project] += size

    def healthy(self) -> bool:
        """Return whether a request would be acknowledged now: there is room, and the store answers."""
        return self.has_room() and client.ping()

    def has_room(self) -> bool:
        """Return whether a request would be queued now."""
        return self._bytes < self._queue_bytes

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until nothing is queued or in flight; False if that took too long."""
        if self._pid != os.getpid():
            return True
        with self._lock:
            return self._lock.wait_for(lambda: not self._bytes, timeout_s)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="event-writer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        written: _Group | None = None
        while True:
            group = _Group(self._gather(wait=written is None), self._derive)
            if written is not None:
                group.take_over(written)
            written = self._step(group)

    def _step(self, group: "_Group") -> "_Group | None":
        """Write a group; return it if it has yet to be looked at once more."""
        try:
            again = group.write()
        except Exception as error:  # whatever it is, nobody may wait for ever
            self._release(group.finished)
            self._one_by_one(group, error)
            return None
        self._release(group.finished)
        return group if again else None

    def _one_by_one(self, group: "_Group", error: Exception) -> None:
        """Give each request its own insert, so that one bad row cannot fail its neighbours."""
        members = group.members()
        again = isinstance(error, StoreError) and error.retry
        if again or len(members) == 1:
            if not again:
                log.error("writer.failed rows=%d", sum(len(unit.events) for unit in members), exc_info=error)
            for unit in members:
                unit.fail(error)
            self._release(members)
            return
        for unit in members:
            alone: _Group | None = _Group([unit], self._derive)
            while alone is not None:
                alone = self._step(alone)
                if alone is not None:
                    alone = _Group([], self._derive).take_over(alone)

    def _release(self, done: Sequence[Unit]) -> None:
        if not done:
            return
        with self._lock:
            for unit in done:
                self._bytes -= unit.bytes
                self._by_project[unit.project] -= unit.bytes
            self._by_project += Counter()  # forget those who have nothing waiting
            self._lock.notify_all()

    def _gather(self, *, wait: bool) -> list[Unit]:
        """Take what is queued, up to the size of a group; with `wait`, sleep until something is."""
        with self._lock:
            if wait:
                self._lock.wait_for(lambda: bool(self._waiting))
            taken: list[Unit] = []
            rows = size = 0
            weeks: set[tuple[int, int]] = set()
            while self._waiting:
                unit = self._waiting[0]
                if taken and (
                    rows + unit.rows > GROUP_ROWS
                    or size + unit.bytes > GROUP_BYTES
                    or len(weeks | unit.partitions) > GROUP_PARTITIONS
                ):
                    break
                taken.append(self._waiting.popleft())
                rows, size = rows + unit.rows, size + unit.bytes
                weeks |= unit.partitions
            return taken


class _Group:
    """Some requests on their way through one insert, with the group before them that is looked at once more."""

    def __init__(self, taken: list[Unit], derive: Derivation) -> None:
        self._units = taken
        self._derive = derive
        self._before: list[Unit] = []
        self._unseen: list[Event] = []
        self._repairs = 0
        self.finished: list[Unit] = []
        self._written: list[Event] = []

    def take_over(self, before: "_Group") -> "_Group":
        """Look after the group that was just written, too."""
        self._before, self._unseen, self._repairs = before._pending(), before._written, before._repairs
        return self

    def _pending(self) -> list[Unit]:
        return [unit for unit in (*self._before, *self._units) if unit not in self.finished]

    def members(self) -> list[Unit]:
        """Return every request that waits for this group."""
        return self._pending()

    def write(self) -> bool:
        """Do the four steps; True if the rows have yet to be looked at once more."""
        events = [event for unit in self._units for event in unit.events]
        stored = self._look([event[0] for event in (*events, *self._unseen)])
        lost = [event for event in self._unseen if not covered(event[0], stored.get(key_of(event[0]), ()))]
        self._repairs = self._repairs + 1 if lost else 0
        if not lost or self._repairs > REPAIRS:
            self._finish(self._before)
            lost = []
        plans = plan([*events, *lost], stored, lookup.rows, self._derive)
        spans = [span for unit in self._units for span in unit.spans]
        for block in blocks(plans, spans):
            _persist(block)
        self._count(plans.duplicates)
        self._written = [event for written in plans.written.values() for event in written]
        if not self._written and not lost:
            self._finish(self._units)
        return bool(self._written)

    def _look(self, rows: list[Row]) -> dict[lookup.Key, list[lookup.Held]]:
        return (
            _patiently(lambda: lookup.held(lookup.scope(map(key_of, rows), (row[TS] for row in rows)))) if rows else {}
        )

    def _count(self, duplicates: set[int]) -> None:
        position = 0
        for unit in self._units:
            unit.count(sum(1 for at in range(position, position + len(unit.events)) if at in duplicates))
            position += len(unit.events)

    def _finish(self, done: list[Unit]) -> None:
        for unit in done:
            unit.finish()
        self.finished += done


def _persist(block: Block) -> None:
    _patiently(block.insert)


def _patiently(work: Any) -> Any:
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
