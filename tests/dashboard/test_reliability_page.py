"""Reliability: percentiles, errors and fallbacks, each number opening exactly its calls, in every state."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import plotly.graph_objects as go
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from dashboard import by_name, latency
from dashboard import format as fmt
from dashboard.charts import Axis, Series
from projects.models import Membership, Project
from store import client as store_client
from tests.analytics.events import T0, a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.links import answer_behind, numbers
from tests.dashboard.test_calls_page import count_of
from tests.dashboard.test_pages import words

PARTS = ["reliability/providers/", "reliability/errors/", "reliability/flow/"]
DaysAgo = Callable[[float], datetime]


@pytest.fixture
def failing(project: Project, days_ago: DaysAgo) -> list[dict[str, Any]]:
    """A hundred calls now and fifty a week before; some fail, some are fallbacks, some are served by another model."""
    now, before = days_ago(0.1), days_ago(7)
    rows = [
        a_call(
            project.pk, now, provider="anthropic", model="opus", requested_model="opus-latest", latency_ms=2000.0 + n
        )
        for n in range(60)
    ]
    rows += [a_call(project.pk, now, model="mini", requested_model="mini", latency_ms=100.0 + n) for n in range(28)]
    fail = {"status": "error", "provider": "anthropic", "model": "opus", "requested_model": "opus-latest"}
    rows += [a_call(project.pk, now, **fail, error_type="rate_limit", latency_ms=50.0) for _ in range(6)]
    rows += [a_call(project.pk, now, **fail, error_type="timeout", latency_ms=30_000.0) for _ in range(2)]
    rows += [a_call(project.pk, now, status="error", error_type="timeout", model="mini", latency_ms=None)]
    rows += [a_call(project.pk, now, model="backup", fallback_reason="rate_limit", ttft_ms=80.0) for _ in range(3)]
    rows += [a_call(project.pk, before, provider="anthropic", model="opus", latency_ms=1000.0) for _ in range(50)]
    put(rows)
    return rows


@pytest.mark.usefixtures("failing")
class TestWithCalls:
    def test_it_answers_in_its_first_sentence(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/"))

        assert re.search(r"1 call in 20 takes 2\.\d\d s or longer, 1\.\d\d s more than on .*; 9\.0% fail\.", text), text

    def test_tiles_say_how_it_changed(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/"))

        assert "Error rate 9.0% up 9.0 points, worse, from 0%" in text
        assert "Fallback share 3.0% up 3.0 points, worse, from 0%" in text
        assert "First token p50 80 ms" in text

    @pytest.mark.parametrize("path", ["reliability/", "reliability/?view=table", *PARTS])
    def test_every_number_opens_the_calls_behind_it(self, fetch: Fetch, project: Project, path: str) -> None:
        checked = [one for one in numbers(fetch(path)) if one[1] == "calls"]
        if path not in {"reliability/providers/"}:
            assert checked
        for href, measure, value in checked:
            assert answer_behind(project, href, measure, timezone.now()) == int(value), href
            assert count_of(fetch(href.split("/", 3)[3])) == int(value), href

    def test_percentiles_open_the_calls_slower_than_they_are(self, fetch: Fetch) -> None:
        found = {measure: (href, value) for href, measure, value in numbers(fetch("reliability/"))}

        for measure, share in (("latency_p50", 0.5), ("latency_p95", 0.05), ("latency_p99", 0.01)):
            href, value = found[measure]
            assert f"min_latency_ms={float(value):.3f}".rstrip("0").rstrip(".") in href
            assert count_of(fetch(href.split("/", 3)[3])) == pytest.approx(99 * share, abs=1.1)
        assert "min_ttft_ms=80" in found["ttft_p50"][0]
        assert count_of(fetch(found["ttft_p50"][0].split("/", 3)[3])) == 3
        assert count_of(fetch(found["error_rate"][0].split("/", 3)[3])) == 9

    def test_errors_stand_by_provider_and_kind(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/errors/"))

        assert "anthropic has 8 of 9 of the errors, most of them rate limit." in text
        assert "All providers 9.0% 9 100 6 3" in text
        assert "anthropic 11.8% 8 68 6 2" in text
        assert "openai 3.1% 1 32 0 1" in text

    def test_a_bar_of_errors_opens_its_provider_and_kind(self, fetch: Fetch) -> None:
        figure = _figures(fetch("reliability/errors/"))[0]
        links = {trace["name"]: trace["meta"]["link"] for trace in figure["data"]}
        place = figure["layout"]["xaxis"]["categoryarray"].index("anthropic")

        href = f"{links['rate limit']}&{figure['layout']['meta']['times'][place]}"

        assert count_of(fetch(href.split("/", 3)[3])) == 6

    def test_requested_and_served_show_where_they_differ_first(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/flow/"))

        assert "opus-latest opus 68 68.0% 8 mini the same 28 28.0% 0" in text
        assert "rate limit backup 3 3.0%" in text

    def test_each_provider_has_a_small_chart_with_its_words(self, fetch: Fetch) -> None:
        html = fetch("reliability/providers/")

        assert len(_figures(html)) == 2
        assert re.search(r"p95 is 2\.\d\d s so far\.", words(html)), words(html)

    def test_the_chart_has_its_table(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/?view=table"))

        assert "Latency, per day" in text
        assert "as chart" in text

    @pytest.mark.parametrize("path", ["reliability/", *PARTS])
    def test_figures_are_what_plotly_knows(self, fetch: Fetch, path: str) -> None:
        for figure in _figures(fetch(path)):
            go.Figure(figure)

    def test_strangers_see_nothing(self, fetch: Fetch, person: Any) -> None:
        Membership.objects.filter(user=person).delete()

        for path in ["reliability/", *PARTS]:
            fetch(path, status=404)


def _figures(html: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script id="[^"]+-data" type="application/json">(.*?)</script>', html, re.DOTALL)
    return [json.loads(unescape(one)) for one in found]


def test_nothing_failed_is_said(fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
    put([a_call(project.pk, days_ago(0)) for _ in range(3)])

    assert "none failed." in words(fetch("reliability/"))
    assert "No call failed." in words(fetch("reliability/errors/"))
    assert "No call tells which model was asked for." in words(fetch("reliability/flow/"))
    assert "No call was a fallback." in words(fetch("reliability/flow/"))


def test_calls_that_tell_no_time_have_no_percentile(fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
    put([a_call(project.pk, days_ago(0), latency_ms=None) for _ in range(3)])

    text = words(fetch("reliability/"))

    assert "No call here tells how long it took; none failed." in text
    assert "Latency p95 —" in text
    assert "No call here tells how long it took." in words(fetch("reliability/providers/"))


@pytest.mark.usefixtures("failing")
class TestStates:
    def test_an_empty_period_and_filters_that_match_nothing(self, fetch: Fetch) -> None:
        assert "No calls between" in words(fetch("reliability/?from=2020-01-01&to=2020-02-01"))
        assert "No calls match this filter." in words(fetch("reliability/?model=nothing"))

    def test_without_comparison_there_is_none(self, fetch: Fetch) -> None:
        text = words(fetch("reliability/?compare=none"))

        assert re.search(r"1 call in 20 takes 2\.\d\d s or longer; 9\.0% fail\.", text)
        assert "worse" not in text

    @pytest.mark.parametrize("path", ["reliability/", *PARTS])
    def test_without_the_store(
        self, signed_in_client: Client, project: Project, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.setattr(settings, "EVENTS_URL", "clickhouse://127.0.0.1:9")
        store_client.connections.reset()
        try:
            response = signed_in_client.get(f"/p/{project.slug}/{path}", headers={"HX-Request": "true"})
        finally:
            monkeypatch.undo()
            store_client.connections.reset()

        assert response.status_code == 503
        assert response.headers["X-Fragment"] == "error"
        assert b"Try again" in response.content


def test_a_first_run_has_the_steps_in_place(fetch: Fetch) -> None:
    html = fetch("reliability/")

    assert "No calls yet." in html
    assert re.search(r'hx-get="/p/[^"]+/setup/"', html)


def test_latency_is_drawn_in_seconds_where_that_is_how_it_is_read() -> None:
    axis = Axis([T0, T0 + timedelta(days=1)], "day", "UTC")

    slow = latency.lines(axis, [Series("p95", [2310.0, None], 1)])
    fast = latency.lines(axis, [Series("p95", [231.0, None], 1)])

    assert slow["data"][0]["y"] == [2.31, None]
    assert slow["data"][0]["customdata"] == [fmt.duration(2310.0), "—"]
    assert slow["layout"]["yaxis"]["ticksuffix"] == "\u00a0s"
    assert fast["data"][0]["y"] == [231.0, None]
    assert fast["layout"]["yaxis"]["ticksuffix"] == "\u00a0ms"


def test_names_under_bars_are_short_and_harmless() -> None:
    figure = by_name.stacked(["<b>x</b>", "", "a" * 40], "provider", [Series("k", [1, 2, 3], 1, "/c/?x=1")], fmt.count)

    assert figure["data"][0]["x"] == ["‹b›x‹/b›", "not set", "aaaaaaaaaaaaaaa…"]
    assert figure["layout"]["meta"]["times"] == ["provider=%3Cb%3Ex%3C%2Fb%3E", "provider=", "provider=" + "a" * 40]
    go.Figure(figure)
