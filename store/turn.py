"""Writers of one machine take turns, so that between looking ids up and writing them no other process writes.

Two kernel locks on files: they end with the process that holds them, also after kill -9, and there is no stale state.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turn:
    """A fair lock between processes: who waits goes before who has just been."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._door = os.open(directory / "writer.door", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._desk = os.open(directory / "writer.desk", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn. One kernel lock alone would let the process that releases it take it again at once."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._desk, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._desk, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the files back."""
        os.close(self._door)
        os.close(self._desk)
