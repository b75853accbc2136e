"""Overview, Cost and Models in every state, on a real event store."""

import csv
import gzip
import io
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.links import answer_behind, numbers

PAGES = ["overview/", "cost/", "models/"]
PARTS = ["overview/spend/", "overview/movers/", "cost/chart/"]
FILES = ["overview/spend.csv", "cost/cost.csv", "cost/over-time.csv", "models/models.csv"]


def words(html: str) -> str:
    """The text of a page with plain spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " "))


@pytest.mark.usefixtures("calls")
class TestWithCalls:
    @pytest.mark.parametrize("path", PAGES + PARTS + FILES)
    def test_everything_opens(self, fetch: Fetch, path: str) -> None:
        assert fetch(path)

    def test_overview_answers_in_its_first_sentence(self, fetch: Fetch) -> None:
        assert "Spend is up 155.0% to $10.20, compared with" in words(fetch("overview/"))

    def test_tiles_show_what_the_calls_come_to_and_how_that_changed(self, fetch: Fetch) -> None:
        text = words(fetch("overview/"))

        assert "Spend $10.20 up 155.0 percent, worse, from $4.00 ▲ +155.0% vs $4.00" in text
        assert "Calls 43 ×2" not in text
        assert "Calls 43 up 115.0 percent, from 20" in text
        assert "Error rate 2.3%" in text

    def test_the_movers_add_up_and_say_why(self, fetch: Fetch) -> None:
        text = words(fetch("overview/movers/"))

        assert "Almost all of the rise is faq: dearer calls." in text
        assert "▲ +$6.00 dearer calls" in text
        assert "▲ +$0.20 new" in text

    def test_what_has_no_calls_any_more_is_part_of_the_change(
        self, fetch: Fetch, project: Project, days_ago: Callable[[float], datetime]
    ) -> None:
        put([a_call(project.pk, days_ago(7), feature="retired", cost="9")])

        html = fetch("overview/movers/")

        assert "No calls now −$9.00" in words(html)
        assert "not.feature=faq&amp;not.feature=search" in html

    def test_what_has_no_price_asks_for_a_decision(self, fetch: Fetch) -> None:
        assert "2 calls without a price" in words(fetch("overview/"))

    def test_a_page_with_its_parts_asks_the_store_at_most_six_times(
        self, fetch: Fetch, count_queries: list[str]
    ) -> None:
        for path in ("overview/", "overview/spend/", "overview/movers/"):
            fetch(path)

        assert 0 < len(count_queries) <= 6

    def test_htmx_gets_only_the_results_and_caches_know(self, signed_in_client: Client, project: Project) -> None:
        url = f"/p/{project.slug}/cost/"
        fragment = signed_in_client.get(url, headers={"HX-Request": "true"})
        restored = signed_in_client.get(url, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

        assert b"<html" not in fragment.content
        assert fragment.content.lstrip().startswith(b'<div id="results"')
        assert b"<html" in restored.content
        assert "HX-Request" in fragment.headers["Vary"]

    @pytest.mark.parametrize(
        "path", [*PAGES, "cost/?by=feature", "cost/?by=provider&model=gpt-4o", "models/?find=claude"]
    )
    def test_every_number_opens_exactly_its_calls(self, fetch: Fetch, project: Project, path: str) -> None:
        found = numbers(fetch(path))

        assert found
        for href, measure, value in found:
            behind = answer_behind(project, href, MEASURE_BEHIND.get(measure, measure), timezone.now())
            assert _fits(measure, Decimal(value), behind), (href, measure, value, behind)

    def test_a_percentile_opens_the_slow_calls(self, fetch: Fetch) -> None:
        link = re.search(r'href="([^"]+min_latency_ms[^"]+)"', fetch("overview/"))

        assert link
        assert "min_latency_ms=3000&amp;sort=-latency" in link[1]

    def test_the_first_row_is_the_total_and_rows_add_up_to_it(self, fetch: Fetch) -> None:
        rows = list(csv.DictReader(io.StringIO(fetch("cost/cost.csv"))))

        assert [row["model"] for row in rows] == ["claude-sonnet-4", "gpt-4o", "claude-3.5-opus"]
        assert sum(Decimal(row["spend_usd"] or 0) for row in rows) == Decimal("10.20")
        assert rows[2]["spend_usd"] == ""
        assert "All 3 10.20 100% 43" in words(fetch("cost/"))

    def test_an_unpriced_model_shows_a_dash_and_its_calls(self, fetch: Fetch) -> None:
        row = re.search(r"<tr>(?:(?!</tr>).)*claude-3\.5-opus.*?</tr>", fetch("cost/"), re.DOTALL)

        assert row
        assert words(row[0]).split()[:4] == ["claude-3.5-opus", "—", "—", "2"]

    def test_how_well_it_is_known_is_said(self, fetch: Fetch) -> None:
        text = words(fetch("cost/"))

        assert "$10.20 known; the cost of 2 more calls has no bound." in text
        assert "no price for the model 4.7%" in text

    def test_the_chart_has_its_table_and_the_table_its_chart(self, fetch: Fetch) -> None:
        assert "view=table" in fetch("cost/chart/")
        table = fetch("cost/chart/?view=table")
        assert "as chart" in table
        assert "All 10.20 10.00 0.20" in words(table)

    def test_a_tag_splits_like_any_dimension(
        self, fetch: Fetch, project: Project, days_ago: Callable[[float], datetime]
    ) -> None:
        put([a_call(project.pk, days_ago(0), tags={"plan": "pro"}, cost="3")])

        text = words(fetch("cost/?by=tag.plan"))

        assert "Spend by tag plan" in text
        assert "pro 3.00" in text

    def test_models_have_one_row_per_provider(self, fetch: Fetch) -> None:
        text = words(fetch("models/"))

        assert "3 models at 2 providers: claude-sonnet-4 is 98.0% of the spend" in text
        assert "gpt-4o openai 0.20" in text

    def test_a_filter_narrows_every_number_and_stands_as_a_sentence(self, fetch: Fetch) -> None:
        text = words(fetch("overview/?model=gpt-4o"))

        assert "Model is gpt-4o" in text
        assert "Spend $0.20" in text

    def test_the_values_of_a_dimension_are_links_that_add_it(self, fetch: Fetch, project: Project) -> None:
        html = fetch("filter/cost/model/?period=7d&model=gpt-4o", **{"HX-Request": "true"})

        assert f'href="/p/{project.slug}/cost/?period=7d&amp;model=gpt-4o&amp;model=claude-sonnet-4"' in html
        assert f'href="/p/{project.slug}/cost/?period=7d"' in html

    def test_what_could_not_be_read_is_said(self, fetch: Fetch) -> None:
        assert "Ignored period=fortnight, by=magic; showing last 7 days." in words(
            fetch("cost/?period=fortnight&by=magic")
        )

    def test_without_a_comparison_nothing_is_compared(self, fetch: Fetch) -> None:
        html = fetch("overview/?compare=none")

        assert "delta" not in html
        assert "Largest movers" not in html

    def test_the_last_period_is_a_cookie_and_nothing_else_is_written(
        self, signed_in_client: Client, project: Project
    ) -> None:
        signed_in_client.get(f"/p/{project.slug}/cost/?period=28d")

        html = signed_in_client.get(f"/p/{project.slug}/overview/").content.decode()

        assert "Overview, Last 28 days" in html

    def test_a_range_without_calls_names_the_day_of_the_last_one(self, fetch: Fetch) -> None:
        text = words(fetch("overview/?from=2020-01-01&to=2020-02-01"))

        assert "No calls between Jan 1, 2020 and Jan 31, 2020." in text
        assert "The last one was on" in text
        assert "Show it" in text

    def test_filters_that_match_nothing_say_which_one_to_remove(self, fetch: Fetch) -> None:
        text = words(fetch("cost/?model=gpt-4o&feature=faq&period=24h"))

        assert "No calls match these 2 filters." in text
        assert "Removing “Feature is faq” would show 21." in text
        assert "Clear all" in text

    def test_a_stranger_sees_nothing(self, fetch: Fetch, person: Any) -> None:
        Membership.objects.filter(user=person).delete()

        for path in PAGES + PARTS + FILES + ["filter/cost/model/"]:
            fetch(path, status=404)


@pytest.mark.parametrize("path", PAGES)
def test_a_project_without_any_call_leads_to_setup(fetch: Fetch, path: str) -> None:
    assert "No calls yet. Three steps and you will see them here." in words(fetch(path))


class TestWhenTheStoreIsGone:
    @pytest.fixture(autouse=True)
    def unreachable(self, monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
        monkeypatch.setattr(settings, "EVENTS_URL", "clickhouse://127.0.0.1:9")
        store_client.connections.reset()
        yield
        monkeypatch.undo()
        store_client.connections.reset()

    @pytest.mark.parametrize("path", PAGES)
    def test_the_frame_stays_and_the_page_says_what_to_do(self, fetch: Fetch, path: str) -> None:
        html = fetch(path, status=503)

        assert "The event store did not answer." in html
        assert "Try again" in html
        assert 'class="rail"' in html

    @pytest.mark.parametrize("path", PARTS)
    def test_a_part_fails_alone_and_is_marked_for_htmx(
        self, signed_in_client: Client, project: Project, path: str
    ) -> None:
        response = signed_in_client.get(f"/p/{project.slug}/{path}", headers={"HX-Request": "true"})

        assert response.status_code == 503
        assert response.headers["X-Fragment"] == "error"
        assert b"Your data is safe" in response.content


def test_thirty_models_at_twelve_providers_are_pages_that_add_up(
    fetch: Fetch, project: Project, days_ago: Callable[[float], datetime]
) -> None:
    put(
        a_call(project.pk, days_ago(0), model=f"model-{model:02}", provider=f"provider-{provider}", cost="0.01")
        for model in range(30)
        for provider in range(12)
    )

    first, last = words(fetch("models/")), words(fetch("models/?page=15"))

    assert "1 to 25 of 360" in first
    assert "Everything else (335) 3.35 93.1% 335" in first
    assert "351 to 360 of 360" in last
    assert "1 to 12 of 12" in words(fetch("models/?find=MODEL-07"))
    assert "None of 360 match “nothing”." in words(fetch("models/?find=nothing"))
    part = fetch("cost/chart/?period=90d")
    chart = words(part)
    assert len(gzip.compress(fetch("models/").encode())) < 30_000
    assert len(part) < 60_000
    assert "Everything else (22)" in chart
    assert "The largest 8 of 30." in chart


MEASURE_BEHIND = {"latency_p95": "calls", "error_rate": "errors"}


def _fits(measure: str, value: Decimal, behind: Decimal) -> bool:
    if measure in MEASURE_BEHIND:
        return behind > 0
    if measure == "cost_per_call_usd":
        return abs(value - behind * 1000) < Decimal("1e-9")
    return value == behind
