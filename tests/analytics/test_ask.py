"""What questions answer, read from calls."""

from datetime import timedelta
from decimal import Decimal

import pytest

from analytics import calls
from analytics.ask import ask
from analytics.question import Question, Span
from tests.analytics.events import T0, a_call, put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
DAY = Span(T0, T0 + timedelta(days=1))


def test_counts_costs_and_tokens_add_up(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(minutes=m), cost="0.1", cache_read=5) for m in range(3)])
    answer = ask(Question(project_id, DAY, ("calls", "cost_usd", "input_tokens", "output_tokens", "latency_p50")))
    assert answer.rows == [
        {"calls": 3, "cost_usd": Decimal("0.3"), "input_tokens": 315, "output_tokens": 30, "latency_p50": 1000.0}
    ]


def test_calls_are_listed_and_counted(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(minutes=m)) for m in range(7)])
    first = calls.page(project_id, (), DAY, limit=5)
    second = calls.page(project_id, (), DAY, limit=5, cursor=first.next)
    assert [len(first.calls), len(second.calls), second.next] == [5, 2, None]
    assert calls.count(project_id, (), DAY) == 7
