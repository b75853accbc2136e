"""Thirty days of visits in the order of time, the same for the same day and seed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import accumulate
from random import Random

from ingest.demo import pipeline, planted, world
from ingest.demo.call import Visit, make
from ingest.dialects.span import Source, Span
from ingest.schema import CallIn

Day = tuple[list[CallIn], list[Span]]

_SOURCE = Source({"service.name": world.SENDER})
_USER_WEIGHTS = list(accumulate(1 / (number + 4) for number in range(world.USERS)))


def days(now: datetime) -> Iterator[Day]:
    """Yield calls and plain spans, a day at a time, oldest first. Nothing starts after `now` (UTC)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    until = round(now.timestamp() * 1_000_000)
    for days_ago in range(world.DAYS, -1, -1):
        calls, spans = _day(midnight - timedelta(days=days_ago), days_ago, until)
        yield calls, spans


def _day(midnight: datetime, days_ago: int, until: int) -> Day:
    calls: list[CallIn] = []
    spans: list[Span] = []
    quiet = world.WEEKEND if midnight.weekday() >= 5 else 1.0
    for hour, share in enumerate(world.HOURLY):
        rng = Random(f"{world.SEED} {days_ago} {hour}")  # noqa: S311  # made up on purpose
        start = round(midnight.timestamp() * 1_000_000) + hour * 3_600_000_000
        if start > until:
            break
        for number in range(round(world.FLOWS_A_DAY * share * quiet)):
            visit = _visit(rng, days_ago, hour, start + rng.randrange(3_600_000_000), f"{midnight:%F} {hour} {number}")
            _play(visit, calls, spans)
    _fixed(midnight, days_ago, calls, spans)
    calls = [call for call in calls if _start(call) + (call.latency_ms or 0) * 1000 <= until]
    kept = {call.trace_id for call in calls}
    return sorted(calls, key=_start), [span for span in spans if span.trace_id in kept]


def _start(call: CallIn) -> int:
    return int(call.started_at or 0)


def _visit(rng: Random, days_ago: int, hour: int, at_us: int, name: str) -> Visit:
    number = rng.choices(range(world.USERS), cum_weights=_USER_WEIGHTS)[0]
    staging = rng.random() < world.STAGING_SHARE
    return Visit(
        rng=rng,
        days_ago=days_ago,
        hour=hour,
        at_us=at_us,
        trace_id=blake2b(f"{world.SEED} {name}".encode(), digest_size=16).hexdigest(),
        environment="staging" if staging else "production",
        user_id=f"u-{number:04}",
        customer_id=world.CUSTOMERS[number % len(world.CUSTOMERS)],
        session_id=f"s-{number:04}-{days_ago:02}-{hour // 2:02}",
        tags={"plan": world.PLANS[number % 7 % 3], "channel": rng.choice(world.CHANNELS)},
    )


def _play(visit: Visit, calls: list[CallIn], spans: list[Span]) -> None:
    weights = planted.weights(world.FLOWS, visit.days_ago, visit.hour)
    flow = visit.rng.choices(list(world.FLOWS), weights=weights)[0]
    if flow == "helpdesk":
        _helpdesk(visit, calls, spans)
        return
    work = {
        "search": world.SEARCH, "summary": world.SUMMARY, "invoice": world.INVOICE, "translate": world.TRANSLATE,
        "copy": world.COPY, "review": world.REVIEW,
    }[flow]  # fmt: skip
    calls.append(_single(visit, work))


def _single(visit: Visit, work: world.Work) -> CallIn:
    model = planted.model_now(work.task, world.MODEL_OF[work.task], visit.days_ago, visit.hour)
    refused = work.task == planted.BAD_KEY_TASK and planted.BAD_KEY.holds(visit.days_ago, visit.hour)
    call = make(visit, work, model, error=("authentication", 401, "invalid api token") if refused else None)
    if work is world.REVIEW and visit.rng.random() < 0.3:
        call.processing = "batch"
    return call


def _helpdesk(visit: Visit, calls: list[CallIn], spans: list[Span]) -> None:
    """Sort the ticket, look the order up, answer: one trace under one root."""
    visit.root_id = visit.span_id()
    began = visit.at_us
    mine = [make(visit, world.CLASSIFY, world.GPT_4O_MINI)]
    if visit.rng.random() < 0.7:
        lookup = make(visit, world.LOOKUP, world.MISTRAL_7B)
        lookup.role = "lookup"
        mine.append(lookup)
        spans.append(_span(visit, "find_order", "execute_tool", visit.at_us, 40_000, parent=lookup.span_id or ""))
        visit.at_us += 45_000
    mine += _reply(visit)
    for call in mine:
        call.agent = "helpdesk-agent"
    spans.append(_span(visit, "helpdesk-agent", "invoke_agent", began, visit.at_us - began, own=visit.root_id))
    calls += mine


def _reply(visit: Visit) -> list[CallIn]:
    """Claude 3 Opus answers; when it cannot, GPT-4o does."""
    group = f"reply-{visit.trace_id[:12]}"
    stormy = planted.FALLBACK_STORM.holds(visit.days_ago, visit.hour) and visit.rng.random() < planted.STORM_RATE
    error = ("rate_limit", 429, "rate_limit_error: this organisation's tokens per minute") if stormy else None
    first = make(visit, world.REPLY, world.OPUS, error=error)
    first.role, first.attempt, first.group_id, first.outcome_id = "primary", 1, group, group
    if first.status != "error":
        return [first]
    second = make(visit, world.REPLY, world.BACKUP)
    second.role, second.attempt, second.group_id, second.outcome_id = "backup", 2, group, group
    second.fallback_reason = first.error_type
    return [first, second]


def _fixed(midnight: datetime, days_ago: int, calls: list[CallIn], spans: list[Span]) -> None:
    """What happens at the same minutes of every full day: pipeline runs and the lab."""
    if days_ago == 0:
        return
    for number in range(pipeline.RUNS_A_DAY):
        visit = _at(midnight, days_ago, pipeline.FIRST_HOUR * 60 + number * pipeline.MINUTES_APART, f"brief {number}")
        visit.root_id, began = visit.span_id(), visit.at_us
        calls += pipeline.run(visit, number)
        spans.append(_span(visit, "market_brief", "invoke_workflow", began, visit.at_us - began, own=visit.root_id))
    for number in range(planted.LAB_CALLS_A_DAY):
        visit = _at(midnight, days_ago, 11 * 60 + number * 90, f"lab {number}")
        calls.append(make(visit, world.LAB, world.OPUS_3_5, reliable=True))


def _at(midnight: datetime, days_ago: int, minute: int, name: str) -> Visit:
    rng = Random(f"{world.SEED} {days_ago} {name}")  # noqa: S311  # made up on purpose
    at_us = round((midnight + timedelta(minutes=minute)).timestamp() * 1_000_000)
    visit = _visit(rng, days_ago, minute // 60, at_us, f"{midnight:%F} {name}")
    visit.environment = "production"
    return visit


def _span(visit: Visit, name: str, operation: str, at_us: int, length_us: int, own: str = "", parent: str = "") -> Span:
    """An agent, a tool or a workflow of the visit."""
    return Span(
        trace_id=visit.trace_id,
        span_id=own or visit.span_id(),
        parent_span_id=parent,
        name=name,
        start_ns=at_us * 1000,
        end_ns=(at_us + length_us) * 1000,
        status=0,
        status_message="",
        attributes={"gen_ai.operation.name": operation, "session.id": visit.session_id},
        events=[],
        source=_SOURCE,
    )
