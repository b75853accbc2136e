"""Keep the parts running: pass on what they say, start a crashed one again, stop them all in order."""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, cast

from config.launcher.part import Part
from config.launcher.preflight import RefusedError

START_ATTEMPTS = 3  # before the first readiness: a part that cannot start at all is a refusal, not a loop
TAIL_LINES = 15
TICK_S = 0.1
ECHO_S = 1.0


class StopRequestedError(Exception):
    """A person or the system asked the launcher to stop."""


class Supervisor:
    """All supervised parts of one instance. Single-threaded: the kernel ties a child to the thread that made it."""

    def __init__(self, env: Mapping[str, str], keep: Sequence[int]) -> None:
        self.env, self.keep = env, keep
        self.parts: list[Part] = []
        self.tails: dict[str, deque[str]] = {}
        self.asked_to_stop = 0
        self._last_asked = 0.0
        self._unfinished: dict[int, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._hear_signals()

    def _hear_signals(self) -> None:
        """Turn signals into readable bytes, so that one wait hears parts, children's ends and Ctrl-C."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._wakeup = (reader, writer)
        self._selector.register(reader, selectors.EVENT_READ, None)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # `nohup` keeps its meaning
                signal.signal(signum, self._note_request)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _note_request(self, *_: object) -> None:
        """Count requests to stop; `make` passes on what the terminal also sends, so an echo is not a second request."""
        now = time.monotonic()
        if not self.asked_to_stop or now - self._last_asked > ECHO_S:
            self.asked_to_stop += 1
            self._last_asked = now

    # -- starting ------------------------------------------------------------------------------------------------

    def start(self, part: Part) -> None:
        self.parts.append(part)
        self.tails[part.name] = deque(maxlen=TAIL_LINES)
        self._launch(part)

    def _launch(self, part: Part) -> None:
        output = part.start(self.env, self.keep)
        os.set_blocking(output.fileno(), False)
        self._selector.register(output, selectors.EVENT_READ, part.name)

    def wait(self, ready: Callable[[], bool], *, within_s: float, what: str) -> None:
        """Supervise until `ready()`; RefusedError when it takes too long, StopRequestedError when asked to stop."""
        deadline = time.monotonic() + within_s
        while not ready():
            self.step(TICK_S)
            if self.asked_to_stop:
                raise StopRequestedError
            if time.monotonic() > deadline:
                raise RefusedError(f"{what} was not ready after {within_s:.0f} s.")
            for part in self.parts:
                if part.crashes >= START_ATTEMPTS:
                    raise RefusedError(f"{part.name} does not start ({part.ending}). {self._last_words(part)}")

    def _last_words(self, part: Part) -> str:
        return self.tails[part.name][-1] if self.tails[part.name] else "It said nothing."

    # -- running -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Supervise until asked to stop."""
        while not self.asked_to_stop:
            self.step(1.0)

    def step(self, timeout: float) -> None:
        """Hear everyone once and start again what has ended."""
        due = [p.restart_at for p in self.parts if p.restart_at is not None]
        if due:
            timeout = max(0.0, min(timeout, min(due) - time.monotonic()))
        self._hear(timeout)
        for part in self.parts:
            if part.restart_at is None and not part.running:
                pause = part.note_crash()
                say(f"{part.name} ended ({part.ending}); starting it again in {pause:.1f} s")
            elif part.restart_at is not None and time.monotonic() >= part.restart_at:
                self._launch(part)

    def _hear(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup[0].recv(4096)
            else:
                self._pass_on(key)

    def _pass_on(self, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, 65536)
        except BlockingIOError:
            return
        *lines, rest = (self._unfinished.pop(key.fd, b"") + data).split(b"\n")
        if data:
            self._unfinished[key.fd] = rest
        else:
            lines += [rest] if rest else []
            self._selector.unregister(key.fileobj)
            cast(IO[bytes], key.fileobj).close()
        for text in (line.decode(errors="replace").rstrip() for line in lines):
            if text:
                self.tails[key.data].append(text)
                say(f"{key.data:>6} | {text}")

    # -- stopping ------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Stop the parts in order and wait for each; one more request to stop ends the patience."""
        asked = self.asked_to_stop
        for part in sorted(self.parts, key=lambda part: part.stop_order):
            part.restart_at = None
            part.send(signal.SIGTERM)
            deadline = time.monotonic() + part.stop_within_s
            while part.running and time.monotonic() < deadline and self.asked_to_stop == asked:
                self._hear(TICK_S)
            self._end(part)

    def _end(self, part: Part) -> None:
        if part.running and part.process:
            say(f"{part.name} did not stop in time; ending it")
            part.send(signal.SIGKILL)
            part.process.wait()


def say(line: str) -> None:
    """Print one line; a closed terminal is no reason to fail."""
    with contextlib.suppress(BrokenPipeError, OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
