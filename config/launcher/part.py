"""One supervised process: how it is started, heard, stopped and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, cast

from config.launcher.lifeline import die_with_parent

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0
STEADY_S = 60.0  # a part that ran this long has recovered: its next crash starts again with the first pause


def spawn(
    argv: Sequence[str], env: Mapping[str, str], *, keep: Sequence[int], stderr: int | None = subprocess.STDOUT
) -> "subprocess.Popen[bytes]":
    """Start a process that dies with this one (which has one thread: the kernel ties a child to the thread).

    A process group of its own keeps the terminal's Ctrl-C for the launcher, which then stops the parts in order; the
    session stays the launcher's.
    """
    parent = os.getpid()
    return subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        pass_fds=keep,
        process_group=0,
        preexec_fn=lambda: die_with_parent(parent),
    )


@dataclass
class Part:
    """A process that should run until the launcher stops."""

    name: str
    argv: Sequence[str]
    stop_order: int = 0
    stop_within_s: float = 10.0
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    started_at: float = 0.0
    crashes: int = 0
    restart_at: float | None = None

    def start(self, env: Mapping[str, str], keep: Sequence[int]) -> IO[bytes]:
        """Start the process and return what it says."""
        self.process = spawn(self.argv, env, keep=keep)
        self.started_at, self.restart_at = time.monotonic(), None
        return cast(IO[bytes], self.process.stdout)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_crash(self) -> float:
        """Plan the next start and return the pause before it."""
        steady = time.monotonic() - self.started_at > STEADY_S
        self.crashes = 1 if steady else self.crashes + 1
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (self.crashes - 1))
        self.restart_at = time.monotonic() + pause
        return pause

    def send(self, signum: signal.Signals) -> None:
        """Signal the part and whatever it started (it leads a process group)."""
        if self.running and self.process:
            if signum == signal.SIGKILL:
                os.killpg(self.process.pid, signum)
            else:
                self.process.send_signal(signum)

    @property
    def ending(self) -> str:
        """How the process ended, in words."""
        code = self.process.returncode if self.process else None
        return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
