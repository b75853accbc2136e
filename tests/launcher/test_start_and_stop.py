"""What is left when Polymeter stops, however it stops, and how it starts again."""

import signal
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from tests.services.launcher import KEY, Launch
from tests.services.loopback import wait_until


def test_ctrl_c_ends_every_part_and_the_exit_code_is_zero(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()
    launcher.await_part("beat")
    family = launcher.family()

    assert launcher.interrupt() == 0

    assert not [process for process in family if process.is_running()]
    assert "Traceback" not in launcher.output
    assert "Stopped." in launcher.output


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_the_system_stops_it_the_same_way(launch: Launch, signum: signal.Signals) -> None:
    launcher = launch()
    launcher.await_ready()

    launcher.process.send_signal(signum)

    assert launcher.process.wait(timeout=60) == 0


def test_ctrl_c_during_the_start_ends_it_cleanly(launch: Launch) -> None:
    launcher = launch()
    wait_until(lambda: "Event store ready" in launcher.output, "the store runs")
    family = launcher.family()

    assert launcher.interrupt() == 0

    assert not [process for process in family if process.is_running()]
    assert "Polymeter is ready" not in launcher.output


def test_nothing_outlives_a_killed_launcher_and_the_next_one_starts_at_once_with_the_data(launch: Launch) -> None:
    first = launch()
    first.await_ready()
    first.await_part("beat")
    family = first.family()
    assert len(family) >= 6

    first.process.kill()
    second = launch()

    psutil.wait_procs(family, timeout=10)
    assert not [process for process in family if process.is_running()]
    second.await_ready()
    answer = second.get("/api/v1/calls", KEY)
    assert answer.status_code == 200, answer.text


def test_a_start_on_used_data_is_ready_within_eight_seconds_of_work(launch: Launch) -> None:
    """Counted in processor seconds, which other work on the machine does not change: alone, the wall shows less."""
    launcher = launch()
    wait_until(launcher.ready, "ready", 60)

    times = [process.cpu_times() for process in launcher.family()]
    assert sum(t.user + t.system for t in times) + times[0].children_user + times[0].children_system < 8


def test_a_given_key_and_password_work_and_survive_a_restart(launch: Launch) -> None:
    given = {"DEMO_KEY": "a-key-of-twenty-chars", "ADMIN_PASSWORD": "secret-word"}
    for _ in range(2):
        launcher = launch(**given)
        launcher.await_ready()
        assert launcher.get("/api/v1/calls", given["DEMO_KEY"]).status_code == 200
        assert given["ADMIN_PASSWORD"] not in launcher.output
        launcher.interrupt()


def test_the_instance_lock_is_the_kernels_so_a_left_over_file_stops_nobody(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "data" / "instance.lock").write_text("1")

    launch().await_ready()


@pytest.mark.postgres
def test_it_runs_on_postgresql_and_valkey_just_the_same(launch: Launch, postgres_url: str, valkey: str) -> None:
    launcher = launch(DATABASE_URL=postgres_url, BROKER_URL=valkey, DEMO_KEY=KEY)
    launcher.await_ready()
    launcher.await_part("beat")
    headers = {"Authorization": f"Bearer {KEY}"}
    call = {"started_at": datetime.now(UTC).isoformat(), "model": "gpt-4o", "provider": "openai", "task": "elsewhere"}

    answer = httpx.post(f"{launcher.url}/api/v1/calls", json={"calls": [call]}, headers=headers, timeout=60)

    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    found = launcher.get("/api/v1/calls", KEY, task="elsewhere").json()
    assert [call["model"] for call in found["calls"]] == ["gpt-4o"]
    assert launcher.interrupt() == 0
    assert not [line for line in launcher.lines if "ERROR" in line or "Traceback" in line]
