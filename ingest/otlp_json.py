"""OTLP JSON to spans: lower-camel-case names, hex ids, 64-bit numbers as strings. Proto names are read as well."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from ingest import text
from ingest.dialects.span import Attributes, Batch, Broken, Event, Source, Span, Unfit, check

_UNREADABLE = (TypeError, ValueError, KeyError, AttributeError, RecursionError)
"""What a field of the wrong type raises while it is read."""


def decode(body: bytes) -> Batch:
    """Return the spans of an ExportTraceServiceRequest in JSON. Raise Broken when it is none."""
    try:
        request = _json(body)
    except (ValueError, RecursionError) as error:
        raise Broken(f"The body is not JSON: {error}.") from error
    if not isinstance(request, dict):
        raise Broken("The body is not an ExportTraceServiceRequest: a JSON object with resourceSpans is needed.")
    spans: list[Span] = []
    refused: list[str] = []
    for raw, source in _scoped(request):
        try:
            spans.append(_span(raw, source))
        except Unfit as reason:
            refused.append(str(reason))
    return Batch(spans, refused)


def _json(body: bytes) -> Any:
    """Decode; where that fails, more forgivingly: JavaScript that cuts a text inside an emoji sends half a pair."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return text.printable(json.loads(body, parse_constant=_no_number))


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _scoped(request: dict[str, Any]) -> Iterator[tuple[Any, Source]]:
    for group in _items(request, "resourceSpans", "resource_spans"):
        resource = _resource(group.get("resource"))
        for scoped in _items(group, "scopeSpans", "scope_spans"):
            scope = scoped.get("scope")
            named = scope if isinstance(scope, dict) else {}
            source = Source(resource, str(named.get("name") or ""), str(named.get("version") or ""))
            for raw in _list(scoped.get("spans"), "spans"):
                yield raw, source


def _items(parent: dict[str, Any], name: str, proto_name: str) -> list[dict[str, Any]]:
    items = _list(parent.get(name, parent.get(proto_name)), name)
    if not all(isinstance(item, dict) for item in items):
        raise Broken(f"{name} must be a list of objects.")
    return items


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Broken(f"{name} must be a list.")
    return value


def _resource(raw: Any) -> Attributes:
    try:
        return _attributes(raw.get("attributes")) if isinstance(raw, dict) else {}
    except _UNREADABLE:
        return {}


def _span(raw: Any, source: Source) -> Span:
    try:
        status = raw.get("status") or {}
        span = Span(
            _id(raw.get("traceId", raw.get("trace_id")), 16),
            _id(raw.get("spanId", raw.get("span_id")), 8),
            _id(raw.get("parentSpanId", raw.get("parent_span_id")), 8),
            str(raw.get("name") or ""),
            int(raw.get("startTimeUnixNano", raw.get("start_time_unix_nano")) or 0),
            int(raw.get("endTimeUnixNano", raw.get("end_time_unix_nano")) or 0),
            _status(status.get("code")),
            str(status.get("message") or ""),
            _attributes(raw.get("attributes")),
            [_event(event) for event in raw.get("events") or []],
            source,
        )
    except Unfit:
        raise
    except _UNREADABLE as error:
        raise Unfit("a field of the span has the wrong type") from error
    return check(span)


def _id(raw: Any, size: int) -> str:
    """Hex as the specification says; base64 as plain protobuf JSON writes it."""
    if not raw:
        return ""
    if len(raw) == size * 2:
        return bytes.fromhex(raw).hex()
    try:
        return base64.b64decode(raw, validate=True).hex()
    except binascii.Error as error:
        raise Unfit(f"an id must be {size * 2} hex digits") from error


def _status(code: Any) -> int:
    names = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
    return names[code] if code in names else int(code or 0)


def _event(raw: Any) -> Event:
    at = int(raw.get("timeUnixNano", raw.get("time_unix_nano")) or 0)
    return Event(str(raw.get("name") or ""), at, _attributes(raw.get("attributes")))


def _attributes(entries: Any) -> Attributes:
    return {str(entry["key"]): _any(entry.get("value")) for entry in entries or []}


def _any(value: Any) -> Any:
    """Return the plain value. An object holds exactly one key; an empty one is a null."""
    if not isinstance(value, dict) or not value:
        return None
    kind, inner = next(iter(value.items()))
    if kind in {"stringValue", "string_value", "boolValue", "bool_value"}:
        return inner
    if kind in {"intValue", "int_value"}:
        return int(inner)
    if kind in {"doubleValue", "double_value"}:
        return float(inner)
    if kind in {"arrayValue", "array_value"}:
        return [_any(item) for item in inner.get("values") or []]
    if kind in {"kvlistValue", "kvlist_value"}:
        return _attributes(inner.get("values"))
    return base64.b64decode(inner) if kind in {"bytesValue", "bytes_value"} else None


def answer(rejected: int, reason: str) -> bytes:
    """Return an ExportTraceServiceResponse."""
    if not rejected:
        return b'{"partialSuccess":{}}'
    return msgspec.json.encode({"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": reason}})
