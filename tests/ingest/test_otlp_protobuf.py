"""OTLP protobuf is read as the published schema says, and one bad span costs only itself."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from ingest import otlp_protobuf
from ingest.dialects.span import Broken, Source
from tests.ingest.spans import START_NS, event, request, span

LEAVES = (
    st.text(max_size=40)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.binary(max_size=20)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


def decode_one(attributes: dict[str, Any]) -> dict[str, Any]:
    batch = otlp_protobuf.decode(request(span(attributes)).SerializeToString())
    assert batch.refused == []
    return batch.spans[0].attributes


@given(st.dictionaries(st.text(max_size=20), VALUES, max_size=8))
def test_every_attribute_comes_back_as_it_was_sent(attributes: dict[str, Any]) -> None:
    assert decode_one(attributes) == attributes


@pytest.mark.parametrize("length", [0, 1, 126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385, 300_000])
def test_text_of_every_length_comes_back(length: int) -> None:
    assert decode_one({"key": "é" + "x" * length}) == {"key": "é" + "x" * length}


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 16_383, 16_384, 2**31, -1, -(2**63)])
def test_whole_numbers_of_every_width_come_back(number: int) -> None:
    assert decode_one({"key": number}) == {"key": number}


def test_a_value_without_a_kind_is_a_null() -> None:
    made = request(span())
    made.resource_spans[0].scope_spans[0].spans[0].attributes.add(key="empty")
    assert otlp_protobuf.decode(made.SerializeToString()).spans[0].attributes == {"empty": None}


def test_ids_times_status_scope_resource_and_events_are_read() -> None:
    source = Source({"service.name": "shop", "n": 3}, "my.scope", "1.2")
    sent = span({"a": 1}, parent=9, status=2, status_message="café", events=[event("exception", 5, key="v")])
    sent.source = source
    [read] = otlp_protobuf.decode(request(sent).SerializeToString()).spans
    assert read == sent
    assert read.start_ns == START_NS


def with_raw_span(raw: bytes) -> bytes:
    """A request of three spans whose middle one is these bytes."""
    whole = ExportTraceServiceRequest()
    parts = []
    for number in (1, 2):
        parts.append(request(span(number=number)).resource_spans[0].scope_spans[0].spans[0].SerializeToString())
    spans = b"".join(field(2, part) for part in (parts[0], raw, parts[1]))
    return whole.SerializeToString() + field(1, field(2, spans))


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    size, length = len(content), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff\xff\xff", "not valid protobuf"),
        (field(9, field(1, b"\xff\xfe") + field(2, field(1, b"x"))), "not UTF-8"),
        (field(9, field(1, b"key") + field(2, field(1, b"\xff\xfe"))), "not UTF-8"),
        (field(9, field(1, b"key") + field(2, b"\x0a\x7fshort")), "not valid protobuf"),
        (field(11, b"\xff"), "not valid protobuf"),
        (b"", "trace_id must be 16 bytes"),
        (field(1, b"\x01" * 16) + field(2, b"\x01" * 8), "start_time_unix_nano"),
        (field(1, b"\x00" * 16) + field(2, b"\x01" * 8), "not all zero"),
        (field(1, b"\x01" * 15) + field(2, b"\x01" * 8), "trace_id must be 16 bytes"),
    ],
)
def test_a_bad_span_rejects_itself_and_not_its_batch(raw: bytes, reason: str) -> None:
    batch = otlp_protobuf.decode(with_raw_span(raw))
    assert [int(one.span_id, 16) for one in batch.spans] == [1, 2]
    assert len(batch.refused) == 1
    assert reason in batch.refused[0]


def test_a_resource_that_cannot_be_read_costs_its_own_facts_only() -> None:
    made = request(span())
    made.resource_spans[0].ClearField("resource")
    broken_resource = field(1, field(1, field(1, b"\xff") + field(2, field(1, b"x"))))
    raw = made.resource_spans[0].SerializeToString()
    batch = otlp_protobuf.decode(field(1, broken_resource + raw))
    assert len(batch.spans) == 1
    assert batch.spans[0].source.resource == {}


@pytest.mark.parametrize("raw", [b"\xff\xff", b"hello there", b"\x0a\x05abc", struct.pack("<d", 1.5)])
def test_a_body_that_is_no_export_is_broken(raw: bytes) -> None:
    with pytest.raises(Broken):
        otlp_protobuf.decode(raw)


def test_an_empty_export_has_no_spans() -> None:
    assert otlp_protobuf.decode(b"") == ([], [])


def test_too_deep_an_attribute_rejects_its_span() -> None:
    deep = field(1, b"bottom")
    for _ in range(200):
        deep = field(5, field(1, deep))
    batch = otlp_protobuf.decode(with_raw_span(field(9, field(1, b"key") + field(2, deep))))
    assert len(batch.spans) == 2
    assert batch.refused == ["the span is not valid protobuf"]


def test_the_answer_is_read_by_the_published_schema() -> None:
    assert ExportTraceServiceResponse.FromString(otlp_protobuf.answer(0, "")) == ExportTraceServiceResponse()
    told = ExportTraceServiceResponse.FromString(otlp_protobuf.answer(2, "2 spans: why"))
    assert told.partial_success == ExportTracePartialSuccess(rejected_spans=2, error_message="2 spans: why")
