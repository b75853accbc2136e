"""OTLP protobuf bytes to spans, reading each attribute once and each span on its own.

The walk over attributes is what OTLP costs, not the parse. So the messages below are declared anew, with the same
field numbers and cheaper types: attributes are a map of undecoded values, and spans are bytes. That also confines a
broken span to itself. Strings are checked when they are read, not when the body is parsed.
"""

import struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from ingest.dialects.span import Attributes, Batch, Broken, Event, Source, Span, Unfit, check

PACKAGE = "polymeter.otlp"
Field = descriptor_pb2.FieldDescriptorProto
STRING, BYTES, MESSAGE = Field.TYPE_STRING, Field.TYPE_BYTES, Field.TYPE_MESSAGE
INT32, FIXED64 = Field.TYPE_INT32, Field.TYPE_FIXED64
MANY, ONE = Field.LABEL_REPEATED, Field.LABEL_OPTIONAL

FIELDS: dict[str, dict[str, tuple[int, Any, Any, str]]] = {
    "Request": {"resource_spans": (1, MESSAGE, MANY, "ResourceSpans")},
    "ResourceSpans": {"resource": (1, MESSAGE, ONE, "Resource"), "scope_spans": (2, MESSAGE, MANY, "ScopeSpans")},
    "Resource": {},
    "ScopeSpans": {"scope": (1, MESSAGE, ONE, "Scope"), "spans": (2, BYTES, MANY, "")},
    "Scope": {"name": (1, BYTES, ONE, ""), "version": (2, BYTES, ONE, "")},
    "Span": {
        "trace_id": (1, BYTES, ONE, ""),
        "span_id": (2, BYTES, ONE, ""),
        "parent_span_id": (4, BYTES, ONE, ""),
        "name": (5, BYTES, ONE, ""),
        "start": (7, FIXED64, ONE, ""),
        "end": (8, FIXED64, ONE, ""),
        "events": (11, BYTES, MANY, ""),
        "status": (15, MESSAGE, ONE, "Status"),
    },
    "Status": {"message": (2, BYTES, ONE, ""), "code": (3, INT32, ONE, "")},
    "Event": {"at": (1, FIXED64, ONE, ""), "name": (2, BYTES, ONE, "")},
    "Answer": {"partial_success": (1, MESSAGE, ONE, "Partial")},
    "Partial": {"rejected_spans": (1, Field.TYPE_INT64, ONE, ""), "error_message": (2, STRING, ONE, "")},
    "Problem": {"code": (1, INT32, ONE, ""), "message": (2, STRING, ONE, "")},
}
ATTRIBUTES = {"Resource": 1, "Span": 9, "Event": 3}
"""Field number of the attributes in each message that has them."""


def _declare() -> dict[str, Any]:
    """Return a message class for each entry of FIELDS."""
    file = descriptor_pb2.FileDescriptorProto(name="polymeter/otlp.proto", package=PACKAGE, syntax="proto2")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for key, (number, kind, label, type_name) in fields.items():
            reference = f".{PACKAGE}.{type_name}" if type_name else None
            message.field.add(name=key, number=number, type=kind, label=label, type_name=reference)
        if number := ATTRIBUTES.get(name, 0):
            _add_attributes(message, number)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in FIELDS}


def _add_attributes(message: descriptor_pb2.DescriptorProto, number: int) -> None:
    """A map entry has the layout of KeyValue: key 1, value 2. The value stays bytes."""
    entry = message.nested_type.add(name="AttributesEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=STRING, label=ONE)
    entry.field.add(name="value", number=2, type=BYTES, label=ONE)
    reference = f".{PACKAGE}.{message.name}.AttributesEntry"
    message.field.add(name="attributes", number=number, type=MESSAGE, label=MANY, type_name=reference)


MESSAGES = _declare()
Request, SpanMessage, EventMessage = MESSAGES["Request"], MESSAGES["Span"], MESSAGES["Event"]


def decode(body: bytes) -> Batch:
    """Return the spans of an ExportTraceServiceRequest. Raise Broken when it is none."""
    try:
        request = Request.FromString(body)
    except DecodeError as error:
        raise Broken("The body is not an ExportTraceServiceRequest in protobuf.") from error
    spans: list[Span] = []
    refused: list[str] = []
    for group in request.resource_spans:
        resource = _resource(group.resource)
        for scoped in group.scope_spans:
            source = Source(resource, _text(scoped.scope.name), _text(scoped.scope.version))
            for raw in scoped.spans:
                try:
                    spans.append(_span(raw, source))
                except Unfit as reason:
                    refused.append(str(reason))
    return Batch(spans, refused)


def _resource(message: Any) -> Attributes:
    """A resource that cannot be read costs its own facts, not the spans under it."""
    try:
        return _attributes(message.attributes)
    except (DecodeError, ValueError, IndexError):
        return {}


def _span(raw: bytes, source: Source) -> Span:
    try:
        message = SpanMessage.FromString(raw)
        status = message.status
        span = Span(
            message.trace_id.hex(),
            message.span_id.hex(),
            message.parent_span_id.hex(),
            message.name.decode(errors="replace"),
            message.start,
            message.end,
            status.code,
            status.message.decode(errors="replace"),
            _attributes(message.attributes),
            [_event(event) for event in message.events],
            source,
        )
    except UnicodeDecodeError as error:
        raise Unfit("an attribute is not UTF-8") from error
    except (DecodeError, ValueError, IndexError) as error:
        raise Unfit("the span is not valid protobuf") from error
    return check(span)


def _event(raw: bytes) -> Event:
    message = EventMessage.FromString(raw)
    return Event(_text(message.name), message.at, _attributes(message.attributes))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _attributes(entries: Any) -> Attributes:
    """Decode every value once. Strings under 16 KiB are read in place: they are nearly all of them."""
    values: Attributes = dict(entries)
    for key, raw in values.items():
        size = len(raw)
        if size > 2 and raw[0] == 10 and raw[1] == size - 2 < 128:
            values[key] = raw[2:].decode()
        elif size > 130 and raw[0] == 10 and raw[1] > 127 > raw[2] and (raw[1] & 127) | raw[2] << 7 == size - 3:
            values[key] = raw[3:].decode()
        elif size == 2 and raw[0] == 24 and raw[1] < 128:
            values[key] = raw[1]
        elif size == 3 and raw[0] == 24 and raw[1] > 127 > raw[2]:
            values[key] = (raw[1] & 127) | raw[2] << 7
        else:
            values[key] = _any(raw)
    return values


def _any(raw: bytes) -> Any:
    """Read a value of any kind by the published schema."""
    if len(raw) == 9 and raw[0] == 33:
        return struct.unpack_from("<d", raw, 1)[0]
    return _plain(AnyValue.FromString(raw))


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {item.key: _plain(item.value) for item in value.kvlist_value.values}
    return getattr(value, kind) if kind else None


def answer(rejected: int, reason: str) -> bytes:
    """Return an ExportTraceServiceResponse."""
    message = MESSAGES["Answer"]()
    if rejected:
        message.partial_success.rejected_spans = rejected
        message.partial_success.error_message = reason
    raw: bytes = message.SerializeToString()
    return raw


def problem(code: int, text: str) -> bytes:
    """Return a google.rpc.Status."""
    raw: bytes = MESSAGES["Problem"](code=code, message=text).SerializeToString()
    return raw
