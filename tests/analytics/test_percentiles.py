"""Percentiles from histograms stay within 0.6% of exact for 1,000 calls and more, whatever the shape of the times."""

import random
from collections.abc import Callable
from datetime import timedelta
from math import floor, log2
from statistics import mean

import pytest

from analytics import rollup
from analytics.ask import ask
from analytics.percentiles import BUCKETS, EXACT_BELOW, PER_OCTAVE
from analytics.plan import Rolled
from analytics.question import Question, Span
from tests.analytics.events import T0, a_call, put

SHAPES: dict[str, Callable[[random.Random], float]] = {
    "lognormal": lambda r: r.lognormvariate(7, 0.8),
    "uniform": lambda r: r.uniform(5, 9000),
    "two peaks": lambda r: r.gauss(300, 20) if r.random() < 0.7 else r.gauss(4000, 300),
    "exponential": lambda r: r.expovariate(1 / 900),
    "pareto": lambda r: 200 * r.paretovariate(1.5),
    "one value": lambda _: 1234.567,
    "narrow": lambda r: r.gauss(1000, 5),
}
LEVELS = ("0.50", "0.95", "0.99")


def middle(ms: float) -> float:
    """The time that stands for `ms` in the histogram: what the SQL does, in Python."""
    number = min(BUCKETS - 1, floor(log2(max(ms, 1)) * PER_OCTAVE)) + 1
    return 2 ** ((number - 0.5) / PER_OCTAVE)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_histogram_is_close_to_exact(shape: str) -> None:
    errors = []
    for seed in range(20):
        chance = random.Random(seed)
        values = sorted(max(1.0, SHAPES[shape](chance)) for _ in range(chance.choice([1000, 3000, 20_000])))
        for level in LEVELS:
            exact = values[int(float(level) * len(values))]
            errors.append(abs(middle(exact) / exact - 1))
    assert max(errors) < 0.006
    assert mean(errors) < 0.005


def test_the_ends_of_the_histogram() -> None:
    assert 1 <= middle(0.2) <= 2 ** (1 / PER_OCTAVE), "below a millisecond only that is known"
    assert middle(24 * 3_600_000.0) == pytest.approx(24 * 3_600_000, rel=0.006)


@pytest.mark.django_db
@pytest.mark.usefixtures("event_store")
def test_rolled_up_percentiles_are_close_for_many_calls_and_exact_for_few(project_id: int) -> None:
    chance = random.Random(5)
    calls = []
    for number in range(6_000):
        at = T0 + timedelta(seconds=number * 30)
        model = "rare" if number % 20 == 0 else "usual"
        calls.append(a_call(project_id, at, model=model, latency_ms=chance.lognormvariate(7, 0.8), ttft_ms=number / 7))
    put(calls, ago=timedelta(minutes=1))
    rollup.run(project_id)
    span = Span(T0, T0 + timedelta(seconds=6_000 * 30))
    measures = ("latency_p50", "latency_p95", "latency_p99", "ttft_p50", "ttft_p95")
    question = Question(project_id, span, measures, ("model",), sort="-latency_p95")
    rolled, exact = ask(question), ask(question, rolled=Rolled())
    assert rolled.freshness.raw_hours < 3 < exact.freshness.raw_hours
    assert [row["model"] for row in rolled.rows] == [row["model"] for row in exact.rows]
    for close, right in [*zip(rolled.rows, exact.rows, strict=True), (rolled.totals, exact.totals)]:
        if close.get("model") == "rare":
            assert close == right, f"300 of fewer than {EXACT_BELOW} calls"
        for key in measures:
            assert close[key] == pytest.approx(right[key], rel=0.006)


@pytest.mark.django_db
@pytest.mark.usefixtures("event_store")
def test_large_and_small_hours_and_very_long_calls_make_one_percentile(project_id: int) -> None:
    chance = random.Random(9)
    calls = []
    for number in range(4_000):
        hour = 0 if number < 2_500 else 1 + number % 5
        at = T0 + timedelta(hours=hour, milliseconds=number)
        took = 5_000_000.0 + number if number % 100 == 0 else chance.lognormvariate(7, 0.8)
        calls.append(a_call(project_id, at, model="ab"[number % 2], latency_ms=took))
    put(calls, ago=timedelta(minutes=1))
    rollup.run(project_id)
    put([a_call(project_id, T0 + timedelta(hours=2, minutes=30), model="a", latency_ms=6_000_000.0)])
    span = Span(T0, T0 + timedelta(days=1))
    measures = ("calls", "latency_p50", "latency_p95", "latency_p99")
    for split, granularity in (((), "none"), (("model",), "none"), ((), "hour"), (("model", "task"), "hour")):
        question = Question(project_id, span, measures, split, granularity=granularity, sort="calls")
        rolled, exact = ask(question), ask(question, rolled=Rolled())
        assert rolled.freshness.raw_hours < exact.freshness.raw_hours == 24
        for close, right in [*zip(rolled.rows, exact.rows, strict=True), (rolled.totals, exact.totals)]:
            for key in measures:
                assert close[key] == pytest.approx(right[key], rel=0.006)
