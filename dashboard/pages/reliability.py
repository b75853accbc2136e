"""Is it up and is it fast: percentiles, first tokens, errors by provider, fallbacks, and which model really served."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics.answer import Answer
from analytics.ask import ask
from dashboard import failures as failing
from dashboard import figures, flow, latency, nothing
from dashboard import format as fmt
from dashboard.components import Chart, Table, Tile, delta
from dashboard.figures import Figure
from dashboard.filter_bar import compared_words
from dashboard.request_state import state_of
from dashboard.results import ResultsPage, failed, head, part, show, show_part
from dashboard.url_state import UrlState
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "reliability"
NOT_SET: Final = ("not.fallback_reason", "")


def first_token(value: Any) -> tuple[tuple[str, str], ...]:
    """A percentile of first tokens opens the calls that took at least as long to begin."""
    return (("min_ttft_ms", f"{float(value):.3f}".rstrip("0").rstrip(".")), ("sort", "-latency"))


TILES: Final = (
    Figure("latency_p50", "Latency p50", calls=figures.slower_than),
    figures.LATENCY,
    Figure("latency_p99", "Latency p99", calls=figures.slower_than),
    Figure("ttft_p50", "First token p50", calls=first_token),
    Figure("ttft_p95", "First token p95", calls=first_token),
    figures.ERRORS,
)


@dataclass(frozen=True)
class ReliabilityPage(ResultsPage):
    """Tiles and latency over time; providers, errors and the flow come after, each on its own."""

    tiles: Sequence[Tile] = ()
    chart: Chart | None = None
    table: Table | None = None

    @property
    def chart_url(self) -> str:
        """The page with the chart instead of its table."""
        return f"?{self.state.without('view')}"

    @property
    def providers_url(self) -> str:
        """Where the small charts come from."""
        return self._part("providers")

    @property
    def errors_url(self) -> str:
        """Where the errors come from."""
        return self._part("errors")

    @property
    def flow_url(self) -> str:
        """Where requested and served models come from."""
        return self._part("flow")

    def _part(self, name: str) -> str:
        return f"/p/{self.state.slug}/{ROOM}/{name}/?{self.state.without('view')}"


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def reliability(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = state_of(request, project)
    try:
        return show(request, ROOM, _page(state))
    except StoreError as exc:
        return show(request, ROOM, ReliabilityPage(state, failed("Reliability", state, ROOM, exc)))


def _page(state: UrlState) -> ReliabilityPage:
    measures = [figure.measure for figure in TILES]
    answer = ask(state.question(*measures, "calls", "errors", granularity=state.step), now=state.now)
    if empty := nothing.explain(state, answer):
        return ReliabilityPage(state, head("Reliability", state, ROOM, answer, empty=empty))
    fallback = _fallbacks(state)
    top = head("Reliability", state, ROOM, answer, sentence=_sentence(state, answer), partial=False)
    tiles = [figures.tile(figure, answer, state) for figure in TILES]
    as_table = state.shown.get("view") == "table"
    return ReliabilityPage(
        state,
        top,
        tiles=[*tiles, _fallback_tile(state, answer, *fallback)],
        table=latency.table(state, answer.rows) if as_table else None,
        chart=None
        if as_table
        else latency.chart(state, answer.rows, as_table=f"?{state.query(view='table')}", room=ROOM),
    )


def _fallbacks(state: UrlState) -> tuple[int, int]:
    """Calls that were made instead of others: now and before."""
    answer = ask(state.question("calls", dimensions=("fallback_reason",)), now=state.now)
    rows = [row for row in answer.rows if row["fallback_reason"] is not None]
    return sum(row["calls"] for row in rows), sum(row.get("calls_before") or 0 for row in rows)


def _fallback_tile(state: UrlState, answer: Answer, calls: int, before: int) -> Tile:
    whole, then = answer.totals["calls"], answer.totals.get("calls_before")
    old = before / then if then else None
    change = delta(calls / whole, old, unit="ratio", better="lower") if state.compare != "none" else None
    return Tile(
        "Fallback share", fmt.share_of(calls, whole), state.calls(NOT_SET) if calls else "",
        f"{fmt.exact_count(calls)} of {fmt.plural(whole, 'call')}", change, check=f"calls={calls}" if calls else "",
    )  # fmt: skip


def _sentence(state: UrlState, answer: Answer) -> str:
    """ "1 call in 20 takes 2.31 s or longer, 180 ms more than on Nov 11 to Nov 17; 0.42% fail"."""
    totals = answer.totals
    slow, errors, calls = totals["latency_p95"], totals["errors"], totals["calls"]
    fail = f"{fmt.share_of(errors, calls)} fail" if errors else "none failed"
    if slow is None:
        return f"No call here tells how long it took; {fail}."
    words = f"1 call in 20 takes {fmt.duration(slow)} or longer"
    before = totals.get("latency_p95_before")
    if before:
        step = fmt.change_of_duration(slow, before)
        then = compared_words(state)
        if step == "no change" or abs(slow / before - 1) < 0.02:
            words += f", about as long as on {then}"
        else:
            words += f", {step.lstrip('+' + fmt.MINUS)} {'more' if slow > before else 'less'} than on {then}"
    return f"{words}; {fail}."


@dataclass(frozen=True, slots=True)
class ProvidersPart:
    """Small charts, and how many providers have none."""

    charts: Sequence[Chart]
    providers: int


@require_GET
@project_page()
@part
def providers(request: HttpRequest, project: Project) -> HttpResponse:
    """Latency per provider."""
    found, number = latency.by_provider(state_of(request, project), ROOM)
    return show_part(request, "dashboard/_reliability_providers.html", ProvidersPart(found, number))


@dataclass(frozen=True, slots=True)
class ErrorsPart:
    """Errors as bars and as a table."""

    chart: Chart | None
    table: Table | None


@require_GET
@project_page()
@part
def errors(request: HttpRequest, project: Project) -> HttpResponse:
    """Errors by provider and kind."""
    state = state_of(request, project)
    found = failing.failures(state)
    page = (
        ErrorsPart(failing.chart(state, found), failing.table(state, found)) if found.errors else ErrorsPart(None, None)
    )
    return show_part(request, "dashboard/_reliability_errors.html", page)


@dataclass(frozen=True, slots=True)
class FlowPart:
    """Requested and served models, and fallbacks."""

    served: Table | None
    fallbacks: Table | None


@require_GET
@project_page()
@part
def served(request: HttpRequest, project: Project) -> HttpResponse:
    """Which model really served, and which calls were fallbacks."""
    state = state_of(request, project)
    page = FlowPart(flow.served(state), flow.fallbacks(state))
    return show_part(request, "dashboard/_reliability_flow.html", page)
