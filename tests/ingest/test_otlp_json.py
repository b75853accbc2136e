"""OTLP JSON: hex ids, 64-bit numbers as text, both spellings of names, and one bad span costs only itself."""

import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from ingest import otlp_json, otlp_protobuf
from ingest.dialects.span import Broken
from tests.ingest.spans import START_NS, event, request, span

TRACE, SPAN = "0" * 31 + "a", "0" * 15 + "b"


def body(*spans: Any, resource: Any = None) -> bytes:
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}).encode()


def one(**fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE, "spanId": SPAN, "startTimeUnixNano": str(START_NS), "name": "chat"} | fields


def attribute(value: dict[str, Any]) -> Any:
    batch = otlp_json.decode(body(one(attributes=[{"key": "k", "value": value}])))
    assert batch.refused == []
    return batch.spans[0].attributes["k"]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"stringValue": "é"}, "é"),
        ({"intValue": "9007199254740993"}, 9007199254740993),
        ({"intValue": 5}, 5),
        ({"doubleValue": 0.5}, 0.5),
        ({"boolValue": False}, False),
        ({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}]}}, ["a", 1]),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, {"a": True}),
        ({"bytesValue": "aGk="}, b"hi"),
        ({}, None),
        ({"string_value": "old"}, "old"),
    ],
)
def test_each_kind_of_value_is_read(value: dict[str, Any], read: Any) -> None:
    assert attribute(value) == read


def test_json_and_protobuf_tell_the_same() -> None:
    sent = request(
        span({"text": "é", "n": 7, "list": ["a"]}, status=2, status_message="no", events=[event("e", 1, k=1)])
    )
    written = MessageToDict(sent)
    assert otlp_json.decode(json.dumps(written).encode()) == otlp_protobuf.decode(sent.SerializeToString())


def test_proto_names_are_read_as_well() -> None:
    written = MessageToDict(request(span({"n": 7})), preserving_proto_field_name=True)
    assert otlp_json.decode(json.dumps(written).encode()).spans[0].attributes == {"n": 7}


def test_upper_case_ids_are_the_same_ids() -> None:
    [read] = otlp_json.decode(body(one(traceId=TRACE.upper(), spanId=SPAN.upper()))).spans
    assert (read.trace_id, read.span_id) == (TRACE, SPAN)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (one(traceId=5), "wrong type"),
        (one(traceId="xyz"), "hex digits"),
        (one(traceId="g" * 32), "wrong type"),
        (one(startTimeUnixNano="soon"), "wrong type"),
        (one(startTimeUnixNano=None), "start_time_unix_nano"),
        (one(spanId=None), "span_id 8 bytes"),
        (one(attributes=[{"value": {}}]), "wrong type"),
        (one(attributes="no"), "wrong type"),
        (one(attributes=[{"key": "k", "value": {"intValue": "x"}}]), "wrong type"),
        (one(events=[3]), "wrong type"),
        (one(status=[1]), "wrong type"),
        ("span", "wrong type"),
        (None, "wrong type"),
    ],
)
def test_a_bad_span_rejects_itself_and_not_its_batch(bad: Any, reason: str) -> None:
    batch = otlp_json.decode(body(one(spanId="0" * 15 + "1"), bad, one(spanId="0" * 15 + "2")))
    assert [int(read.span_id, 16) for read in batch.spans] == [1, 2]
    assert len(batch.refused) == 1
    assert reason in batch.refused[0]


def test_half_an_emoji_spoils_neither_its_span_nor_its_batch() -> None:
    cut = one(attributes=[{"key": "k", "value": {"stringValue": "so \ud83d"}}])
    batch = otlp_json.decode(body(cut, one()))
    assert (len(batch.spans), batch.refused) == (2, [])
    assert batch.spans[0].attributes["k"] == "so \ufffd"


def test_a_resource_of_the_wrong_type_costs_its_own_facts_only() -> None:
    [read] = otlp_json.decode(body(one(), resource={"attributes": 3})).spans
    assert read.source.resource == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[1]",
        b"{",
        b'{"resourceSpans": 3}',
        b'{"resourceSpans": [3]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]}',
        b'{"resourceSpans": [{"x": NaN}]}',
        b"\xff{}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_a_body_that_is_no_export_is_broken(raw: bytes) -> None:
    with pytest.raises(Broken):
        otlp_json.decode(raw)


def test_the_answer_names_rejected_spans_as_text_like_all_64_bit_numbers() -> None:
    assert json.loads(otlp_json.answer(0, "")) == {"partialSuccess": {}}
    told = json.loads(otlp_json.answer(2, "why"))
    assert told == {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "why"}}
