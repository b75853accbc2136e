"""Group commit: many requests, one durable insert. One thread per process; a request is answered after its insert.

There is no timer. While one insert is in flight the next group gathers; when it returns, that group goes.
"""

import atexit
import logging
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings

from store import client
from store.client import StoreError
from store.commit import Means, Unsure, commit
from store.fold import Body, Derivation, Row
from store.plan import Event
from store.turn import Turn
from store.unit import GROUP_BYTES, GROUP_PARTITIONS, GROUP_ROWS, QueueFull, Receipt, Unit, units

QUEUE_BYTES = 64 * 1024 * 1024
LINGER_S = 0.015
LINGER_SHARE = 0.25
"""An insert costs the store nearly the same whether it brings 100 calls or 400, and senders that were just answered
come back at once. So a group waits for as many requests as the last one had and left behind, never longer than a
quarter of what the last insert took. Without it four senders end up in two groups that take turns for ever."""
RECHECK_S = 3.0
"""A merge may take a row that lost away before anyone has looked, so where several machines write, the writer looks
again at what it wrote this long ago and still has in memory."""
MOST_RECHECKED = 20_000

log = logging.getLogger(__name__)

__all__ = ["QueueFull", "Receipt", "Writer"]


class Writer:
    """The only way in for calls, texts and spans.

    `alone` says that every process which writes to this store takes turns in `turns`: true for the embedded store,
    whose writers are all on this machine. By default the settings decide.
    """

    def __init__(
        self,
        derive: Derivation,
        *,
        queue_bytes: int = QUEUE_BYTES,
        alone: bool | None = None,
        turns: Path | None = None,
    ) -> None:
        self._derive = derive
        self._queue_bytes = queue_bytes
        self._alone = alone
        self._turns = turns
        self._reset()
        atexit.register(self.flush)

    def _reset(self) -> None:
        """Start empty: at first, and in a forked child, which has neither the thread nor the requests of its parent."""
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._waiting: deque[Unit] = deque()
        self._bytes = 0
        self._by_project: Counter[int] = Counter()
        self._arriving = self._expected = 0
        self._took_s = self._ended = 0.0
        self._thread: threading.Thread | None = None
        self._turn: Turn | None = None
        self._means = Means(self._derive, ThreadPoolExecutor(2, thread_name_prefix="event-writer-beside"))
        self._unsure = Unsure()
        self._rechecks: deque[tuple[float, list[Event]]] = deque()

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
        while True:
            self._await_work()
            # Gathered only when it is our turn: what came while another process wrote goes in the same insert.
            try:
                with self._my_turn():
                    group = self._gather()
                    done = self._write(group)
            except OSError as error:  # the lock files cannot be opened
                group = self._gather()
                done = self._fail(group, error)
            self._release(done)

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Announce a request while it is decoded: a group waits a moment for it rather than go without it."""
        with self._lock:
            self._arriving += 1
        try:
            yield
        finally:
            with self._lock:
                self._arriving -= 1
                self._lock.notify_all()

    def _await_work(self) -> None:
        with self._lock:
            if self._unsure.events:
                return
            pause = max(self._rechecks[0][0] - time.monotonic(), 0) if self._rechecks else None
            self._lock.wait_for(lambda: bool(self._waiting), pause)

    def _my_turn(self) -> AbstractContextManager[None]:
        if self._turns is None and settings.EVENTS_URL != "embedded":
            return nullcontext()
        if self._turn is None:
            self._turn = Turn(self._turns or Path(settings.DATA_DIR) / "store")
        return self._turn.taken()

    def _is_alone(self) -> bool:
        return settings.EVENTS_URL == "embedded" if self._alone is None else self._alone

    def _write(self, group: list[Unit]) -> list[Unit]:
        """Write a group and return the requests that have their answer."""
        began = time.monotonic()
        before, self._unsure = self._unsure, Unsure()
        written = before.events
        before.events = written + self._due()
        alone = self._is_alone()
        try:
            done, self._unsure = commit(group, before, self._means, alone=alone)
        except Exception as error:  # whatever it is, nobody may wait for ever
            return self._one_by_one([*before.units, *group], error)
        if not alone and before.units and before.units[0] in done:
            self._look_again_later(written)
        for unit in done:
            unit.finish()
        self._ended = time.monotonic()
        self._took_s = self._ended - began
        self._expected = len(group) + len(self._waiting)
        return done

    def _due(self) -> list[Event]:
        due: list[Event] = []
        while self._rechecks and self._rechecks[0][0] <= time.monotonic():
            due += self._rechecks.popleft()[1]
        return due

    def _look_again_later(self, events: list[Event]) -> None:
        if sum(len(others) for _, others in self._rechecks) + len(events) <= MOST_RECHECKED:
            self._rechecks.append((time.monotonic() + RECHECK_S, events))

    def _one_by_one(self, members: list[Unit], error: Exception) -> list[Unit]:
        """Give each request its own insert, so that one bad row cannot fail its neighbours."""
        if len(members) <= 1 or (isinstance(error, StoreError) and error.retry):
            return self._fail(members, error)
        done: list[Unit] = []
        for unit in members:
            done += self._write([unit])
            while self._unsure.events:
                done += self._write([])
        return done

    def _fail(self, members: list[Unit], error: Exception) -> list[Unit]:
        if not (isinstance(error, StoreError) and error.retry):
            log.error("writer.failed rows=%d", sum(unit.rows for unit in members), exc_info=error)
        for unit in members:
            unit.fail(error)
        return members

    def _release(self, done: Sequence[Unit]) -> None:
        if not done:
            return
        with self._lock:
            for unit in done:
                self._bytes -= unit.bytes
                self._by_project[unit.project] -= unit.bytes
            self._by_project += Counter()  # forget those who have nothing waiting
            self._lock.notify_all()

    def _all_here(self) -> bool:
        """What is being read has come, and so have those who were just answered, unless that is long ago."""
        recent = time.monotonic() - self._ended < 2 * LINGER_S
        return not self._arriving and (len(self._waiting) >= self._expected or not recent)

    def _gather(self) -> list[Unit]:
        """Take what is queued, up to the size of a group, and what is about to be."""
        with self._lock:
            self._lock.wait_for(self._all_here, min(LINGER_S, LINGER_SHARE * self._took_s))
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
