"""Ports and processes of the services that tests start: on loopback only, and gone with the test run."""

import os
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any

from config.launcher.lifeline import die_with_parent


def free_port() -> int:
    """Return a port that nobody holds now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def start(argv: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Start a process that the kernel ends when the test run ends, however it ends."""
    parent = os.getpid()
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, preexec_fn=lambda: die_with_parent(parent), **options)


def stop(process: "subprocess.Popen[bytes]", within_s: float = 15.0) -> int:
    """Ask a process to end, insist after a while, and return its exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        return process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 30.0) -> None:
    """Poll a condition; AssertionError with `what` when it does not come true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.03)


def accepts(port: int) -> bool:
    """Return whether someone listens on the port."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0
