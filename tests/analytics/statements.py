"""Every kind of statement that questions and rollups send, for tests that read them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from analytics import compile as compiling
from analytics import rollup_sql
from analytics.metrics import METRICS
from analytics.plan import Rolled
from analytics.question import GRANULARITIES, Question, Span, filters
from analytics.sources import Source, planned

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SPAN = Span(datetime(2026, 10, 1, 3, 20, tzinfo=UTC), NOW)
ROLLED = Rolled(watermark=NOW, closed_to=NOW, days_to=NOW)
SPLITS = ((), ("model",), ("tag.team", "user_id", "attempt"))


def every_statement() -> Iterator[str]:
    for granularity in GRANULARITIES:
        for split in SPLITS:
            for measures in (tuple(METRICS)[:20], tuple(METRICS)[20:], ("cost_usd", "latency_p95"), ("calls",)):
                yield statement(Question(1, span(granularity), measures, split, granularity=granularity))
    wanted = filters({"model": ["a"], "not": {"tag.x": "y"}, "min_cost_usd": "0.5"})
    yield statement(Question(1, SPAN, ("cost_usd",), filters=wanted))
    yield statement(Question(1, SPAN, ("cost_usd", "cost_ceiling_usd"), price_book="booked"))
    yield from rollup_sql.rebuild([SPAN], None)
    yield from rollup_sql.rebuild([SPAN], "Europe/Paris")


def span(granularity: str) -> Span:
    return Span(NOW - timedelta(days=2), NOW) if granularity == "5m" else SPAN


def statement(question: Question) -> str:
    shape = compiling.shape(question)
    return Source(shape, planned(shape, question.span, ROLLED, NOW)).statement()
