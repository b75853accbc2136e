"""What does it cost: spend by anything, how well it is known, and how it moved over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics.answer import Answer
from analytics.ask import ask
from analytics.dimensions import DIMENSIONS
from dashboard import exports, figures, nothing, sentences, stacked
from dashboard import format as fmt
from dashboard.breakdown import MOST, over_time
from dashboard.components import Table, Tile
from dashboard.figures import THOUSAND
from dashboard.filter_bar import Choice
from dashboard.known import Known, known
from dashboard.ranking import Measured, Ranking, measure
from dashboard.request_state import state_of
from dashboard.results import UNPRICED, ResultsPage, failed, head, part, show, show_part, unpriced_calls
from dashboard.url_state import UrlState, label_of
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "cost"
DEFAULT_BY: Final = "model"
NEAR: Final = ("model", "provider", "feature", "task", "customer_id", "user_id", "environment")
MEASURES: Final = ("cost_usd", "calls", "cost_per_call_usd")
TILES: Final = (figures.SPEND, figures.CALLS, figures.PER_THOUSAND)
Extra = tuple[tuple[str, str], ...]


def dearest(value: object) -> Extra:
    """Money opens its calls, dearest first."""
    return (("sort", "-cost"),)


def columns(answer: Answer) -> Sequence[Measured]:
    """The figures of a row; shares are of the answer's total."""
    whole = answer.totals["cost_usd"]
    return (
        Measured("spend", "Spend", "spend_usd", "usd", measure("cost_usd"), dearest, adds=True, check="cost_usd"),
        Measured(
            "share", "Share", "share", "ratio",
            lambda row: row["cost_usd"] / whole if whole and row["cost_usd"] is not None else None,
            dearest, adds=True,
        ),
        Measured("calls", "Calls", "calls", "count", measure("calls"), adds=True, check="calls"),
        Measured(
            "per_1000", f"Cost /{fmt.NBSP}1,000", "cost_per_1000_calls_usd", "usd",
            measure("cost_per_call_usd", scale=THOUSAND), dearest,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class CostPage(ResultsPage):
    """Spend by `by`: tiles, how well it is known, the table; the chart comes after."""

    by: str = DEFAULT_BY
    tiles: Sequence[Tile] = ()
    known: Known | None = None
    ranking: Ranking | None = None
    near: Sequence[Choice] = ()
    others: Sequence[Choice] = ()

    @property
    def chart_url(self) -> str:
        """Where the chart comes from."""
        return f"/p/{self.state.slug}/cost/chart/?{self.state.query()}"

    @property
    def table(self) -> Table | None:
        """The page of rows."""
        return self.ranking.table(self.export) if self.ranking else None

    @property
    def export(self) -> str:
        """All rows as a file."""
        return f"/p/{self.state.slug}/cost/cost.csv?{self.state.query()}"

    @property
    def label(self) -> str:
        """What the rows are."""
        return label_of(self.by)


def by_of(state: UrlState) -> str:
    """What the page splits by: any dimension, any tag; the model when the address names none."""
    return state.shown.get("by", DEFAULT_BY)


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def cost(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = state_of(request, project)
    try:
        return show(request, ROOM, _page(state))
    except StoreError as exc:
        return show(request, ROOM, CostPage(state, failed("Cost", state, ROOM, exc)))


def _page(state: UrlState) -> CostPage:
    by = by_of(state)
    answer = ask(state.question(*MEASURES, dimensions=(by,), limit=MOST), now=state.now)
    if empty := nothing.explain(state, answer):
        return CostPage(state, head("Cost", state, ROOM, answer, empty=empty))
    top = head("Cost", state, ROOM, answer, sentence=sentences.spend(answer, state), partial=False)
    near, others = _choices(state, by)
    return CostPage(
        state,
        top,
        by=by,
        tiles=[*(figures.tile(one, answer, state, trend=False) for one in TILES), _unpriced(answer, state)],
        known=known(answer.coverage, state) if answer.coverage else None,
        ranking=_ranking(state, by, answer),
        near=near,
        others=others,
    )


def _ranking(state: UrlState, by: str, answer: Answer) -> Ranking:
    label = label_of(by)
    caption = f"Spend by {label[0].lower()}{label[1:]}"
    return Ranking(state, answer, (by,), columns(answer), caption, lambda value: _drill(state, by, value))


def _drill(state: UrlState, by: str, value: str) -> str:
    """One more filter on this page, split by the next thing one would ask for."""
    onward = "feature" if by == "model" else "model"
    return state.room(ROOM, [(by, value)]) + f"&by={onward}"


def _unpriced(answer: Answer, state: UrlState) -> Tile:
    calls = unpriced_calls(answer.coverage) if answer.coverage else 0
    share = calls / answer.totals["calls"]
    return figures.plain("Without a price", share, "ratio", state.calls(*UNPRICED) if calls else state.calls())


def _choices(state: UrlState, by: str) -> tuple[list[Choice], list[Choice]]:
    """What the page can split by: the usual, and all others."""

    def choice(name: str, label: str) -> Choice:
        return Choice(label, f"?{state.query(by=name, page=None, sort=None, find=None)}", name == by, name)

    near = [choice(name, label_of(name)) for name in (*NEAR, *(() if by in NEAR else (by,)))]
    return near, [choice(one.key, one.label) for one in DIMENSIONS.values() if one.key not in NEAR]


@require_GET
@project_page()
@part
def chart(request: HttpRequest, project: Project) -> HttpResponse:
    """The chart of the page, or its table."""
    state = state_of(request, project)
    by, base = by_of(state), f"/p/{project.slug}/cost/"
    split = over_time(state, by, "cost_usd", room=ROOM)
    page = stacked.part(state, split, by, "cost_usd", id="cost-chart", base=base, file="over-time.csv")
    return show_part(request, "dashboard/_chart_part.html", page)


@require_GET
@project_page()
def table_csv(request: HttpRequest, project: Project) -> StreamingHttpResponse:
    """The table as a file, all rows."""
    state = state_of(request, project)
    by = by_of(state)
    answer = ask(state.question(*MEASURES, dimensions=(by,), limit=MOST), now=state.now)
    name = exports.file_name(project.slug, f"cost-by-{by}", state.window.start, state.window.end)
    return exports.response(name, *_ranking(state, by, answer).csv())


@require_GET
@project_page()
def chart_csv(request: HttpRequest, project: Project) -> StreamingHttpResponse:
    """The chart's numbers as a file."""
    state = state_of(request, project)
    by = by_of(state)
    return stacked.file(state, over_time(state, by, "cost_usd", room=ROOM), f"cost-over-time-by-{by}", "spend_usd")
