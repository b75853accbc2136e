"""The store process on the wire: who is let in, how answers stream, what stops a statement."""

import base64
import gzip
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import clickhouse_connect
import lz4.frame
import pytest
import zstandard

from store import native
from tests.services.store import StoreProcess
from tests.store.wire import ask, metric, start

SLOW = "SELECT sum(sipHash64(number)) FROM numbers(200000000000) FORMAT Native"
RUNNING = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'"
Eventually = Callable[[Callable[[], bool]], None]


@pytest.mark.parametrize("password", ["", "wrong", "pässword"])
def test_a_wrong_password_is_refused(event_store: StoreProcess, password: str) -> None:
    keys = base64.b64encode(f"{event_store.endpoint.user}:{password}".encode()).decode()
    answer = ask(event_store, "SELECT 1", password="", headers={"Authorization": f"Basic {keys}"})
    assert answer.status == 401
    assert answer.headers["X-ClickHouse-Exception-Code"] == "516"


def test_both_ways_to_name_oneself_are_accepted(event_store: StoreProcess) -> None:
    to = event_store.endpoint
    keys = base64.b64encode(f"{to.user}:{to.password}".encode()).decode()
    assert ask(event_store, "SELECT 1").text == "1\n"
    assert ask(event_store, "SELECT 1", password="", headers={"Authorization": f"Basic {keys}"}).text == "1\n"


def test_health_needs_no_password_and_metrics_do(event_store: StoreProcess) -> None:
    assert ask(event_store, method="GET", path="/ping", password="").text == "Ok.\n"
    assert ask(event_store, method="GET", path="/readyz", password="").status == 200
    assert ask(event_store, method="GET", path="/metrics", password="").status == 401
    assert "polymeter_store_requests_total" in ask(event_store, method="GET", path="/metrics").text


def test_it_listens_on_loopback_only(event_store: StoreProcess) -> None:
    assert event_store.endpoint.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
        ("lz4", lz4.frame.compress),
        ("identity", bytes),
    ],
)
def test_packed_statements_are_unpacked(
    event_store: StoreProcess, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    assert ask(event_store, pack(b"SELECT 2"), headers={"Content-Encoding": encoding}).text == "2\n"


def test_a_body_over_the_limit_is_refused_before_it_is_read(event_store: StoreProcess) -> None:
    answer = ask(event_store, "SELECT 1", headers={"Content-Length": str(2**31)})
    assert answer.status == 413


def test_a_bomb_is_not_unpacked(event_store: StoreProcess) -> None:
    bomb = zstandard.ZstdCompressor().compress(b" " * (65 * 1024 * 1024))
    assert ask(event_store, bomb, headers={"Content-Encoding": "zstd"}).status == 413


@pytest.mark.parametrize("compress", [True, False, "zstd", "gzip"])
def test_the_unchanged_driver_reads_and_writes(
    event_store: StoreProcess, project_id: int, compress: bool | str
) -> None:
    to = event_store.endpoint
    driver = clickhouse_connect.get_client(
        host=to.host, port=to.port, username=to.user, password=to.password, database="polymeter", compress=compress
    )
    driver.insert("dirty_hours", [[project_id, datetime(2026, 1, 1)]], column_names=["project_id", "hour"])
    sql = "SELECT project_id, toString(hour) FROM dirty_hours WHERE project_id = {p:UInt32}"
    assert driver.query(sql, parameters={"p": project_id}).result_rows == [(project_id, "2026-01-01 00:00:00")]
    driver.close()


def test_parameters_are_bound_never_pasted(event_store: StoreProcess) -> None:
    answer = ask(event_store, "SELECT {name:String}", param_name="'; DROP TABLE calls; --")
    assert answer.text == "\\'; DROP TABLE calls; --\n"


def test_errors_carry_the_engine_code(event_store: StoreProcess) -> None:
    missing = ask(event_store, "SELECT * FROM nowhere")
    assert (missing.status, missing.headers["X-ClickHouse-Exception-Code"]) == (404, "60")
    broken = ask(event_store, "SELECT FROM WHERE")
    assert (broken.status, broken.headers["X-ClickHouse-Exception-Code"]) == (500, "62")


def test_an_error_in_the_middle_of_a_stream_is_told_at_its_end(event_store: StoreProcess) -> None:
    answer = ask(event_store, "SELECT number, throwIf(number = 3000000) FROM numbers(9000000) FORMAT Native")
    assert answer.status == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    assert f"__exception__\r\n{tag}".encode() in answer.body[-2000:]


def test_a_connection_that_saw_an_error_serves_on(event_store: StoreProcess) -> None:
    for _ in range(6):
        ask(event_store, "SELECT throwIf(1)")
    assert ask(event_store, "SELECT 7").text == "7\n"


def test_answers_stream_before_they_are_complete(event_store: StoreProcess) -> None:
    link = start(event_store, "SELECT number, sipHash64(number) FROM numbers(200000000000) FORMAT Native")
    try:
        assert link.recv(65_536).startswith(b"HTTP/1.1 200")
        assert sum(len(link.recv(65_536)) for _ in range(100)) > 0
    finally:
        link.close()


def test_a_statement_stops_when_its_client_leaves(event_store: StoreProcess, eventually: Eventually) -> None:
    cancelled = metric(event_store, "polymeter_store_cancelled_total{}")
    link = start(event_store, SLOW)
    eventually(lambda: ask(event_store, RUNNING).text == "1\n")
    link.close()
    eventually(lambda: ask(event_store, RUNNING).text == "0\n")
    assert metric(event_store, "polymeter_store_cancelled_total{}") > cancelled
    eventually(lambda: metric(event_store, 'polymeter_store_idle_connections{lane="read"}') == 4)


def test_a_read_ends_at_its_time_limit(event_store: StoreProcess) -> None:
    started = time.monotonic()
    answer = ask(event_store, SLOW, max_execution_time="1")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "159"
    assert time.monotonic() - started < 10


def test_a_greedy_statement_is_told_to_come_back(event_store: StoreProcess) -> None:
    answer = ask(event_store, "SELECT groupArray(number) FROM numbers(400000000)", max_memory_usage="50000000")
    assert answer.status == 503
    assert "Retry-After" in answer.headers


def test_an_insert_never_waits_for_pages(event_store: StoreProcess) -> None:
    links = [start(event_store, SLOW) for _ in range(4)]
    try:
        started = time.monotonic()
        assert ask(event_store, method="GET", path="/readyz").status == 200
        assert time.monotonic() - started < 5
    finally:
        for link in links:
            link.close()


def test_a_settled_limit_may_be_lowered_and_never_raised(event_store: StoreProcess) -> None:
    show = "SELECT getSetting('max_memory_usage')"
    assert ask(event_store, show, max_memory_usage="600000000").text == "600000000\n"
    assert ask(event_store, show, max_memory_usage="60000000000").text == "1000000000\n"
    assert ask(event_store, show, max_memory_usage="0").text == "1000000000\n"
    assert ask(event_store, show).text == "1000000000\n", "a setting lasts for one statement"


@pytest.mark.parametrize("setting", ["allow_ddl", "readonly", "log_comment", "allow_experimental_x", "user_files_path"])
def test_other_settings_are_refused(event_store: StoreProcess, setting: str) -> None:
    answer = ask(event_store, "SELECT 1", **{setting: "1"})
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (400, "452")
    inside = ask(event_store, f"SELECT 1 SETTINGS max_block_size = 5, {setting} = 1")
    assert inside.headers["X-ClickHouse-Exception-Code"] == "452"


def test_only_native_inserts_are_taken(event_store: StoreProcess) -> None:
    answer = ask(event_store, "INSERT INTO dirty_hours (project_id, hour) FORMAT CSV\n1,2026-01-01 00:00:00")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "73"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        pytest.param([500], "469", id="a constraint is broken"),
        pytest.param(list(range(150)), "252", id="a block touches too many partitions"),
    ],
)
def test_an_insert_that_fails_while_it_is_written_is_not_acknowledged(
    event_store: StoreProcess, rows: list[int], code: str
) -> None:
    """The engine's own interface for inserts reports such rows as written."""
    ask(
        event_store,
        "CREATE TABLE IF NOT EXISTS picky (n UInt64, CONSTRAINT small CHECK n < 400) ENGINE = MergeTree"
        " PARTITION BY n ORDER BY n",
    )
    answer = ask(event_store, native.insert("picky", {"n": rows}, {"n": "UInt64"}))
    assert answer.status >= 400
    assert answer.headers["X-ClickHouse-Exception-Code"] == code
    assert ask(event_store, "SELECT count() FROM picky").text == "0\n"


def test_many_clients_at_once_all_get_their_own_answer(event_store: StoreProcess) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = threads.map(lambda n: ask(event_store, f"SELECT {n} FROM numbers(3) FORMAT CSV").text, range(64))
    assert list(answers) == [f"{n}\n" * 3 for n in range(64)]
