"""Rollups answer exactly what calls answer, and follow every change of them."""

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest

from analytics import rollup
from analytics.ask import ask
from analytics.plan import Rolled
from analytics.question import GRANULARITIES, Question, Span
from store import client
from tests.analytics.events import T0, a_call, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
TEN_DAYS = Span(T0 - timedelta(hours=5, minutes=20), T0 + timedelta(days=9, hours=3, minutes=47))
DAY = Span(T0, T0 + timedelta(days=1))
MINUTE = timedelta(minutes=1)
EVERY_SUM = (
    "calls", "errors", "error_rate", "cost_usd", "cost_floor_usd", "cost_ceiling_usd", "cost_per_call_usd", "unpriced_calls",
    "usage_unknown_calls", "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens", "latency_avg", "ttft_avg",
    "tokens_per_second", "web_searches", "requests",
)  # fmt: skip
TIMES = ("calls", "latency_p50", "latency_p95", "latency_p99", "ttft_p50", "ttft_p95")


def traffic(project_id: int, count: int, *, seed: int = 1, span: Span = TEN_DAYS) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [a_random_call(project_id, chance, span) for _ in range(count)]


def a_random_call(project_id: int, chance: random.Random, span: Span) -> dict[str, Any]:
    at = span.start + timedelta(microseconds=chance.randrange(int(span.length / timedelta(microseconds=1))))
    failed = chance.random() < 0.05
    return a_call(
        project_id,
        at,
        cost=None if chance.random() < 0.1 else f"{chance.randrange(10**9)}e-12",
        provider=chance.choice(["openai", "anthropic", ""]),
        model=chance.choice(["gpt-4o", "claude-3-opus", "mistral-7b", ""]),
        task=chance.choice(["faq", "search", ""]),
        feature=chance.choice(["chat", ""]),
        status="error" if failed else "ok",
        error_type=chance.choice(["timeout", "rate_limit"]) if failed else "",
        prompt_version=chance.choice(["1", "2", ""]),
        latency_ms=None if chance.random() < 0.1 else chance.lognormvariate(7, 1),
        ttft_ms=None if chance.random() < 0.3 else chance.lognormvariate(5, 0.5),
        input_uncached=None if failed else chance.randrange(5000),
        cache_read=chance.choice([None, 0, 128]),
        output_text=None if failed else chance.randrange(500),
        reasoning=chance.choice([None, 7]),
    )


def from_calls(question: Question) -> Any:
    return ask(question, rolled=Rolled())


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "Asia/Kathmandu"])
def test_sums_from_rollups_equal_those_from_calls(project_id: int, zone: str) -> None:
    put(traffic(project_id, 400), ago=MINUTE)
    rollup.run(project_id)
    splits = itertools.product(GRANULARITIES, [(), ("model", "status", "prompt_version")])
    for granularity, dimensions in splits:
        question = Question(project_id, TEN_DAYS, EVERY_SUM, dimensions, granularity=granularity, timezone=zone)
        rolled, raw = ask(question), from_calls(question)
        assert rolled.rows == raw.rows
        assert rolled.totals == raw.totals
        assert rolled.coverage == raw.coverage
        if zone != "Asia/Kathmandu" and granularity != "5m":
            assert rolled.freshness.raw_hours == 2, "only the two begun hours at the ends"


def test_percentiles_of_few_calls_are_exact_from_rollups(project_id: int) -> None:
    put(traffic(project_id, 900), ago=MINUTE)
    rollup.run(project_id)
    for granularity, dimensions in itertools.product(["none", "hour", "day"], [(), ("task", "feature")]):
        question = Question(project_id, TEN_DAYS, TIMES, dimensions, granularity=granularity)
        assert ask(question).rows == from_calls(question).rows


def test_a_late_call_counts_at_once_and_after_the_next_pass(project_id: int) -> None:
    put(traffic(project_id, 50), ago=MINUTE)
    rollup.run(project_id)
    put([a_call(project_id, T0 + timedelta(days=2, minutes=7), cost="5")])
    question = Question(project_id, TEN_DAYS, EVERY_SUM, ("model",), granularity="day")
    assert ask(question).totals["calls"] == 51
    assert ask(question).rows == from_calls(question).rows
    assert rollup.run(project_id)
    assert ask(question).rows == from_calls(question).rows


def test_a_corrected_call_leaves_no_trace_of_its_old_dimensions(project_id: int) -> None:
    first = a_call(project_id, T0 + timedelta(hours=1), model="gpt-4o", latency_ms=70.0)
    put([first], ago=2 * MINUTE)
    rollup.run(project_id)
    put([first | {"model": "claude-3-opus", "version": first["version"] + 1}], ago=MINUTE)
    rollup.run(project_id)
    question = Question(project_id, DAY, ("calls", "latency_p50"), ("model",))
    assert ask(question).freshness.raw_hours == 0
    assert ask(question).rows == [{"model": "claude-3-opus", "calls": 1, "latency_p50": 70.0}]


def test_a_call_that_moved_to_another_hour_is_counted_there_only(project_id: int) -> None:
    old = a_call(project_id, T0 + timedelta(hours=1))
    put([old], ago=2 * MINUTE)
    rollup.run(project_id)
    moved = old | {"ts": T0 + timedelta(hours=5), "version": old["version"] + 1}
    put([moved, old | {"is_deleted": 1, "version": old["version"] + 1}], ago=MINUTE)
    rollup.run(project_id)
    question = Question(project_id, DAY, ("calls",), granularity="hour")
    assert [row["bucket"] for row in ask(question).rows if row["calls"]] == [T0 + timedelta(hours=5)]


def test_a_marked_hour_is_read_from_calls_until_it_is_made_again(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(hours=1))], ago=MINUTE)
    rollup.run(project_id)
    tamper(project_id)
    question = Question(project_id, DAY, ("calls",))
    assert ask(question).totals["calls"] == 1001
    rollup.mark(project_id, [int(T0.timestamp()) + 3600])
    assert ask(question).totals["calls"] == 1
    rollup.run(project_id)
    client.maintain(
        "ALTER TABLE dirty_hours DELETE WHERE project_id = {p:UInt32} SETTINGS mutations_sync = 1", p=project_id
    )
    assert ask(question).totals["calls"] == 1


def tamper(project_id: int) -> None:
    """Make the hourly rollup wrong by a thousand calls."""
    columns = "* REPLACE (calls + 1000 AS calls)"
    sql = f"INSERT INTO calls_hourly SELECT {columns} FROM calls_hourly FINAL WHERE project_id = {{p:UInt32}}"
    client.maintain(sql, p=project_id)
