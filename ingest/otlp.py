"""POST /v1/traces: OTLP over HTTP, protobuf or JSON. Calls are stored as calls, other spans for the trace page."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ingest import accept, body, dialects, otlp_json, otlp_protobuf, refusals, text
from ingest.client_cost import without_estimate
from ingest.decode import Item
from ingest.dialects.span import Batch, Broken, Span
from ingest.dialects.values import text as name_of
from ingest.native import origin_of
from ingest.origin import Origin
from ingest.refused import Refused
from polymeter.event import Limits
from projects.http import require_key
from projects.problem import ProblemError
from store import version


class Encoding(Protocol):
    """What a module of one encoding provides."""

    def decode(self, body: bytes) -> Batch: ...

    def answer(self, rejected: int, reason: str) -> bytes: ...


PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
ENCODINGS: Final[dict[str, Encoding]] = {
    PROTOBUF: otlp_protobuf,
    "application/protobuf": otlp_protobuf,
    JSON: otlp_json,
}

RPC_CODES: Final = {400: 3, 413: 8, 429: 8, 500: 13, 503: 14}
"""HTTP status: google.rpc.Code, as the OTLP specification wants errors."""

SPAN_ATTRIBUTES: Final = 64
SPAN_VALUE_CHARS: Final = 4_096
"""What is kept of a span that is not a call."""


@csrf_exempt
@require_POST
@require_key("ingest")
def post_traces(request: HttpRequest) -> HttpResponse:
    """Store an export. A bad span is named in partial_success and costs only itself.

    Answers 200 once every span that was not rejected is durable; the same export may be sent again at any time.
    """
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    encoding = ENCODINGS.get(kind)
    origin = origin_of(request, "otlp")
    try:
        if encoding is None:
            detail = f"Send OTLP as {PROTOBUF} or {JSON}, not as {kind[:40] or 'nothing'}."
            raise ProblemError(415, "unknown_content_type", "Unknown content type", detail)
        rejected = _store(_decoded(request, encoding), origin)
    except ProblemError as problem:
        refusals.note_request(origin, problem.code)
        return _status(problem) if encoding is otlp_protobuf else problem.response()
    return HttpResponse(encoding.answer(sum(rejected.values()), _sentence(rejected)), content_type=kind)


def _decoded(request: HttpRequest, encoding: Encoding) -> Batch:
    try:
        return encoding.decode(body.read(request))
    except Broken as broken:
        raise ProblemError(400, "malformed", "Not OTLP", str(broken), message=str(broken)) from None


def _status(problem: ProblemError) -> HttpResponse:
    """Refuse with a google.rpc.Status, which is what an exporter that speaks protobuf can read."""
    content = otlp_protobuf.problem(RPC_CODES.get(problem.status, 3), problem.detail)
    return HttpResponse(content, status=problem.status, content_type=PROTOBUF, headers=problem.headers)


def _store(batch: Batch, origin: Origin) -> Counter[str]:
    """Return once all is durable: why spans were rejected, and how many for each reason."""
    items: list[Item] = [Refused({"span": [reason]}) for reason in batch.refused]
    rows: list[tuple[Any, ...]] = []
    prices = accept.book()
    for span, call in dialects.read_all(batch.spans):
        if call is not None:
            items.append(without_estimate(call, prices))
        elif span.start_ns // 1000 > origin.now_us + Limits.FUTURE_SECONDS * 1_000_000:
            items.append(Refused({"started_at": ["the start is more than 24 hours ahead"]}))
        else:
            rows.append(span_row(span, origin))
    outcome = accept.accept(items, origin, rows)
    return Counter(_reason(one.errors) for one in outcome.rejected)


def _reason(errors: dict[str, list[str]]) -> str:
    return "; ".join(f"{field}: {' '.join(why)}" for field, why in errors.items())


def _sentence(rejected: Counter[str]) -> str:
    """Name the reasons, the most frequent first; the exporter logs this."""
    return " | ".join(f"{count} x {reason}"[:300] for reason, count in rejected.most_common(5))


def span_row(span: Span, origin: Origin) -> tuple[Any, ...]:
    """Return the row of a span that is no call, in the order of store.blocks.SPAN_COLUMNS."""
    attributes = _kept(span)
    status, message = ("error" if span.failed else "ok"), span.status_message[: Limits.ERROR_MESSAGE_CHARS]
    facts = (span.trace_id, span.span_id, span.parent_span_id)
    told = (span.name[: Limits.NAME_CHARS], dialects.kind(span), status, message, _duration_ms(span))
    content = sha256(text.canonical((facts, told, attributes))).digest()
    known = version.of_event(finished=span.end_ns > 0, at_us=max(span.end_ns, span.start_ns) // 1000, content=content)
    sender = name_of(span.source.resource.get("service.name")) or origin.sender_name
    return (
        origin.project_id, span.start_ns // 1000, *facts, known, 0, origin.keep_days, *told, sender, attributes,
    )  # fmt: skip


def _duration_ms(span: Span) -> float | None:
    return (span.end_ns - span.start_ns) / 1e6 if span.end_ns >= span.start_ns else None


def _kept(span: Span) -> dict[str, str]:
    """Attributes as text, cut to size and bounded in number."""
    names: Sequence[str] = sorted(span.attributes)[:SPAN_ATTRIBUTES]
    return {name[: Limits.NAME_CHARS]: text.of(_plain(span.attributes[name]))[:SPAN_VALUE_CHARS] for name in names}


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
