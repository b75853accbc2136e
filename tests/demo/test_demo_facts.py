"""What docs/demo.md says was planted is what a question answers. The month is loaded once, by the real path."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from analytics import calls
from analytics.ask import ask
from analytics.question import Question, Span, filters
from ingest.demo import load, pipeline, planted, world
from polymeter.event import ERROR_TYPES
from pricing import snapshot
from tests.services.store import StoreProcess

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0, minute=0)
DEMO_PROJECT = 4_200_000_001
MONTH = (world.DAYS, 1)
"""All full days."""

Row = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def month(event_store: StoreProcess, django_db_setup: None, django_db_blocker: Any) -> None:
    """The month, priced by the shipped catalogue; nothing of it stays in the control database."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_catalogue")
        snapshot.forget()
        prices = snapshot.current()
        transaction.set_rollback(True)
    snapshot.forget()
    *_, done = load.send(DEMO_PROJECT, NOW, prices)
    assert 60_000 <= done.calls <= 120_000


@dataclass(frozen=True)
class Days:
    """From midnight `first` days ago to the end of the day `last` days ago, or hours of one day."""

    first: int
    last: int
    hours: tuple[int, int] = (0, 24)

    @property
    def span(self) -> Span:
        start = MIDNIGHT - timedelta(days=self.first) + timedelta(hours=self.hours[0])
        return Span(start, MIDNIGHT - timedelta(days=self.last) + timedelta(hours=self.hours[1]))


def rows(days: Days, measures: str, by: str = "", granularity: str = "none", **where: Any) -> list[Row]:
    question = Question(
        DEMO_PROJECT,
        days.span,
        tuple(measures.split()),
        tuple(by.split()),
        filters(where),
        granularity=granularity,
    )
    return ask(question, now=NOW).rows


def one(days: Days, measures: str, **where: Any) -> Row:
    [row] = rows(days, measures, **where)
    return row


WHOLE = Days(*MONTH)


def stage_tokens(stage: pipeline.Stage) -> tuple[int, int]:
    """Tokens of a stage over the month, by the formula of the truth table."""
    runs, steps = pipeline.RUNS_A_DAY, sum(range(pipeline.RUNS_A_DAY))
    given = runs * stage.input_tokens + steps * stage.input_step
    made = runs * stage.output_tokens + steps * stage.output_step
    return given * world.DAYS, made * world.DAYS


PIPELINE_COSTS = {
    "structure": Decimal("12.789"),
    "research": Decimal("3.9549"),
    "finish": Decimal("26.046"),
    "verify": Decimal("0.113544"),
}
"""By hand: tokens times list price (30/60, 1/1 and 0.012 a request, 15/75, 0.24/0.24 USD per million)."""


def test_the_pipeline_has_a_row_for_each_stage_with_the_tokens_and_the_cost_of_the_truth_table() -> None:
    found = rows(WHOLE, "calls input_tokens output_tokens cost_usd", "stage", task=world.BRIEF.task)
    by_stage = {row["stage"]: row for row in found}
    assert set(by_stage) == {stage.name for stage in pipeline.STAGES}
    for stage in pipeline.STAGES:
        row = by_stage[stage.name]
        assert row["calls"] == pipeline.RUNS_A_DAY * world.DAYS == 300
        assert (row["input_tokens"], row["output_tokens"]) == stage_tokens(stage)
        assert row["cost_usd"] == PIPELINE_COSTS[stage.name]


def test_stage_costs_sum_to_the_pipeline_s_cost_and_to_each_trace_s_to_the_last_digit() -> None:
    assert one(WHOLE, "cost_usd", task=world.BRIEF.task)["cost_usd"] == sum(PIPELINE_COSTS.values())
    for row in rows(Days(3, 3), "cost_usd", "trace_id", task=world.BRIEF.task):
        stages = rows(Days(3, 3), "cost_usd", "stage", trace_id=row["trace_id"])
        assert sum(stage["cost_usd"] for stage in stages) == row["cost_usd"]
        trace = calls.trace(DEMO_PROJECT, row["trace_id"])
        assert trace is not None
        assert Decimal(trace["cost"]["amount_usd"]) == row["cost_usd"]
        assert sorted(call["stage"] for call in trace["calls"]) == sorted(stage.name for stage in pipeline.STAGES)
        assert [span["kind"] for span in trace["spans"]] == ["workflow"]


def test_the_models_of_the_story_are_there_and_the_invented_one_stays_unpriced() -> None:
    found = {row["model"]: row for row in rows(WHOLE, "calls cost_usd unpriced_calls input_tokens", "model")}
    assert {world.OPUS.served, world.GPT_4O.served, world.MISTRAL_7B.served} <= set(found)
    invented = found.pop(world.OPUS_3_5.served)
    assert invented["calls"] == invented["unpriced_calls"] == planted.LAB_CALLS_A_DAY * world.DAYS
    assert invented["cost_usd"] is None
    assert invented["input_tokens"] > 0
    for row in found.values():
        assert row["unpriced_calls"] == 0, row
        assert row["cost_usd"] > 0


def test_mistral_7b_looks_up_opus_answers_and_gpt_4o_is_its_backup() -> None:
    found = {row["role"]: row["model"] for row in rows(WHOLE, "calls", "role model", feature="helpdesk") if row["role"]}
    assert found == {
        "lookup": world.MISTRAL_7B.served,
        "primary": world.OPUS.served,
        "backup": world.GPT_4O.served,
    }


def test_one_model_is_slow_for_four_days_and_no_other() -> None:
    before, during, after = Days(13, 10), Days(9, 6), Days(5, 2)
    p50 = {
        days: one(days, "latency_p50", model=planted.SLOW_MODEL.served)["latency_p50"]
        for days in (before, during, after)
    }
    assert 2.1 < p50[during] / p50[before] < 2.7
    assert 0.9 < p50[after] / p50[before] < 1.1
    others = {"not": {"model": [planted.SLOW_MODEL.served]}, "task": world.CLASSIFY.task}
    assert (
        0.9
        < one(during, "latency_p50", **others)["latency_p50"] / one(before, "latency_p50", **others)["latency_p50"]
        < 1.1
    )


def test_summaries_move_to_a_dearer_model_on_one_day() -> None:
    task, model = planted.SWITCHED
    day = planted.MODEL_SWITCH.first_day
    before, after = Days(world.DAYS, day + 1), Days(day, 1)
    used = {days: {row["model"] for row in rows(days, "calls", "model", task=task)} for days in (before, after)}
    assert used == {before: {world.GPT_4O_MINI.served}, after: {model.served}}
    cost = {days: one(days, "cost_per_call_usd", task=task)["cost_per_call_usd"] for days in (before, after)}
    assert 15 < cost[after] / cost[before] < 18
    assert {row["prompt_version"] for row in rows(after, "calls", "prompt_version", task=task)} == {"6"}


def test_a_storm_of_429_sends_replies_to_the_backup_for_three_hours() -> None:
    window = planted.FALLBACK_STORM
    storm = Days(window.first_day, window.first_day, (window.first_hour, window.last_hour + 1))
    calm = Days(window.first_day + 7, window.first_day + 7, (window.first_hour, window.last_hour + 1))
    opus = {"task": world.REPLY.task, "model": world.OPUS.served}
    assert 0.5 < one(storm, "error_rate", **opus)["error_rate"] < 0.8
    assert one(calm, "error_rate", **opus)["error_rate"] < 0.06
    refused = one(storm, "calls cost_usd", error_type="rate_limit", **opus)
    backup = one(storm, "calls errors", role="backup", fallback_reason="rate_limit")
    assert refused["cost_usd"] == 0
    assert backup["calls"] >= refused["calls"] - 2
    assert backup["calls"] > 20 * one(calm, "calls", role="backup")["calls"] / 10


def test_invoices_get_worse_without_a_single_failure_more() -> None:
    day = planted.QUALITY_DROP.first_day
    before, after = Days(world.DAYS, day + 1), Days(day, 1)
    task = world.INVOICE.task
    facts = {days: one(days, "calls errors output_tokens", task=task, status="ok") for days in (before, after)}
    assert 0.55 < per_call(facts[after]) / per_call(facts[before]) < 0.65
    assert abs(share(before, "schema_ok", False) - planted.MALFORMED[0]) < 0.01
    assert abs(share(after, "schema_ok", False) - planted.MALFORMED[1]) < 0.04
    assert share(before, "finish_reason", "length") < 0.02
    assert 0.06 < share(after, "finish_reason", "length") < 0.13
    for days in (before, after):
        assert one(days, "error_rate", task=task)["error_rate"] < 0.02
        assert {row["model"] for row in rows(days, "calls", "model", task=task)} == {world.GPT_4O_MINI.served}


def per_call(row: Row) -> float:
    tokens: float = row["output_tokens"] / row["calls"]
    return tokens


def share(days: Days, dimension: str, value: Any) -> float:
    """The share of well-ended invoices with this value."""
    found = {
        row[dimension]: row["calls"] for row in rows(days, "calls", dimension, task=world.INVOICE.task, status="ok")
    }
    part: float = found.get(value, 0) / sum(found.values())
    return part


def test_the_mix_shifts_towards_the_helpdesk_while_every_kind_of_work_costs_the_same() -> None:
    day = planted.MIX_SHIFT.first_day
    before, after = Days(day + 7, day + 4), Days(day, 1)
    tasks = (world.REPLY.task, world.SEARCH.task)
    found = {
        days: {
            row["task"]: row for row in rows(days, "calls cost_usd cost_per_call_usd", "task", environment="production")
        }
        for days in (before, after)
    }
    ratio = {days: found[days][tasks[0]]["calls"] / found[days][tasks[1]]["calls"] for days in (before, after)}
    assert 2.4 < ratio[after] / ratio[before] < 3.5
    for task in tasks:
        assert 0.9 < found[after][task]["cost_per_call_usd"] / found[before][task]["cost_per_call_usd"] < 1.1
    mean = {days: one(days, "cost_per_call_usd")["cost_per_call_usd"] for days in (before, after)}
    assert mean[after] > mean[before] * Decimal("1.1")


def test_one_provider_refuses_the_key_for_four_hours_of_one_day() -> None:
    found = rows(WHOLE, "calls cost_usd", "provider http_status", "hour", error_type="authentication")
    assert {(row["provider"], str(row["http_status"])) for row in found} == {("cohere", "401")}
    hours = {row["bucket"] for row in found if row["calls"]}
    start = MIDNIGHT - timedelta(days=planted.BAD_KEY.first_day)
    assert hours <= {start + timedelta(hours=hour) for hour in range(9, 13)}
    assert sum(row["calls"] for row in found) >= 8
    assert all(row["cost_usd"] == 0 for row in found if row["calls"])


def test_every_class_of_error_occurs() -> None:
    found = {row["error_type"] for row in rows(WHOLE, "calls", "error_type")} - {None, ""}
    assert found == set(ERROR_TYPES) - {"other"}


def test_streams_have_a_first_token_and_caches_are_read_and_written() -> None:
    reply = one(WHOLE, "ttft_p50 latency_p50 cached_input_tokens cache_write_tokens", task=world.REPLY.task)
    assert 800 < reply["ttft_p50"] < 1_600 < reply["latency_p50"]
    assert reply["cached_input_tokens"] > 0
    assert reply["cache_write_tokens"] > 0
    assert one(WHOLE, "cached_input_tokens", task=world.CLASSIFY.task)["cached_input_tokens"] > 0
    assert one(WHOLE, "reasoning_tokens", task=world.REVIEW.task)["reasoning_tokens"] > 0


def test_a_dropped_stream_is_unknown_within_bounds_and_never_free() -> None:
    dropped = one(
        WHOLE, "calls errors usage_unknown_calls cost_usd cost_ceiling_usd", status="cancelled", provider="anthropic"
    )
    assert dropped["calls"] == dropped["usage_unknown_calls"] > 0
    assert dropped["errors"] == 0
    assert dropped["cost_usd"] is None


def test_people_and_places_are_many() -> None:
    assert {row["environment"] for row in rows(WHOLE, "calls", "environment")} == {"production", "staging"}
    assert {row["customer_id"] for row in rows(WHOLE, "calls", "customer_id")} == set(world.CUSTOMERS)
    assert {row["tag.channel"] for row in rows(WHOLE, "calls", "tag.channel")} == set(world.CHANNELS)
    assert one(WHOLE, "users")["users"] > 300
    assert {row["sender"] for row in rows(WHOLE, "calls", "sender")} == {world.SENDER}


def test_nothing_starts_after_the_moment_of_loading() -> None:
    assert rows(Days(-1, -1), "calls") in ([], [{"calls": 0}])
    assert one(Days(0, 0), "calls")["calls"] > 100
