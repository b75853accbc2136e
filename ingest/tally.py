"""Counters in memory that a thread writes to the control database once a minute; a request never waits for it."""

import atexit
import logging
import os
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, DataError, connection
from django.utils import timezone

FLUSH_S = 60.0
MOST = 1_000
"""Distinct entries between two flushes; what is beyond is counted under the name `other` by the caller."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """What happened to one key since the last flush."""

    count: int
    last_at: datetime
    detail: Any


class Tally:
    """Counts by key. `write(key, entry)` adds one entry to the database and may be repeated after a failure."""

    def __init__(self, name: str, write: Callable[[Any, Entry], None], every_s: float = FLUSH_S) -> None:
        self._name, self._write, self._every_s = name, write, every_s
        self._lock = threading.Lock()
        self._entries: dict[Hashable, Entry] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._wake = threading.Event()

    def add(self, key: Hashable, count: int, detail: Any = None) -> bool:
        """Count; False if too many distinct keys wait already and nothing was counted."""
        if self._pid != os.getpid():
            self._forked()
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                if len(self._entries) >= MOST:
                    return False
                entry = self._entries[key] = Entry(0, timezone.now(), detail)
            entry.count += count
            entry.last_at = timezone.now()
            entry.detail = detail if detail is not None else entry.detail
        self._ensure_thread()
        return True

    def flush(self) -> None:
        """Write what was counted. What cannot be written now stays for the next time; what never can is dropped.

        Senders choose these texts, and PostgreSQL refuses some, such as a zero byte: one must not hold up the others.
        """
        with self._lock:
            entries, self._entries = self._entries, {}
        while entries:
            key = next(iter(entries))
            try:
                self._write(key, entries[key])
            except (DataError, ValueError) as error:
                log.warning("tally.dropped name=%s key=%r error=%s", self._name, key, error)
            except DatabaseError as error:
                log.warning("tally.postponed name=%s entries=%d error=%s", self._name, len(entries), error)
                self._put_back(entries)
                return
            del entries[key]

    def _put_back(self, entries: dict[Hashable, Entry]) -> None:
        with self._lock:
            for key, entry in self._entries.items():
                if key in entries:
                    entry.count += entries.pop(key).count
            self._entries |= entries

    def _forked(self) -> None:
        """A child has no thread, and what its parent counted is the parent's to write."""
        self._lock, self._entries, self._thread, self._pid = threading.Lock(), {}, None, os.getpid()
        self._wake = threading.Event()

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tally-{self._name}", daemon=True)
            self._thread.start()
            atexit.register(self._at_exit)

    def _run(self) -> None:
        while not self._wake.wait(self._every_s):
            if self._entries:
                self.flush()
                connection.close()

    def _at_exit(self) -> None:
        if self._pid == os.getpid():
            self._wake.set()
            self.flush()
            connection.close()
