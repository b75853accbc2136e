"""The calls behind a number: pages in four orders, one call, a trace, a stream."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics import calls
from analytics.calls import SORTS
from analytics.question import Span, filters
from store import client
from tests.analytics.events import T0, a_call, body, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
DAY = Span(T0, T0 + timedelta(days=1))
MONTH = Span(T0 - timedelta(days=20), T0 + timedelta(days=10))


def all_pages(project_id: int, sort: str, span: Span | None = MONTH, limit: int = 7) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        page = calls.page(project_id, (), span, sort=sort, limit=limit, cursor=cursor)
        found += page.calls
        assert len(page.calls) == limit or page.next is None
        if page.next is None:
            return found
        cursor = page.next


def mixed(project_id: int) -> list[dict[str, Any]]:
    """Forty calls over three weeks, with equal starts, equal costs and unknown values among them."""
    return [
        a_call(
            project_id,
            T0 - timedelta(hours=(n // 2) ** 2),
            cost=None if n % 7 == 0 else str(n % 5),
            latency_ms=None if n % 11 == 0 else float(n % 6),
        )
        for n in range(40)
    ]


@pytest.mark.parametrize("sort", SORTS)
def test_pages_hold_every_call_once_and_in_order(project_id: int, sort: str) -> None:
    put(mixed(project_id))
    found = all_pages(project_id, sort)
    assert len({call["id"] for call in found}) == len(found) == 40
    assert [call["id"] for call in found] == [call["id"] for call in all_pages(project_id, sort, None, 40)]
    values = {
        "-started_at": [call["started_at"] for call in found][::-1],
        "started_at": [call["started_at"] for call in found],
        "-cost": [-Decimal(call["cost"]["amount_usd"] or -1) for call in found],
        "-latency": [-(-1 if call["latency_ms"] is None else call["latency_ms"]) for call in found],
    }[sort]
    assert values == sorted(values)  # type: ignore[type-var]


def test_without_a_span_all_of_time_is_listed(project_id: int) -> None:
    starts = [datetime.now(UTC) + timedelta(hours=20), datetime.now(UTC), T0, datetime(1999, 1, 1, tzinfo=UTC)]
    put([a_call(project_id, at.replace(microsecond=0)) for at in starts])
    listed = [all_pages(project_id, "-started_at", None, limit) for limit in (1, 2, 50)]
    assert len(listed[0]) == 4
    assert listed[0] == listed[1] == listed[2] == all_pages(project_id, "started_at", None)[::-1]


def test_new_calls_do_not_disturb_the_pages_behind_a_cursor(project_id: int) -> None:
    put(mixed(project_id))
    expected = [call["id"] for call in all_pages(project_id, "-started_at")]
    first = calls.page(project_id, (), MONTH, limit=10)
    put([a_call(project_id, T0 + timedelta(days=1))])
    rest = calls.page(project_id, (), MONTH, limit=30, cursor=first.next)
    assert [call["id"] for call in [*first.calls, *rest.calls]] == expected


def test_a_cursor_is_refused_when_it_is_none_or_belongs_to_another_order(project_id: int) -> None:
    put(mixed(project_id))
    cursor = calls.page(project_id, (), MONTH, limit=5).next
    with pytest.raises(ValueError, match="belongs to sort=-started_at"):
        calls.page(project_id, (), MONTH, sort="-cost", cursor=cursor)
    for broken in ("x", "!!!", "bnVsbA", "W10", "eyJhIjoxfQ", cursor[:-3] if cursor else "", "é"):
        with pytest.raises(ValueError, match="cursor: use the value of `next`"):
            calls.page(project_id, (), MONTH, cursor=broken)


def test_a_call_comes_back_in_the_senders_words(project_id: int) -> None:
    row = a_call(
        project_id, T0 + timedelta(microseconds=123456), cost="0.0030", provider="anthropic", model="claude-3-opus",
        usage_convention="exclusive", input_uncached=5, cache_read=100, cache_write_5m=20, output_text=30, reasoning=12,
        prompt_name="faq", prompt_version="7", tags={"team": "blue"}, streaming=False, attempt=0,
        checks='[{"name":"json","passed":true}]', user_id="u1", experiment_arm="B", provider_cost_usd=Decimal("0.003"),
        cost_status="provider_reported",
    )  # fmt: skip
    put([row])
    call = calls.one(project_id, row["call_id"])
    assert call is not None
    expected = {
        "id": str(row["call_id"]), "started_at": "2026-03-02T00:00:00.123456Z", "provider": "anthropic",
        "status": "ok", "latency_ms": 1000.0, "ttft_ms": None, "streaming": False, "attempt": 0, "task": None,
        "prompt": {"name": "faq", "version": "7"}, "route": None, "tags": {"team": "blue"}, "user_id": "u1",
        "experiment": {"key": None, "arm": "B", "phase": None}, "checks": [{"name": "json", "passed": True}],
        "cost_usd": "0.003", "input": None, "tool_calls": None,
    }  # fmt: skip
    assert {name: call[name] for name in expected} == expected
    told = {name: value for name, value in call["usage"].items() if value is not None}
    assert told == {
        "input_tokens": 5, "cached_input_tokens": 100, "cache_write_tokens": 20, "output_tokens": 42,
        "reasoning_tokens": 12, "convention": "exclusive",
    }  # fmt: skip
    line = {"dimension": "reported", "units": 1, "unit_price": "0.003", "amount": "0.003", "price_id": 0}
    assert call["cost"]["lines"] == [line]
    assert call["cost"]["amount_usd"] == "0.003"
    assert json.loads(json.dumps(call)) == call


def test_an_unknown_cost_has_no_amount_and_a_call_of_another_project_is_not_found(project_id: int) -> None:
    row = a_call(project_id, cost=None)
    put([row])
    call = calls.one(project_id, row["call_id"])
    assert call is not None
    assert call["cost"] | {"price_book": 0} == {
        "amount_usd": None, "status": "unpriced_model", "floor_usd": "0", "ceiling_usd": None, "booked_usd": None,
        "price_book": 0, "lines": [],
    }  # fmt: skip
    assert calls.one(project_id + 10**6, row["call_id"]) is None
    assert calls.one(project_id, uuid.uuid4()) is None


def test_texts_come_only_when_asked_for(project_id: int) -> None:
    row = a_call(project_id)
    put([row])
    body(row, input='[{"role":"user","content":"hi"}]', output="{not json", tool_calls='[{"name":"f"}]')
    assert "input" not in calls.page(project_id, (), DAY).calls[0]
    with_texts = calls.page(project_id, (), DAY, bodies=True).calls[0]
    assert with_texts["input"] == [{"role": "user", "content": "hi"}]
    assert with_texts["output"] == "{not json"
    assert with_texts["tool_calls"] == [{"name": "f"}]
    assert calls.one(project_id, row["call_id"]) == with_texts


def test_a_trace_is_found_whenever_it_was(project_id: int) -> None:
    long_ago = datetime(2019, 5, 5, tzinfo=UTC)
    put([a_call(project_id, long_ago, trace_id="t1", cost="1"), a_call(project_id, trace_id="t2")])
    put([a_call(project_id, long_ago + timedelta(seconds=2), trace_id="t1", latency_ms=500.0, cost=None)])
    span = {"project_id": project_id, "ts": long_ago - timedelta(seconds=1), "trace_id": "t1", "span_id": "s",
            "parent_span_id": "", "version": 1, "is_deleted": 0, "keep_days": 400, "name": "agent", "kind": "agent",
            "status": "ok", "status_message": "", "duration_ms": None, "sender_name": "x", "attributes": {"k": "v"}}  # fmt: skip
    client.insert("spans", {name: [value] for name, value in span.items()}, token=uuid.uuid4().hex)
    found = calls.trace(project_id, "t1")
    assert found is not None
    assert (found["started_at"], found["latency_ms"]) == ("2019-05-04T23:59:59.000Z", 3500.0)
    assert found["cost"] == {"amount_usd": "1", "calls": 2, "unknown_calls": 1}
    assert [call["trace_id"] for call in found["calls"]] == ["t1", "t1"]
    assert [span["name"] for span in found["spans"]] == ["agent"]
    listed = calls.page(project_id, filters({"trace_id": "t1"}), DAY)
    assert len(listed.calls) == 2 == calls.count(project_id, filters({"trace_id": "t1"}), DAY)
    assert calls.trace(project_id, "t3") is None


def test_count_list_stream_and_values_agree(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(minutes=n), model="ab"[n % 2]) for n in range(9)])
    wanted = filters({"model": "a"})
    listed = calls.page(project_id, wanted, DAY).calls
    streamed = list(calls.stream(project_id, wanted, DAY))
    assert calls.count(project_id, wanted, DAY) == len(listed) == len(streamed) == 5
    assert streamed == listed[::-1]
    assert calls.values(project_id, "model", DAY) == [("a", 5), ("b", 4)]


@pytest.mark.parametrize("wrong", [{"sort": "cost"}, {"limit": 0}, {"limit": 1001}])
def test_orders_and_sizes_that_do_not_exist_are_refused(project_id: int, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sort|limit"):
        calls.page(project_id, (), DAY, **wrong)
