"""One incoming call becomes one stored row and its texts: checked, completed, priced and given its version. Pure."""

import uuid
from decimal import Decimal
from hashlib import sha256
from typing import Any

from ingest import check, derive, text
from ingest.money import BadMoney, amount
from ingest.origin import NATIVE, Origin
from ingest.refused import Refused
from ingest.schema import CacheIn, CallIn, ExperimentIn, PromptIn, RouteIn, SchemaIn, SenderIn
from polymeter.event import Limits
from pricing.book import PriceBook
from pricing.cost import Billable
from pricing.names import canonical_provider, vendor_of
from pricing.usage import UNKNOWN, UsageVector
from store import version as versions
from store.fold import Body, Provenance, Row, encode

UUID8 = (8 << 76) | (2 << 62)
UUID_BITS = ~((0xF << 76) | (3 << 62))
NO_PROMPT, NO_ROUTE, NO_EXPERIMENT = PromptIn(), RouteIn(), ExperimentIn()
NO_CACHE, NO_SCHEMA, NO_SENDER = CacheIn(), SchemaIn(), SenderIn()
UNTOLD = {
    (status, model): encode(Provenance(default=[*["status"] * status, *["model"] * model])) if status or model else ""
    for status in (False, True)
    for model in (False, True)
}
"""The column `fold` of a single event, by whether its status and its served model are our default."""


def normalise(call: CallIn, origin: Origin, book: PriceBook) -> tuple[Row, Body | None]:
    """Return the row in the order of store.schema.CALL_NAMES, and the texts if there are any.

    The call is used up: its instants, ids of people and tags are rewritten in place on the way.

    Raises:
        Refused: something is wrong with the call; `errors` says what, field by field.
    """
    if wrong := check.errors(call, origin.now_us, native=origin.dialect == NATIVE):
        raise Refused(wrong)
    reported = _reported(call)
    content = _content(call)
    body = _body(call)
    return _row(call, origin, book, content, reported, body), body if any(body) else None


def _reported(call: CallIn) -> Decimal | None:
    try:
        return amount(call.cost_usd)
    except BadMoney as bad:
        raise Refused({"cost_usd": [str(bad)]}) from None


def _content(call: CallIn) -> bytes:
    """Bring every spelling of the same content to one, and return its digest."""
    if call.tags is not None:
        call.tags = {key: _tag(value) for key, value in call.tags.items() if value is not None}
    if call.id is not None:
        call.id = call.id.lower()
    return text.digest(text.canonical(call))


def _tag(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ("false", "true")[value] if isinstance(value, bool) else repr(value)


def _body(call: CallIn) -> Body:
    return text.cut(text.of(call.input)), text.cut(text.of(call.output)), text.cut(text.of(call.tool_calls or None))


def _call_id(call: CallIn, content: bytes) -> uuid.UUID:
    """Return the sender's id, else one made from trace and span, else one made from the content."""
    if call.id:
        try:
            return uuid.UUID(call.id)
        except ValueError:
            why = f"{call.id[:40]!r} is no UUID. Send one, or leave it out and send trace_id and span_id."
            raise Refused({"id": [why]}) from None
    if call.trace_id and call.span_id:
        content = sha256(f"{call.trace_id}\0{call.span_id}".encode()).digest()
    return uuid.UUID(int=int.from_bytes(content[:16], "big") & UUID_BITS | UUID8)


def _version(call: CallIn, content: bytes) -> int:
    at_us = call.updated_at
    if at_us is None:
        at_us = call.started_at + int((call.latency_ms or 0) * 1000)  # type: ignore[operator]
    return versions.of_event(finished=call.latency_ms is not None, at_us=at_us, content=content[16:])  # type: ignore[arg-type]


def _json(field: str, value: Any) -> str:
    """Return a small JSON column; it cannot be cut and stay JSON, so too much is refused."""
    if not value:
        return ""
    found = text.dumps(value)
    if len(found) > check.JSON_BYTES:
        why = f"Has {len(found):,} characters as JSON; {check.JSON_BYTES:,} are the most. Put texts in input or output."
        raise Refused({field: [why]})
    return found


def _provenance(call: CallIn, flag: str) -> str:
    """Return the column `fold`: what of this row is not the sender's own word. Empty for the usual call."""
    status, model = not call.status, not call.model and bool(call.requested_model)
    lost = call.usage is not None and not derive.comes_back(call.usage, flag)
    if not call.vendor and not lost:
        return UNTOLD[status, model]
    default = [*["status"] * status, *["model"] * model]
    usage = derive.counts(call.usage) if lost and call.usage else {}
    return encode(Provenance(default=default, told=["vendor"] if call.vendor else [], usage=usage))


def _row(call: CallIn, origin: Origin, book: PriceBook, content: bytes, reported: Decimal | None, body: Body) -> Row:
    """Put the row together. One long tuple on purpose: this runs for every call, and order is the schema's."""
    prompt, route, experiment = call.prompt or NO_PROMPT, call.route or NO_ROUTE, call.experiment or NO_EXPERIMENT
    cache, schema, sender = call.cache or NO_CACHE, call.schema or NO_SCHEMA, call.sender or NO_SENDER
    started_at: int = call.started_at  # type: ignore[assignment]  # microseconds by now
    vector, flag, convention = UNKNOWN, "", ""
    if call.usage is not None:
        convention = call.usage.convention or ""
        vector, flag = derive.vector(call.usage)
    dialect, extra = origin.dialect, call.extra or {}
    if dialect == NATIVE:  # native senders have no attributes that nobody could map
        extra = {}
    elif call.dialect:
        dialect = call.dialect
    provider = canonical_provider(call.provider)
    model = call.model or call.requested_model or ""
    status = call.status or derive.status(None, call.error_type, call.http_status)
    billable = Billable(
        provider, call.billed_model or model, call.region or "", call.tier or "", call.processing or "",
        started_at, vector, reported, status, call.error_type or "", call.http_status,
        derive.most_tokens(call.request_params), len(body[1]), flag,
    )  # fmt: skip
    return (
        origin.project_id, started_at, _call_id(call, content), _version(call, content), 0, origin.keep_days,
        _provenance(call, flag),
        call.trace_id or "", call.span_id or "", call.parent_span_id or "", call.response_id or "",
        call.operation or "", provider, call.provider or "", call.vendor or vendor_of(model, provider),
        call.requested_model or "", model, call.billed_model or "", call.region or "", call.tier or "",
        call.processing or "", status, call.error_type or "", call.finish_reason or "", call.environment or "",
        call.task or "", call.feature or "", prompt.name or "", _version_name(prompt.version), route.name or "",
        _version_name(route.version), route.type or "", route.branch or "", call.role or "", call.stage or "",
        call.fallback_reason or "", experiment.key or "", experiment.arm or "", call.agent or "", call.team or "",
        origin.key, call.credential or "", sender.name or origin.sender_name,
        sender.version or ("" if sender.name else origin.sender_version), dialect,
        call.system_fingerprint or "", schema.id or "", convention,
        call.user_id or "", call.customer_id or "", call.session_id or "", call.group_id or "", call.outcome_id or "",
        call.latency_ms, call.ttft_ms, call.streaming, call.http_status, call.attempt, experiment.phase,
        route.propensity, route.overhead_ms, cache.hit, _saved(cache), schema.ok, reported,
        text.cut(call.error_message or "", Limits.ERROR_MESSAGE_CHARS),
        text.cut(route.reason or "", Limits.ERROR_MESSAGE_CHARS), _json("checks", call.checks),
        _json("request_params", call.request_params), _json("usage.raw", call.usage and call.usage.raw),
        call.tags or {}, extra, *vector, flag,
        *derive.cost(billable, book, from_cache=cache.hit is True),
    )  # fmt: skip


def _version_name(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _saved(cache: CacheIn) -> Decimal | None:
    try:
        return amount(cache.saved_usd)
    except BadMoney as bad:
        raise Refused({"cache.saved_usd": [str(bad)]}) from None


__all__ = ["UsageVector", "normalise"]
