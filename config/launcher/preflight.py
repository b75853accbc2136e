"""What must hold before anything is started; each refusal is one line that says the fix."""

import fcntl
import socket
import time
from pathlib import Path
from typing import IO

LOCK_PATIENCE_S = 3.0  # the parts of a launcher killed a moment ago hold the lock until the kernel has ended them


class RefusedError(Exception):
    """The launcher cannot start; its text is the one line shown."""


def instance_lock(path: Path, patience_s: float = LOCK_PATIENCE_S) -> IO[bytes]:
    """Take the kernel's lock on this data, held for as long as the file or a copy inherited by a part is open."""
    lock = (path / "instance.lock").open("ab")
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.close()
                raise RefusedError(f"another instance runs on DATA_DIR={path}; stop it or set DATA_DIR.") from None
            time.sleep(0.05)


def web_socket(host: str, port: int) -> socket.socket:
    """Bind the web port and hold it, so that nobody takes it while the stores are made ready or web restarts."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as exc:
        sock.close()
        raise RefusedError(f"PORT={port} on {host} cannot be used ({exc.strerror}). Set PORT to a free one.") from exc
    return sock
