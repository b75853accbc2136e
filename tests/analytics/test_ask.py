"""What questions answer: sums, unknowns, filters, order and comparison."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.ask import ask
from analytics.question import Question, Span, filters
from store import client
from tests.analytics.events import T0, a_call, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
DAY = Span(T0, T0 + timedelta(days=1))
MINUTE = timedelta(minutes=1)


def answered(project_id: int, *measures: str, span: Span = DAY, **more: Any) -> list[dict[str, Any]]:
    return ask(Question(project_id, span, measures, **more)).rows


def test_counts_costs_and_tokens_add_up(project_id: int) -> None:
    put([a_call(project_id, T0 + m * MINUTE, cost="0.1", cache_read=5, reasoning=2) for m in range(3)])
    measures = ("calls", "cost_usd", "input_tokens", "cached_input_tokens", "output_tokens", "latency_p50")
    assert answered(project_id, *measures) == [
        {"calls": 3, "cost_usd": Decimal("0.3"), "input_tokens": 315, "cached_input_tokens": 15, "output_tokens": 36,
         "latency_p50": 1000.0}
    ]  # fmt: skip


def test_the_span_is_half_open_and_a_version_counts_once(project_id: int) -> None:
    first = a_call(project_id, DAY.start)
    put([first, a_call(project_id, DAY.end)])
    put([first | {"version": first["version"] + 10**6, "model": "gpt-4o-mini"}])
    assert answered(project_id, "calls", dimensions=("model",)) == [{"model": "gpt-4o-mini", "calls": 1}]


def test_a_cost_that_no_call_knows_is_null_and_never_zero(project_id: int) -> None:
    put([a_call(project_id, cost=None, model="claude-3.5-opus"), a_call(project_id, cost="2", model="gpt-4o")])
    put([a_call(project_id, cost=None, model="gpt-4o", cost_status="usage_unknown", cost_ceiling=Decimal(1))])
    rows = answered(
        project_id, "cost_usd", "cost_floor_usd", "cost_ceiling_usd", "unpriced_calls", "usage_unknown_calls",
        dimensions=("model",), sort="model",
    )  # fmt: skip
    assert rows[0] == {
        "model": "claude-3.5-opus", "cost_usd": None, "cost_floor_usd": Decimal(0), "cost_ceiling_usd": None,
        "unpriced_calls": 1, "usage_unknown_calls": 0,
    }  # fmt: skip
    assert rows[1] == {
        "model": "gpt-4o", "cost_usd": Decimal(2), "cost_floor_usd": Decimal(2), "cost_ceiling_usd": Decimal(3),
        "unpriced_calls": 0, "usage_unknown_calls": 1,
    }  # fmt: skip


def test_coverage_says_how_well_the_cost_is_known(project_id: int) -> None:
    put([a_call(project_id, cost="1.5"), a_call(project_id, cost="0.5", cost_status="provider_reported")])
    put([a_call(project_id, cost=None), a_call(project_id, cost="0", cost_status="free")])
    answer = ask(Question(project_id, DAY, ("cost_usd",), ("model",), limit=1))
    assert answer.coverage == {
        "calls": 4, "known_calls": 3, "unbounded_calls": 1, "priced_share": 0.75,
        "cost_usd": Decimal(2), "floor_usd": Decimal(2), "ceiling_usd": Decimal(2),
        "by_status": {
            "provider_reported": {"calls": 1, "cost_usd": Decimal("0.5"), "share": 0.25},
            "priced_exact": {"calls": 1, "cost_usd": Decimal("1.5"), "share": 0.75},
            "unpriced_model": {"calls": 1, "cost_usd": None, "share": None},
            "free": {"calls": 1, "cost_usd": Decimal(0), "share": 0.0},
        },
    }  # fmt: skip
    assert ask(Question(project_id, DAY, ("calls",))).coverage is None


def test_unknown_tokens_are_null_and_an_empty_hour_is_zero(project_id: int) -> None:
    put([a_call(project_id, input_uncached=None, output_text=None, latency_ms=None)])
    rows = answered(
        project_id, "calls", "input_tokens", "latency_p95", "cost_per_call_usd", "users",
        span=Span(T0, T0 + timedelta(hours=2)), granularity="hour",
    )  # fmt: skip
    known = {"cost_per_call_usd": Decimal("0.01"), "users": 0}
    assert rows[0] == {"bucket": T0, "calls": 1, "input_tokens": None, "latency_p95": None, **known}
    nothing = {"calls": 0, "input_tokens": 0, "latency_p95": None, "cost_per_call_usd": None, "users": 0}
    assert rows[1] == {"bucket": T0 + timedelta(hours=1), **nothing}


def test_filters_join_values_by_or_dimensions_by_and_and_exclude(project_id: int) -> None:
    put([
        a_call(project_id, model="a", task="x", tags={"env": "prod"}, attempt=2, streaming=True),
        a_call(project_id, model="b", task="x", tags={"env": "test"}),
        a_call(project_id, model="c", task=""),
    ])  # fmt: skip

    def models(**wanted: Any) -> set[str]:
        found = answered(project_id, "calls", dimensions=("model",), filters=filters(wanted))
        return {row["model"] for row in found}

    assert models(model=["a", "b"]) == {"a", "b"}
    assert models(model=["a", "b"], **{"tag.env": "test"}) == {"b"}
    assert models(**{"not": {"model": ["a"]}}) == {"b", "c"}
    assert models(task="") == {"c"}
    assert models(**{"not": {"task": ""}}) == {"a", "b"}
    assert models(**{"tag.env": ""}) == {"c"}
    assert models(attempt=2) == models(streaming=True) == {"a"}
    assert models(attempt=None) == {"b", "c"}
    assert models(min_latency_ms=1000) == {"a", "b", "c"}
    assert models(min_latency_ms=1000.5) == set()
    assert models(max_cost_usd="0.009") == set()


def test_dimensions_are_spoken_in_their_own_kind(project_id: int) -> None:
    put([a_call(project_id, attempt=3, streaming=False, tags={"team": "blue"}, http_status=200)])
    put([a_call(project_id, T0 + MINUTE)])
    rows = answered(project_id, "calls", dimensions=("attempt", "streaming", "tag.team", "http_status"), sort="attempt")
    assert rows == [
        {"attempt": None, "streaming": None, "tag.team": None, "http_status": None, "calls": 1},
        {"attempt": 3, "streaming": False, "tag.team": "blue", "http_status": 200, "calls": 1},
    ]


def test_rows_are_sorted_cut_and_totals_hold_what_was_cut(project_id: int) -> None:
    put([a_call(project_id, model=m, cost=c) for m, c in (("a", "1"), ("b", "5"), ("c", "3"), ("d", None))])
    answer = ask(Question(project_id, DAY, ("cost_usd", "calls"), ("model",), limit=2))
    assert [row["model"] for row in answer.rows] == ["b", "c"]
    assert answer.truncated
    assert answer.totals == {"cost_usd": Decimal(9), "calls": 4}
    assert [r["model"] for r in answered(project_id, "cost_usd", dimensions=("model",), sort="cost_usd")] == [
        "a", "c", "b", "d",
    ]  # fmt: skip
    by_ratio = answered(project_id, "cost_per_call_usd", dimensions=("model",), sort="-cost_per_call_usd", limit=3)
    assert [row["model"] for row in by_ratio] == ["b", "c", "a"]


def test_a_comparison_stands_beside_each_row_and_total(project_id: int) -> None:
    week = timedelta(weeks=1)
    put([a_call(project_id, T0 + MINUTE, model="a"), a_call(project_id, T0 - week + MINUTE, model="a")])
    put([a_call(project_id, T0 - week + MINUTE, model="a"), a_call(project_id, T0 - week + MINUTE, model="gone")])
    put([a_call(project_id, T0 + MINUTE, model="new")])
    answer = ask(Question(project_id, DAY, ("calls", "cost_usd"), ("model",), compare="previous", sort="model"))
    assert answer.rows == [
        {"model": "a", "calls": 1, "cost_usd": Decimal("0.01"), "calls_before": 2, "cost_usd_before": Decimal("0.02")},
        {"model": "new", "calls": 1, "cost_usd": Decimal("0.01"), "calls_before": 0, "cost_usd_before": Decimal(0)},
    ]
    assert answer.totals["calls_before"] == 3
    assert answer.before == Span(T0 - week, T0 - week + timedelta(days=1))
    series = ask(Question(project_id, DAY, ("calls",), compare="previous", granularity="hour"))
    assert [(row["calls"], row["calls_before"]) for row in series.rows[:2]] == [(2, 3), (0, 0)]


def test_a_cut_comparison_still_finds_the_rows_it_belongs_to(project_id: int) -> None:
    week = timedelta(weeks=1)
    put([a_call(project_id, T0, user_id=f"u{n}", cost=str(n)) for n in range(1, 6)])
    put([a_call(project_id, T0 - week, user_id=f"u{n}", cost=str(100 - n)) for n in range(1, 6)])
    question = Question(project_id, DAY, ("cost_usd",), ("user_id",), compare="previous", limit=2)
    rows = ask(question).rows
    assert [(row["user_id"], row["cost_usd_before"]) for row in rows] == [("u5", Decimal(95)), ("u4", Decimal(96))]


def test_costs_as_booked_stay_when_the_current_ones_move(project_id: int) -> None:
    put([a_call(project_id, cost="1", cost_booked=Decimal("1.25"))])
    assert answered(project_id, "cost_usd") == [{"cost_usd": Decimal(1)}]
    assert answered(project_id, "cost_usd", price_book="booked") == [{"cost_usd": Decimal("1.25")}]


def test_money_is_exact_to_the_last_place(project_id: int) -> None:
    put([a_call(project_id, T0 + n * MINUTE, cost="0.000000000000000001") for n in range(10)])
    put([a_call(project_id, cost="12345678901234.000000000000000007")])
    assert answered(project_id, "cost_usd") == [{"cost_usd": Decimal("12345678901234.000000000000000017")}]


def test_an_answer_takes_one_store_query_and_two_when_it_compares(
    project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    select = client.select
    monkeypatch.setattr(client, "select", lambda sql, **params: asked.append(sql) or select(sql, **params))
    question = Question(
        project_id, DAY, ("calls", "cost_usd", "latency_p95", "ttft_p50"), ("model",), granularity="hour"
    )
    ask(question)
    assert len(asked) == 1
    ask(Question(project_id, DAY, ("calls",), ("user_id",), compare="year"))
    assert len(asked) == 3


def test_a_day_of_25_hours_has_25_hours(project_id: int) -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    put([a_call(project_id, start + n * timedelta(hours=1)) for n in range(25)])
    span = Span(start, start + timedelta(hours=25))
    rows = answered(project_id, "calls", span=span, granularity="day", timezone="Europe/Paris")
    assert rows == [{"bucket": start, "calls": 25}]
    hours = answered(project_id, "calls", span=span, granularity="hour", timezone="Europe/Paris")
    assert [row["calls"] for row in hours] == [1] * 25


def test_hostile_values_are_values_and_nothing_else(project_id: int) -> None:
    hostile = ["'; DROP TABLE calls; --", "\\", "a\tb\nc", "{project_id:UInt32}", "%s", "🎉", "\x00", "') OR 1=1 --"]
    put([a_call(project_id, T0 + n * MINUTE, task=text, tags={text: text}) for n, text in enumerate(hostile)])
    for text in hostile:
        found = answered(project_id, "calls", dimensions=("task",), filters=filters({"task": text}))
        assert found == [{"task": text, "calls": 1}]
    for text in hostile:
        key = f"tag.{text}"
        found = answered(project_id, "calls", dimensions=(key,), filters=filters({key: text}))
        assert found == [{key: text, "calls": 1}]


def test_the_receipt_is_the_same_for_the_same_question_only(project_id: int) -> None:
    one, same = (ask(Question(project_id, DAY, ("calls",))).receipt for _ in range(2))
    assert one == same
    assert one != ask(Question(project_id, DAY, ("errors",))).receipt
