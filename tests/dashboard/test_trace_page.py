"""The trace: nothing is lost however it arrived, and the stages add up to the last stored digit."""

import random
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard import stages, waterfall
from projects.models import Project
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.test_pages import words

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)


def a_step(id: str, parent: str = "", at: float = 0, took: float | None = 100.0) -> dict[str, Any]:
    """A span of a trace as `analytics` gives it."""
    started = (T0 + timedelta(milliseconds=at)).isoformat()
    return {"span_id": id, "parent_span_id": parent or None, "started_at": started, "duration_ms": took}


def drawn(*spans: dict[str, Any]) -> list[tuple[str, int]]:
    """Each step with its depth, in reading order."""
    return [(step.id, step.depth) for step in waterfall.steps({"calls": [], "spans": list(spans)})]


class TestWaterfall:
    def test_children_follow_their_parents_in_the_order_of_time(self) -> None:
        tree = [a_step("a"), a_step("b", "a", 50), a_step("c", "a", 10), a_step("d", "b", 60), a_step("e", at=5)]

        assert drawn(*tree) == [("a", 0), ("c", 1), ("b", 1), ("d", 2), ("e", 0)]

    def test_the_order_of_arrival_does_not_matter(self) -> None:
        tree = [a_step("a"), a_step("b", "a", 50), a_step("c", "a", 10), a_step("d", "b", 60)]
        wanted = drawn(*tree)

        for seed in range(20):
            random.Random(seed).shuffle(tree)
            assert drawn(*tree) == wanted

    def test_a_missing_parent_and_circles_lose_nothing(self) -> None:
        tree = [a_step("a", "gone"), a_step("b", "c"), a_step("c", "b"), a_step("d", "d"), a_step("d", "d")]

        found = waterfall.steps({"calls": [], "spans": tree})

        assert sorted(step.id for step in found) == ["a", "b", "c", "d", "d"]
        assert [step.id for step in found if step.orphan] == ["a"]

    def test_a_chain_of_thousands_is_drawn(self) -> None:
        chain = [a_step(str(n), str(n - 1) if n else "", n) for n in range(5_000)]

        assert [depth for _, depth in drawn(*chain)][:14] == [*range(13), 12]
        assert len(drawn(*chain)) == 5_000

    @given(some.lists(some.tuples(some.sampled_from("abcdef"), some.sampled_from(["", *"abcdefg"])), max_size=12))
    def test_every_step_is_drawn_once_whatever_their_parents(self, pairs: list[tuple[str, str]]) -> None:
        spans = [a_step(id, parent, at) for at, (id, parent) in enumerate(pairs)]
        if not spans:
            return

        assert sorted(id for id, _ in drawn(*spans)) == sorted(id for id, _ in pairs)

    def test_bars_lie_within_the_trace(self) -> None:
        found = waterfall.steps({"calls": [], "spans": [a_step("a", took=1000), a_step("b", "a", 1000, 0)]})

        assert [(step.x, step.width) for step in found] == [(0.0, 100.0), (99.6, 0.4)]

    def test_steps_that_tell_no_time_are_still_drawn(self) -> None:
        found = waterfall.steps({"calls": [], "spans": [a_step("a", took=None)]})

        assert [(step.x, step.width) for step in found] == [(0.0, 100.0)]


def put_spans(project: Project, *spans: dict[str, Any]) -> None:
    """Store other steps of a trace."""
    rows = [
        {
            "project_id": project.pk, "ts": one["at"], "trace_id": one["trace_id"], "span_id": one["id"],
            "parent_span_id": one.get("parent", ""), "version": number + 1, "is_deleted": 0, "keep_days": 400,
            "name": one["name"], "kind": one.get("kind", "tool"), "status": one.get("status", "ok"),
            "status_message": one.get("message", ""), "duration_ms": one.get("took", 10.0), "sender_name": "",
            "attributes": {},
        }
        for number, one in enumerate(spans)
    ]  # fmt: skip
    table = {name: [row[name] for row in rows] for name in rows[0]}
    store_client.insert("spans", table, token=uuid.uuid4().hex)


@pytest.fixture
def pipeline(project: Project, days_ago: Callable[[float], datetime]) -> list[dict[str, Any]]:
    """Four stages with awkward costs, written children first."""
    at = days_ago(0.2)
    names = ("structure", "research", "finish", "verify")
    costs = ("0.045060000000000001", "0.000000000000000009", "0.09114", "0.1")
    rows = [
        a_call(
            project.pk, at + timedelta(seconds=number), trace_id="order/42 <b>", span_id=name, parent_span_id="root",
            stage=name, role="primary", cost=cost, model=f"model-{name}", latency_ms=900.0,
        )
        for number, (name, cost) in enumerate(zip(names, costs, strict=True))
    ]  # fmt: skip
    put(reversed(rows))
    put_spans(project, {"id": "root", "trace_id": "order/42 <b>", "at": at, "name": "answer <i>", "took": 5000.0})
    return rows


TRACE = f"traces/{quote('order/42 <b>', safe='')}/"


@pytest.mark.usefixtures("pipeline")
class TestPage:
    def test_it_says_in_one_sentence_what_the_trace_came_to(self, fetch: Fetch) -> None:
        assert "4 calls and 1 other step took 5.00 s and cost $0.24." in words(fetch(TRACE))

    def test_stages_add_up_to_the_trace_to_the_last_digit(self, fetch: Fetch, pipeline: list[dict[str, Any]]) -> None:
        html = fetch(TRACE)
        text = words(html.partition('id="stages"')[2].partition("</section>")[0])
        amounts = [Decimal(part) for part in re.findall(r"\$([\d.]+)", text)]

        assert len(amounts) == 5
        assert amounts[0] == sum(amounts[1:]) == sum(row["cost_current"] for row in pipeline)
        assert "structure primary model-structure openai 1 900 ms 100 10 $0.045060000000000001 ok" in text

    def test_steps_stand_under_their_parent_and_open_their_call(
        self, fetch: Fetch, pipeline: list[dict[str, Any]]
    ) -> None:
        html = fetch(TRACE).partition('id="steps"')[2]

        assert "answer &lt;i&gt;" in html
        assert "<i>" not in html.replace('<i class="dot', "")
        assert html.count('class="in-1"') == 4
        for row in pipeline:
            assert f"/calls/{row['call_id']}/" in html

    def test_its_calls_are_the_calls_of_the_list(self, fetch: Fetch) -> None:
        html = fetch(TRACE)
        assert f"calls/?trace_id={quote('order/42 <b>', safe='/')}".replace("<", "%3C") in html

        assert '<data value="4" data-count>' in fetch("calls/?trace_id=order/42%20%3Cb%3E")


def test_a_cost_that_is_not_known_is_counted_beside_the_sum(
    fetch: Fetch, project: Project, days_ago: Callable[[float], datetime]
) -> None:
    at = days_ago(0)
    put([a_call(project.pk, at, trace_id="t", cost=None), a_call(project.pk, at, trace_id="t", cost="0.5")])
    put([a_call(project.pk, at, trace_id="t", status="error", error_type="timeout", cost=None)])

    text = words(fetch("traces/t/"))

    assert "cost $0.50, not counting 2 calls of unknown cost; 1 call failed." in text
    assert "+ 2 unknown" in text


def test_a_trace_without_calls_says_that_nothing_was_billed(fetch: Fetch, project: Project) -> None:
    put_spans(
        project, {"id": "a", "trace_id": "t", "at": T0, "name": "search", "status": "error", "message": "no luck"}
    )

    text = words(fetch("traces/t/"))

    assert "1 step took 10 ms; none of them is a call to a model, so nothing was billed." in text
    assert "no luck" in text


def test_a_very_long_trace_is_cut_with_a_link_to_all_of_it(
    fetch: Fetch, project: Project, days_ago: Callable[[float], datetime]
) -> None:
    at = days_ago(0.1)
    put([a_call(project.pk, at + timedelta(milliseconds=n), trace_id="big", span_id=str(n)) for n in range(1_100)])

    html = fetch("traces/big/")

    assert html.count('<td class="line"') == 300
    assert "Show all 1,100" in html
    assert fetch("traces/big/?more=1").count('<td class="line"') == 1_100


def test_stages_keep_the_order_in_which_they_began() -> None:
    def a(stage: str, at: int, amount: str | None) -> dict[str, Any]:
        started = (T0 + timedelta(seconds=at)).isoformat()
        names = {"stage": stage, "task": None, "role": None, "model": "m", "provider": "p"}
        return names | {"started_at": started, "cost": {"amount_usd": amount}, "latency_ms": 5.0}

    found = stages.stages([a("b", 2, "0.1"), a("a", 1, None), a("b", 3, "0.2")])

    assert [(one.key[0], one.cost, one.unknown, one.took_ms) for one in found] == [
        ("a", None, 1, 5.0),
        ("b", Decimal("0.3"), 0, 10.0),
    ]


def test_an_unknown_trace_is_not_found(fetch: Fetch) -> None:
    fetch("traces/nothing/", status=404)
