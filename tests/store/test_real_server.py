"""The same client against a server that the developer has: `CLICKHOUSE_URL=clickhouse://user:password@host:8123/db`.

The embedded engine cannot prove TLS, replicas that lag, compressed answers or `KILL QUERY` by id; a server can.
"""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from store import client, migrate
from tests.store.test_client import START, columns

URL = os.environ.get("CLICKHOUSE_URL", "")
pytestmark = [
    pytest.mark.clickhouse_url,
    pytest.mark.skipif(not URL, reason="set CLICKHOUSE_URL to a ClickHouse server that may hold test tables"),
]


@pytest.fixture(autouse=True)
def _server(settings: Settings) -> Iterator[None]:
    settings.EVENTS_URL = URL
    client.connections.reset()
    migrate.apply()
    yield
    client.connections.reset()


def test_migrations_apply_once() -> None:
    assert migrate.apply() == []


def test_a_row_is_written_once_and_read_in_its_newest_version() -> None:
    project_id, token = uuid4().int % 2**32, str(uuid4())
    rows = columns(project_id, 2, model="old")
    for _ in range(2):
        client.insert("calls", rows, token=token)
    client.insert("calls", rows | {"version": [8, 9], "model": ["new", "new"]}, token=str(uuid4()))
    sql = "SELECT model, ts FROM calls_live WHERE project_id = {project_id:UInt32}"
    assert client.select(sql, project_id=project_id) == [{"model": "new", "ts": START}] * 2


def test_rows_change_and_streams_run_on_every_shard() -> None:
    project_id = uuid4().int % 2**32
    client.insert("calls", columns(project_id, 50), token=str(uuid4()))
    client.maintain("ALTER TABLE calls UPDATE book_current = 8 WHERE project_id = {p:UInt32}", p=project_id)
    sql = "SELECT book_current FROM calls_live WHERE project_id = {project_id:UInt32}"
    assert list(client.stream(sql, project_id=project_id)) == [{"book_current": 8}] * 50
