"""GET /api/v1/calls and its neighbours: lists, pages, one call, one trace."""

import uuid
from datetime import timedelta

import pytest

from tests.analytics.events import T0, a_call, put
from tests.api.conftest import Caller


def test_lists_newest_first_and_pages_through_everything_once(caller: Caller) -> None:
    put([a_call(caller.id, T0 + timedelta(seconds=s)) for s in range(25)])
    seen, cursor = [], None
    while True:
        status, page = caller.get("/api/v1/calls", {"limit": 10} | ({"cursor": cursor} if cursor else {}))
        assert status == 200
        seen += [call["started_at"] for call in page["calls"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == 25
    assert seen == sorted(seen, reverse=True)


def test_any_dimension_is_a_filter_and_dates_are_those_of_the_project(caller: Caller) -> None:
    put(
        [
            a_call(caller.id, T0, task="faq", tags={"team": "a"}),
            a_call(caller.id, T0 + timedelta(days=1), task="search"),
        ]
    )
    put([a_call(caller.id, T0 + timedelta(days=2), latency_ms=9000.0)])

    def tasks(**query: object) -> list[str | None]:
        status, page = caller.get("/api/v1/calls", query)
        assert status == 200, page
        return [call["task"] for call in page["calls"]]

    assert tasks(task="faq") == ["faq"]
    assert tasks(task=["faq", "search"]) == ["search", "faq"]
    assert tasks(**{"not.task": "faq"}) == [None, "search"]
    assert tasks(task="") == [None]
    assert tasks(**{"tag.team": "a"}) == ["faq"]
    assert tasks(min_latency_ms="8999.5") == [None]
    assert tasks(sort="-latency", limit=1) == [None]
    assert tasks(**{"from": "2026-03-03"}) == [None, "search"]
    assert tasks(to="2026-03-03T00:00:00Z") == ["faq"]
    caller.project.timezone = "Asia/Kolkata"
    caller.project.save()
    assert tasks(**{"from": "2026-03-03", "to": "2026-03-04"}) == ["search"], "from 18:30 to 18:30 UTC"


def test_a_trace_filter_looks_at_all_time_and_one_call_comes_with_its_receipt(caller: Caller) -> None:
    row = a_call(caller.id, T0 - timedelta(days=900), trace_id="t/1 x", cost="0.5")
    put([row])
    status, page = caller.get("/api/v1/calls", {"trace_id": "t/1 x", "from": "2026-03-01"})
    assert (status, len(page["calls"])) == (200, 1)
    status, call = caller.get(f"/api/v1/calls/{row['call_id']}")
    assert (status, call["cost"]["amount_usd"], "lines" in call["cost"]) == (200, "0.5", True)
    status, trace = caller.get("/api/v1/traces/t%2F1%20x")
    assert (status, trace["cost"]["amount_usd"], len(trace["calls"])) == (200, "0.5", 1)


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"modle": "x"}, "modle", "Unknown parameter. Known are from, to,"),
        ({"limit": "1001"}, "limit", "1 to 1000"),
        ({"limit": "ten"}, "limit", "whole number"),
        ({"cursor": "zzz"}, "cursor", "`next`"),
        ({"sort": "cost"}, "sort", "-started_at"),
        ({"from": "yesterday"}, "from", "2026-11-01"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "after from"),
        ({"bodies": "yes"}, "bodies", "1 or 0"),
        ({"min_latency_ms": "fast"}, "min_latency_ms", "number"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(caller: Caller, query: dict[str, str], field: str, says: str) -> None:
    status, problem = caller.get("/api/v1/calls", query)
    assert (status, problem["code"]) == (422, "invalid")
    assert says in " ".join(problem["errors"][field])


def test_what_is_not_there_is_404_with_a_sentence(caller: Caller) -> None:
    for path in (f"/api/v1/calls/{uuid.uuid4()}", "/api/v1/calls/7", "/api/v1/traces/none"):
        status, problem = caller.get(path)
        assert (status, problem["status"]) == (404, 404)
        assert problem["detail"]
    assert caller.get("/api/v1/traces/none", {"x": "1"})[0] == 422
