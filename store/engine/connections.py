"""Connections to the engine, a pool for each lane; a connection that saw an error is thrown away."""

import itertools
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import chdb
from chdb.state.sqlitelike import Connection

from store.engine import settings
from store.engine.guard import Lane

SIZES: Final = {Lane.INSERT: 2, Lane.LOOKUP: 2, Lane.READ: 4, Lane.EXPORT: 2, Lane.MAINTENANCE: 1}
WAIT_S: Final = {Lane.INSERT: 30.0, Lane.LOOKUP: 8.0, Lane.READ: 8.0, Lane.EXPORT: 8.0, Lane.MAINTENANCE: 600.0}
"""How long a request waits for a free connection before it is sent away."""
DATABASE: Final = "polymeter"


class Busy(Exception):
    """No connection of the lane became free in time."""


class Link:
    """One connection of a lane, with a name by which its running statement can be stopped."""

    numbers = itertools.count(1)

    def __init__(self, dsn: str, lane: Lane) -> None:
        self.lane = lane
        self.name = f"{lane.value}-{next(self.numbers)}"
        options = settings.fixed(lane) | {"database": DATABASE, "log_comment": self.name}
        self.connection: Connection = chdb.connect(f"{dsn}&{urlencode(options)}")

    @contextmanager
    def using(self, wanted: Mapping[str, str]) -> Iterator[None]:
        """Change settings for one statement. Not restored after an error: the connection is thrown away then."""
        for name, value in wanted.items():
            self.connection.query(f"SET {name} = {quoted(value)}")
        yield
        base = settings.fixed(self.lane)
        for name in wanted:
            self.connection.query(f"SET {name} = {quoted(base[name]) if name in base else 'DEFAULT'}")

    def insert(self, head: str, data: memoryview) -> Any:
        """Insert a Native block and return the engine's result; whatever fails, raises.

        The data goes through a file in memory. The engine's own way for bytes, `send_insert`, says "written" even when
        the write failed (disk full, too many parts, too many partitions): acknowledged rows would be lost.
        """
        file = os.memfd_create("insert")
        try:
            written = 0
            while written < len(data):
                written += os.write(file, data[written:])
            return self.connection.query(f"{head} FROM INFILE '/proc/self/fd/{file}' FORMAT Native", "Native")
        finally:
            os.close(file)

    def close(self) -> None:
        self.connection.close()


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Engine:
    """The open engine of one directory."""

    def __init__(self, directory: Path, options: dict[str, str]) -> None:
        self.dsn = f"{directory}?{urlencode(settings.SERVER | options)}"
        self._control: Connection = chdb.connect(self.dsn)
        self._control_lock = threading.Lock()
        self._control.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
        self._idle: dict[Lane, queue.LifoQueue[Link]] = {lane: queue.LifoQueue() for lane in Lane}
        for lane, size in SIZES.items():
            for _ in range(size):
                self._idle[lane].put(Link(self.dsn, lane))

    @contextmanager
    def borrow(self, lane: Lane) -> Iterator[Link]:
        """Lend a connection. After any exception the engine state behind it is unknown, so a fresh one replaces it."""
        try:
            link = self._idle[lane].get(timeout=WAIT_S[lane])
        except queue.Empty:
            raise Busy(f"All {SIZES[lane]} {lane.value} connections are busy.") from None
        try:
            yield link
        except BaseException:
            link.close()
            link = Link(self.dsn, lane)
            raise
        finally:
            self._idle[lane].put(link)

    def idle(self) -> dict[str, int]:
        """Return how many connections of each lane are free."""
        return {lane.value: free.qsize() for lane, free in self._idle.items()}

    def stop(self, name: str) -> None:
        """Stop the statement that runs on link `name`; it then fails with code 394."""
        with self._control_lock:
            self._control.query(f"KILL QUERY WHERE Settings['log_comment'] = {quoted(name)} ASYNC")

    def stop_all(self, seconds: float) -> None:
        """Stop every running statement and wait for the connections to come back."""
        with self._control_lock:
            self._control.query("KILL QUERY WHERE Settings['log_comment'] != '' ASYNC")
        deadline = time.monotonic() + seconds
        full = {lane.value: size for lane, size in SIZES.items()}
        while self.idle() != full and time.monotonic() < deadline:
            time.sleep(0.02)

    def close(self) -> None:
        """Close every idle connection; the engine stops with the last."""
        for idle in self._idle.values():
            while not idle.empty():
                idle.get().close()
        self._control.close()
