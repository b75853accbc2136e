"""Every component in every state. A component is added here first."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.components import Banner, Cell, Chart, Column, Delta, Empty, Row, Table, Tile, delta, spark

TREND = [571, 602, 588, 640, 655, 690, 312]
DAYS = [f"2026-11-{day}" for day in range(15, 22)]


class Example(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Name", help_text="Shown on every page.", initial="Shop assistant")
    zone = forms.ChoiceField(label="Zone", choices=[("UTC", "UTC"), ("Europe/Paris", "Europe/Paris")])
    note = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agree = forms.BooleanField(label="Keep prompts and answers", required=False)


@dataclass(frozen=True)
class PatternsPage:
    """All examples of one page."""

    tiles: list[Tile]
    deltas: list[Delta]
    table: Table
    chart: Chart
    banners: list[Banner]
    empties: list[Empty]
    form: Example
    slots: list[int] = field(default_factory=lambda: [1, 2, 3, 4, 5, 6, 7, 8, 0])
    tokens: tuple[str, ...] = ("bg", "surface", "surface-2", "line", "line-strong", "text", "accent", "good", "bad")


@require_GET
@login_required
def patterns(request: HttpRequest) -> HttpResponse:
    """The page of all components, for whoever may change them."""
    if not (settings.DEBUG or request.user.is_staff):
        raise PermissionDenied("Only staff of this instance can see the components.")
    return render(request, "dashboard/patterns.html", {"page": _page()})


def _page() -> PatternsPage:
    return PatternsPage(
        tiles=_tiles(),
        deltas=_deltas(),
        table=_table(),
        chart=_chart(),
        banners=[
            Banner("0.6% of calls have no price; the total is a floor.", "info", "Set prices", "#"),
            Banner("Saved. The split is now 60/40.", "good"),
            Banner("Numbers are 14 min behind (ingest is catching up, 3 min left).", "warn"),
        ],
        empties=[
            Empty("No calls between Nov 14 and Nov 21.", "The last one was Nov 12, 09:14.", [("Show it", "#")]),
            Empty("No calls match these 3 filters.", "Remove one to see more.", [("Clear all", "#")], icon="filter"),
        ],
        form=Example({"name": "", "zone": "UTC"}),
    )


def _tiles() -> list[Tile]:
    change = delta(Decimal("4812.37"), Decimal("4281.50"), unit="usd", better="lower")
    return [
        Tile("Spend", "$4,812.37", "#", "4812.371204 USD", change, spark=spark(TREND, unfinished=True)),
        Tile(
            "Calls", "1.24M", "#", delta=delta(1_240_000, 1_130_000, unit="count", better="neither"), spark=spark(TREND)
        ),
        Tile(
            "Latency p95",
            "2.31 s",
            "#",
            delta=delta(2310, 2490, unit="ms", better="lower"),
            spark=spark([3, None, 2, 4, 3]),
        ),
        Tile("Error rate", "0.42%", "#", delta=delta(0.0042, 0.0042, unit="ratio", better="lower")),
        Tile("Quality", "—", title="no scores yet", note="not set up"),
    ]


def _deltas() -> list[Delta]:
    cases: list[tuple[Any, Any, str, str]] = [
        (112.4, 100, "usd", "lower"),
        (97, 100, "usd", "lower"),
        (14, 1, "count", "neither"),
        (5, 0, "count", "neither"),
        (0, 5, "count", "neither"),
        (100, 100, "count", "neither"),
        (0.0054, 0.0042, "ratio", "lower"),
        (None, 3, "ms", "lower"),
    ]
    return [delta(new, old, unit=unit, better=better) for new, old, unit, better in cases]


def _table() -> Table:
    rows = [
        Row([Cell("All models"), Cell("4,812.37", bar=100), Cell("1.24M"), Cell("+12.4%", tone="bad")], total=True),
        Row(
            [
                Cell("claude-sonnet-4", "#", slot=1),
                Cell("2,212.37", "#", bar=46),
                Cell("402k"),
                Cell("+3.1%", tone="bad"),
            ]
        ),
        Row([Cell("gpt-5-mini", "#", slot=2), Cell("1,204.00", "#", bar=25), Cell("800k"), Cell("−8.0%", tone="good")]),
        Row(
            [
                Cell("Everything else (15 models)", "#", slot=0),
                Cell("1,396.00", bar=29),
                Cell("38.0k"),
                Cell("few calls"),
            ]
        ),
    ]
    columns = [
        Column("Model", numeric=False), Column("Spend ($)", sort="?sort=spend", sorted="descending"),
        Column("Calls", sort="?sort=-calls"), Column("Change"),
    ]  # fmt: skip
    return Table("Spend by model", columns, rows, note="4 of 18 models", export="#")


def _chart() -> Chart:
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": f"model {slot}",
            "x": DAYS,
            "y": [value / slot for value in TREND],
            "meta": {"slot": slot, "open": [6]},
        }
        for slot in range(1, 9)
    ]
    figure = {"data": data, "layout": {"barmode": "stack", "xaxis": {"type": "date"}}}
    legend = [Cell(f"model {slot}", slot=slot) for slot in range(1, 9)]
    return Chart("example", "Spend by model, per day", "Spend rose from $571 to $690 a day.", figure, "#", legend)
