"""Makes spans and OTLP requests for tests, and reads the captures of real clients."""

import gzip
import json
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ingest import otlp_json, otlp_protobuf
from ingest.dialects.span import Batch, Event, Source, Span

CAPTURES = Path(__file__).parents[1] / "fixtures" / "otlp"
START_NS = 1_790_000_000_000_000_000


def span(attributes: dict[str, Any] | None = None, **facts: Any) -> Span:
    """A span of one second that went well, unless told otherwise."""
    number = facts.pop("number", 1)
    defaults: dict[str, Any] = {
        "trace_id": f"{7:032x}",
        "span_id": f"{number:016x}",
        "parent_span_id": f"{facts.pop('parent', 0):016x}" if facts.get("parent") else "",
        "name": "chat",
        "start_ns": START_NS,
        "end_ns": START_NS + 1_000_000_000,
        "status": 0,
        "status_message": "",
        "attributes": attributes or {},
        "events": [],
        "source": Source({"service.name": "shop"}),
    }
    facts.pop("parent", None)
    return Span(**(defaults | facts))


def chat(**attributes: Any) -> dict[str, Any]:
    """Attributes of a GenAI call; names may use __ for dots."""
    told = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    return told | {name.replace("__", "."): value for name, value in attributes.items()}


def event(name: str, after_ms: float = 0, **attributes: Any) -> Event:
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    return Event(name, START_NS + int(after_ms * 1e6), told)


def any_value(value: Any) -> AnyValue:
    """A value as the published schema holds it."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    result = AnyValue()
    if isinstance(value, list):
        result.array_value.SetInParent()
        result.array_value.values.extend(any_value(item) for item in value)
    if isinstance(value, dict):
        result.kvlist_value.SetInParent()
        result.kvlist_value.values.extend(key_values(value))
    return result


def key_values(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def request(*spans: Span) -> ExportTraceServiceRequest:
    """One export of these spans, each under its own scope."""
    made = ExportTraceServiceRequest()
    for one in spans:
        group = made.resource_spans.add()
        group.resource.attributes.extend(key_values(one.source.resource))
        scoped = group.scope_spans.add()
        scoped.scope.name, scoped.scope.version = one.source.scope, one.source.scope_version
        written = scoped.spans.add()
        written.trace_id, written.span_id = bytes.fromhex(one.trace_id), bytes.fromhex(one.span_id)
        written.parent_span_id, written.name = bytes.fromhex(one.parent_span_id), one.name
        written.start_time_unix_nano, written.end_time_unix_nano = one.start_ns, one.end_ns
        written.status.code, written.status.message = one.status, one.status_message  # type: ignore[assignment]
        written.attributes.extend(key_values(one.attributes))
        for happened in one.events:
            written.events.add(
                name=happened.name, time_unix_nano=happened.at_ns, attributes=key_values(happened.attributes)
            )
    return made


def expectation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CAPTURES / f"{name}.expect.json").read_text())
    return found


def body(name: str) -> bytes:
    """The decompressed body of a capture."""
    raw = (CAPTURES / f"{name}.bin").read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def capture(name: str) -> Batch:
    """The spans of a capture."""
    raw = body(name)
    return otlp_json.decode(raw) if raw[:1] == b"{" else otlp_protobuf.decode(raw)
