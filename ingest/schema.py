"""One incoming call as a sender writes it: names, types and nothing else. Checks and defaults live in normalise.py."""

from typing import Any

import msgspec


class UsageIn(msgspec.Struct, forbid_unknown_fields=False):
    """Counts as the sender states them; None means not told, 0 means zero."""

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    cache_write_5m_tokens: int | None = None
    """Only where a provider breaks its cache writes down and the parts may not add up to the total."""
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    image_input_tokens: int | None = None
    requests: int | None = None
    web_searches: int | None = None
    convention: str | None = None
    raw: Any = None


class PromptIn(msgspec.Struct):
    name: str | None = None
    version: str | int | None = None


class RouteIn(msgspec.Struct):
    name: str | None = None
    version: str | int | None = None
    type: str | None = None
    branch: str | None = None
    reason: str | None = None
    propensity: float | None = None
    overhead_ms: float | None = None


class ExperimentIn(msgspec.Struct):
    key: str | None = None
    arm: str | None = None
    phase: int | None = None


class CheckIn(msgspec.Struct):
    type: str | None = None
    name: str | None = None
    value: float | str | bool | None = None
    threshold: float | str | None = None
    passed: bool | None = None


class CacheIn(msgspec.Struct):
    hit: bool | None = None
    saved_usd: float | str | None = None


class SchemaIn(msgspec.Struct):
    id: str | None = None
    ok: bool | None = None


class SenderIn(msgspec.Struct):
    name: str | None = None
    version: str | None = None


class CallIn(msgspec.Struct):
    """The call of docs/api.md, field by field. OTLP dialects build this too, so there is one normaliser."""

    started_at: str | int | float | None = None
    """RFC 3339 text from senders; microseconds since 1970 as int from dialects."""
    id: str | None = None
    updated_at: str | int | float | None = None
    """When the sender last changed this call; decides between versions. Default: the end of the call."""
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    latency_ms: float | None = None
    ttft_ms: float | None = None
    streaming: bool | None = None
    operation: str | None = None
    provider: str | None = None
    vendor: str | None = None
    requested_model: str | None = None
    model: str | None = None
    billed_model: str | None = None
    region: str | None = None
    tier: str | None = None
    processing: str | None = None
    status: str | None = None
    error_type: str | None = None
    http_status: int | None = None
    error_message: str | None = None
    finish_reason: str | None = None
    usage: UsageIn | None = None
    cost_usd: float | str | None = None
    environment: str | None = None
    task: str | None = None
    feature: str | None = None
    user_id: str | int | None = None
    customer_id: str | int | None = None
    session_id: str | int | None = None
    tags: dict[str, Any] | None = None
    prompt: PromptIn | None = None
    route: RouteIn | None = None
    role: str | None = None
    stage: str | None = None
    attempt: int | None = None
    group_id: str | None = None
    fallback_reason: str | None = None
    outcome_id: str | None = None
    experiment: ExperimentIn | None = None
    agent: str | None = None
    team: str | None = None
    credential: str | None = None
    checks: list[CheckIn] | None = None
    cache: CacheIn | None = None
    schema: SchemaIn | None = None
    sender: SenderIn | None = None
    system_fingerprint: str | None = None
    response_id: str | None = None
    request_params: dict[str, Any] | None = None
    input: Any = None
    output: Any = None
    tool_calls: list[Any] | None = None
    extra: dict[str, str] | None = None
    """Attributes a dialect could not map; kept and searchable. Never sent by native senders."""
    dialect: str | None = None
