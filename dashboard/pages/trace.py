"""One trace: everything that answered one request of the product, in time, and what each stage of it cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from analytics import calls as stored
from dashboard import format as fmt
from dashboard import one_call, stages, waterfall
from dashboard.breakdown import name_of, slots_of
from dashboard.components import Table
from dashboard.pages.call import FailedPage
from dashboard.request_state import state_of
from dashboard.results import failure
from dashboard.url_state import UrlState
from dashboard.waterfall import Step
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

FEW: Final = 300
"""Lines that are drawn before a link shows the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step as it is drawn."""

    step: Step
    name: str
    kind: str
    href: str
    slot: int | None
    took: str
    after: str
    cost: str
    status: str
    tone: str
    note: str

    @property
    def depth(self) -> int:
        """How far in its name stands."""
        return self.step.depth


@dataclass(frozen=True)
class TracePage:
    """The waterfall and the stages."""

    state: UrlState
    trace_id: str
    at: datetime
    sentence: str
    lines: Sequence[Line]
    total: int
    stages: Table | None
    cut: bool
    capped: bool
    calls_url: str
    more: str

    @property
    def zone(self) -> ZoneInfo:
        """The project's zone."""
        return self.state.tz


@require_GET
@project_page()
def trace(request: HttpRequest, project: Project, trace_id: str) -> HttpResponse:
    """The page of one trace."""
    state = state_of(request, project)
    try:
        found = stored.trace(project.pk, trace_id)
    except StoreError as exc:
        failed = FailedPage(state, failure(exc, request.get_full_path()), "Trace")
        return render(request, "dashboard/one_failed.html", {"page": failed}, status=503)
    if found is None:
        raise Http404("There is no such trace in this project.")
    page = _page(state, found, whole=state.shown.get("more") == "1")
    return render(request, "dashboard/trace.html", {"page": page})


def _page(state: UrlState, trace: Mapping[str, Any], *, whole: bool) -> TracePage:
    steps = waterfall.steps(trace)
    models = [call["model"] or "" for call in trace["calls"]]
    slots = slots_of(state, "model", models)
    shown = steps if whole else steps[:FEW]
    begin = steps[0].at if steps else datetime.fromisoformat(trace["started_at"])
    first = min((step.at for step in steps), default=begin)
    capped = max(len(trace["calls"]), len(trace["spans"])) >= stored.MOST_OF_TRACE
    return TracePage(
        state=state,
        trace_id=trace["trace_id"],
        at=first,
        sentence=_sentence(trace),
        lines=[_line(state, step, slots, first) for step in shown],
        total=len(steps),
        stages=stages.table(trace["calls"], slots, trace["cost"]) if trace["calls"] else None,
        cut=len(shown) < len(steps),
        capped=capped,
        calls_url=state.calls(("trace_id", trace["trace_id"])),
        more="?more=1",
    )


def _sentence(trace: Mapping[str, Any]) -> str:
    """The trace in one sentence: "4 calls and 3 other steps took 12.4 s and cost $0.0312."."""
    calls, spans, cost = trace["calls"], trace["spans"], trace["cost"]
    parts = [fmt.plural(len(calls), "call")] if calls else []
    parts += [fmt.plural(len(spans), "other step" if calls else "step")] if spans else []
    took = f" took {fmt.duration(trace['latency_ms'])}" if trace["latency_ms"] is not None else ""
    words = " and ".join(parts) + took
    if not calls:
        return f"{words}; none of them is a call to a model, so nothing was billed."
    failed = sum(call["status"] == "error" for call in calls)
    end = f"; {fmt.plural(failed, 'call')} failed" if failed else ""
    joined = " and" if took else ""
    if cost["amount_usd"] is None:
        return f"{words}; what {'it' if len(calls) == 1 else 'they'} cost is not known{end}."
    amount = fmt.money(Decimal(cost["amount_usd"]))
    unknown = (
        f", not counting {fmt.plural(cost['unknown_calls'], 'call')} of unknown cost" if cost["unknown_calls"] else ""
    )
    return f"{words}{joined} cost {amount}{unknown}{end}."


def _line(state: UrlState, step: Step, slots: Mapping[str, int], begin: datetime) -> Line:
    call, span = step.call, step.span or {}
    after = f"{fmt.duration((step.at - begin).total_seconds() * 1000)} after the start"
    if call is None:
        bad = span["status"] == "error"
        return Line(
            step, span["name"] or "unnamed", span["kind"] or "", "", None, fmt.duration(step.took_ms), after, "",
            "error" if bad else span["status"] or "", "bad" if bad else "neutral", " · ".join(_span_notes(step, span)),
        )  # fmt: skip
    words, tone = one_call.outcome(call)
    model = call["model"] or ""
    name = call["stage"] or call["task"] or call["operation"] or "call"
    return Line(
        step, name_of(model), name, one_call.call_url(state.slug, call["id"]), slots.get(model, 0),
        fmt.duration(step.took_ms), after, fmt.money(one_call.cost(call)), words, tone,
        " · ".join(_call_notes(step, call)),
    )  # fmt: skip


def _span_notes(step: Step, span: Mapping[str, Any]) -> Iterator[str]:
    if span["status_message"]:
        yield span["status_message"][:200]
    if step.orphan:
        yield "its parent is not here"


def _call_notes(step: Step, call: Mapping[str, Any]) -> Iterator[str]:
    if call["role"]:
        yield call["role"]
    if call["attempt"] and call["attempt"] > 1:
        yield f"attempt {call['attempt']}"
    if call["fallback_reason"]:
        yield f"fallback: {one_call.ERRORS.get(call['fallback_reason'], call['fallback_reason'])}"
    if step.orphan:
        yield "its parent is not here"
