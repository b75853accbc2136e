"""The launcher for tests: `make run` on a directory of its own, with everything it started found again by pid."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest

from tests.services.loopback import free_port, start, wait_until

ROOT = Path(__file__).parents[2]
KEY = "a-key-of-twenty-chars-and-more"


@dataclass
class Launcher:
    """`python -m config.launcher` on one directory."""

    data_dir: Path
    env: dict[str, str]
    port: int
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        argv = [sys.executable, "-m", "config.launcher"]
        self.process = start(argv, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode())

    def ready(self) -> bool:
        assert self.process.poll() is None, self.output
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, key: str, **params: str) -> httpx.Response:
        """Ask the API; patient, as the first request of a process is slow on a busy machine."""
        return httpx.get(f"{self.url}{path}", params=params, headers={"Authorization": f"Bearer {key}"}, timeout=60)

    def await_ready(self) -> None:
        wait_until(lambda: "Polymeter is ready" in self.output and self.ready(), "the launcher is ready", 120)

    def await_part(self, name: str) -> psutil.Process:
        wait_until(lambda: self.part(name) is not None, f"{name} runs")
        found = self.part(name)
        assert found is not None
        return found

    def part(self, name: str) -> psutil.Process | None:
        """The main process of a part."""
        marks = {"store": "store", "web": "gunicorn", "worker": "worker", "beat": "beat"}
        for child in psutil.Process(self.process.pid).children():
            try:
                if marks[name] in child.cmdline():
                    return child
            except psutil.NoSuchProcess:
                continue
        return None

    def family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def key(self) -> str:
        found = re.search(r"Key +(pm_\S+)", self.output)
        assert found, self.output
        return found[1]

    def end(self) -> None:
        """Stop it if it still runs, and read what is left of its output."""
        if self.process.poll() is None:
            self.interrupt()
        self.reader.join(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


Launch = Callable[..., Launcher]


@pytest.fixture(scope="session")
def used_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an instance that was started once and stopped."""
    data_dir = tmp_path_factory.mktemp("used-before") / "data"
    with launchers(data_dir) as make:
        make(DEMO_KEY=KEY).await_ready()
    return data_dir


@pytest.fixture
def launch(used_before: Path, tmp_path: Path) -> Iterator[Launch]:
    """Start a launcher on this test's own copy of used data; keyword arguments are settings."""
    shutil.copytree(used_before, tmp_path / "data", symlinks=True)
    with launchers(tmp_path / "data") as make:
        yield make


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """One launcher for all tests of a file that leave it running, started on an empty directory."""
    with launchers(tmp_path_factory.mktemp("running") / "data") as make:
        launcher = make(WEB_WORKERS="2")
        launcher.await_ready()
        launcher.await_part("beat")
        yield launcher


@contextmanager
def launchers(data_dir: Path) -> Iterator[Launch]:
    """Start launchers on one directory; all that still run end with the block."""
    started: list[Launcher] = []

    def make(**settings: str) -> Launcher:
        port = int(settings.get("PORT") or free_port())
        given = {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "0", "EVENTS_URL": "embedded"} | settings
        env = {name: value for name, value in os.environ.items() if name not in {"MAKELEVEL", "DATABASE_URL"}} | given
        started.append(Launcher(Path(given["DATA_DIR"]), env, port))
        return started[-1]

    try:
        yield make
    finally:
        for launcher in started:
            launcher.end()
