"""Random questions are answered alike from rollups, from calls, and from the mixture in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import reach, rollup
from analytics.ask import ask
from analytics.dimensions import ROLLED, TIMED
from analytics.metrics import METRICS
from analytics.plan import Rolled
from analytics.question import GRANULARITIES, Question, Span, filters
from tests.analytics.test_rollup import MINUTE, TEN_DAYS, put, traffic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
FAR = datetime(2090, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns", "America/New_York")
SUMS = [key for key, metric in METRICS.items() if not metric.kind and key != "users"]
PERCENTILES = [key for key, metric in METRICS.items() if metric.kind]
VALUES = {
    "model": ["gpt-4o", "claude-3-opus", ""],
    "task": ["faq", ""],
    "provider": ["openai", ""],
    "feature": ["chat"],
}
MORE = {"status": ["error", "ok"], "prompt_version": ["1", ""], "error_type": ["timeout"]}


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    with_times = draw(st.booleans())
    carried = [one.key for one in (TIMED if with_times else ROLLED)]
    values = VALUES if with_times else VALUES | MORE
    wanted = draw(st.dictionaries(st.sampled_from(sorted(values)), st.booleans(), max_size=2))
    given_values = {key: draw(st.lists(st.sampled_from(values[key]), min_size=1, unique=True)) for key in wanted}
    start = TEN_DAYS.start + timedelta(minutes=draw(st.integers(0, 5 * 24 * 60)))
    granularity = draw(st.sampled_from(GRANULARITIES))
    measures = draw(st.lists(st.sampled_from(PERCENTILES if with_times else SUMS), min_size=1, max_size=5, unique=True))
    return {
        "span": Span(start, start + timedelta(minutes=draw(st.integers(30, 9 * 24 * 60)))),
        "measures": tuple(measures),
        "dimensions": tuple(draw(st.lists(st.sampled_from(carried), max_size=2, unique=True))),
        "filters": filters(
            {key: given_values[key] for key, shut in wanted.items() if not shut}
            | {"not": {key: given_values[key] for key, shut in wanted.items() if shut}}
        ),
        "granularity": granularity,
        "timezone": draw(st.sampled_from(ZONES)),
        "compare": draw(st.sampled_from(["none", "previous", "exact"])),
        "limit": draw(st.sampled_from([3, 10_000])),
    }


def test_random_questions_have_one_answer(project_id: int) -> None:
    put(traffic(project_id, 700), ago=MINUTE)
    rollup.run(project_id)
    put(traffic(project_id, 9, seed=4))
    state = reach.of(project_id)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(made=questions())
    def compare(made: dict[str, Any]) -> None:
        question = Question(project_id, **made)
        rolled, raw = ask(question), ask(question, rolled=Rolled())
        halfway = ask(question, rolled=replace(state, closed_to=TEN_DAYS.start + timedelta(days=4)))
        for other in (rolled, halfway):
            assert other.rows == raw.rows
            assert other.totals == raw.totals
            assert other.coverage == raw.coverage
            assert other.truncated == raw.truncated

    compare()
