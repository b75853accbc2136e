"""Calls, call, trace, Reliability, Setup and Data health in a real browser: clean in both themes, on a desk and a phone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.services.browser import NARROW, WIDE, barriers, sign_in
from tests.services.web import Web

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
CALL = "11111111-2222-4333-8444-555555555555"
EVIL = "<img src=x onerror=\"document.title='owned'\">"
NEW_PROJECT = """
from projects.models import Membership, Organisation, Project
from projects import keys
project = Project.objects.create(slug="empty", name="Empty", organisation=Organisation.objects.first())
Membership.objects.create(project=project, user_id=Membership.objects.first().user_id, role="owner")
keys.create(project, name="k", scopes=["ingest"], secret="pm_key_of_the_empty_project")
"""


def send(web: Web, calls: list[dict[str, Any]], key: str = "") -> dict[str, Any]:
    """Send calls through the real door."""
    headers = {"Authorization": f"Bearer {key or web.key}"}
    answer = httpx.post(f"{web.base_url}/api/v1/calls", json={"calls": calls}, headers=headers, timeout=30)
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def stocked(web: Web) -> Web:
    """Calls of 30 models at 12 providers, a trace with fallbacks, and one call that means harm."""
    now = datetime.now(UTC)
    calls = [_call(number, now - timedelta(hours=number * 2, minutes=3)) for number in range(80)]
    calls += [_attempt(number, now - timedelta(minutes=9)) for number in range(4)]
    calls.append(_call(81, now - timedelta(minutes=2)) | _harmful())
    assert send(web, calls)["accepted"] == 85
    assert send(web, [_call(1, now) | {"status": "okay"}])["rejected"]
    return web


def _call(number: int, at: datetime) -> dict[str, Any]:
    return {
        "started_at": at.isoformat(), "latency_ms": 500 + number * 40, "ttft_ms": 100 + number,
        "provider": f"provider-{number % 12}", "model": f"model-{number % 30:02}-with-a-long-name",
        "requested_model": f"model-{number % 15:02}", "status": "error" if number % 9 == 0 else "ok",
        "error_type": ("timeout", "rate_limit")[number % 2] if number % 9 == 0 else None,
        "feature": ("faq", "search", "drafts")[number % 3], "usage": {"input_tokens": 100, "output_tokens": 50},
        "cost_usd": round(0.001 * (number + 1), 6) if number % 5 else None,
    }  # fmt: skip


def _attempt(number: int, at: datetime) -> dict[str, Any]:
    return _call(number + 1, at + timedelta(seconds=number)) | {
        "trace_id": "pipe/1", "span_id": f"s{number}", "parent_span_id": f"s{number - 1}" if number else None,
        "group_id": "g", "stage": ("structure", "research", "finish", "verify")[number],
        "fallback_reason": "timeout" if number == 3 else None,
    }  # fmt: skip


def _harmful() -> dict[str, Any]:
    said = [{"role": "system", "content": EVIL}, {"role": "user", "content": EVIL * 90}]
    tags = {EVIL[:40]: EVIL}
    return {"id": CALL, "model": EVIL, "task": EVIL, "input": said, "output": EVIL, "tags": tags, "error_message": EVIL}


PATHS = (
    "calls/", "calls/?status=error&feature=faq", f"calls/{CALL}/?sort=-cost", "traces/pipe%2F1/", "reliability/",
    "reliability/?view=table", "data-health/", "setup/", "calls/?model=nothing",
)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_are_clean_and_fit(stocked: Web, new_page: NewPage, theme: str, size: dict[str, int]) -> None:
    page = new_page(color_scheme=theme, viewport=size)
    sign_in(page, stocked)
    for path in PATHS:
        page.goto(f"/p/{stocked.slug}/{path}", wait_until="networkidle")
        page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])') || scrollBy(0, 400)")
        for fold in page.locator("main details").all():
            fold.evaluate("fold => { fold.open = true }")

        assert barriers(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"
        assert "owned" not in page.title()


def test_numbers_lead_to_as_many_calls(stocked: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{stocked.slug}/reliability/", wait_until="networkidle")
    page.wait_for_selector("#errors table")
    links = page.eval_on_selector_all("[data-check^='calls=']", "all => all.map(a => [a.href, a.dataset.check])")

    assert len(links) > 20
    for href, check in links[::7]:
        page.goto(href)
        assert page.locator("[data-count]").get_attribute("value") == check.removeprefix("calls="), href


def test_three_clicks_from_models_to_the_five_dearest_calls(stocked: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{stocked.slug}/models/", wait_until="networkidle")
    page.locator("tbody tr:not(.total) td.bar-cell a").first.click()
    page.wait_for_selector("[data-count]")

    assert "sort=-cost" in page.url
    costs = page.locator(".calls tbody tr td:nth-child(6)").all_inner_texts()
    known = [float(text) for text in costs if text[0].isdigit()]
    assert known == sorted(known, reverse=True)
    page.locator(".calls tbody th a").first.click()
    expect(page.locator("#receipt")).to_be_visible()


def test_a_facet_narrows_and_back_widens(stocked: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{stocked.slug}/calls/", wait_until="networkidle")
    whole = page.locator("[data-count]").get_attribute("value")
    page.click("#facets >> text=search")
    page.wait_for_selector(".pill")

    assert page.url.endswith("?feature=search")
    assert page.locator("[data-count]").get_attribute("value") != whole
    page.go_back()
    page.wait_for_selector(".pill", state="detached")
    assert page.locator("[data-count]").get_attribute("value") == whole


def test_rows_are_walked_with_keys_and_the_pager_with_links(stocked: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{stocked.slug}/calls/", wait_until="networkidle")
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#receipt")

    assert focused.partition("?")[0] in page.url
    page.go_back()
    page.wait_for_selector("text=Older")
    first = page.locator(".calls tbody th a").first.get_attribute("href")
    page.click("text=Older")
    page.wait_for_selector("text=Newer")
    page.click("text=Newer")
    page.wait_for_selector("text=Newer", state="detached")
    again = page.locator(".calls tbody th a").first.get_attribute("href")
    assert first
    assert again
    assert first.partition("?")[0] == again.partition("?")[0]


def test_a_click_on_a_bar_of_errors_opens_them(stocked: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{stocked.slug}/reliability/", wait_until="networkidle")
    plot = page.locator("#failures .plot")
    plot.scroll_into_view_if_needed()
    page.wait_for_selector("#failures [data-drawn]")
    figure = json.loads(page.locator("#failures-data").inner_text())
    place, kind = _largest(figure)
    box = plot.locator(".trace").nth(kind).locator(".point").nth(place).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 9, y)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)
    page.wait_for_url(lambda url: "/calls/" in url)

    trace = figure["data"][kind]
    assert page.url.endswith(f"{trace['meta']['link']}&{figure['layout']['meta']['times'][place]}")
    assert page.locator("[data-count]").get_attribute("value") == str(int(trace["y"][place]))


def _largest(figure: dict[str, Any]) -> tuple[int, int]:
    """The place and the kind of the largest piece that does not lie at the bottom of its bar."""
    pieces = [(y, place, kind) for kind, one in enumerate(figure["data"]) for place, y in enumerate(one["y"]) if kind]
    return max(pieces)[1:]


def test_setup_turns_live_the_moment_the_first_call_arrives(stocked: Web, signed_in: Page) -> None:
    page, web = signed_in, stocked
    web.manage("shell", "-c", NEW_PROJECT)
    page.goto("/p/empty/overview/", wait_until="domcontentloaded")
    page.wait_for_selector("text=Waiting for your first call")
    assert barriers(page) == []
    page.click("text=OpenTelemetry")
    expect(page.locator("#way-opentelemetry")).to_be_visible()
    expect(page.locator("#way-curl")).to_be_hidden()

    refused = send(web, [{"started_at": "yesterday"}], "pm_key_of_the_empty_project")
    assert refused["rejected"]
    page.wait_for_selector("text=Refused so far", timeout=12_000)
    page.wait_for_selector("#waiting li >> text=started_at", timeout=12_000)
    send(web, [{"started_at": datetime.now(UTC).isoformat(), "model": "gpt-4o"}], "pm_key_of_the_empty_project")
    page.wait_for_selector("text=It is here.", timeout=8_000)
    assert barriers(page) == []
    page.click("text=Open this call")
    page.wait_for_selector("#receipt")
