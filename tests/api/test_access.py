"""Who may ask, and that no address tells one project anything of another."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from analytics import rollup
from projects import keys
from tests.analytics.events import T0, a_call, put
from tests.api.conftest import Caller

SECRET = "only-mine"
ADDRESSES = ("/api/v1/calls", "/api/v1/calls/{id}", "/api/v1/traces/{trace}", "/api/v1/query")


def answers(caller: Caller, call_id: str, trace: str) -> list[Any]:
    """Everything the API tells this caller, with whatever could make it tell more."""
    span = {"from": "2026-03-01", "to": "2026-03-09"}
    found = [caller.get(f"/api/v1/calls/{call_id}"), caller.get(f"/api/v1/traces/{trace}", {"bodies": "1"})]
    for query in ({}, {"trace_id": trace}, {"task": SECRET}, {"bodies": "1", "sort": "-cost"}, span):
        found.append(caller.get("/api/v1/calls", query))
    for dimensions in ([], ["task"], ["user_id", "tag.team"]):
        for granularity in ("none", "day"):
            found.append(
                caller.ask(
                    "calls", "cost_usd", "users", "latency_p50", dimensions=dimensions, granularity=granularity, **span
                )
            )
            found.append(caller.ask("calls", "cost_usd", dimensions=dimensions, compare="previous", **span))
    return found


def test_no_address_tells_anything_of_another_project(caller: Caller, stranger: Caller) -> None:
    row = a_call(
        caller.id, T0, trace_id="shared-trace", task=SECRET, user_id=SECRET, tags={"team": SECRET}, cost="77.125"
    )
    put([row], ago=timedelta(minutes=1))
    put([a_call(stranger.id, T0, trace_id="shared-trace", task="theirs", cost="1")], ago=timedelta(minutes=1))
    for _ in range(2):
        told = str(answers(stranger, str(row["call_id"]), "shared-trace"))
        assert SECRET not in told
        assert "77.125" not in told
        assert str(row["call_id"]) not in told
        assert "theirs" in told
        assert SECRET in str(answers(caller, str(row["call_id"]), "shared-trace"))
        rollup.run(caller.id)
        rollup.run(stranger.id)


def test_a_cursor_of_another_project_gives_only_ones_own_calls(caller: Caller, stranger: Caller) -> None:
    put([a_call(caller.id, T0 + timedelta(seconds=s), task=SECRET) for s in range(5)])
    put([a_call(stranger.id, T0 - timedelta(seconds=s), task="theirs") for s in range(5)])
    cursor = caller.get("/api/v1/calls", {"limit": 2})[1]["next"]
    status, page = stranger.get("/api/v1/calls", {"cursor": cursor})
    assert status == 200
    assert {call["task"] for call in page["calls"]} == {"theirs"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_good_key_there_is_no_answer(caller: Caller, address: str) -> None:
    path = address.format(id="00000000-0000-0000-0000-000000000000", trace="t")
    _, ingest_only = keys.create(caller.project, name="sender", scopes=("ingest",))
    for header, status, code in (
        ({}, 401, "missing_key"),
        ({"Authorization": "Bearer nobody-knows-this-key"}, 401, "unknown_key"),
        ({"Authorization": f"Bearer {ingest_only}"}, 403, "missing_scope"),
    ):
        client = Client()
        answer = client.post(path, headers=header) if "query" in path else client.get(path, headers=header)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"
