"""Vercel AI SDK 5 to 7, its own spans: scope `ai`, attributes `ai.*`."""

from typing import Any, Final

from ingest.dialects.facts import APP, READ_ELSEWHERE, call
from ingest.dialects.labels import as_tags
from ingest.dialects.span import Attributes, Span
from ingest.dialects.table import Names, Table
from ingest.dialects.values import json, text
from ingest.schema import CallIn

NAME: Final = "vercel-ai"
CONVENTION: Final = "inclusive"
"""`ai.usage.inputTokens` holds cached tokens."""

OPERATION: Final = "ai.operationId"
OPERATIONS: Final = {"doGenerate": "chat", "doStream": "chat", "doEmbed": "embedding"}
"""Last part of the operation of a call. Without it, the span wraps such calls and repeats their usage."""
METADATA: Final = "ai.telemetry.metadata."

CALL: Names = {
    "ai.telemetry.functionId": "task",
    "gen_ai.system": "provider",
    "ai.model.provider": "provider",
    "gen_ai.request.model": "requested_model",
    "ai.model.id": "requested_model",
    "gen_ai.response.model": "model",
    "ai.response.model": "model",
    "gen_ai.response.id": "response_id",
    "ai.response.id": "response_id",
    "gen_ai.response.finish_reasons": "finish_reason",
    "ai.response.finishReason": "finish_reason",
    "ai.response.msToFirstChunk": "ttft_ms",
    f"{METADATA}userId": "user_id",
    f"{METADATA}sessionId": "session_id",
}
USAGE: Names = {
    "gen_ai.usage.input_tokens": "input_tokens",
    "ai.usage.tokens": "input_tokens",
    "ai.usage.promptTokens": "input_tokens",
    "ai.usage.inputTokens": "input_tokens",
    "gen_ai.usage.output_tokens": "output_tokens",
    "ai.usage.completionTokens": "output_tokens",
    "ai.usage.outputTokens": "output_tokens",
    "ai.usage.cachedInputTokens": "cached_input_tokens",
    "ai.usage.inputTokenDetails.cacheReadTokens": "cached_input_tokens",
    "ai.usage.inputTokenDetails.cacheWriteTokens": "cache_write_tokens",
    "ai.usage.reasoningTokens": "reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens": "reasoning_tokens",
}
PARAMS: Names = {
    "ai.settings.temperature": "temperature",
    "ai.settings.topP": "top_p",
    "ai.settings.topK": "top_k",
    "ai.settings.seed": "seed",
    "ai.settings.maxTokens": "max_tokens",
    "ai.settings.maxOutputTokens": "max_tokens",
    "ai.settings.frequencyPenalty": "frequency_penalty",
    "ai.settings.presencePenalty": "presence_penalty",
    "ai.settings.stopSequences": "stop_sequences",
}
TABLE: Final = Table(
    call=CALL | APP,
    usage=USAGE,
    params=PARAMS,
    elsewhere=(OPERATION, "operation.name", "resource.name", *READ_ELSEWHERE),
    prefixes=("ai.",),
)


def not_a_call(span: Span) -> str | None:
    """A wrapper or a tool, by its operation."""
    operation = span.attributes.get(OPERATION)
    if not isinstance(operation, str) or operation.rpartition(".")[2] in OPERATIONS:
        return None
    return "tool" if operation == "ai.toolCall" else "wrapper"


def is_call(span: Span) -> bool:
    operation = span.attributes.get(OPERATION)
    return isinstance(operation, str) and operation.rpartition(".")[2] in OPERATIONS


def read(span: Span) -> CallIn:
    """Build the call from the span's attributes."""
    attributes = span.attributes
    found = TABLE.read(attributes)
    provider = found.call.get("provider")
    if provider:
        found.call["provider"] = provider.partition(".")[0]  # `openai.chat`: the provider and its API
    kind = attributes[OPERATION].rpartition(".")[2]
    result = call(span, found, dialect=NAME, convention=CONVENTION, operation=OPERATIONS[kind])
    result.streaming = kind == "doStream" if kind != "doEmbed" else None
    result.tags = (result.tags or {}) | _labels(attributes) or None
    _add_texts(result, attributes)
    return result


def _labels(attributes: Attributes) -> dict[str, str]:
    """The application's metadata, but for what has a field of its own."""
    rest = {
        name.removeprefix(METADATA): value
        for name, value in attributes.items()
        if name.startswith(METADATA) and name not in CALL
    }
    return as_tags(rest.pop("tags", None)) | as_tags(rest)


def _add_texts(result: CallIn, attributes: Attributes) -> None:
    raw = json(attributes.get("ai.prompt.messages"))
    result.input = [_message(message) for message in raw] if isinstance(raw, list) else raw
    values = attributes.get("ai.values")
    if result.input is None and isinstance(values, list):
        result.input = [json(value) for value in values]
    result.output = attributes.get("ai.response.text") or attributes.get("ai.response.object")
    calls = json(attributes.get("ai.response.toolCalls"))
    if isinstance(calls, list):
        result.tool_calls = [_tool_call(one) for one in calls if isinstance(one, dict)]
        result.output = result.output or None


def _message(message: Any) -> Any:
    """Text parts as plain text; anything else as it was sent."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    parts = message["content"]
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return {**message, "content": "\n".join(texts)} if len(texts) == len(parts) else message


def _tool_call(one: dict[str, Any]) -> dict[str, Any]:
    short = {"name": one.get("toolName"), "arguments": json(one.get("input", one.get("args")))}
    return {"id": text(one.get("toolCallId")), **short} if one.get("toolCallId") else short
