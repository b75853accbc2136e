"""Tie a process to the life of its parent, so that nothing outlives a launcher that was killed with -9."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # looked up here: after a fork only the call itself is safe


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Ask the kernel for `signum` when the parent ends. Call it in the child, right after the fork.

    The parent may be gone before the request is made: then nobody would send the signal, so the child ends itself.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, int(signum))
    if os.getppid() != parent:
        os.kill(os.getpid(), signum)
