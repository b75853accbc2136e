"""Data health: who sends, what is refused, what is not known, and a dot in the rail when someone should look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from analytics import health
from analytics.models import RollupDifference, RollupState
from projects.models import Membership, Project
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.links import answer_behind, numbers
from tests.dashboard.test_calls_page import count_of
from tests.dashboard.test_pages import words

DaysAgo = Callable[[float], datetime]
DOT = "needs a look"


@pytest.fixture
def arrived(project: Project, days_ago: DaysAgo) -> None:
    """Calls of two senders; some have no price, no usage or counts that contradict each other."""
    now = days_ago(0)
    sdk = {"sender_name": "sdk"}
    rows = [a_call(project.pk, now, **sdk) for _ in range(30)]
    rows += [a_call(project.pk, now, **sdk, model="new-model", cost=None) for _ in range(5)]
    rows += [a_call(project.pk, now, **sdk, cost=None) | {"cost_status": "usage_unknown"} for _ in range(3)]
    rows += [a_call(project.pk, now, sender_name="otel", usage_flag="contradiction") for _ in range(2)]
    put(rows)
    apps.get_model("ingest", "Sender").objects.create(
        project=project, name="sdk", version="1.2", dialect="native", key="pm_abc", calls=50, duplicates=12,
        first_at=now, last_at=now,
    )  # fmt: skip


def refuse(project: Project, at: datetime, **more: Any) -> None:
    told = {
        "reason": "status",
        "sender": "sdk 1.2",
        "count": 7,
        "example": {"field": "status", "id": "x", "why": "No."},
    }
    apps.get_model("ingest", "Refusal").objects.create(project=project, first_at=at, last_at=at, **(told | more))


@pytest.mark.usefixtures("arrived")
class TestPage:
    def test_it_says_what_needs_a_look(self, fetch: Fetch, project: Project) -> None:
        refuse(project, timezone.now())

        text = words(fetch("data-health/"))

        assert "Calls were refused for one reason in the last day and 5 calls have no price." in text
        assert "Without a price 12.5%" in text
        assert "Usage unknown 7.5%" in text
        assert "Sent more than once 24.0%" in text

    def test_every_number_opens_the_calls_behind_it(self, fetch: Fetch, project: Project) -> None:
        checked = numbers(fetch("data-health/"))

        assert {int(value) for _, _, value in checked} == {40, 5, 3, 38, 2}
        for href, measure, value in checked:
            assert answer_behind(project, href, measure, timezone.now()) == int(value), href
            assert count_of(fetch(href.split("/", 3)[3])) == int(value), href

    def test_senders_are_those_heard_and_those_whose_calls_are_here(self, fetch: Fetch) -> None:
        text = words(fetch("data-health/"))

        assert "sdk 1.2 native pm_abc… 0.6 38 50 24.0% 1 min ago" in text
        assert "otel — — <0.1 2 — — —" in text

    def test_refusals_have_an_example_each_and_it_is_only_text(self, fetch: Fetch, project: Project) -> None:
        refuse(project, timezone.now(), example={"field": "model", "id": "c1", "why": "<script>alert(1)</script>"})
        refuse(project, timezone.now(), reason="unknown_content_type", example={}, sender="")

        html = fetch("data-health/")

        assert "<script>alert" not in html
        assert "status 7 model : <script>alert(1)</script> call c1 sdk 1.2" in words(
            html.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "S")
        ).replace(" S ", " <script>alert(1)</script> ")
        assert "The whole request was refused." in html

    def test_models_without_a_price_show_their_tokens_and_how_to_give_them_one(self, fetch: Fetch) -> None:
        text = words(fetch("data-health/"))

        assert "new-model openai 5 500 50" in text
        assert "manage.py import_prices FILE" in text
        assert "contradiction gpt-4o 2" in text

    def test_what_the_nightly_check_found_is_listed(self, fetch: Fetch, project: Project) -> None:
        RollupDifference.objects.create(
            project_id=project.pk, hour=datetime(2026, 3, 2, 5, tzinfo=UTC), measure="cost_usd",
            of_calls=Decimal("1.5"), of_rollup=Decimal("1.25"), found_at=timezone.now(),
        )  # fmt: skip

        text = words(fetch("data-health/"))

        assert "2026-03-02 05:00 cost_usd 1.5 1.25" in text
        assert "the nightly check found and repaired a difference" in text

    def test_rollups_that_stopped_are_a_line(self, fetch: Fetch, project: Project) -> None:
        RollupState.objects.create(project_id=project.pk, finished_at=timezone.now() - timedelta(hours=5))

        assert "Rollups were last made 5 h ago." in words(fetch("data-health/"))

    def test_a_clock_that_is_ahead_is_named(self, fetch: Fetch, project: Project) -> None:
        put([a_call(project.pk, timezone.now() + timedelta(minutes=3), sender_name="fast", latency_ms=0.0)])

        text = words(fetch("data-health/"))

        assert "fast sends calls that end up to 3 min" in text or "fast sends calls that end up to 2 min 5" in text
        assert "the clock of fast is ahead" in text

    def test_filters_narrow_it_and_find_nothing_in_words(self, fetch: Fetch) -> None:
        assert "Calls 2" in words(fetch("data-health/?sender=otel"))
        assert "No calls match this filter." in words(fetch("data-health/?sender=nobody"))

    def test_strangers_see_nothing(self, fetch: Fetch, person: Any) -> None:
        Membership.objects.filter(user=person).delete()

        fetch("data-health/", status=404)


def test_when_all_is_well_it_says_so(fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
    put([a_call(project.pk, days_ago(0))])

    html = fetch("data-health/")

    assert "Everything that was sent arrived, and all of it is priced." in html
    assert "Nothing was refused." in html
    assert "Every model has a price." in html
    assert DOT not in html


def test_refusals_are_shown_before_any_call_is_here(fetch: Fetch, project: Project) -> None:
    refuse(project, timezone.now())

    text = words(fetch("data-health/"))

    assert "Calls were refused for one reason in the last day." in text
    assert "Without a price —" in text


class TestDot:
    def test_a_fresh_refusal_lights_it_and_an_old_one_does_not(self, fetch: Fetch, project: Project) -> None:
        assert DOT not in fetch("overview/")

        refuse(project, timezone.now() - timedelta(days=2))
        assert DOT not in fetch("overview/")

        refuse(project, timezone.now(), reason="model")
        assert DOT in fetch("overview/")

    def test_a_page_that_saw_calls_without_a_price_lights_it(
        self, fetch: Fetch, project: Project, days_ago: DaysAgo, count_queries: list[str]
    ) -> None:
        put([a_call(project.pk, days_ago(0), cost=None)])
        fetch("cost/")
        count_queries.clear()

        assert DOT in fetch("settings/")
        assert not count_queries

    def test_what_other_projects_have_does_not_light_it(self, fetch: Fetch, project: Project) -> None:
        other = Project.objects.create(slug="other", name="Other", organisation=project.organisation)
        refuse(other, timezone.now())
        cache.set(f"unpriced:{other.pk}", True)

        assert DOT not in fetch("overview/")


def test_clocks_are_measured_from_the_end_of_calls(project_id: int) -> None:
    now = datetime.now(UTC)
    put([a_call(project_id, now - timedelta(seconds=60), latency_ms=10_000.0, sender_name="late") for _ in range(3)])
    put([a_call(project_id, now - timedelta(days=3), sender_name="backfill")], ago=timedelta(days=2))

    (late,) = health.clocks(project_id, now)

    assert (late.sender, late.calls, late.from_the_future, late.ahead_ms) == ("late", 3, 0, None)
    assert late.delay_ms == pytest.approx(50_000, abs=3_000)


def test_without_the_store(signed_in_client: Client, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EVENTS_URL", "clickhouse://127.0.0.1:9")
    store_client.connections.reset()
    try:
        response = signed_in_client.get(f"/p/{project.slug}/data-health/")
    finally:
        monkeypatch.undo()
        store_client.connections.reset()

    assert response.status_code == 503
    assert b"Your data is safe" in response.content
