"""Figures: Plotly knows every key, unknown is a gap, unfinished is hatched or dotted, hostile names stay text."""

import json
from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from dashboard import charts
from dashboard import format as fmt
from dashboard.charts import Axis, Figure, Series

DAYS = [datetime(2026, 11, 18, tzinfo=UTC) + timedelta(days=day) for day in range(4)]
TIMES = [f"from=2026-11-{day}&to=2026-11-{day + 1}" for day in range(18, 22)]
AXIS = Axis(DAYS, "day", "UTC", frozenset({3}), "/p/shop/cost/?period=7d", TIMES)
SERIES = [
    Series("sonnet-4", [1.5, None, 3, 0.5], 1, "/p/shop/calls/?model=sonnet-4"),
    Series("<b>&x%{y}", [1, 2, 3, 4], 0),
]


def figures() -> dict[str, Figure]:
    return {
        "bars": charts.stacked_bars(AXIS, SERIES, fmt.money),
        "lines": charts.lines(AXIS, SERIES, fmt.duration),
        "faint": charts.lines(AXIS, [Series("before", [1, 2, 3, 4], 1, faint=True)], fmt.duration, zero=False),
        "hours": charts.lines(Axis(DAYS, "hour", "Europe/Paris"), SERIES, fmt.duration),
        "none": charts.stacked_bars(AXIS, [], fmt.money),
    }


@pytest.mark.parametrize("name", list(figures()))
def test_plotly_knows_every_key(name: str) -> None:
    figure = figures()[name]

    go.Figure(figure)
    json.dumps(figure)


def test_unknown_is_zero_in_bars_and_a_gap_in_lines() -> None:
    assert figures()["bars"]["data"][0]["y"] == [1.5, 0.0, 3.0, 0.5]
    assert figures()["lines"]["data"][0]["y"] == [1.5, None, 3.0, None]


def test_the_unfinished_bucket_is_marked() -> None:
    bars, lines = figures()["bars"], figures()["lines"]

    assert bars["data"][0]["meta"]["open"] == [3]
    assert bars["data"][0]["customdata"][3] == "$0.50 so far"
    assert lines["data"][1]["y"] == [None, None, None, 0.5]
    assert lines["layout"]["shapes"][0]["line"]["dash"] == "dot"
    assert lines["layout"]["shapes"][0]["name"] == "slot-1"


def test_each_point_carries_the_link_to_its_calls() -> None:
    bars = figures()["bars"]

    assert bars["data"][0]["meta"]["link"] == "/p/shop/calls/?model=sonnet-4"
    assert bars["layout"]["meta"]["times"][1] == "from=2026-11-19&to=2026-11-20"


def test_names_from_outside_are_text() -> None:
    assert figures()["bars"]["data"][1]["hovertemplate"].startswith("&lt;b&gt;&amp;x%&#123;y}: %{customdata}")


def test_wall_clock_times_are_those_of_the_zone() -> None:
    assert figures()["hours"]["data"][0]["x"][0] == "2026-11-18 01:00"


def test_a_bucket_is_open_only_while_the_present_is_in_it() -> None:
    assert charts.open_places(DAYS, DAYS[-1] + timedelta(hours=3), "day", unfinished=True) == frozenset({3})
    assert charts.open_places(DAYS, DAYS[-1] + timedelta(days=1), "day", unfinished=True) == frozenset()
    assert charts.open_places(DAYS, DAYS[-1] + timedelta(hours=3), "day", unfinished=False) == frozenset()
