"""The client: rows go in and come out with their types, one project at a time."""

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from store import client
from tests.services.store import StoreProcess

pytestmark = pytest.mark.usefixtures("event_store")
START = datetime(2026, 11, 3, 12, 30, 15, 123456, tzinfo=UTC)


def columns(project_id: int, count: int = 1, **changes: Any) -> dict[str, list[Any]]:
    """Return the least a call needs, `count` times."""
    base: dict[str, list[Any]] = {
        "project_id": [project_id] * count,
        "ts": [START] * count,
        "call_id": [uuid4() for _ in range(count)],
        "version": list(range(1, count + 1)),
    }
    return base | {name: [value] * count for name, value in changes.items()}


def test_an_inserted_row_comes_back_with_its_types(project_id: int) -> None:
    client.insert(
        "calls",
        columns(project_id, model="gpt-4o", cost_current=Decimal("0.000000000000000001"), tags={"plan": "pro"}),
        token=str(uuid4()),
    )
    rows = client.select(
        "SELECT ts, call_id, version, model, cost_current, cost_booked, tags, streaming, ingested_at FROM calls_live"
        " WHERE project_id = {project_id:UInt32} AND ts >= {start:DateTime64(6, 'UTC')}",
        project_id=project_id,
        start=START,
    )
    assert len(rows) == 1
    row = rows[0]
    assert row["ts"] == START
    assert row["ts"].tzinfo is not None
    assert isinstance(row["call_id"], UUID)
    assert row["cost_current"] == Decimal("0.000000000000000001")
    assert (row["cost_booked"], row["streaming"], row["version"]) == (None, None, 1)
    assert row["tags"] == {"plan": "pro"}
    assert row["ingested_at"].tzinfo is not None


def test_a_question_without_its_project_is_refused_before_it_is_sent() -> None:
    for sql in ("SELECT * FROM calls_live", "SELECT * FROM calls_live WHERE project_id = 1"):
        with pytest.raises(ValueError, match="project_id:UInt32"):
            client.select(sql, project_id=1)
        with pytest.raises(ValueError, match="project_id:UInt32"):
            list(client.stream(sql, project_id=1))


def test_rows_of_another_project_are_never_in_the_answer(project_id: int) -> None:
    client.insert("calls", columns(project_id), token=str(uuid4()))
    client.insert("calls", columns(project_id + 2**31), token=str(uuid4()))
    sql = "SELECT project_id FROM calls_live WHERE project_id = {project_id:UInt32}"
    assert client.select(sql, project_id=project_id) == [{"project_id": project_id}]
    assert list(client.stream(sql, project_id=project_id)) == [{"project_id": project_id}]


def test_the_same_token_writes_once_and_another_writes_again(project_id: int) -> None:
    rows, token = columns(project_id, 3), str(uuid4())
    count = "SELECT count() AS n FROM calls WHERE project_id = {project_id:UInt32}"
    client.insert("calls", rows, token=token)
    client.insert("calls", rows, token=token)
    assert client.select(count, project_id=project_id) == [{"n": 3}]
    client.insert("calls", rows, token=token + "another")
    assert client.select(count, project_id=project_id) == [{"n": 6}]


def test_the_live_view_shows_the_highest_version_and_no_tombstone(project_id: int) -> None:
    rows = columns(project_id, 2, model="old")
    client.insert("calls", rows, token=str(uuid4()))
    changed = rows | {"version": [9, 9], "model": ["new", "new"], "is_deleted": [0, 1]}
    client.insert("calls", changed, token=str(uuid4()))
    live = "SELECT call_id, model FROM calls_live WHERE project_id = {project_id:UInt32}"
    assert client.select(live, project_id=project_id) == [{"call_id": rows["call_id"][0], "model": "new"}]


def test_parameters_keep_microseconds_and_lists(project_id: int) -> None:
    client.insert("calls", columns(project_id, model="it's"), token=str(uuid4()))
    sql = (
        "SELECT count() AS n FROM calls_live WHERE project_id = {project_id:UInt32} AND model IN {models:Array(String)}"
        " AND ts = {at:DateTime64(6, 'UTC')} AND ts > {before:DateTime64(6, 'UTC')}"
    )
    before = START - timedelta(microseconds=1)
    found = client.select(sql, project_id=project_id, models=["it's", "\\"], at=START, before=before)
    assert found == [{"n": 1}]


def test_naive_times_are_refused(project_id: int) -> None:
    with pytest.raises(ValueError, match="aware"):
        client.select("SELECT {project_id:UInt32}, {at:DateTime}", project_id=project_id, at=datetime(2026, 1, 1))


def test_bad_sql_is_not_worth_a_retry_and_a_lack_of_time_is(project_id: int) -> None:
    with pytest.raises(client.StoreError) as bad:
        client.select("SELECT nothing FROM calls_live WHERE {project_id:UInt32} = 1", project_id=project_id)
    assert (bad.value.retry, bad.value.code) == (False, 47)
    slow = "SELECT sum(sipHash64(number)) FROM numbers(100000000000) WHERE number != {project_id:UInt32}"
    with pytest.raises(client.StoreError) as late:
        client.select(slow, project_id=project_id, timeout_s=1)
    assert (late.value.retry, late.value.code) == (True, 159)


def test_a_stream_holds_few_rows_and_may_be_left_early(project_id: int) -> None:
    sql = "SELECT number, {project_id:UInt32} AS project FROM numbers(1000000000)"
    rows = client.stream(sql, project_id=project_id)
    assert next(rows) == {"number": 0, "project": project_id}
    assert sum(1 for _ in islice(rows, 100_000)) == 100_000
    rows.close()  # type: ignore[attr-defined]
    assert client.ping()


def test_an_error_in_the_middle_of_a_stream_is_a_store_error(project_id: int) -> None:
    sql = "SELECT throwIf(number = 3000000) AS x, {project_id:UInt32} FROM numbers(9000000)"
    with pytest.raises(client.StoreError):
        list(client.stream(sql, project_id=project_id))


def test_many_threads_share_the_client(project_id: int) -> None:
    def work(number: int) -> int:
        client.insert("calls", columns(project_id, 2, price_id=number), token=str(uuid4()))
        sql = "SELECT count() AS n FROM calls_live WHERE project_id = {project_id:UInt32} AND price_id = {p:UInt32}"
        return int(client.select(sql, project_id=project_id, p=number)[0]["n"])

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(work, range(1, 25))) == [2] * 24


def test_maintenance_moves_rows_inside_the_store(project_id: int) -> None:
    client.insert("calls", columns(project_id, 3), token=str(uuid4()))
    client.maintain(
        "INSERT INTO dirty_hours (project_id, hour) SELECT project_id, toStartOfHour(ts) FROM calls_live"
        " WHERE project_id = {project:UInt32}",
        project=project_id,
    )
    client.maintain("ALTER TABLE calls UPDATE book_current = 8 WHERE project_id = {p:UInt32}", p=project_id)
    hours = "SELECT count() AS n FROM dirty_hours WHERE project_id = {project_id:UInt32}"
    books = "SELECT DISTINCT book_current AS book FROM calls_live WHERE project_id = {project_id:UInt32}"
    assert client.select(hours, project_id=project_id) == [{"n": 3}]
    assert client.select(books, project_id=project_id) == [{"book": 8}], "a mutation is waited for"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("clickhouse://u:p%40ss@db:9000/x", client.Address("db", 9000, "u", "p@ss", "x")),
        ("clickhouses://db", client.Address("db", 8443, "default", "", "polymeter", True)),
        ("clickhouse://db", client.Address("db", 8123, "default", "", "polymeter")),
        ("clickhouse://db/x?secure=1&cluster=main", client.Address("db", 8443, "default", "", "x", True, "main")),
    ],
)
def test_a_url_names_a_server(url: str, expected: client.Address) -> None:
    assert client.parse_url(url) == expected


@pytest.mark.parametrize("url", ["http://db", "clickhouse://", "embeded"])
def test_another_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="EVENTS_URL"):
        client.parse_url(url)


def test_the_client_finds_a_store_that_moved(another_store: StoreProcess, settings: Settings) -> None:
    settings.DATA_DIR = another_store.data_dir
    client.connections.reset()
    try:
        assert client.ping()
        port = another_store.endpoint.port
        another_store.kill()
        assert not client.ping()
        with socket.create_server(("127.0.0.1", port)):
            another_store.start()
            assert another_store.endpoint.port != port
            assert client.ping()
    finally:
        client.connections.reset()


def test_a_store_that_never_ran_is_worth_a_retry(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path
    client.connections.reset()
    try:
        with pytest.raises(client.StoreError, match="has run in") as absent:
            client.operator_select("SELECT 1")
        assert absent.value.retry
    finally:
        client.connections.reset()
