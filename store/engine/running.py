"""Watches the sockets of running statements and stops a statement whose client went away."""

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

GONE: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR | select.EPOLLONESHOT


class Watch:
    """One thread for all sockets; `stop` is called with the name of the link whose client left."""

    def __init__(self, stop: Callable[[str], None]) -> None:
        self._stop = stop
        self._names: dict[int, str] = {}
        self._lock = threading.Lock()
        self._poll = select.epoll()
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    @contextmanager
    def over(self, socket_fd: int, name: str) -> Iterator[None]:
        """Guard the statement that runs on link `name` for the client at `socket_fd`."""
        with self._lock:
            self._names[socket_fd] = name
            self._poll.register(socket_fd, GONE)
        try:
            yield
        finally:
            with self._lock:
                del self._names[socket_fd]
                self._poll.unregister(socket_fd)

    def _run(self) -> None:
        while True:
            for socket_fd, _ in self._poll.poll():
                with self._lock:  # held while stopping, so that the link cannot pass to another client meanwhile
                    if name := self._names.get(socket_fd):
                        self._stop(name)
