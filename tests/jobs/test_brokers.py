"""A nudge gets from one process to another through every kind of broker we can run here."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import broker
from tests.services.loopback import start, stop, wait_until

ROOT = Path(__file__).parents[2]
MODULE = "tests.jobs.round_trip"
Run = Callable[..., None]


@pytest.fixture(params=["folder", "valkey"])
def broker_url(request: pytest.FixtureRequest) -> str:
    return "folder" if request.param == "folder" else str(request.getfixturevalue("valkey"))


@pytest.fixture
def env(broker_url: str, tmp_path: Path) -> dict[str, str]:
    return dict(os.environ) | {"BROKER_URL": broker_url, "DATA_DIR": str(tmp_path)}


@pytest.fixture
def celery(env: dict[str, str], tmp_path: Path) -> Iterator[Run]:
    """Start a Celery process; it ends with the test."""
    processes = []

    def run(*arguments: str) -> None:
        argv = [sys.executable, "-m", MODULE, *arguments]
        with (tmp_path / "log").open("ab") as log:
            processes.append(start(argv, cwd=ROOT, env=env, stdout=log, stderr=log))

    yield run
    codes = [stop(process) for process in processes]
    assert codes == [0] * len(codes), (tmp_path / "log").read_text()


def nudge(env: dict[str, str], path: Path, *, expires_s: float = 30) -> None:
    subprocess.run([sys.executable, "-m", MODULE, "nudge", str(path), str(expires_s)], cwd=ROOT, env=env, check=True)


def test_a_nudge_reaches_the_worker(env: dict[str, str], celery: Run, tmp_path: Path) -> None:
    celery("worker")

    nudge(env, tmp_path / "effect")

    wait_until((tmp_path / "effect").exists, "the job ran")


def test_a_nudge_sent_while_no_worker_runs_waits_unless_it_has_expired(
    env: dict[str, str], celery: Run, tmp_path: Path
) -> None:
    nudge(env, tmp_path / "too late", expires_s=0.5)
    nudge(env, tmp_path / "in time")
    time.sleep(0.6)

    celery("worker")

    wait_until((tmp_path / "in time").exists, "the job ran")
    assert not (tmp_path / "too late").exists()


def test_beat_nudges_the_worker_on_schedule(celery: Run, tmp_path: Path) -> None:
    celery("worker")

    celery("beat")

    wait_until((tmp_path / "beat" / "ticked").exists, "the scheduled job ran")


def test_a_message_is_in_the_folder_whole_or_not_at_all(tmp_path: Path) -> None:
    """A reader that lists the folder at any moment must not see a file that is still being written."""
    options = broker.folders(tmp_path)
    script = (
        "import sys, kombu, config.broker\n"
        f"connection = kombu.Connection('filesystem://localhost', transport_options={options!r})\n"
        "queue = connection.SimpleQueue('many')\n"
        "[queue.put({'text': 'x' * 200_000}) for _ in range(200)]\n"
    )
    writer = start([sys.executable, "-c", script], cwd=ROOT)
    sizes = set()
    while writer.poll() is None:
        for path in (tmp_path / "messages").glob("*.msg"):
            sizes.add(path.stat().st_size)

    assert writer.returncode == 0
    assert sizes
    assert min(sizes) > 200_000


def test_the_folder_is_forgotten_at_a_start(tmp_path: Path) -> None:
    broker.folders(tmp_path / "broker")
    (tmp_path / "broker" / "queues" / "polymeter.exchange").write_text("")  # torn by a crash

    broker.empty(tmp_path / "broker")

    assert not (tmp_path / "broker").exists()
