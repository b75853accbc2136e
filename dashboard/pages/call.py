"""One call: what was asked, what came back, how long it took, what it cost and why, and its kin."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics import calls as stored
from dashboard import call_links, calls_table, one_call
from dashboard import format as fmt
from dashboard.breakdown import name_of, slots_of
from dashboard.components import Table, Tile
from dashboard.one_call import Call
from dashboard.receipt import Receipt, receipt
from dashboard.request_state import state_of
from dashboard.results import Failure, failure
from dashboard.texts import Said, pretty, said
from dashboard.url_state import UrlState
from projects.access import may_read_texts, membership_for, project_page
from projects.models import Project
from store.client import StoreError

Pairs = Sequence[tuple[str, str]]
WHERE: Final = (
    ("Operation", "operation"), ("Provider", "provider"), ("Vendor", "vendor"), ("Model asked for", "requested_model"),
    ("Model that served", "model"), ("Model that is billed", "billed_model"), ("Region", "region"),
    ("Service tier", "tier"), ("Processing", "processing"), ("Environment", "environment"), ("Task", "task"),
    ("Feature", "feature"), ("Team", "team"), ("Agent", "agent"), ("Customer", "customer_id"), ("User", "user_id"),
    ("Session", "session_id"),
)  # fmt: skip
HOW: Final = (
    ("Status", "status"), ("Error type", "error_type"), ("HTTP status", "http_status"), ("Error", "error_message"),
    ("Finish reason", "finish_reason"), ("Role", "role"), ("Stage", "stage"), ("Attempt", "attempt"),
    ("Fallback because of", "fallback_reason"), ("Streaming", "streaming"), ("Credential", "credential"),
    ("API key", "key_id"),
)  # fmt: skip
IDS: Final = (
    ("Call", "id"), ("Span", "span_id"), ("Parent span", "parent_span_id"), ("Group", "group_id"),
    ("Outcome", "outcome_id"), ("Response", "response_id"), ("Fingerprint", "system_fingerprint"),
)  # fmt: skip
BODIES: Final = ("input", "output", "tool_calls")
NESTED: Final = ("prompt", "route", "experiment", "cache", "schema", "sender")


@dataclass(frozen=True)
class CallPage:
    """Everything of one call. `texts` is None for those who may not read them."""

    state: UrlState
    call: Call
    at: datetime
    sentence: str
    slot: int
    tiles: Sequence[Tile]
    receipt: Receipt
    where: Pairs
    how: Pairs
    ids: Pairs
    nested: Pairs
    tags: Pairs
    texts: Sequence[Said] | None
    together: Table | None
    together_words: str
    alike: Pairs
    raw: str
    trace_url: str
    newer: str
    older: str
    back: str

    @property
    def zone(self) -> ZoneInfo:
        """The project's zone."""
        return self.state.tz

    @property
    def link(self) -> str:
        """The address of this call and nothing else."""
        return one_call.call_url(self.state.slug, self.call["id"])


@dataclass(frozen=True)
class FailedPage:
    """The store did not answer."""

    state: UrlState
    failure: Failure
    title: str = "Call"


@require_GET
@project_page()
def call(request: HttpRequest, project: Project, call_id: uuid.UUID) -> HttpResponse:
    """The page of one call."""
    state = state_of(request, project)
    try:
        found = stored.one(project.pk, call_id)
        if found is None:
            raise Http404("There is no such call in this project.")
        role = membership_for(request.user, project.slug).role
        page = _page(state, found, listed=bool(request.GET), may_read=may_read_texts(project, role))
    except StoreError as exc:
        failed = FailedPage(state, failure(exc, request.get_full_path()))
        return render(request, "dashboard/one_failed.html", {"page": failed}, status=503)
    return render(request, "dashboard/call.html", {"page": page})


def _page(state: UrlState, call: Call, *, listed: bool, may_read: bool) -> CallPage:
    newer, older = call_links.beside(state, call) if listed else ("", "")
    words, kin = call_links.together(state.project_id, call)
    slots = slots_of(state, "model", [call["model"] or ""])
    trace = call["trace_id"]
    return CallPage(
        state=state,
        call=call,
        at=one_call.started(call),
        sentence=sentence(call),
        slot=slots.get(call["model"] or "", 0),
        tiles=list(_tiles(call)),
        receipt=receipt(call),
        where=list(_told(call, WHERE)),
        how=list(_told(call, HOW)),
        ids=list(_told(call, IDS)),
        nested=[pair for name in NESTED if call[name] for pair in _inner(name, call[name])],
        tags=sorted(call["tags"].items()),
        texts=[one for one in _texts(call) if one] if may_read else None,
        together=calls_table.table(state, kin, f"Calls of the same {words}", sortable=False, here=call["id"])
        if kin
        else None,
        together_words=words,
        alike=list(call_links.alike(state.slug, call)),
        raw=pretty(
            call if may_read else {name: call[name] for name in call if name not in ("input", "output", "tool_calls")}
        ),
        trace_url=one_call.trace_url(state.slug, trace) if trace else "",
        newer=newer,
        older=older,
        back=f"/p/{state.slug}/calls/?{state.query()}" if listed else f"/p/{state.slug}/calls/",
    )


def sentence(call: Call) -> str:
    """The call in one sentence: "gpt-4o answered a support_reply call in 2.31 s for $0.0084."."""
    who, (_, value) = name_of(call["model"] or ""), one_call.place(call)
    task = f"a {name_of(value)} call" if value else "a call"
    took = f" in {fmt.duration(call['latency_ms'])}" if call["latency_ms"] is not None else ""
    amount = one_call.cost(call)
    price = (
        f" for {fmt.money(amount)}" if amount else " at no cost" if amount is not None else "; its cost is not known"
    )
    if call["status"] == "ok":
        return f"{who} answered {task}{took}{price}."
    words, _ = one_call.outcome(call)
    if call["status"] == "cancelled":
        return f"A call to {who} was cancelled{took.replace(' in ', ' after ')}{price}."
    return f"{who} failed {task} with {words}{took.replace(' in ', ' after ')}{price}."


def _price(amount: Decimal | None) -> str:
    if amount is None:
        return "; its cost is not known"
    return f" for {fmt.money(amount)}" if amount else " at no cost"


def _tiles(call: Call) -> Iterator[Tile]:
    amount = one_call.cost(call)
    exact = f"{call['cost']['amount_usd']} USD" if amount is not None else "not known"
    yield Tile("Cost", fmt.money(amount), title=exact, note=one_call.cost_words(call))
    yield Tile("Took", fmt.duration(call["latency_ms"]), note=_first_token(call))
    yield Tile("Tokens in", fmt.count(one_call.tokens_in(call)), note=_cached(call))
    yield Tile("Tokens out", fmt.count(one_call.tokens_out(call)), note=_speed(call))


def _first_token(call: Call) -> str:
    return f"first token after {fmt.duration(call['ttft_ms'])}" if call["ttft_ms"] is not None else ""


def _cached(call: Call) -> str:
    cached = (call["usage"] or {}).get("cached_input_tokens")
    return f"{fmt.count(cached)} from cache" if cached else ""


def _speed(call: Call) -> str:
    written, took = one_call.tokens_out(call), call["latency_ms"]
    if not written or not took:
        return ""
    writing = took - (call["ttft_ms"] or 0)
    return f"{written / writing * 1000:,.0f} a second" if writing > 0 else ""


def _told(call: Call, names: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for label, name in names:
        if (value := call[name]) not in (None, ""):
            yield label, _plain(value)


def _inner(outer: str, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in told.items():
        if value is not None:
            yield f"{outer} {name.replace('_', ' ')}".capitalize(), _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _texts(call: Call) -> Iterator[Said | None]:
    yield said("Input", call["input"], "user")
    yield said("Output", call["output"], "assistant")
    yield said("Tool calls", call["tool_calls"], "tool")
