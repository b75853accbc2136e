"""What a person sees who starts Polymeter, and what is left when it stops."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import psutil

from tests.launcher.conftest import Launch, Launcher
from tests.services.loopback import free_port, wait_until


def test_an_empty_directory_becomes_an_instance_with_address_login_and_key(launch: Launch) -> None:
    launcher = launch()

    launcher.await_ready()

    assert f"Open     http://localhost:{launcher.port}" in launcher.output
    assert "Login    admin / " in launcher.output
    answer = httpx.get(f"{launcher.url}/api/v1/calls", headers={"Authorization": f"Bearer {launcher.key()}"})
    assert answer.status_code == 200, answer.text
    assert httpx.get(f"{launcher.url}/healthz").json() == {"status": "ok"}


def test_ctrl_c_ends_every_part_and_the_exit_code_is_zero(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()
    launcher.await_part("beat")
    family = launcher.family()

    assert launcher.interrupt() == 0

    assert not [process for process in family if process.is_running()]
    assert "Traceback" not in launcher.output
    assert "Stopped." in launcher.output


def test_a_sigterm_stops_it_the_same_way(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()

    launcher.process.terminate()

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
    key, family = first.key(), first.family()
    assert len(family) >= 6

    first.process.kill()
    second = launch()

    psutil.wait_procs(family, timeout=10)
    assert not [process for process in family if process.is_running()]
    second.await_ready()
    answer = httpx.get(f"{second.url}/api/v1/calls", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text


def test_the_second_start_is_ready_within_eight_seconds(launch: Launch) -> None:
    first = launch()
    first.await_ready()
    first.interrupt()

    began = time.monotonic()
    second = launch()
    wait_until(second.ready, "ready again", 60)

    assert time.monotonic() - began < 8


def test_all_parts_together_rest_in_nine_hundred_megabytes(launch: Launch) -> None:
    launcher = launch(WEB_WORKERS="2")
    launcher.await_ready()
    launcher.await_part("beat")
    time.sleep(3)

    total = sum(process.memory_full_info().pss for process in launcher.family())

    assert total < 900e6


def test_parts_share_the_launchers_session_but_not_the_terminals_ctrl_c(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()
    store = launcher.await_part("store")

    assert os.getsid(store.pid) == os.getsid(launcher.process.pid)
    assert os.getpgid(store.pid) != os.getpgid(launcher.process.pid)


def refused(launcher: Launcher) -> str:
    """The one line of a launcher that does not start."""
    assert launcher.process.wait(timeout=30) != 0
    wait_until(lambda: "\n" in launcher.output, "its line was read")
    assert launcher.output.count("\n") == 1, launcher.output
    return launcher.output


def test_a_taken_port_is_one_clear_line(launch: Launch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert f"PORT={port}" in refused(launch(PORT=str(port)))


def test_a_directory_that_cannot_be_written_is_one_clear_line(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("not a directory")

    line = refused(launch(DATA_DIR=str(tmp_path / "a-file" / "data")))

    assert "DATA_DIR=" in line
    assert "a-file" in line


def test_a_second_instance_on_the_same_data_is_one_clear_line(launch: Launch) -> None:
    first = launch()
    first.await_ready()

    line = refused(launch(PORT=str(free_port())))

    assert "another instance" in line
    assert first.ready()


def test_a_bad_setting_is_one_clear_line(launch: Launch) -> None:
    assert "GATEWAY_PORT='no'" in refused(launch(GATEWAY_PORT="no"))


def test_a_given_key_and_password_work_and_survive_a_restart(launch: Launch) -> None:
    given = {"DEMO_KEY": "a-key-of-twenty-chars", "ADMIN_PASSWORD": "secret-word"}
    for _ in range(2):
        launcher = launch(**given)
        launcher.await_ready()
        headers = {"Authorization": f"Bearer {given['DEMO_KEY']}"}
        assert httpx.get(f"{launcher.url}/api/v1/calls", headers=headers).status_code == 200
        assert given["ADMIN_PASSWORD"] not in launcher.output
        launcher.interrupt()


def test_the_instance_lock_is_the_kernels_so_a_left_over_file_stops_nobody(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "instance.lock").write_text(json.dumps({"pid": os.getpid()}))

    launch().await_ready()


def test_a_hang_up_of_the_terminal_stops_it(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()

    launcher.process.send_signal(signal.SIGHUP)

    assert launcher.process.wait(timeout=60) == 0
