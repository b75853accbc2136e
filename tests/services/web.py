"""The real web server for tests: gunicorn on a free port, on the event store of the test run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.services.loopback import free_port, start, stop, wait_until
from tests.services.store import StoreProcess

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
KEY = "pm_test_key_of_the_web_fixture"


@dataclass
class Web:
    """A running web server and what a client needs to use it."""

    data_dir: Path
    port: int
    log: Path
    env: dict[str, str]
    slug: str = ""
    username: str = "admin"
    password: str = PASSWORD
    key: str = KEY
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def manage(self, *arguments: str) -> str:
        """Run `manage.py` on this server's databases and return what it prints."""
        argv = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(argv, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start gunicorn and return when it would acknowledge a call."""
        self.launch()
        wait_until(self.ready, f"web is ready; its log:\n{self.log.read_text()[-2000:]}")

    def launch(self) -> None:
        """Start gunicorn and return when it is alive."""
        bind = ["--bind", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            argv = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", *bind]
            self.processes.append(start(argv, cwd=ROOT, env=self.env, stdout=log, stderr=log))
        wait_until(lambda: self._answers("/healthz"), "web is alive")

    def ready(self) -> bool:
        """Return whether a call would be acknowledged now."""
        return self._answers("/readyz")

    def _answers(self, path: str) -> bool:
        assert self.processes[-1].poll() is None, f"web ended:\n{self.log.read_text()[-4000:]}"
        try:
            return httpx.get(f"{self.base_url}{path}", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        for process in self.processes:
            stop(process)


StartWeb = Callable[..., Web]


@pytest.fixture(scope="session")
def start_web(event_store: StoreProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartWeb]:
    """Start one more web server; keyword arguments are settings (`DATABASE_URL=...`, `WEB_WORKERS="2"`)."""
    started: list[Web] = []

    def launch(**settings: str) -> Web:
        home = tmp_path_factory.mktemp("web")
        defaults = {
            "DATA_DIR": str(event_store.data_dir),
            "DATABASE_URL": f"sqlite:///{home / 'control.sqlite3'}",
            "EVENTS_URL": "embedded",
            "DEMO": "0",
            "ADMIN_PASSWORD": PASSWORD,
            "DEMO_KEY": KEY,
            "WEB_WORKERS": "1",
        }
        web = Web(event_store.data_dir, free_port(), home / "log", dict(os.environ) | defaults | settings)
        started.append(web)
        web.slug = json.loads(web.manage("prepare", "--json").splitlines()[-1])["project"]
        web.start()
        return web

    yield launch
    for web in started:
        web.stop()


@pytest.fixture(scope="session")
def web(start_web: StartWeb) -> Web:
    """The web server that most tests share: SQLite, one process, one project, an admin and a key."""
    return start_web()
