"""What a person sees who starts Polymeter: where it is, as whom to sign in, or the one line that says why not."""

import os
import socket
import time
from pathlib import Path

from tests.services.launcher import Launch, Launcher
from tests.services.loopback import free_port, wait_until


def test_an_empty_directory_becomes_an_instance_with_address_login_and_key(running: Launcher) -> None:
    assert f"Open     http://localhost:{running.port}" in running.output
    assert "Login    admin / " in running.output
    answer = running.get("/api/v1/calls", running.key())
    assert answer.status_code == 200, answer.text


def test_all_parts_together_rest_in_nine_hundred_megabytes(running: Launcher) -> None:
    time.sleep(3)

    total = sum(process.memory_full_info().pss for process in running.family())

    assert total < 900e6


def test_parts_share_the_launchers_session_but_not_the_terminals_ctrl_c(running: Launcher) -> None:
    store = running.await_part("store")

    assert os.getsid(store.pid) == os.getsid(running.process.pid)
    assert os.getpgid(store.pid) != os.getpgid(running.process.pid)


def test_it_says_nothing_more_than_it_must(running: Launcher) -> None:
    lines = running.output.splitlines()

    assert len(lines) < 20, running.output
    assert not [line for line in lines if "WARNING" in line or "ERROR" in line]


def test_a_second_instance_on_the_same_data_is_one_clear_line(running: Launcher, launch: Launch) -> None:
    line = refused(launch(DATA_DIR=str(running.data_dir), PORT=str(free_port())))

    assert "another instance" in line
    assert running.ready()


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


def test_a_bad_setting_is_one_clear_line(launch: Launch) -> None:
    assert "GATEWAY_PORT='no'" in refused(launch(GATEWAY_PORT="no"))


def refused(launcher: Launcher) -> str:
    """The one line of a launcher that does not start."""
    assert launcher.process.wait(timeout=30) != 0
    wait_until(lambda: "\n" in launcher.output, "its line was read")
    assert launcher.output.count("\n") == 1, launcher.output
    return launcher.output
