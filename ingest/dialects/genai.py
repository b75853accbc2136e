"""OpenTelemetry GenAI conventions, every generation of names: scope or attributes `gen_ai.*`."""

from typing import Any, Final

from ingest.dialects import messages
from ingest.dialects.facts import APP, READ_ELSEWHERE, call
from ingest.dialects.span import Span
from ingest.dialects.table import Names, Table
from ingest.dialects.values import text
from ingest.schema import CallIn

NAME: Final = "otel-genai"
CONVENTION: Final = "inclusive"
"""`gen_ai.usage.input_tokens` includes cached tokens, says the specification."""

OPERATIONS: Final = {
    "chat": "chat", "generate_content": "chat", "text_completion": "completion", "embeddings": "embedding",
    "completion": "chat", "acompletion": "chat", "responses": "chat", "aresponses": "chat", "message": "chat",
    "embedding": "embedding", "aembedding": "embedding",
    "image_generation": "image", "moderation": "moderation", "rerank": "rerank",
}  # fmt: skip
"""`gen_ai.operation.name` of a call and our word for it."""

KINDS: Final = {
    "invoke_agent": "agent", "create_agent": "agent", "invoke_workflow": "workflow", "execute_tool": "tool",
    "execute_task": "task", "chain": "chain", "workflow": "workflow",
}  # fmt: skip
"""Operations that are never calls, whatever usage they carry."""

CALL: Names = {
    "gen_ai.system": "provider",
    "gen_ai.provider.name": "provider",
    "gen_ai.request.model": "requested_model",
    "gen_ai.response.model": "model",
    "gen_ai.response.id": "response_id",
    "gen_ai.response.finish_reasons": "finish_reason",
    "gen_ai.is_streaming": "streaming",
    "llm.is_streaming": "streaming",
    "gen_ai.request.is_stream": "streaming",
    "gen_ai.request.stream": "streaming",
    "gen_ai.server.time_to_first_token": "ttft_seconds",
    "gen_ai.client.operation.time_to_first_chunk": "ttft_seconds",
    "gen_ai.response.time_to_first_chunk": "ttft_seconds",
    "gen_ai.openai.response.system_fingerprint": "system_fingerprint",
    "openai.response.system_fingerprint": "system_fingerprint",
    "gen_ai.openai.response.service_tier": "tier",
    "openai.response.service_tier": "tier",
    "gen_ai.response.service_tier": "tier",
    "gen_ai.conversation.id": "session_id",
    "gen_ai.user": "user_id",
    "llm.user": "user_id",
    "gen_ai.request.user": "user_id",
    "gen_ai.agent.name": "agent",
    "gen_ai.usage.cost": "cost_usd",
    "gen_ai.cost.total_cost": "cost_usd",
    "operation.cost": "cost_usd",
    "cloud.region": "region",
}
USAGE: Names = {
    "gen_ai.usage.prompt_tokens": "input_tokens",
    "gen_ai.usage.input_tokens": "input_tokens",
    "gen_ai.usage.completion_tokens": "output_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "gen_ai.usage.details.cache_read_tokens": "cached_input_tokens",
    "gen_ai.usage.cached_input_tokens": "cached_input_tokens",
    "gen_ai.usage.cache_read_input_tokens": "cached_input_tokens",
    "gen_ai.usage.cache_read.input_tokens": "cached_input_tokens",
    "gen_ai.usage.details.cache_write_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_creation_input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_write.input_tokens": "cache_write_tokens",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write_tokens",
    "gen_ai.usage.details.thoughts_tokens": "reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens": "reasoning_tokens",
    "gen_ai.usage.reasoning_tokens": "reasoning_tokens",
    "gen_ai.usage.reasoning.output_tokens": "reasoning_tokens",
}
PARAMS: Names = {
    f"gen_ai.request.{name}": name
    for name in (
        "max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty",
        "stop_sequences", "reasoning_effort", "encoding_formats", "service_tier",
    )
}  # fmt: skip
PARAMS |= {
    "gen_ai.request.choice.count": "n",
    "gen_ai.output.type": "output_type",
    "gen_ai.openai.request.response_format": "response_format",
    "openai.request.service_tier": "service_tier",
}
TEXTS: Final = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions")
TOTALS: Final = ("gen_ai.operation.name", "gen_ai.usage.total_tokens", "gen_ai.client.token.usage")
TABLE: Final = Table(call=CALL | APP, usage=USAGE, params=PARAMS, elsewhere=(*TEXTS, *TOTALS, *READ_ELSEWHERE))


def not_a_call(span: Span) -> str | None:
    """An agent, a tool and the like, by its operation."""
    return KINDS.get(text(span.attributes.get("gen_ai.operation.name")) or "")


def is_call(span: Span) -> bool:
    """One request to one model: by operation, or by system and model where old senders named no operation."""
    attributes = span.attributes
    operation = attributes.get("gen_ai.operation.name")
    if operation is not None:
        return isinstance(operation, str) and operation in OPERATIONS
    return "gen_ai.request.model" in attributes and (
        "gen_ai.system" in attributes or "gen_ai.provider.name" in attributes
    )


def read(span: Span) -> CallIn:
    """Build the call from the span's attributes and events."""
    found = TABLE.read(span.attributes)
    if found.call.get("streaming") is False:
        found.call.pop("ttft_seconds", None)  # some senders report the whole duration of calls that did not stream
    operation = OPERATIONS[span.attributes.get("gen_ai.operation.name", "chat")]
    result = call(span, found, dialect=NAME, convention=CONVENTION, operation=operation)
    _add_texts(result, span)
    return result


def _add_texts(result: CallIn, span: Span) -> None:
    told = _texts(span)
    given, made = told.get("gen_ai.input.messages"), told.get("gen_ai.output.messages")
    instructions = told.get("gen_ai.system_instructions")
    if given is not None or instructions is not None:
        result.input = messages.from_parts(given, instructions)
    if made is not None:
        output = messages.from_parts(made)
        result.output = messages.answer(output)
        result.tool_calls = messages.tool_calls(output)
        if result.finish_reason is None:
            result.finish_reason = text(messages.finish_reason(made))


def _texts(span: Span) -> dict[str, Any]:
    """Texts are attributes of the span or of one of its events, by generation and by the sender's settings."""
    if TEXTS[0] in span.attributes or TEXTS[1] in span.attributes:
        return span.attributes
    told: dict[str, Any] = {}
    for event in span.events:
        if event.name == "gen_ai.client.inference.operation.details":
            told |= event.attributes
        elif event.name == "gen_ai.content.prompt":
            told[TEXTS[0]] = event.attributes.get("gen_ai.prompt")
        elif event.name == "gen_ai.content.completion":
            told[TEXTS[1]] = event.attributes.get("gen_ai.completion")
    return told
