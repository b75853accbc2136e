"""The life of the store process: lock, open, serve, drain, close."""

import fcntl
import os
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import IO

from store import endpoint
from store.engine.connections import Engine
from store.engine.server import Server

GRACE_S = 20.0
READERS_S = 3.0


class CannotStart(Exception):
    """The store cannot run here; the text says why and what to do."""


def claim(directory: Path) -> IO[str]:
    """Take the kernel's lock on the directory for as long as the returned file stays open."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = open(directory / "lock", "a")  # noqa: SIM115 - open for the life of the process
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"Another event store already runs on {directory}. Stop it, or choose another DATA_DIR."
        ) from None
    except OSError as error:
        raise CannotStart(f"{directory} cannot be written: {error.strerror}. Choose another DATA_DIR.") from None
    return file


def run(data_dir: Path, port: int) -> None:
    """Serve the engine of `data_dir` until SIGTERM or SIGINT."""
    home = data_dir / "store"
    lock = claim(home)
    _private_temp(home)
    server = _listen(endpoint.propose(data_dir, port), fixed=port != 0)
    engine = server.engine = Engine(home / "engine", {})
    stop = _asked_to_stop()
    endpoint.write(data_dir, server.endpoint)
    threading.Thread(target=server.serve_forever, name="accept", daemon=True).start()
    print(f"Event store ready on {server.endpoint.host}:{server.endpoint.port}", flush=True)
    os.read(stop, 1)
    finished = server.drain(GRACE_S)
    server.shutdown()
    engine.stop_all(READERS_S)
    # Closing waits for a statement that slipped in; what was acknowledged is on disk, so nothing is owed to it.
    closing = threading.Thread(target=engine.close, daemon=True)
    closing.start()
    closing.join(READERS_S)
    lock.close()
    sys.stdout.flush()
    os._exit(0 if finished else 1)  # threads of idle client connections would otherwise keep the process


def _asked_to_stop() -> int:
    """Return a file that becomes readable on SIGTERM or SIGINT.

    Waiting for a lock instead would miss a signal that the kernel hands to one of the engine's own threads.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    return reader


def _private_temp(home: Path) -> None:
    """Keep the engine's spill files on the same disk and out of other users' sight."""
    temp = home / "tmp"
    temp.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(temp)
    os.environ["TZ"] = "UTC"


def _listen(wish: endpoint.Endpoint, *, fixed: bool) -> Server:
    """Bind the wished port; any free port when it was only a wish and was taken meanwhile."""
    try:
        server = Server(wish)
    except OSError as error:
        if fixed:
            raise CannotStart(f"STORE_PORT={wish.port} cannot be used: {error.strerror}.") from None
        server = Server(replace(wish, port=0))
    server.endpoint = replace(wish, port=server.server_address[1])
    return server
