"""GET /api/v1/calls and its neighbours."""

from datetime import timedelta

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


def test_query_answers(caller: Caller) -> None:
    put([a_call(caller.id, T0 + timedelta(seconds=s), cost="0.125") for s in range(4)])
    answer = caller.ask("calls", "cost_usd", dimensions=["model"], **{"from": "2026-03-01", "to": "2026-03-09"})
    assert answer["rows"] == [{"model": "gpt-4o", "calls": 4, "cost_usd": "0.5"}]
