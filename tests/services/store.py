"""A real event store for tests: its own process, its own directory, gone at the end."""

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import randrange

import pytest
from django.conf import settings

from store import client, endpoint, migrate

ROOT = Path(__file__).parents[2]
_projects = itertools.count(randrange(1_000, 1_000_000))


class StoreProcess:
    """`manage.py store` on one directory; may be stopped, killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._process: subprocess.Popen[str] | None = None

    def start(self, **environment: str) -> None:
        """Return when the store answers."""
        self._process = self.launch(**environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "ready" in line, f"The event store did not start: {line}"

    def launch(self, **environment: str) -> "subprocess.Popen[str]":
        """Start the command without waiting for it."""
        return self._run(["manage.py", "store", "--with-parent"], environment)

    def launch_python(self, code: str) -> "subprocess.Popen[str]":
        """Start a few lines of Python in the store's surroundings."""
        return self._run(["-c", code], {})

    def _run(self, arguments: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        base = {"DATA_DIR": str(self.data_dir), "EVENTS_URL": "embedded", "STORE_PORT": "0"}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=os.environ | base | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process is not None
        return self._process

    @property
    def endpoint(self) -> endpoint.Endpoint:
        found = endpoint.read(self.data_dir)
        assert found is not None
        return found

    def stop(self) -> int:
        """End the process kindly and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()

    def kill(self) -> None:
        """End the process as a power cut of the process would."""
        self.process.kill()
        self.stop()


@pytest.fixture(scope="session")
def event_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """The store of the whole test run, migrated; store.client of this process and `DATA_DIR` point at it."""
    store = StoreProcess(tmp_path_factory.mktemp("data"))
    before = settings.DATA_DIR, settings.EVENTS_URL
    settings.DATA_DIR, settings.EVENTS_URL = store.data_dir, "embedded"
    client.connections.reset()
    try:
        store.start()
        migrate.apply()
        yield store
    finally:
        client.connections.reset()
        settings.DATA_DIR, settings.EVENTS_URL = before
        store.stop()


@pytest.fixture
def project_id(event_store: StoreProcess) -> int:
    """An unused project, so that no test sees rows of another."""
    return next(_projects)


@pytest.fixture
def another_store(tmp_path: Path) -> Iterator[StoreProcess]:
    """A store of one test, which may stop, kill and restart it."""
    store = StoreProcess(tmp_path)
    store.start()
    yield store
    if store.process.poll() is None:
        store.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds, at most ten seconds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "It did not happen within ten seconds."
            time.sleep(0.02)

    return wait
