"""The life of the store process: start, stop, die, start again, and nobody else on the same data."""

import signal
import socket
import stat
import threading
import time
from collections.abc import Callable

import pytest

from store import endpoint, native
from tests.services.store import StoreProcess
from tests.store.wire import ask, start

CREATE = (
    "CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1,"
    " fsync_part_directory = 1, non_replicated_deduplication_window = 1000"
)
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def store(another_store: StoreProcess) -> StoreProcess:
    assert ask(another_store, CREATE).status == 200
    return another_store


def insert(store: StoreProcess, numbers: list[int], token: str) -> int:
    body = native.insert("kept", {"n": numbers}, {"n": "UInt64"})
    return ask(store, body, insert_deduplication_token=token).status


def count(store: StoreProcess) -> tuple[int, int]:
    total, distinct = ask(store, "SELECT count(), uniqExact(n) FROM kept").text.split()
    return int(total), int(distinct)


def test_the_password_is_for_this_user_only(store: StoreProcess) -> None:
    assert stat.S_IMODE(endpoint.path(store.data_dir).stat().st_mode) == 0o600
    assert len(store.endpoint.password) >= 32


def test_it_comes_back_at_the_same_place_with_the_same_password(store: StoreProcess) -> None:
    before = store.endpoint
    insert(store, [1], "a")
    assert store.stop() == 0
    store.start()
    assert store.endpoint == before
    assert count(store) == (1, 1)


def test_a_taken_port_is_given_up_unless_it_was_asked_for(store: StoreProcess) -> None:
    port = store.endpoint.port
    store.stop()
    with socket.create_server(("127.0.0.1", port)):
        store.start()
        assert store.endpoint.port != port
        store.stop()
        refused = store.launch(STORE_PORT=str(port))
        output, _ = refused.communicate(timeout=30)
    assert refused.returncode != 0
    assert output.strip().splitlines() == [f"CommandError: STORE_PORT={port} cannot be used: Address already in use."]


def test_a_second_process_on_the_same_data_says_so_and_leaves(store: StoreProcess) -> None:
    second = store.launch()
    output, _ = second.communicate(timeout=30)
    assert second.returncode != 0
    assert len(output.strip().splitlines()) == 1
    assert "Another event store already runs" in output
    assert count(store) == (0, 0)


def test_a_directory_that_cannot_be_written_is_named(store: StoreProcess) -> None:
    refused = store.launch(DATA_DIR="/proc/nowhere")
    output, _ = refused.communicate(timeout=30)
    assert refused.returncode != 0
    assert "cannot be written" in output
    assert len(output.strip().splitlines()) == 1


def test_a_lock_left_by_a_killed_process_holds_nobody_up(store: StoreProcess) -> None:
    store.kill()
    store.start()
    assert count(store) == (0, 0)


def test_every_acknowledged_row_survives_a_kill_and_a_retry_adds_none(store: StoreProcess) -> None:
    acknowledged: list[int] = []
    sent: list[int] = []

    def send() -> None:
        for number in range(10_000):
            sent.append(number)
            try:
                status = insert(store, [number], f"token {number}")
            except OSError:
                return
            if status == 200:
                acknowledged.append(number)

    sender = threading.Thread(target=send)
    sender.start()
    while len(acknowledged) < 25:
        time.sleep(0.01)
    store.kill()
    sender.join()
    store.start()
    stored = {int(line) for line in ask(store, "SELECT n FROM kept").text.split()}
    assert set(acknowledged) <= stored <= set(sent)
    for number in sent[-3:]:
        insert(store, [number], f"token {number}")
    assert count(store) == (len(sent), len(sent))


def test_ending_kindly_finishes_the_insert_in_flight(store: StoreProcess) -> None:
    body = native.insert("kept", {"n": list(range(3_000_000))}, {"n": "UInt64"})
    answers: list[int] = []
    sender = threading.Thread(target=lambda: answers.append(ask(store, body, insert_deduplication_token="t").status))
    sender.start()
    while ask(store, "SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'").text == "0\n" and not answers:
        pass
    store.process.send_signal(signal.SIGTERM)
    sender.join()
    assert store.process.wait(timeout=30) == 0
    assert answers == [200]
    store.stop()
    store.start()
    assert count(store) == (3_000_000, 3_000_000)


def test_ending_refuses_new_work_and_does_not_wait_for_readers(store: StoreProcess) -> None:
    link = start(store, "SELECT sum(sipHash64(number)) FROM numbers(200000000000) FORMAT Native")
    try:
        started = time.monotonic()
        assert store.stop() == 0
        assert time.monotonic() - started < 10
    finally:
        link.close()


def test_it_ends_with_its_parent(store: StoreProcess, eventually: Eventually) -> None:
    code = (
        "import subprocess, sys, time;"
        "subprocess.Popen([sys.executable, 'manage.py', 'store', '--with-parent']); time.sleep(60)"
    )
    store.stop()
    parent = store.launch_python(code)
    eventually(lambda: _answers(store))
    parent.kill()
    parent.communicate(timeout=30)
    eventually(lambda: not _answers(store))


def _answers(store: StoreProcess) -> bool:
    try:
        return ask(store, method="GET", path="/ping").status == 200
    except OSError:
        return False
