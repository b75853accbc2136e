"""Every call: the landing place of every number. A list, its shape over time, its facets, and the list as a file."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics import calls as stored
from analytics.ask import ask
from analytics.calls import CallPage
from dashboard import calls_table, exports, nothing, stacked
from dashboard import facets as faceting
from dashboard import format as fmt
from dashboard.breakdown import OverTime, name_of, over_time
from dashboard.call_links import answers
from dashboard.calls_words import sentence, trace_of
from dashboard.components import Table
from dashboard.facets import Facet
from dashboard.filter_bar import Choice
from dashboard.one_call import call_url, trace_url
from dashboard.periods import Window
from dashboard.request_state import state_of
from dashboard.results import Head, ResultsPage, failed, head, part, show, show_part
from dashboard.url_state import UrlState
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "calls"
ROWS: Final = 25
EXACT: Final = 100_000
"""Beyond this a count is "about"."""
SORTED_FILE: Final = 100_000
"""A file of more calls than this is always in the order of time: sorting them all would not fit into memory."""
STATUS_SLOTS: Final = {"ok": 1, "error": 2, "cancelled": 3}
"""A status has one colour, whichever others there are."""
BACK: Final = "before."
"""What a cursor begins with when it leads to the page before it."""


@dataclass(frozen=True)
class ExplorerPage(ResultsPage):
    """One page of calls; the chart and the facets come after."""

    count: int = 0
    table: Table | None = None
    orders: Sequence[Choice] = ()
    newer: str = ""
    older: str = ""
    trace_url: str = ""
    """The page of the trace, when the list is about one: then there is no shape and nothing to narrow by."""

    @property
    def counted(self) -> str:
        """How many calls match, honestly."""
        if self.count < EXACT:
            return fmt.plural(self.count, "call")
        return f"about {fmt.count(self.count)} calls"

    @property
    def shape_url(self) -> str:
        """Where the chart comes from."""
        return f"/p/{self.state.slug}/calls/shape/?{self.state.query()}"

    @property
    def facets_url(self) -> str:
        """Where the facets come from."""
        return f"/p/{self.state.slug}/calls/facets/?{self.state.query()}"


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def calls(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = _scoped(state_of(request, project))
    try:
        return show(request, ROOM, _page(state))
    except StoreError as exc:
        return show(request, ROOM, ExplorerPage(state, _bare(failed("Calls", state, ROOM, exc))))


def _scoped(state: UrlState) -> UrlState:
    """A trace is shown whole, whenever it was; nothing here is compared."""
    if any(one.dimension == "trace_id" and not one.negated and one.values != ("",) for one in state.filters):
        window = Window(state.now - timedelta(days=3650), state.now + timedelta(days=1), open=True)
        state = replace(state, window=window)
    return replace(state, compare="none")


def _page(state: UrlState) -> ExplorerPage:
    answer = ask(state.question("calls", "cost_usd"), now=state.now)
    export = f"/p/{state.slug}/calls/calls.csv?{state.query()}"
    if empty := nothing.explain(state, answer):
        return ExplorerPage(state, _bare(head("Calls", state, ROOM, answer, empty=empty)))
    state, found = _listed(state)
    top = _bare(head("Calls", state, ROOM, answer, sentence=sentence(state, answer), export=export, partial=False))
    return ExplorerPage(
        state,
        top,
        count=answer.totals["calls"],
        trace_url=trace_url(state.slug, trace) if (trace := trace_of(state)) else "",
        table=calls_table.table(state, found.calls, "Calls", answers=answers(state.project_id, found.calls)),
        orders=list(_orders(state)),
        newer=f"?{state.query(cursor=BACK + found.previous)}" if found.previous else "",
        older=f"?{state.query(cursor=found.next)}" if found.next else "",
    )


def _bare(top: Head) -> Head:
    """The head without comparisons: a list of calls is compared with nothing."""
    return replace(top, bar=replace(top.bar, comparisons=[]))


def _listed(state: UrlState) -> tuple[UrlState, CallPage]:
    """The page of calls that the address asks for; a cursor that leads nowhere is ignored, and said so."""
    cursor = state.shown.get("cursor", "")
    try:
        return state, _fetch(state, cursor)
    except ValueError:
        shown = {name: value for name, value in state.shown.items() if name != "cursor"}
        pairs = tuple(pair for pair in state.pairs if pair[0] != "cursor")
        state = replace(state, shown=shown, pairs=pairs, ignored=(*state.ignored, f"cursor={cursor[:20]}"))
        return state, _fetch(state, "")


def _fetch(state: UrlState, cursor: str) -> CallPage:
    sort = calls_table.SORTS[calls_table.sort_of(state)]
    found = stored.page(
        state.project_id, state.filters, state.span, sort=sort, limit=ROWS, cursor=cursor.removeprefix(BACK) or None,
        backwards=cursor.startswith(BACK),
    )  # fmt: skip
    # Fewer than a page before the cursor: the first page shows them, and what has come in since.
    short = cursor.startswith(BACK) and found.previous is None
    return stored.page(state.project_id, state.filters, state.span, sort=sort, limit=ROWS) if short else found


def _orders(state: UrlState) -> Iterator[Choice]:
    current = calls_table.sort_of(state)
    for name, label in calls_table.ORDERS.items():
        wanted = None if name == calls_table.DEFAULT else name
        yield Choice(label, f"?{state.query(sort=wanted, cursor=None)}", name == current, name)


@require_GET
@project_page()
@part
def shape(request: HttpRequest, project: Project) -> HttpResponse:
    """The tiny chart of the page, or its table."""
    state = _scoped(state_of(request, project))
    split = over_time(state, "status", "calls", room=ROOM)
    split = replace(split, series=[replace(one, slot=STATUS_SLOTS.get(one.value, 0)) for one in split.series])
    base = f"/p/{project.slug}/calls/"
    page = stacked.part(state, split, "status", "calls", id="shape", base=base)
    if page.chart:
        page = replace(page, chart=replace(page.chart, low=True, summary=_mixture(split)))
    return show_part(request, "dashboard/_chart_part.html", page)


def _mixture(split: OverTime) -> str:
    """What became of them: "98.6% ok, 1.3% error, 0.05% cancelled"."""
    whole = sum(int(value or 0) for value in split.totals.values())
    return ", ".join(f"{fmt.share_of(int(value or 0), whole)} {name_of(name)}" for name, value in split.totals.items())


@dataclass(frozen=True, slots=True)
class FacetsPart:
    """What the calls are made of."""

    facets: Sequence[Facet]


@require_GET
@project_page()
@part
def facets(request: HttpRequest, project: Project) -> HttpResponse:
    """The largest values of the dimensions one narrows by most."""
    state = _scoped(state_of(request, project))
    return show_part(request, "dashboard/_calls_facets.html", FacetsPart(list(faceting.facets(state))))


@require_GET
@project_page()
def table_csv(request: HttpRequest, project: Project) -> StreamingHttpResponse:
    """All these calls as a file, in the order of the page."""
    state = _scoped(state_of(request, project))
    sort = calls_table.SORTS[calls_table.sort_of(state)]
    if stored.count(state.project_id, state.filters, state.span) > SORTED_FILE and "started_at" not in sort:
        sort = "-started_at"
    found = stored.stream(state.project_id, state.filters, state.span, sort=sort)
    name = exports.file_name(project.slug, "calls", state.window.start, state.window.end)
    return exports.response(name, calls_table.FILE, calls_table.file_rows(found))


@dataclass(frozen=True, slots=True)
class NotFoundPage:
    """An id that no call and no trace of this project has."""

    wanted: str
    back: str


@require_GET
@project_page()
def jump(request: HttpRequest, project: Project) -> HttpResponse:
    """Go to the call or the trace with this id."""
    wanted = request.GET.get("id", "").strip()[:1000]
    if wanted and _is_call(project, wanted):
        return HttpResponseRedirect(call_url(project.slug, str(uuid.UUID(wanted))))
    if wanted and stored.trace(project.pk, wanted):
        return HttpResponseRedirect(trace_url(project.slug, wanted))
    page = NotFoundPage(wanted, f"/p/{project.slug}/calls/")
    return render(request, "dashboard/call_not_found.html", {"page": page}, status=404)


def _is_call(project: Project, wanted: str) -> bool:
    try:
        return stored.one(project.pk, uuid.UUID(wanted), bodies=False) is not None
    except ValueError:
        return False
