"""One id from 16 connections over two web processes: one row in the list, one in every sum, and nothing of it lost."""

import os
import threading
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from store import client
from tests.ingest.conftest import a_call
from tests.services.web import StartWeb, Web

CONNECTIONS = 16
ROUNDS = int(os.environ.get("ROUNDS", "3"))


@pytest.fixture(scope="module")
def two_processes(start_web: StartWeb) -> Web:
    return start_web(WEB_WORKERS="2")


def all_at_once(web: Web, call_of: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """Post one call on each connection, all in the same moment."""
    gate = threading.Barrier(CONNECTIONS)
    answers: list[dict[str, Any]] = []

    def post(number: int) -> None:
        with httpx.Client(base_url=web.base_url, headers=web.headers, timeout=30) as connection:
            connection.get("/healthz")
            gate.wait()
            answer = connection.post("/api/v1/calls", json={"calls": [call_of(number)]})
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())

    threads = [threading.Thread(target=post, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def live(call_id: str) -> list[dict[str, Any]]:
    return client.operator_select("SELECT * FROM calls_live WHERE call_id = {id:UUID}", id=call_id)


def test_the_same_content_is_one_row(two_processes: Web) -> None:
    call = a_call()
    answers = all_at_once(two_processes, lambda _: call)

    assert sum(answer["accepted"] + answer["duplicates"] for answer in answers) == CONNECTIONS
    assert len(live(call["id"])) == 1
    sums = client.operator_select(
        "SELECT count() AS calls, sum(output_text) AS tokens FROM calls_live WHERE call_id = {id:UUID}", id=call["id"]
    )
    assert sums == [{"calls": 1, "tokens": 20}]


def test_different_content_is_one_row_that_holds_all_of_it(two_processes: Web) -> None:
    for _ in range(ROUNDS):
        call_id = str(uuid.uuid4())
        all_at_once(two_processes, lambda n, call_id=call_id: a_call(id=call_id, tags={f"sender{n}": "yes"}))

        (row,) = live(call_id)
        assert set(row["tags"]) == {f"sender{n}" for n in range(CONNECTIONS)}


def test_different_starts_are_one_row_at_the_latest_told_start(two_processes: Web) -> None:
    for _ in range(ROUNDS):
        call_id = str(uuid.uuid4())
        all_at_once(
            two_processes,
            lambda n, call_id=call_id: a_call(
                id=call_id,
                started_at=f"2026-11-02T12:{n:02}:00Z",
                updated_at=f"2026-11-02T14:{n:02}:00Z",
                input=f"question {n}",
            ),
        )

        (row,) = live(call_id)
        assert row["ts"].minute == CONNECTIONS - 1
        texts = client.operator_select("SELECT * FROM bodies_live WHERE call_id = {id:UUID}", id=call_id)
        assert [(text["ts"], text["input"]) for text in texts] == [(row["ts"], f"question {CONNECTIONS - 1}")]
