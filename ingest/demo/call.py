"""One demo call: sizes, times, errors and texts drawn for a kind of work on a model at a moment."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from ingest.demo import planted
from ingest.demo.texts import texts
from ingest.demo.world import ERROR_RATE, ERRORS, INVOICE, SEARCH, SENDER, SENDER_VERSION, SUMMARY, Model, Work
from ingest.schema import CallIn, PromptIn, SchemaIn, SenderIn, UsageIn

Error = tuple[str, int | None, str]
"""Class, HTTP status and message."""

_WEIGHTS = [weight for *_, weight in ERRORS]


@dataclass(slots=True)
class Visit:
    """One visit to the product: who, when and where; its calls share a trace."""

    rng: Random
    days_ago: int
    hour: int
    at_us: int
    """The moment of the next call; moves on as calls take their time."""
    trace_id: str
    environment: str
    user_id: str
    customer_id: str
    session_id: str
    tags: dict[str, str]
    root_id: str | None = None
    calls: int = 0

    def span_id(self) -> str:
        """An id that no other span of the trace has."""
        self.calls += 1
        return f"{int(self.trace_id[:16], 16) ^ self.calls:016x}"


def make(visit: Visit, work: Work, model: Model, *, error: Error | None = None, reliable: bool = False) -> CallIn:
    """Draw a call and move the visit's clock to its end. A reliable one never fails."""
    rng = visit.rng
    asked, answered, tools = texts(work, rng)
    call = CallIn(
        started_at=visit.at_us,
        trace_id=visit.trace_id,
        span_id=visit.span_id(),
        parent_span_id=visit.root_id,
        provider=model.provider,
        requested_model=model.requested,
        operation="embedding" if work.task == "semantic_search" else "chat",
        environment=visit.environment,
        task=work.task,
        feature=work.feature,
        team=work.team,
        user_id=visit.user_id,
        customer_id=visit.customer_id,
        session_id=visit.session_id,
        tags=visit.tags,
        prompt=_prompt(work, visit),
        sender=SenderIn(SENDER, SENDER_VERSION),
        streaming=work.streaming,
        status="ok",
        http_status=200,
        request_params={"temperature": 0.2, "max_tokens": work.max_tokens} if work.prompt else None,
        input=asked,
    )
    failure = error or (None if reliable else _failure(rng, work))
    if failure is None:
        _answer(call, visit, work, model, answered, tools)
    else:
        _fail(call, visit, work, model, failure, answered)
    visit.at_us += int((call.latency_ms or 0) * 1000) + 15_000
    return call


def _prompt(work: Work, visit: Visit) -> PromptIn | None:
    if not work.prompt:
        return None
    newer = work is SUMMARY and planted.MODEL_SWITCH.holds(visit.days_ago, visit.hour)
    return PromptIn(work.prompt, str(work.version + newer))


def _failure(rng: Random, work: Work) -> Error | None:
    if rng.random() >= ERROR_RATE:
        return None
    error_type, http, message, _ = rng.choices(ERRORS, weights=_WEIGHTS)[0]
    if work is SEARCH and error_type in ("refusal", "invalid_output", "client_abort"):
        return "timeout", 504, "upstream timed out"  # a vector is never refused
    return error_type, http, message


def _about(rng: Random, median: float, spread: float = 0.35) -> float:
    return rng.lognormvariate(math.log(median), spread)


def _answer(call: CallIn, visit: Visit, work: Work, model: Model, answered: Any, tools: Any) -> None:
    rng = visit.rng
    given, made = max(4, round(_about(rng, work.input_tokens))), max(1, round(_about(rng, work.output_tokens or 1)))
    call.model, call.output, call.tool_calls = model.served, answered, tools
    call.finish_reason = "tool_calls" if tools else None if work.task == "semantic_search" else "stop"
    if work is INVOICE:
        made = _extract(call, visit, made)
    if made >= work.max_tokens:
        made, call.finish_reason = work.max_tokens, "length"
    call.usage = _usage(rng, work, model, given, made)
    reasoned = call.usage.reasoning_tokens or 0
    _time(call, visit, model, made + reasoned)


def _extract(call: CallIn, visit: Visit, made: int) -> int:
    """Invoices have a schema; the silent quality drop shows here and nowhere else."""
    dropped = planted.QUALITY_DROP.holds(visit.days_ago, visit.hour)
    call.schema = SchemaIn("invoice@2", visit.rng.random() >= planted.MALFORMED[dropped])
    if visit.rng.random() < planted.CUT_SHORT[dropped]:
        call.finish_reason = "length"
    return max(1, round(made * planted.SHORTER)) if dropped else made


def _usage(rng: Random, work: Work, model: Model, given: int, made: int) -> UsageIn:
    """Counts in the convention of the model's own provider."""
    if work.task == "semantic_search":
        return UsageIn(input_tokens=given, convention="inclusive")
    usage = UsageIn(input_tokens=given, output_tokens=made, convention=model.convention)
    if work.task == "code_review":
        usage.reasoning_tokens = round(_about(rng, 640, 0.5))
        usage.output_tokens = made + usage.reasoning_tokens
    if work.cached:
        fixed = round(given * 0.55)
        hit = rng.random() < work.cached
        usage.cached_input_tokens = fixed if hit else 0
        if model.convention == "exclusive":
            usage.input_tokens = given - fixed
            usage.cache_write_tokens = 0 if hit else fixed
    return usage


def _time(call: CallIn, visit: Visit, model: Model, tokens: int) -> None:
    slow = planted.slowness(model, visit.days_ago, visit.hour)
    first = _about(visit.rng, model.ttft_ms, model.spread) * slow
    call.latency_ms = round(first + tokens / _about(visit.rng, model.speed, 0.2) * 1000 * slow, 3)
    call.ttft_ms = round(first, 3) if call.streaming else None


def _fail(call: CallIn, visit: Visit, work: Work, model: Model, error: Error, answered: Any) -> None:
    """Fill in how it failed. Only what a provider would tell is told: no usage after a timeout or a dropped stream."""
    rng = visit.rng
    call.error_type, call.http_status, call.error_message = error
    call.status = "cancelled" if call.error_type == "client_abort" else "error"
    call.latency_ms = 30_000.0 if call.error_type == "timeout" else round(_about(rng, 240, 0.5), 3)
    if call.error_type in ("refusal", "invalid_output"):
        call.model = model.served
        call.usage = UsageIn(
            input_tokens=work.input_tokens, output_tokens=max(1, work.output_tokens // 3), convention=model.convention
        )
        call.output = "I cannot help with that." if call.error_type == "refusal" else "{"
    if call.error_type == "client_abort":
        call.model = model.served
        call.output = answered[: len(answered) // 2] if isinstance(answered, str) else None
        call.latency_ms = round(model.ttft_ms * 1.6, 3)
        call.ttft_ms = round(model.ttft_ms, 3) if call.streaming else None
