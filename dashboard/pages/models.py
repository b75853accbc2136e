"""Which model does what, at what cost, how fast and how reliably: one row per model and provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics.answer import Answer
from analytics.ask import ask
from dashboard import exports, nothing
from dashboard import format as fmt
from dashboard.breakdown import MOST, name_of, text
from dashboard.components import Table
from dashboard.figures import THOUSAND, failing, slower_than
from dashboard.pages.cost import columns as cost_columns
from dashboard.ranking import Measured, Ranking, measure
from dashboard.request_state import state_of
from dashboard.results import ResultsPage, failed, head, show
from dashboard.url_state import UrlState
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "models"
DIMENSIONS: Final = ("model", "provider")
MEASURES: Final = (
    "cost_usd", "calls", "cost_per_call_usd", "latency_p50", "latency_p95", "ttft_p50", "error_rate", "input_tokens",
    "output_tokens",
)  # fmt: skip
FIGURES: Final = (
    Measured("latency_p50", "p50", "latency_p50_ms", "ms", measure("latency_p50"), slower_than),
    Measured("latency_p95", "p95", "latency_p95_ms", "ms", measure("latency_p95"), slower_than),
    Measured("ttft_p50", "First token", "ttft_p50_ms", "ms", measure("ttft_p50")),
    Measured("errors", "Errors", "error_rate", "ratio", measure("error_rate"), failing),
    Measured("tokens_in", "Tokens in", "input_tokens", "tokens", measure("input_tokens"), adds=True),
    Measured("tokens_out", "Tokens out", "output_tokens", "tokens", measure("output_tokens"), adds=True),
)


@dataclass(frozen=True)
class ModelsPage(ResultsPage):
    """The table, and what to look for in it."""

    ranking: Ranking | None = None

    @property
    def export(self) -> str:
        """All rows as a file."""
        return f"/p/{self.state.slug}/models/models.csv?{self.state.query()}"

    @property
    def table(self) -> Table | None:
        """The page of rows."""
        return self.ranking.table(self.export) if self.ranking else None


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def models(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = state_of(request, project)
    try:
        return show(request, ROOM, _page(state))
    except StoreError as exc:
        return show(request, ROOM, ModelsPage(state, failed("Models", state, ROOM, exc)))


def _page(state: UrlState) -> ModelsPage:
    answer = _answer(state)
    if empty := nothing.explain(state, answer):
        return ModelsPage(state, head("Models", state, ROOM, answer, empty=empty))
    top = head("Models", state, ROOM, answer, sentence=_sentence(answer))
    return ModelsPage(state, top, ranking=_ranking(state, answer))


def _answer(state: UrlState) -> Answer:
    return ask(state.question(*MEASURES, dimensions=DIMENSIONS, limit=MOST), now=state.now)


def _ranking(state: UrlState, answer: Answer) -> Ranking:
    figures: Sequence[Measured] = (*cost_columns(answer), *FIGURES)
    return Ranking(state, answer, DIMENSIONS, figures, "Models", lambda value: state.room("cost", [("model", value)]))


def _sentence(answer: Answer) -> str:
    """How many models there are, which one costs most in all, and which one most per call."""
    spend, calls = _sums(answer, "cost_usd"), _sums(answer, "calls")
    providers = {row["provider"] for row in answer.rows}
    words = f"{fmt.plural(len(calls), 'model')} at {fmt.plural(len(providers), 'provider')}"
    whole = answer.totals["cost_usd"]
    priced = [name for name, cost in spend.items() if cost and calls[name] >= fmt.FEW]
    if not priced or not whole:
        return f"{words}."
    largest = max(priced, key=lambda name: spend[name])
    dearest = max(priced, key=lambda name: spend[name] / calls[name])
    each = fmt.money(spend[dearest] / calls[dearest] * THOUSAND)
    first = f"{name_of(largest)} is {fmt.share(spend[largest] / whole)} of the spend"
    return f"{words}: {first}; {name_of(dearest)} costs most per call, {each} for 1,000."


def _sums(answer: Answer, measure: str) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for row in answer.rows:
        name = text(row["model"])
        sums[name] = sums.get(name, 0) + (row[measure] or 0)
    return sums


@require_GET
@project_page()
def table_csv(request: HttpRequest, project: Project) -> StreamingHttpResponse:
    """The table as a file, all rows."""
    state = state_of(request, project)
    name = exports.file_name(project.slug, "models", state.window.start, state.window.end)
    return exports.response(name, *_ranking(state, _answer(state)).csv())
