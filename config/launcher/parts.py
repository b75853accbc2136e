"""The parts of one instance: their commands, and the order in which they stop."""

import http.client
import socket
import sys

from config.launcher.part import Part

PYTHON = sys.executable


def store() -> Part:
    """The one process that owns the embedded engine."""
    return Part("store", (PYTHON, "manage.py", "store"), stop_order=3, stop_within_s=20.0)


def web(listener: socket.socket) -> Part:
    """Pages, API and ingest; it takes over a socket that stays bound while it is restarted."""
    return Part(
        "web",
        (PYTHON, "-m", "gunicorn", "--config", "python:config.gunicorn", "--bind", f"fd://{listener.fileno()}"),
        stop_order=0,
        stop_within_s=15.0,
    )


def worker() -> Part:
    """Jobs; each may be repeated, so a killed one is no loss."""
    return Part("worker", (PYTHON, "manage.py", "worker"), stop_order=2)


def beat() -> Part:
    """The clock that nudges the worker."""
    return Part("beat", (PYTHON, "manage.py", "beat"), stop_order=1)


def web_is_ready(host: str, port: int) -> bool:
    """Return whether web would acknowledge a call now; the stores were made ready before it."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
