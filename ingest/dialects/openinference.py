"""OpenInference conventions: attribute `openinference.span.kind`, indexed messages, `llm.*`."""

from typing import Any, Final

from ingest.dialects import answers
from ingest.dialects.facts import APP, READ_ELSEWHERE, call
from ingest.dialects.labels import as_tags, metadata
from ingest.dialects.messages import answer, tool_calls
from ingest.dialects.span import Attributes, Span
from ingest.dialects.table import Names, Table, as_sent
from ingest.dialects.values import duration_ms, json, mapping, text, truth
from ingest.schema import CallIn

NAME: Final = "openinference"
CONVENTION: Final = "inclusive"
"""`llm.token_count.prompt` holds cached tokens, for Anthropic too."""

KIND: Final = "openinference.span.kind"
OPERATIONS: Final = {"LLM": "chat", "EMBEDDING": "embedding"}
"""Kinds that are calls."""
KINDS: Final = {
    "AGENT": "agent", "CHAIN": "chain", "TOOL": "tool", "RETRIEVER": "retriever", "RERANKER": "reranker",
    "GUARDRAIL": "guardrail", "EVALUATOR": "evaluator", "PROMPT": "prompt",
}  # fmt: skip
"""Kinds that are never calls."""

CALL: Names = {
    "llm.system": "provider",
    "llm.provider": "provider",
    "llm.request.model_name": "requested_model",
    "embedding.model_name": "model",
    "llm.model_name": "model",
    "llm.finish_reason": "finish_reason",
    "llm.cost.total": "cost_usd",
    "agent.name": "agent",
    "llm.prompt_template.version": "prompt_version",
}
USAGE: Names = {
    "llm.token_count.prompt": "input_tokens",
    "llm.token_count.completion": "output_tokens",
    "llm.token_count.prompt_details.cache_read": "cached_input_tokens",
    "llm.token_count.prompt_details.cache_write": "cache_write_tokens",
    "llm.token_count.completion_details.reasoning": "reasoning_tokens",
    "llm.token_count.prompt_details.audio": "audio_input_tokens",
    "llm.token_count.completion_details.audio": "audio_output_tokens",
}
METADATA: Names = {
    "task": "task", "feature": "feature", "env": "environment", "environment": "environment",
    "user_id": "user_id", "customer": "customer_id", "customer_id": "customer_id", "session_id": "session_id",
    "thread_id": "session_id", "conversation_id": "session_id", "prompt_version": "prompt_version",
}  # fmt: skip
"""Keys of the application's own `metadata` object that mean a field of ours."""

ELSEWHERE: Final = (KIND, "input.value", "output.value", "input.mime_type", "output.mime_type", "llm.token_count.total")
TABLE: Final = Table(
    call=CALL | APP,
    usage=USAGE,
    params={},
    elsewhere=(*ELSEWHERE, *READ_ELSEWHERE),
    prefixes=("llm.", "embedding.", "message."),
)


def not_a_call(span: Span) -> str | None:
    """An agent, a tool and the like, by its kind."""
    return KINDS.get(text(span.attributes.get(KIND)) or "") if KIND in span.attributes else None


def is_call(span: Span) -> bool:
    """One request to one model."""
    return text(span.attributes.get(KIND)) in OPERATIONS


def read(span: Span) -> CallIn:
    """Build the call from the span's attributes, the raw request and answer, and the first-token event."""
    attributes = span.attributes
    found = TABLE.read(attributes)
    stated, labels = metadata(attributes.get("metadata"), METADATA)
    for fact, value in stated.items():
        found.call.setdefault(fact, value)
    given = mapping(attributes.get("llm.invocation_parameters"))
    if "model" not in given:
        given = given | {key: value for key, value in _asked(attributes).items() if key in ("model", "stream")}
    found.params.update({key: as_sent(value) for key, value in given.items() if key not in ("model", "stream")})
    _place_model(found.call, given, failed=span.failed)
    operation = OPERATIONS[attributes[KIND]]
    result = call(span, found, dialect=NAME, convention=CONVENTION, operation=operation)
    result.tags = as_tags(labels | (result.tags or {})) or None
    _add_stream(result, span, given)
    _add_texts(result, attributes)
    return result


def _asked(attributes: Attributes) -> dict[str, Any]:
    """The request as sent, if the sender kept it."""
    return mapping(attributes.get("input.value"))


def _place_model(facts: dict[str, Any], given: dict[str, Any], *, failed: bool) -> None:
    """`llm.model_name` is the model that answered; of a failed call it is the one that was asked."""
    asked = text(given.get("model"))
    if asked:
        facts.setdefault("requested_model", asked)
    if failed and "model" in facts:
        facts.setdefault("requested_model", facts.pop("model"))


def _add_stream(result: CallIn, span: Span, given: dict[str, Any]) -> None:
    result.streaming = truth(given.get("stream"))
    first = span.event("First Token Stream Event")
    if first is not None:
        result.streaming = True
        result.ttft_ms = duration_ms((first.at_ns - span.start_ns) / 1e6)


def _add_texts(result: CallIn, attributes: Attributes) -> None:
    raw = mapping(attributes.get("output.value"))
    answers.add_facts(result, raw)
    result.input = _messages(attributes, "llm.input_messages") or _embedded(attributes)
    if result.input is None:
        result.input = answers.prompt(json(attributes.get("input.value")))
    made = _messages(attributes, "llm.output_messages")
    if made:
        result.output = answer(made)
        result.tool_calls = tool_calls(made)
    elif result.operation != "embedding":  # the answer of an embedding is a vector, not a text
        result.output = json(attributes.get("output.value"))


def _messages(attributes: Attributes, prefix: str) -> list[dict[str, Any]] | None:
    """Gather `PREFIX.N.message.*` until a number has no message."""
    found: list[dict[str, Any]] = []
    while (message := _message(attributes, f"{prefix}.{len(found)}.message")) is not None:
        found.append(message)
    return found or None


def _message(attributes: Attributes, at: str) -> dict[str, Any] | None:
    role, content = attributes.get(f"{at}.role"), attributes.get(f"{at}.content")
    if content is None:
        content = _contents(attributes, f"{at}.contents")
    calls = _tool_calls(attributes, f"{at}.tool_calls")
    if role is None and content is None and calls is None:
        return None
    message = {"role": role, "content": content}
    if calls:
        message["tool_calls"] = calls
    if name := attributes.get(f"{at}.name"):
        message["name"] = name
    if answered := attributes.get(f"{at}.tool_call_id"):
        message["tool_call_id"] = answered
    return message


def _contents(attributes: Attributes, at: str) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    while (kind := attributes.get(f"{at}.{len(found)}.message_content.type")) is not None:
        item = f"{at}.{len(found)}.message_content"
        part: dict[str, Any] = {"type": kind}
        if (words := attributes.get(f"{item}.text")) is not None:
            part["text"] = words
        if (url := attributes.get(f"{item}.image.image.url")) is not None:
            part["image_url"] = url
        found.append(part)
    return found or None


def _tool_calls(attributes: Attributes, at: str) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = []
    while (name := attributes.get(f"{at}.{len(found)}.tool_call.function.name")) is not None:
        item = f"{at}.{len(found)}.tool_call"
        called = {"name": name, "arguments": json(attributes.get(f"{item}.function.arguments"))}
        if identity := attributes.get(f"{item}.id"):
            called = {"id": identity, **called}
        found.append(called)
    return found or None


def _embedded(attributes: Attributes) -> list[Any] | None:
    found: list[Any] = []
    while (words := attributes.get(f"embedding.embeddings.{len(found)}.embedding.text")) is not None:
        found.append(words)
    return found or None
