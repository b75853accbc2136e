"""The parts of one instance: their commands, how each shows that it is ready, and the order in which they stop."""

import http.client
import json
import socket
import sys
from pathlib import Path

from config.launcher.part import Part

PYTHON = sys.executable


def store(data_dir: Path) -> Part:
    """The one process that owns the embedded engine."""
    endpoint = data_dir / "store" / "endpoint.json"
    return Part(
        "store",
        (PYTHON, "manage.py", "store"),
        ready=lambda: _store_answers(endpoint),
        stop_order=3,
        stop_within_s=20.0,
    )


def web(host: str, port: int, listener: socket.socket) -> Part:
    """Pages, API and ingest; it takes over a socket that stays bound while it is restarted."""
    return Part(
        "web",
        (PYTHON, "-m", "gunicorn", "--config", "python:config.gunicorn", "--bind", f"fd://{listener.fileno()}"),
        ready=lambda: _answers(host, port, "/readyz"),
        stop_order=0,
        stop_within_s=15.0,
    )


def worker() -> Part:
    """Jobs; each may be repeated, so a killed one is no loss."""
    return Part("worker", (PYTHON, "manage.py", "worker"), stop_order=2)


def beat() -> Part:
    """The clock that nudges the worker."""
    return Part("beat", (PYTHON, "manage.py", "beat"), stop_order=1)


def _store_answers(endpoint: Path) -> bool:
    try:
        where = json.loads(endpoint.read_text())
    except (OSError, ValueError):
        return False
    return _answers(where["host"], where["port"], "/readyz")


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
