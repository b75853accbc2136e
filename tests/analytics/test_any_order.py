"""The same events in any order, any batches and any number of times give the same list, rollups and answers."""

import itertools
import json
import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import randrange
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import calls, reach, rollup
from analytics.ask import ask
from analytics.dimensions import ROLLED
from analytics.plan import Rolled
from analytics.question import Question, Span
from ingest import accept, decode
from ingest.origin import Origin, now_us
from store import client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("event_store")]
START = datetime(2026, 5, 4, tzinfo=UTC)
SPAN = Span(START - timedelta(days=1), START + timedelta(days=10))
FAR = datetime(2090, 1, 1, tzinfo=UTC)
MEASURES = (
    "calls", "errors", "cost_usd", "cost_floor_usd", "unpriced_calls", "usage_unknown_calls", "input_tokens",
    "output_tokens", "latency_p50", "latency_p95", "ttft_p50", "latency_avg", "tokens_per_second",
)  # fmt: skip
_projects = itertools.count(randrange(10**6, 10**7))

minutes = st.integers(0, 24 * 60)
"""Reports of one call may start up to a day apart, over which the writer looks for what it has of a call."""
facts = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["gpt-4o", "claude-3-opus", "no-such-model"]),
        "provider": st.sampled_from(["openai", "anthropic"]),
        "task": st.sampled_from(["faq", "search"]),
        "status": st.sampled_from(["ok", "error"]),
        "latency_ms": st.integers(1, 60_000),
        "ttft_ms": st.integers(1, 900),
        "usage": st.fixed_dictionaries({"input_tokens": st.integers(0, 999), "output_tokens": st.integers(0, 999)}),
        "tags": st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"]), max_size=2),
    },
)
events = st.fixed_dictionaries(
    {"call": st.integers(0, 9), "minute": minutes, "updated": st.integers(0, 99), "facts": facts}
)
deliveries = st.integers(0, 2**32).map(random.Random)


def event(made: dict[str, Any], seed: str) -> dict[str, Any]:
    """What a sender posts: one of several reports about a call, each with a start of its own."""
    started = START + timedelta(hours=20 * made["call"], minutes=made["minute"])
    updated = START + timedelta(days=20, minutes=made["updated"])
    call_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{seed}{made['call']}")
    told = {"id": str(call_id), "started_at": started.isoformat(), "updated_at": updated.isoformat()}
    return told | made["facts"]


def deliver(project_id: int, sent: list[dict[str, Any]], chance: random.Random) -> None:
    """Send everything at least once: shuffled, partly twice, in batches, with rollup passes in between."""
    order = sent + [one for one in sent if chance.random() < 0.3]
    chance.shuffle(order)
    while order:
        batch, order = order[: (size := chance.randint(1, 12))], order[size:]
        items = decode.document(json.dumps({"calls": batch}).encode())
        rows, bodies, rejected = accept.normalised(items, Origin(project_id, "pm_test", now_us=now_us()), accept.book())
        assert not rejected
        accept.writer().submit(rows, bodies).result(30)
        if chance.random() < 0.1:
            rollup.run(project_id)


def seen(project_id: int) -> dict[str, Any]:
    """Everything that people see, and the rollups themselves."""
    listed = calls.page(project_id, (), None, limit=1000, sort="started_at").calls
    for call in listed:
        del call["received_at"]
    question = Question(project_id, SPAN, MEASURES, ("model", "task"), granularity="day", sort="model")
    trusting = replace(reach.of(project_id), watermark=FAR)
    answers = [ask(question, rolled=rolled) for rolled in (Rolled(), reach.of(project_id), trusting)]
    assert answers[2].freshness.raw_hours == 0, "the rollups alone"
    rows = [answer.rows for answer in answers]
    assert rows[0] == rows[1] == rows[2]
    assert [answer.totals for answer in answers] == [answers[0].totals] * 3
    assert answers[0].totals["calls"] == len(listed)
    dimensions = ", ".join(one.sql for one in ROLLED)
    sql = f"SELECT start, {dimensions}, calls, errors, cost, output_text, latency_us FROM calls_hourly FINAL"
    kept = client.select(
        f"{sql} WHERE project_id = {{project_id:UInt32}} AND calls > 0 ORDER BY ALL", project_id=project_id
    )
    return {"listed": listed, "rows": rows[0], "totals": answers[0].totals, "kept": kept}


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(made=st.lists(events, min_size=1, max_size=24), one=deliveries, other=deliveries)
def test_order_batches_and_repetition_change_nothing(
    made: list[dict[str, Any]], one: random.Random, other: random.Random
) -> None:
    first, second = next(_projects), next(_projects)
    sent = [event(each, str(first)) for each in made]
    for project_id, chance in ((first, one), (second, other)):
        deliver(project_id, sent, chance)
        rollup.run(project_id)
    assert seen(first) == seen(second)
    rollup.run(second, rebuild=True)
    assert seen(first) == seen(second)
