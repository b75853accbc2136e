"""The writer on a real store: groups, tokens, retries, folds, and what happens when the store is away."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from store import client, migrate
from store import commit as committing
from store.blocks import blocks
from store.client import StoreError
from store.fold import Row
from store.plan import plan
from store.schema import POSITION
from store.unit import WEEK_US
from store.version import of_event
from store.writer import QueueFull, Writer
from tests.services.store import StoreProcess
from tests.store.test_fold import NOON_US, AsTold, an_event

BODY = ("question", "answer", "")


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer(AsTold())
    yield writer
    assert writer.flush(30)


@pytest.fixture
def row(project_id: int) -> Callable[..., Row]:
    """Make one event of a fresh call of this test's project."""

    def make(**told: Any) -> Row:
        at_us = told.pop("at_us", told.get("ts", NOON_US))
        return an_event(at_us, finished=True, **{"project_id": project_id, "call_id": uuid.uuid4()} | told)

    return make


def live(project_id: int, table: str = "calls") -> list[dict[str, Any]]:
    sql = f"SELECT * FROM {table}_live WHERE project_id = {{project_id:UInt32}} ORDER BY ts, call_id"
    return client.select(sql, project_id=project_id)


def submit(writer: Writer, *rows: Row) -> tuple[int, int]:
    return tuple(writer.submit(rows, [BODY] * len(rows)).result(30))  # type: ignore[return-value]


def test_a_receipt_means_that_readers_see_it(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    assert submit(writer, row(), row()) == (2, 0)
    assert len(live(project_id)) == 2
    assert [text["output"] for text in live(project_id, "bodies")] == ["answer", "answer"]


def test_many_requests_share_few_inserts(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    futures = [writer.submit([row()], [BODY]) for _ in range(200)]
    wait(futures)
    parts = client.operator_select(
        "SELECT uniqExact(ingested_at) AS inserts, count() AS calls FROM calls_live WHERE project_id = {p:UInt32}",
        p=project_id,
    )
    assert parts[0]["calls"] == 200
    assert parts[0]["inserts"] < 40


def test_a_request_over_many_years_is_split_and_answered_once(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    rows = [row(ts=NOON_US - week * WEEK_US) for week in range(130)]
    assert submit(writer, *rows) == (130, 0)
    assert submit(writer, *rows) == (0, 130)
    assert len(live(project_id)) == 130


def test_a_tombstone_frees_the_old_start_and_its_texts(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    first = row(task="draft")
    moved = row(call_id=first[POSITION["call_id"]], ts=NOON_US + 3_600_000_000, user_id="u1")

    submit(writer, first)
    assert writer.submit([moved], [None]).result(30) == (1, 0)

    (stored,) = live(project_id)
    assert (stored["ts"].hour, stored["task"], stored["user_id"]) == (stored["ts"].hour, "draft", "u1")
    assert [text["ts"] for text in live(project_id, "bodies")] == [stored["ts"]]
    graves = "SELECT count() AS n FROM calls WHERE project_id = {project_id:UInt32} AND is_deleted = 1"
    assert client.select(graves, project_id=project_id) == [{"n": 1}]


def test_moving_back_and_forth_ends_at_the_latest_told_start(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    call_id = uuid.uuid4()
    starts = [NOON_US, NOON_US + 1_000_000, NOON_US, NOON_US + 2_000_000, NOON_US]
    for at, start in enumerate(starts):
        submit(writer, row(call_id=call_id, ts=start, at_us=NOON_US + at, task=f"t{at}"))
    (stored,) = live(project_id)
    assert (round(stored["ts"].timestamp() * 1e6), stored["task"]) == (NOON_US, "t4")


def test_events_of_one_call_in_one_group_are_folded_before_they_are_written(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    call_id = uuid.uuid4()
    events = [
        row(call_id=call_id, at_us=NOON_US + n, **{f"{kind}_id": "x"}) for n, kind in enumerate(("user", "group"))
    ]
    assert submit(writer, *events) == (2, 0)
    (stored,) = live(project_id)
    assert (stored["user_id"], stored["group_id"]) == ("x", "x")


def test_two_projects_never_meet(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    call_id = uuid.uuid4()
    mine, theirs = row(call_id=call_id), row(call_id=call_id, project_id=project_id + 500_000_000)
    assert submit(writer, mine, theirs) == (2, 0)
    assert submit(writer, mine, theirs) == (0, 2)
    assert len(live(project_id)) == len(live(project_id + 500_000_000)) == 1


def test_a_row_that_cannot_be_written_fails_alone(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    bad = row(http_status=70_000)
    with writer._lock:  # all three in one group
        futures = [writer.submit([each], [None]) for each in (row(), bad, row())]
    wait(futures)
    assert [future.exception() is None for future in futures] == [True, False, True]
    assert len(live(project_id)) == 2


def test_a_full_queue_takes_nothing(row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch) -> None:
    small = Writer(AsTold(), queue_bytes=5_000)
    monkeypatch.setattr(small, "_ensure_thread", lambda: None)
    small.submit([row()], [BODY])
    with pytest.raises(QueueFull) as full:
        small.submit([row(), row()], [BODY, BODY])
    assert full.value.own
    small.submit([row(project_id=1)], [BODY])
    with pytest.raises(QueueFull) as full:
        small.submit([row(project_id=2)] * 4, [BODY] * 4)
    assert not full.value.own
    small._reset()


@pytest.fixture
def own_store(another_store: StoreProcess) -> Iterator[StoreProcess]:
    """A store that this test may kill; store.client points at it."""
    before = settings.DATA_DIR, settings.EVENTS_URL
    settings.DATA_DIR, settings.EVENTS_URL = another_store.data_dir, "embedded"
    client.connections.reset()
    migrate.apply()
    yield another_store
    client.connections.reset()
    settings.DATA_DIR, settings.EVENTS_URL = before


def test_a_store_that_comes_back_loses_nothing_and_doubles_nothing(
    own_store: StoreProcess, writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    rows = [row() for _ in range(50)]
    own_store.kill()
    future = writer.submit(rows, [BODY] * 50)
    time.sleep(0.3)
    own_store.start()
    assert future.result(60) == (50, 0)
    assert len(live(project_id)) == 50


def test_a_store_that_stays_away_is_an_error_to_retry(
    own_store: StoreProcess, row: Callable[..., Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "FIRST_PAUSE_S", 0.01)
    own_store.kill()
    away = Writer(AsTold())
    with pytest.raises(StoreError) as failure:
        away.submit([row()], [BODY]).result(60)
    assert failure.value.retry
    assert not away.healthy()
    assert away.flush(1)


def test_a_repeated_block_is_written_once(event_store: StoreProcess, row: Callable[..., Row], project_id: int) -> None:
    rows = [row() for _ in range(10)]
    made = plan([(each, BODY) for each in rows], {}, lambda wanted: {}, AsTold())
    for _ in range(3):
        for block in blocks(made, []):
            block.insert()
    sql = "SELECT count() AS n FROM calls WHERE project_id = {project_id:UInt32}"
    assert client.select(sql, project_id=project_id) == [{"n": 10}]


def test_a_call_that_a_crash_left_without_its_texts_gets_them_when_it_is_sent_again(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    several = [row(), row()]
    made = plan([(each, BODY) for each in several], {}, lambda wanted: {}, AsTold())
    next(block for block in blocks(made, []) if block.table == "calls").insert()
    assert live(project_id, "bodies") == []

    assert submit(writer, *several) == (0, 2)

    assert [text["output"] for text in live(project_id, "bodies")] == ["answer", "answer"]
    assert submit(writer, *several) == (0, 2)
    stored = client.select(
        "SELECT count() AS n FROM bodies WHERE project_id = {project_id:UInt32}", project_id=project_id
    )
    assert stored == [{"n": 2}]


def test_a_later_version_of_the_same_ids_has_another_token(row: Callable[..., Row]) -> None:
    first = row()
    later = row(call_id=first[POSITION["call_id"]], task="later")
    tokens = {blocks(plan([(each, None)], {}, lambda wanted: {}, AsTold()), [])[0].token for each in (first, later)}
    assert len(tokens) == 2


def test_a_forked_child_writes_with_a_thread_of_its_own(
    writer: Writer, row: Callable[..., Row], project_id: int
) -> None:
    submit(writer, row())
    child = os.fork()
    if child == 0:
        client.connections.reset()
        os._exit(0 if tuple(writer.submit([row()], [BODY]).result(30)) == (1, 0) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(live(project_id)) == 2


def test_writers_on_two_machines_repair_what_they_did_to_each_other(
    row: Callable[..., Row], project_id: int, tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    machines = [Writer(AsTold(), alone=False, turns=tmp_path / name) for name in "ab"]
    ids = [uuid.uuid4() for _ in range(20)]
    futures = []
    for step in range(4):
        for call_id in ids:
            for name, machine in zip("ab", machines, strict=True):
                event = row(call_id=call_id, ts=NOON_US + step, tags={f"{name}{step}": "x"})
                futures.append(machine.submit([event], [BODY]))
    wait(futures)

    def all_there() -> bool:
        stored = live(project_id)
        return len(stored) == len(ids) and all(len(call["tags"]) == 8 for call in stored)

    eventually(all_there)
    eventually(lambda: not any(machine._rechecks for machine in machines))


def test_spans_are_written_with_the_calls(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    version = of_event(finished=True, at_us=NOON_US, content=b"12345678")
    span = (project_id, NOON_US, "t1", "s1", "", version, 0, 0, "search", "tool", "ok", "", 5.0, "app", {"q": "x"})
    assert writer.submit([row(trace_id="t1")], [None], [span]).result(30) == (1, 0)
    assert writer.submit([], [], [span]).result(30) == (0, 0)
    sql = "SELECT name, attributes FROM spans FINAL WHERE project_id = {project_id:UInt32}"
    assert client.select(sql, project_id=project_id) == [{"name": "search", "attributes": {"q": "x"}}]


def test_flush_waits_for_what_is_in_flight(writer: Writer, row: Callable[..., Row], project_id: int) -> None:
    writer.submit([row() for _ in range(500)], [BODY] * 500)
    assert writer.flush(30)
    assert len(live(project_id)) == 500
