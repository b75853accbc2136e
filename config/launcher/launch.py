"""The order of a start: ground, stores, web, jobs; and of an end."""

import json
import os
import signal
import socket
import subprocess
import sys
from typing import IO, Any, cast

from config import broker, settings
from config.launcher import banner, parts, preflight
from config.launcher.lifeline import die_with_parent
from config.launcher.part import spawn
from config.launcher.supervisor import StopRequestedError, Supervisor, say

PREPARE_S = 3600.0  # the first start loads a month of demo traffic
WEB_S = 60.0
QUIET = "ignore:You're running the worker with superuser privileges"  # said by Celery at every start in a container


def launch() -> int:
    """Run until asked to stop; 0 after an orderly end."""
    if "MAKELEVEL" in os.environ:  # `make` was killed: its run ends too
        die_with_parent(os.getppid(), signal.SIGTERM)
    os.chdir(settings.BASE_DIR)
    lock = preflight.instance_lock(settings.DATA_DIR)
    with lock, preflight.web_socket(settings.HOST, settings.PORT) as listener:
        return _supervise(lock, listener)


def _supervise(lock: IO[bytes], listener: socket.socket) -> int:
    supervisor = Supervisor(
        dict(os.environ, PYTHONUNBUFFERED="1", PYTHONWARNINGS=QUIET), keep=(lock.fileno(), listener.fileno())
    )
    try:
        first = _start(supervisor, listener)
        say(banner.text(first, settings.HOST, settings.PORT))
        supervisor.run()
    except StopRequestedError:
        pass
    finally:
        listener.close()  # from here on nobody waits in a queue that is not served
        say("Stopping ...")
        supervisor.drain()
    say("Stopped. Data is kept in " + str(settings.DATA_DIR))
    return 0


def _start(supervisor: Supervisor, listener: socket.socket) -> dict[str, Any]:
    broker.empty(settings.DATA_DIR / "broker")
    if settings.EVENTS_URL == "embedded":
        supervisor.start(parts.store())
    first = _prepare(supervisor)
    supervisor.start(parts.web(listener))
    supervisor.wait(lambda: parts.web_is_ready(settings.HOST, settings.PORT), within_s=WEB_S, what="web")
    supervisor.start(parts.worker())
    supervisor.start(parts.beat())
    return first


def _prepare(supervisor: Supervisor) -> dict[str, Any]:
    """Run `manage.py prepare` beside the starting store; what it says on stderr goes straight to the terminal."""
    argv = (sys.executable, "manage.py", "prepare", "--json")
    task = spawn(argv, supervisor.env, keep=supervisor.keep, stderr=None)
    try:
        supervisor.wait(lambda: task.poll() is not None, within_s=PREPARE_S, what="the data")
    except BaseException:
        _end(task)
        raise
    if task.returncode:
        raise preflight.RefusedError("the data could not be made ready; the lines above say why.")
    answer: dict[str, Any] = json.loads(cast(IO[bytes], task.stdout).read().splitlines()[-1])
    return answer


def _end(task: "subprocess.Popen[bytes]") -> None:
    task.terminate()
    try:
        task.wait(timeout=10)
    except subprocess.TimeoutExpired:
        task.kill()
        task.wait()
