"""How are we doing, what moved, what needs me. Six store queries at most, parts included."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics.ask import ask
from dashboard import figures, nothing, sentences, stacked
from dashboard import format as fmt
from dashboard import movers as moving
from dashboard.breakdown import name_of, others, over_time
from dashboard.components import Cell, Column, Row, Table, Tile
from dashboard.movers import Mover, Movers
from dashboard.needs import Need, needs_you
from dashboard.request_state import state_of
from dashboard.results import ResultsPage, failed, head, part, show, show_part
from dashboard.url_state import UrlState, label_of
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "overview"
TILES: Final = (figures.SPEND, figures.CALLS, figures.PER_THOUSAND, figures.LATENCY, figures.ERRORS)


@dataclass(frozen=True)
class OverviewPage(ResultsPage):
    """Tiles and what needs a decision; the chart and the movers come after, each on its own."""

    tiles: Sequence[Tile] = ()
    needs: Sequence[Need] = ()

    @property
    def spend_url(self) -> str:
        """Where the chart comes from."""
        return f"/p/{self.state.slug}/overview/spend/?{self.state.query()}"

    @property
    def movers_url(self) -> str:
        """Where the movers come from; empty without a comparison."""
        if self.state.compare == "none":
            return ""
        return f"/p/{self.state.slug}/overview/movers/?{self.state.query()}"


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def overview(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = state_of(request, project)
    try:
        return show(request, ROOM, _page(state))
    except StoreError as exc:
        return show(request, ROOM, OverviewPage(state, failed("Overview", state, ROOM, exc)))


def _page(state: UrlState) -> OverviewPage:
    measures = [figure.measure for figure in TILES]
    answer = ask(state.question(*measures, granularity=state.step), now=state.now)
    empty = nothing.explain(state, answer)
    if empty:
        return OverviewPage(state, head("Overview", state, ROOM, answer, empty=empty))
    tiles = [figures.tile(figure, answer, state) for figure in TILES]
    top = head("Overview", state, ROOM, answer, sentence=sentences.spend(answer, state), partial=False)
    return OverviewPage(state, top, tiles=tiles, needs=needs_you(answer, state))


@require_GET
@project_page()
@part
def spend(request: HttpRequest, project: Project) -> HttpResponse:
    """The chart of the page, or its table."""
    state = state_of(request, project)
    split = over_time(state, "model", "cost_usd", room=ROOM)
    base = f"/p/{project.slug}/overview/"
    page = stacked.part(state, split, "model", "cost_usd", id="spend", base=base, file="spend.csv")
    return show_part(request, "dashboard/_chart_part.html", page)


@require_GET
@project_page()
def spend_csv(request: HttpRequest, project: Project) -> StreamingHttpResponse:
    """The chart's numbers as a file."""
    state = state_of(request, project)
    split = over_time(state, "model", "cost_usd", room=ROOM)
    return stacked.file(state, split, "overview-spend-by-model", "spend_usd")


@dataclass(frozen=True, slots=True)
class MoversPart:
    """The parts of the product whose spend moved most."""

    table: Table | None
    sentence: str


@require_GET
@project_page()
@part
def movers(request: HttpRequest, project: Project) -> HttpResponse:
    """The largest movers, by feature or by task."""
    state = state_of(request, project)
    found = moving.movers(state)
    page = MoversPart(_movers_table(state, found), _movers_sentence(found)) if found else MoversPart(None, "")
    return show_part(request, "dashboard/_overview_movers.html", page)


def _movers_sentence(found: Movers) -> str:
    """Which part carries the change: "Almost all of it is FAQ."."""
    if not found.rows or not found.step:
        return ""
    first = found.rows[0]
    part = first.step / found.step
    if not Decimal("0.5") <= part <= 1:
        return ""
    amount = "Almost all" if part >= Decimal("0.9") else "Most"
    return f"{amount} of the {'rise' if found.step > 0 else 'fall'} is {name_of(first.name)}: {first.reason}."


def _movers_table(state: UrlState, found: Movers) -> Table | None:
    if not found.rows:
        return None
    label = label_of(found.by)
    words = Column("Why", numeric=False)
    columns = [Column(label, numeric=False), Column("Change"), words, Column("Spend ($)")]
    money = fmt.money_column([value for one in found.largest for value in (one.spend, one.spend_before)])
    widest = max(abs(one.step) for one in found.rows)
    rows = [_mover(state, found.by, one, money, widest) for one in found.largest]
    if found.rest:
        rows.append(_others(state, found))
    return Table(f"Largest movers by {label.lower()}", columns, rows)


def _others(state: UrlState, found: Movers) -> Row:
    """The change that the rows leave: smaller movers, and what has no calls any more; opens the calls it had."""
    before, listed = state.comparison, others(state, found.by, [one.name for one in found.largest])
    href = state.calls(*listed, *state.times(before.start, before.end)) if before else ""
    step = fmt.change_of_money(found.rest, 0)
    gone = len(found.rows) <= len(found.largest)
    return Row([Cell("No calls now" if gone else "Everything else"), Cell(step, href), Cell(""), Cell("")])


def _mover(state: UrlState, by: str, one: Mover, money: fmt.MoneyColumn, widest: Decimal) -> Row:
    there = state.calls((by, one.name))
    arrow, tone = ("▲", "bad") if one.step > 0 else ("▼", "good")
    step = f"{arrow} {fmt.change_of_money(one.spend, one.spend_before)}"
    width = float(abs(one.step) / widest * 100)
    return Row(
        [
            Cell(name_of(one.name), state.room("cost", [(by, one.name)])),
            Cell(step, there, f"from {fmt.money(one.spend_before)}", bar=width, tone=tone),
            Cell(one.reason),
            Cell(money.text(one.spend), there, f"{one.calls:,} calls"),
        ]
    )
