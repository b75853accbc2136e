"""MLflow tracing: attributes `mlflow.*`, each value written as JSON."""

from typing import Any, Final

from ingest.dialects import answers
from ingest.dialects.facts import APP, READ_ELSEWHERE, call
from ingest.dialects.messages import answer, tool_calls
from ingest.dialects.span import Attributes, Span
from ingest.dialects.table import Names, Table, as_sent
from ingest.dialects.values import duration_ms, integer, json
from ingest.schema import CallIn

NAME: Final = "mlflow"
CONVENTION: Final = "inclusive"
"""`mlflow.chat.tokenUsage` repeats the provider's total of input tokens."""

TYPE, INPUTS, OUTPUTS = "mlflow.spanType", "mlflow.spanInputs", "mlflow.spanOutputs"
OPERATIONS: Final = {"CHAT_MODEL": "chat", "LLM": "chat", "EMBEDDING": "embedding"}
KINDS: Final = {
    "AGENT": "agent", "TOOL": "tool", "CHAIN": "chain", "RETRIEVER": "retriever", "WORKFLOW": "workflow",
    "RERANKER": "reranker", "PARSER": "span", "MEMORY": "span", "TASK": "span", "UNKNOWN": "span",
}  # fmt: skip
"""Types that are never calls."""

CALL: Names = {"model": "requested_model", "mlflow.llm.model": "model", "user": "user_id", "stream": "streaming"}
USAGE: Names = {
    "prompt_tokens": "input_tokens", "input_tokens": "input_tokens", "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens", "cache_read_input_tokens": "cached_input_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}  # fmt: skip
"""Keys inside the usage object."""
NOT_PARAMS: Final = {"model", "messages", "input", "prompt", "tools", "stream", "user"}
TABLE: Final = Table(
    call=CALL | APP,
    usage={},
    params={},
    elsewhere=(TYPE, INPUTS, OUTPUTS, "tools", *READ_ELSEWHERE),
    prefixes=("mlflow.",),
)


def _type(span: Span) -> Any:
    stated = json(span.attributes.get(TYPE))
    return stated if isinstance(stated, str) else None


def not_a_call(span: Span) -> str | None:
    return KINDS.get(_type(span) or "") if TYPE in span.attributes else None


def is_call(span: Span) -> bool:
    return TYPE in span.attributes and _type(span) in OPERATIONS


def read(span: Span) -> CallIn:
    """Build the call from the span's attributes, and from the request and the answer that MLflow keeps whole."""
    attributes = {name: json(value) for name, value in span.attributes.items()}
    asked, raw = attributes.get(INPUTS), attributes.get(OUTPUTS)
    found = TABLE.read(attributes)
    found.usage.update(_usage(attributes, raw))
    if isinstance(asked, dict):
        found.params.update({name: as_sent(value) for name, value in asked.items() if name not in NOT_PARAMS})
    operation = OPERATIONS[attributes[TYPE]]
    result = call(span, found, dialect=NAME, convention=CONVENTION, operation=operation)
    result.input = answers.prompt(asked)
    if isinstance(raw, dict):
        answers.add_facts(result, raw)
    if operation == "chat":
        made = answers.made(raw)
        result.output, result.tool_calls = answer(made), tool_calls(made if isinstance(made, list) else None)
    if (first := span.event("mlflow.chunk.item.0")) is not None:
        result.ttft_ms = duration_ms((first.at_ns - span.start_ns) / 1e6)
    return result


def _usage(attributes: Attributes, raw: Any) -> dict[str, int]:
    """The chat usage; embeddings have theirs only in the answer."""
    told = attributes.get("mlflow.chat.tokenUsage")
    if not isinstance(told, dict):
        told = raw.get("usage") if isinstance(raw, dict) else None
    counts = told if isinstance(told, dict) else {}
    return {field: count for key, field in USAGE.items() if (count := integer(counts.get(key))) is not None}
