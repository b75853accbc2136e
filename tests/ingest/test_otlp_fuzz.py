"""Whatever arrives, decoding and reading end in spans, calls or reasons; never in an exception nobody expects."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import dialects, otlp_json, otlp_protobuf
from ingest.dialects import genai, langfuse, mlflow, openinference, vercel
from ingest.dialects.span import Batch, Broken
from ingest.normalise import normalise
from ingest.origin import Origin
from ingest.refused import Refused
from pricing.book import PriceBook
from store.schema import CALL_NAMES
from tests.ingest.spans import body, event, request, span

CAPTURE = body("oi_openai_chat")
GENAI = body("otellatest_openai_tools")
BOOK = PriceBook(0, [], [])

LONG_NAMES = (
    "llm.input_messages.0.message.role", "langfuse.observation.usage_details", "langfuse.observation.output",
    "mlflow.chat.tokenUsage", "ai.prompt.messages", "ai.response.toolCalls", "ai.values",
)  # fmt: skip
TABLES = (genai.TABLE, openinference.TABLE, vercel.TABLE, mlflow.TABLE, langfuse.TABLE)
NAMES = sorted({*LONG_NAMES, *(name for table in TABLES for name in table.entries)})
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=30)
NESTED = st.recursive(
    SCALARS | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
JSON_TEXT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "parts", "type", "content", "model", "choices"]), inner, max_size=3)
    ),
    max_leaves=8,
).map(json.dumps)
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), NESTED | JSON_TEXT, max_size=12)
START = st.sampled_from(
    [
        {"gen_ai.operation.name": "chat"},
        {"openinference.span.kind": "LLM"},
        {"ai.operationId": "ai.generateText.doGenerate"},
        {"mlflow.spanType": '"CHAT_MODEL"'},
        {"langfuse.observation.type": "generation"},
        {},
    ]
)


def read(batch: Batch) -> None:
    """Take a batch through the whole path; each call is stored or refused with a reason."""
    origin = Origin(project_id=1, now_us=1_800_000_000_000_000)
    for _, call in dialects.read_all(batch.spans):
        if call is None:
            continue
        with suppress(Refused):
            row, _body = normalise(call, origin, BOOK)
            assert len(row) == len(CALL_NAMES)


@given(st.binary(max_size=300))
def test_any_bytes_as_protobuf(raw: bytes) -> None:
    try:
        read(otlp_protobuf.decode(raw))
    except Broken:
        return


@given(st.binary(max_size=300) | JSON_TEXT.map(str.encode))
def test_any_bytes_as_json(raw: bytes) -> None:
    try:
        read(otlp_json.decode(raw))
    except Broken:
        return


@pytest.mark.parametrize("whole", [CAPTURE, GENAI])
@given(data=st.data())
def test_a_real_body_with_damaged_bytes(whole: bytes, data: st.DataObject) -> None:
    raw = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:cut])):
        try:
            read(otlp_protobuf.decode(damaged))
        except Broken:
            continue


@given(START, ATTRIBUTES, st.sampled_from([0, 1, 2]))
def test_known_names_with_values_of_any_type(start: dict[str, Any], attributes: dict[str, Any], status: int) -> None:
    odd = event("exception", 1, exception__type=attributes, exception__message=[1])
    made = span(attributes | start, status=status, events=[odd])
    read(Batch([made], []))
    read(otlp_protobuf.decode(request(made).SerializeToString()))


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6), START), max_size=8))
def test_any_tangle_of_parents(tree: list[tuple[int, int, dict[str, Any]]]) -> None:
    spans = [span(attributes, number=number, parent=parent) for number, parent, attributes in tree]
    assert len(dialects.read_all(spans)) == len(spans)
