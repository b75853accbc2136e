"""Calls: the list is exactly what was clicked, in every order, on every page, in the file and in every state."""

import csv
import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Organisation, Project
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.links import answer_behind, numbers
from tests.dashboard.test_pages import words

COUNT = re.compile(r'<data value="(\d+)" data-count>')
ROW = re.compile(r'<th scope="row"><span class="named"><a href="/p/[^/]+/calls/([0-9a-f-]{36})/')
DaysAgo = Callable[[float], datetime]


def count_of(html: str) -> int:
    """How many calls a page says there are; none when it says why there are none."""
    found = COUNT.search(html)
    return int(found[1]) if found else 0


def ids_of(html: str) -> list[str]:
    """The calls of a page, in its order."""
    return ROW.findall(html)


def link_of(html: str, label: str) -> str:
    """The query behind a button of the pager; empty when it is not there."""
    found = re.search(r'<a class="button" href="\?([^"]*)"[^>]*>(?:<svg[^>]*>.*?</svg>)?' + label, html)
    return unescape(found[1]) if found else ""


@pytest.fixture
def mixed(project: Project, days_ago: DaysAgo) -> list[dict[str, Any]]:
    """Sixty calls that differ in everything one can filter by; ten have no known cost and ten no latency."""
    start = days_ago(0.1)
    rows = [
        a_call(
            project.pk,
            start + timedelta(seconds=number // 2),
            model=("gpt-4o", "claude-sonnet-4", "")[number % 3],
            provider=("openai", "anthropic", "")[number % 3],
            feature="faq" if number % 4 else "",
            task="lookup" if number % 5 else "",
            status="error" if number % 7 == 0 else "ok",
            error_type="timeout" if number % 7 == 0 else "",
            user_id=f"u{number % 2}",
            tags={"plan": "pro"} if number % 2 else {},
            cost=None if number % 6 == 0 else f"0.{number % 9 + 1:02}",
            latency_ms=None if number % 6 == 1 else float(100 * (number % 8)),
            trace_id=f"t{number // 10}",
        )
        for number in range(60)
    ]
    put(rows)
    return rows


FILTERS: list[tuple[str, Callable[[dict[str, Any]], bool]]] = [
    ("", lambda row: True),
    ("model=gpt-4o", lambda row: row["model"] == "gpt-4o"),
    ("model=gpt-4o&model=", lambda row: row["model"] in ("gpt-4o", "")),
    ("not.model=gpt-4o", lambda row: row["model"] != "gpt-4o"),
    ("feature=", lambda row: row["feature"] == ""),
    ("not.feature=", lambda row: row["feature"] != ""),
    ("status=error&error_type=timeout", lambda row: row["status"] == "error"),
    ("tag.plan=pro", lambda row: row["tags"].get("plan") == "pro"),
    ("not.tag.plan=pro", lambda row: row["tags"].get("plan") != "pro"),
    ("user_id=u1&task=lookup", lambda row: row["user_id"] == "u1" and row["task"] == "lookup"),
    ("cost_status=unpriced_model", lambda row: row["cost_current"] is None),
    ("min_latency_ms=300", lambda row: (row["latency_ms"] or 0) >= 300),
    ("max_latency_ms=300", lambda row: row["latency_ms"] is not None and row["latency_ms"] <= 300),
    ("min_cost_usd=0.05", lambda row: row["cost_current"] is not None and row["cost_current"] >= Decimal("0.05")),
    ("trace_id=t2", lambda row: row["trace_id"] == "t2"),
]


@pytest.mark.parametrize(("query", "fits"), FILTERS, ids=[query or "all" for query, _ in FILTERS])
def test_a_question_of_any_page_finds_exactly_its_calls(
    fetch: Fetch, mixed: list[dict[str, Any]], query: str, fits: Callable[[dict[str, Any]], bool]
) -> None:
    expected = {str(row["call_id"]) for row in mixed if fits(row)}

    html = fetch(f"calls/?{query}")

    assert count_of(html) == len(expected) > 0
    assert set(_walk(fetch, query)) == expected


def _walk(fetch: Fetch, query: str) -> list[str]:
    """Every call of a list, page by page."""
    html = fetch(f"calls/?{query}")
    found = ids_of(html)
    while older := link_of(html, "Older"):
        html = fetch(f"calls/?{older}")
        found += ids_of(html)
    return found


@pytest.mark.parametrize("sort", ["", "time", "-cost", "-latency"])
def test_older_and_newer_lead_through_the_same_pages(fetch: Fetch, mixed: list[dict[str, Any]], sort: str) -> None:
    first = fetch(f"calls/?sort={sort}" if sort else "calls/")
    second = fetch(f"calls/?{link_of(first, 'Older')}")
    third = fetch(f"calls/?{link_of(second, 'Older')}")
    pages = [ids_of(page) for page in (first, second, third)]

    assert [len(page) for page in pages] == [25, 25, 10]
    assert len({one for page in pages for one in page}) == 60
    assert link_of(first, "Newer") == link_of(third, "Older") == ""
    assert ids_of(fetch(f"calls/?{link_of(third, 'Newer')}")) == pages[1]
    assert ids_of(fetch(f"calls/?{link_of(second, 'Newer')}")) == pages[0]


def test_each_order_is_what_it_says(fetch: Fetch, mixed: list[dict[str, Any]]) -> None:
    by_id = {str(row["call_id"]): row for row in mixed}
    costs = [by_id[one]["cost_current"] for one in _walk(fetch, "sort=-cost")]
    times = [by_id[one]["ts"] for one in _walk(fetch, "")]
    slow = [by_id[one]["latency_ms"] for one in _walk(fetch, "sort=-latency")]

    assert times == sorted(times, reverse=True)
    assert costs == sorted((one for one in costs if one is not None), reverse=True) + [None] * 10
    assert slow == sorted((one for one in slow if one is not None), reverse=True) + [None] * 10


def test_calls_that_came_in_meanwhile_are_found_by_going_to_newer(
    fetch: Fetch, mixed: list[dict[str, Any]], project: Project
) -> None:
    second = fetch(f"calls/?{link_of(fetch('calls/'), 'Older')}")
    late = a_call(project.pk, mixed[-1]["ts"] + timedelta(seconds=1))
    put([late])

    newer = fetch(f"calls/?{link_of(second, 'Newer')}")
    newest = fetch(f"calls/?{link_of(newer, 'Newer')}")

    assert str(late["call_id"]) in ids_of(newest)


@pytest.mark.usefixtures("mixed")
def test_a_cursor_that_leads_nowhere_is_ignored_and_said_so(fetch: Fetch) -> None:
    html = fetch("calls/?cursor=nonsense")

    assert "Ignored cursor=nonsense" in words(html)
    assert len(ids_of(html)) == 25


def test_the_words_above_the_list_say_how_many_and_what_they_cost(fetch: Fetch, mixed: list[dict[str, Any]]) -> None:
    spend = sum(row["cost_current"] or Decimal(0) for row in mixed)

    assert f"60 calls, ${spend:.2f} in all." in words(fetch("calls/"))
    assert "20 calls match" in words(fetch("calls/?model=gpt-4o"))
    assert "1 call matches" not in words(fetch("calls/?model=gpt-4o"))
    assert "their cost is not known" in words(fetch("calls/?cost_status=unpriced_model"))


def test_a_percentile_opens_the_calls_slower_than_it(fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
    put([a_call(project.pk, days_ago(0), latency_ms=float(number)) for number in range(1, 201)])
    href = next(href for href, measure, _ in numbers(fetch("reliability/")) if measure == "latency_p95")

    html = fetch(href.split("/", 3)[3])

    assert "sort=-latency" in href
    assert 9 <= count_of(html) <= 11
    assert re.search(r"The slowest (4\.5|5\.0|5\.5)%: \d+ of 200 calls took 19\d ms or longer\.", words(html))


@pytest.mark.usefixtures("mixed")
def test_every_facet_counts_the_calls_it_leads_to(fetch: Fetch, project: Project) -> None:
    html = fetch("calls/facets/?status=ok")
    found = re.findall(r'<a href="\?([^"]+)"[^>]*data-check="calls=(\d+)"', html)

    assert len(found) >= 8
    for query, calls in found:
        assert answer_behind(project, f"?{unescape(query)}", "calls", timezone.now()) == int(calls), query
    assert 'aria-current="true"' in html  # the chosen status can be taken back here


@pytest.mark.usefixtures("mixed")
def test_the_shape_adds_up_to_the_list_and_has_its_table(fetch: Fetch, project: Project) -> None:
    text = words(fetch("calls/shape/?view=table"))

    assert "All 60 51 9" in text
    assert "85.0% ok, 15.0% error" in words(fetch("calls/shape/"))


def test_who_answered_in_the_end_stands_beside_a_failure(fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
    at = days_ago(0.5)
    failed = {"status": "error", "error_type": "rate_limit", "http_status": 429, "group_id": "g1"}
    put([a_call(project.pk, at, model="claude-opus", **failed)])
    put(
        [a_call(project.pk, at + timedelta(seconds=1), model="gpt-backup", group_id="g1", fallback_reason="rate_limit")]
    )

    text = words(fetch("calls/"))

    assert "rate limit 429 → gpt-backup" in text
    assert "ok fallback: rate limit" in text


class TestFile:
    def test_it_holds_what_is_shown_in_the_same_order(self, fetch: Fetch, mixed: list[dict[str, Any]]) -> None:
        for query in ("", "model=gpt-4o", "sort=-cost", "sort=time&status=error"):
            rows = list(csv.DictReader(io.StringIO(fetch(f"calls/calls.csv?{query}"))))

            assert [row["id"] for row in rows] == _walk(fetch, query), query

    def test_values_are_raw(self, fetch: Fetch, project: Project) -> None:
        at = datetime(2026, 11, 2, 3, 4, 5, 678901, UTC)
        one = a_call(
            project.pk, at, cost="0.000000000000000001", latency_ms=12.5, user_id="=HYPERLINK(1)", model="-1+1",
            usage_convention="exclusive", cache_read=40, cache_write_5m=0,
        )  # fmt: skip
        put([one])

        (row,) = csv.DictReader(io.StringIO(fetch("calls/calls.csv?from=2026-11-01&to=2026-11-05")))

        assert row["started_at"] == "2026-11-02T03:04:05.678901Z"
        assert row["cost_usd"] == "0.000000000000000001"
        assert row["latency_ms"] == "12.5"
        assert row["user_id"] == "'=HYPERLINK(1)"
        assert row["model"] == "'-1+1"
        assert row["input_tokens"] == "140"
        assert row["ttft_ms"] == ""

    def test_it_comes_as_a_named_stream(self, signed_in_client: Client, project: Project, mixed: Any) -> None:
        response = signed_in_client.get(f"/p/{project.slug}/calls/calls.csv?period=24h")

        assert response.streaming
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert f'filename="{project.slug}-calls_' in response.headers["Content-Disposition"]


class TestJump:
    def test_it_finds_a_call_and_a_trace_whenever_they_were(
        self, signed_in_client: Client, project: Project, days_ago: DaysAgo
    ) -> None:
        one = a_call(project.pk, days_ago(200), trace_id="0af7651916cd43dd8448eb211c80319c")
        put([one])
        base = f"/p/{project.slug}"

        for wanted in (str(one["call_id"]), one["call_id"].hex.upper()):
            response = signed_in_client.get(f"{base}/calls/jump/", {"id": f" {wanted} "})
            assert response.headers["Location"] == f"{base}/calls/{one['call_id']}/"
        response = signed_in_client.get(f"{base}/calls/jump/", {"id": one["trace_id"]})
        assert response.headers["Location"] == f"{base}/traces/{one['trace_id']}/"

    @pytest.mark.parametrize("wanted", ["", "nothing", str(uuid.uuid4()), "<script>"])
    def test_what_is_not_there_is_said(self, fetch: Fetch, wanted: str) -> None:
        html = fetch(f"calls/jump/?id={wanted}", status=404)

        assert "No call and no trace of this project has this id" in html
        assert "<script>" not in html.partition("<main")[2]


@pytest.mark.usefixtures("mixed")
class TestStates:
    def test_an_empty_period_names_the_last_day_with_calls(self, fetch: Fetch) -> None:
        text = words(fetch("calls/?from=2020-01-01&to=2020-02-01"))

        assert "No calls between Jan 1, 2020 and Jan 31, 2020." in text
        assert "Show it" in text

    def test_filters_that_match_nothing_name_the_one_to_remove(self, fetch: Fetch) -> None:
        text = words(fetch("calls/?model=gpt-4o&user_id=nobody"))

        assert "No calls match these 2 filters." in text
        assert "Removing “User is nobody” would show 20." in text

    def test_htmx_gets_the_results_alone(self, signed_in_client: Client, project: Project) -> None:
        response = signed_in_client.get(f"/p/{project.slug}/calls/", headers={"HX-Request": "true"})

        assert response.content.lstrip().startswith(b'<div id="results"')
        assert "HX-Request" in response.headers["Vary"]

    def test_what_others_typed_is_only_ever_text(self, fetch: Fetch, project: Project, days_ago: DaysAgo) -> None:
        evil = "<img src=x onerror=alert(1)>\u202e"
        named = dict.fromkeys(("model", "provider", "task", "feature", "error_message", "error_type"), evil)
        put([a_call(project.pk, days_ago(0), status="error", **named)])

        for path in ("calls/", "calls/facets/", "calls/shape/"):
            html = fetch(path)
            assert "<img" not in html
        assert "&lt;img" in fetch("calls/")

    def test_strangers_find_nothing(self, fetch: Fetch, person: Any) -> None:
        Membership.objects.filter(user=person).delete()

        for path in ("calls/", "calls/facets/", "calls/shape/", "calls/calls.csv", "calls/jump/?id=x"):
            fetch(path, status=404)

    def test_another_project_has_other_calls(
        self, signed_in_client: Client, person: Any, mixed: list[dict[str, Any]], project: Project
    ) -> None:
        other = Project.objects.create(
            pk=project.pk + 500_000, slug="other", name="Other", organisation=Organisation.objects.create(name="O")
        )
        Membership.objects.create(project=other, user=person)
        one = mixed[0]

        for path in (f"calls/{one['call_id']}/", f"traces/{one['trace_id']}/", f"calls/jump/?id={one['call_id']}"):
            assert signed_in_client.get(f"/p/other/{path}").status_code == 404, path
        assert count_of(signed_in_client.get("/p/other/calls/").content.decode()) == 0
        assert signed_in_client.get("/p/other/calls/calls.csv").getvalue().count(b"\n") == 1


@pytest.mark.parametrize(
    ("path", "fragment"),
    [("calls/", False), ("calls/facets/", True), ("calls/shape/", True), (f"calls/{uuid.uuid4()}/", False)],
)
def test_without_the_store_the_page_says_so_and_offers_to_try_again(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch, path: str, fragment: bool
) -> None:
    monkeypatch.setattr(settings, "EVENTS_URL", "clickhouse://127.0.0.1:9")
    store_client.connections.reset()
    try:
        headers = {"HX-Request": "true"} if fragment else {}
        html = fetch(path, status=503, **headers)
    finally:
        monkeypatch.undo()
        store_client.connections.reset()

    assert "The event store did not answer." in html
    assert "Try again" in html
    assert ('class="rail"' in html) is not fragment
