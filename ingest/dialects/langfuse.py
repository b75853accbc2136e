"""Langfuse SDKs 3 to 5 over OTLP: attributes `langfuse.observation.*`, most values written as JSON."""

from datetime import datetime
from typing import Any, Final

from ingest.dialects import answers
from ingest.dialects.facts import APP, READ_ELSEWHERE, call
from ingest.dialects.failures import told_failed
from ingest.dialects.labels import as_tags
from ingest.dialects.messages import answer, tool_calls
from ingest.dialects.span import Attributes, Span
from ingest.dialects.table import Names, Table, as_sent
from ingest.dialects.values import duration_ms, integer, json, mapping, money, text
from ingest.schema import CallIn

NAME: Final = "langfuse"
CONVENTION: Final = "inclusive"
"""Of usage in the provider's own words. Usage with the key `input` is exclusive, see `_usage`."""

AT: Final = "langfuse.observation."
TYPE: Final = f"{AT}type"
OPERATIONS: Final = {"generation": "chat", "embedding": "embedding"}
KINDS: Final = {
    "span": "span", "agent": "agent", "tool": "tool", "chain": "chain", "retriever": "retriever",
    "evaluator": "evaluator", "guardrail": "guardrail", "event": "span",
}  # fmt: skip
"""Types that are never calls."""

CALL: Names = {
    f"{AT}model.name": "model",
    "langfuse.environment": "environment",
    "langfuse.user.id": "user_id",
    "langfuse.session.id": "session_id",
    f"{AT}prompt.name": "prompt_name",
    f"{AT}prompt.version": "prompt_version",
}
INCLUSIVE: Names = {
    "prompt_tokens": "input_tokens", "input_tokens": "input_tokens", "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
}  # fmt: skip
EXCLUSIVE: Names = {
    "input": "input_tokens", "output": "output_tokens",
    "input_cached_tokens": "cached_input_tokens", "input_cache_read": "cached_input_tokens",
    "cache_read_input_tokens": "cached_input_tokens", "input_cache_creation": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens", "output_reasoning_tokens": "reasoning_tokens",
    "output_reasoning": "reasoning_tokens",
}  # fmt: skip
"""Keys inside the usage object, by its shape."""
PARTS: Final = (
    "prompt_tokens_details", "input_tokens_details", "completion_tokens_details", "output_tokens_details",
)  # fmt: skip
DETAILS: Final = {
    "cached_tokens": "cached_input_tokens", "reasoning_tokens": "reasoning_tokens",
}  # fmt: skip
LABELS: Final = ("langfuse.trace.metadata.", f"{AT}metadata.")
TABLE: Final = Table(call=CALL | APP, usage={}, params={}, elsewhere=(TYPE, *READ_ELSEWHERE), prefixes=("langfuse.",))


def not_a_call(span: Span) -> str | None:
    return KINDS.get(text(span.attributes.get(TYPE)) or "") if TYPE in span.attributes else None


def is_call(span: Span) -> bool:
    return TYPE in span.attributes and text(span.attributes[TYPE]) in OPERATIONS


def read(span: Span) -> CallIn:
    """Build the call from the span's attributes."""
    attributes = span.attributes
    found = TABLE.read(attributes)
    found.params.update(_params(attributes))
    counts, convention = _usage(mapping(attributes.get(f"{AT}usage_details")))
    found.usage.update(counts)
    found.call["cost_usd"] = money(mapping(attributes.get(f"{AT}cost_details")).get("total"))
    operation = OPERATIONS[attributes[TYPE]]
    result = call(span, found, dialect=NAME, convention=convention, operation=operation)
    result.tags = (result.tags or {}) | _labels(attributes) or None
    result.ttft_ms = _first_token_ms(span)
    _add_texts(result, attributes)
    if attributes.get(f"{AT}level") == "ERROR":
        told_failed(result, attributes.get(f"{AT}status_message"))
    if result.status != "ok" and result.requested_model is None:
        result.requested_model, result.model = result.model, None  # of a failed call the asked model is all there is
    return result


def _params(attributes: Attributes) -> dict[str, Any]:
    """Parameters, without the "Infinity" that stands for no limit."""
    stated = mapping(attributes.get(f"{AT}model.parameters"))
    return {name: as_sent(value) for name, value in stated.items() if value != "Infinity"}


def _usage(told: dict[str, Any]) -> tuple[dict[str, int], str]:
    """Counts and their convention: by the key `input`, caches are beside the input; else inside it."""
    exclusive = "input" in told or "output" in told
    counts = _counts(told, EXCLUSIVE if exclusive else INCLUSIVE)
    if not exclusive:
        for part in PARTS:
            counts |= _counts(mapping(told.get(part)), DETAILS)
        return counts, CONVENTION
    total, parts = integer(told.get("total")), sum(counts.values())
    if total is not None and parts == total and "output_tokens" in counts:
        counts["output_tokens"] += counts.get("reasoning_tokens", 0)  # some senders keep reasoning beside the output
    return counts, "exclusive"


def _counts(told: dict[str, Any], names: Names) -> dict[str, int]:
    return {field: count for key, field in names.items() if (count := integer(told.get(key))) is not None}


def _labels(attributes: Attributes) -> dict[str, str]:
    rest: dict[str, Any] = {}
    for name, value in attributes.items():
        for prefix in LABELS:
            if name.startswith(prefix):
                rest[name.removeprefix(prefix)] = json(value)
    return as_tags(json(attributes.get("langfuse.trace.tags"))) | as_tags(rest)


def _first_token_ms(span: Span) -> float | None:
    stated = json(span.attributes.get(f"{AT}completion_start_time"))
    try:
        first = datetime.fromisoformat(stated) if isinstance(stated, str) else None
    except ValueError:
        return None
    if first is None or first.tzinfo is None:
        return None
    return duration_ms(first.timestamp() * 1000 - span.start_ns / 1e6)


def _add_texts(result: CallIn, attributes: Attributes) -> None:
    result.input = answers.prompt(json(attributes.get(f"{AT}input")))
    if result.operation == "chat":
        made = answers.made(json(attributes.get(f"{AT}output")))
        result.output, result.tool_calls = answer(made), tool_calls(made if isinstance(made, list) else None)
