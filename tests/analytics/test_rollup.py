"""Rollups answer exactly what calls answer, and follow every change of them."""

import itertools
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from analytics import check, rollup, sweep, tasks
from analytics.ask import ask
from analytics.leases import lease
from analytics.models import Lease, RollupDifference, RollupState
from analytics.plan import HOUR, Rolled
from analytics.question import GRANULARITIES, Question, Span
from analytics.where import micros
from projects.models import Organisation, Project
from store import client
from store.client import StoreError
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


def test_a_pass_again_changes_nothing_and_finds_nothing_to_do(project_id: int) -> None:
    put(traffic(project_id, 60), ago=MINUTE)
    first = rollup.run(project_id)
    assert first is not None
    assert first.hours > 50
    before = kept(project_id)
    again = rollup.run(project_id)
    assert again == rollup.Result()
    assert kept(project_id) == before
    assert rollup.settle(project_id, rebuild=True).hours == first.hours
    assert kept(project_id) == before


def kept(project_id: int) -> dict[str, list[dict[str, Any]]]:
    """What the rollups hold, but for the number of the pass."""
    return {
        table: client.select(
            f"SELECT * EXCEPT gen FROM {table} FINAL WHERE project_id = {{project_id:UInt32}} ORDER BY ALL",
            project_id=project_id,
        )
        for table in ("calls_hourly", "calls_daily", "times_hourly", "times_daily")
    }


def test_the_open_hour_is_read_from_calls_and_rolled_up_once_it_closed(
    project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = T0 + timedelta(hours=3, minutes=30)
    monkeypatch.setattr(rollup, "store_now", lambda: now)
    put([a_call(project_id, T0 + timedelta(hours=h, minutes=10)) for h in range(4)], ago=timedelta(hours=1))
    rollup.run(project_id)
    assert {row["start"] for row in kept(project_id)["calls_hourly"]} == {T0 + timedelta(hours=h) for h in range(3)}
    assert ask(Question(project_id, DAY, ("calls",))).totals["calls"] == 4
    monkeypatch.setattr(rollup, "store_now", lambda: now + timedelta(hours=1))
    rollup.run(project_id)
    assert {row["start"] for row in kept(project_id)["calls_hourly"]} == {T0 + timedelta(hours=h) for h in range(4)}


def test_a_row_that_becomes_visible_late_is_found_by_the_next_pass(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(hours=1))], ago=5 * MINUTE)
    rollup.run(project_id)
    put([a_call(project_id, T0 + timedelta(hours=1, minutes=5))], ago=5 * MINUTE)
    stamped_before_the_pass = ask(Question(project_id, DAY, ("calls",)))
    assert stamped_before_the_pass.totals["calls"] == 1, "five minutes is longer than any commit takes"
    rollup.run(project_id)
    assert ask(Question(project_id, DAY, ("calls",))).totals["calls"] == 2


def test_only_one_pass_at_a_time_and_a_slower_older_one_loses(project_id: int) -> None:
    put([a_call(project_id, T0)], ago=MINUTE)
    with lease("rollup", f"project {project_id}", seconds=60) as held:
        assert held
        assert rollup.run(project_id) is None
    assert rollup.run(project_id) is not None
    Lease.objects.filter(scope=f"project {project_id}").update(until=datetime(2020, 1, 1, tzinfo=UTC))
    assert rollup.run(project_id) is not None
    assert RollupState.objects.get(project_id=project_id).gen == 2


def test_what_time_does_not_allow_is_read_from_calls_until_the_next_pass(project_id: int) -> None:
    put(traffic(project_id, 40), ago=MINUTE)
    late = rollup.run(project_id, budget_s=-1)
    assert late is not None
    assert len(late.left_hours) > 30
    question = Question(project_id, TEN_DAYS, ("calls", "cost_usd"), granularity="day")
    assert ask(question).rows == from_calls(question).rows
    rollup.settle(project_id)
    assert ask(question).freshness.raw_hours == 2
    assert ask(question).rows == from_calls(question).rows


def test_an_hour_that_cannot_be_made_does_not_keep_others_from_being_made(
    project_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put([a_call(project_id, T0 + timedelta(hours=h)) for h in range(6)], ago=MINUTE)
    maintain = client.maintain

    def failing(sql: str, **params: Any) -> None:
        if holds(sql, T0 + timedelta(hours=2)):
            raise StoreError("memory", retry=True, code=241)
        maintain(sql, **params)

    monkeypatch.setattr(client, "maintain", failing)
    result = rollup.run(project_id)
    assert result is not None
    assert result.left_hours == [int(T0.timestamp()) + 7200]
    assert result.hours == 5
    assert ask(Question(project_id, DAY, ("calls",))).totals["calls"] == 6


def holds(sql: str, moment: datetime) -> bool:
    """True if a span of calls in the statement holds the moment."""
    pairs = re.findall(r"ts >= fromUnixTimestamp64Micro\((\d+).*?ts < fromUnixTimestamp64Micro\((\d+)", sql)
    return any(int(start) <= micros(moment) < int(end) for start, end in pairs)


def test_another_time_zone_makes_all_days_again(project_id: int) -> None:
    organisation = Organisation.objects.create(name="Test")
    project = Project.objects.create(pk=project_id, organisation=organisation, slug=f"p{project_id}", name="P")
    put(traffic(project_id, 100), ago=MINUTE)
    rollup.run(project_id)
    for zone in ("Asia/Kolkata", "America/New_York", "UTC"):
        Project.objects.filter(pk=project.pk).update(timezone=zone)
        made = rollup.run(project_id)
        assert made is not None
        assert made.days >= 9
        question = Question(project_id, TEN_DAYS, EVERY_SUM, ("model",), granularity="day", timezone=zone)
        rolled = ask(question)
        assert rolled.rows == from_calls(question).rows
        assert rolled.freshness.raw_hours <= 30


def test_of_two_live_starts_of_one_call_the_higher_version_stays(project_id: int) -> None:
    one = a_call(project_id, T0 + timedelta(hours=1), model="old")
    put([one])
    put([one | {"ts": T0 + timedelta(hours=5), "version": one["version"] + 5, "model": "new"}])
    question = Question(project_id, DAY, ("calls",), ("model",))
    assert ask(question).totals["calls"] == 2
    rollup.run(project_id)
    assert ask(question).rows == from_calls(question).rows == [{"model": "new", "calls": 1}]
    assert sweep.everything(project_id) == 0


def test_the_nightly_check_finds_repairs_and_reports_a_wrong_hour(project_id: int) -> None:
    put([a_call(project_id, T0 + timedelta(hours=h), cost="2") for h in range(3)], ago=MINUTE)
    rollup.run(project_id)
    assert check.run(project_id) == 0
    tamper(project_id)
    assert check.run(project_id) == 3
    found = RollupDifference.objects.filter(project_id=project_id, hour=T0)
    assert [(one.measure, one.of_calls, one.of_rollup) for one in found] == [("calls", 1, 1001)]
    assert ask(Question(project_id, DAY, ("calls",))).totals["calls"] == 3
    assert check.run(project_id) == 0


def test_a_pass_is_due_for_new_calls_closed_hours_and_what_was_left(project_id: int) -> None:
    organisation = Organisation.objects.create(name="Test")
    Project.objects.create(pk=project_id, organisation=organisation, slug=f"p{project_id}", name="P")
    assert tasks.due(datetime.now(UTC)) == [project_id], "never rolled up"
    rollup.run(project_id)
    now = rollup.store_now()
    if now.minute < 58:
        assert tasks.due(now) == []
    assert tasks.due(now + HOUR) == [project_id]
    put([a_call(project_id, T0)])
    assert tasks.due(now) == [project_id]
    tasks.roll_up()
    tasks.check_rollups()
    assert ask(Question(project_id, DAY, ("calls",))).totals["calls"] == 1


def test_projects_do_not_touch_each_others_rollups(project_id: int) -> None:
    other = project_id + 10**7
    put(traffic(project_id, 30, seed=1), ago=MINUTE)
    put(traffic(other, 30, seed=2), ago=MINUTE)
    rollup.run(project_id)
    mine = kept(project_id)
    rollup.run(other)
    assert kept(project_id) == mine
    question = Question(other, TEN_DAYS, EVERY_SUM, ("model",))
    assert ask(question).rows == from_calls(question).rows


def test_the_command_brings_everything_up_to_date(project_id: int, capsys: pytest.CaptureFixture[str]) -> None:
    organisation = Organisation.objects.create(name="Test")
    Project.objects.create(pk=project_id, organisation=organisation, slug="shop", name="Shop")
    put(traffic(project_id, 30), ago=MINUTE)
    call_command("rollup", "--rebuild", "--project", "shop")
    assert re.fullmatch(r"shop: \d+ hours and \d+ days made again\n", capsys.readouterr().out)
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        call_command("rollup", "--project", "nowhere")
