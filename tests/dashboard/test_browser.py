"""The pages in a real browser: nothing in anybody's way in both themes, on a desk and on a phone; gestures are links."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.services.browser import NARROW, WIDE, barriers, sign_in
from tests.services.web import Web

pytestmark = pytest.mark.browser
PAGES = ("overview/", "cost/", "models/")
NewPage = Callable[..., Page]


@pytest.fixture(scope="module")
def busy(web: Web) -> Web:
    """A project that received calls of 30 models at 12 providers over two weeks, through the real door."""
    now = datetime.now(UTC)
    for day in range(14):
        batch = [_call(number, now - timedelta(days=day, minutes=5 + number % 60)) for number in range(60)]
        answer = httpx.post(f"{web.base_url}/api/v1/calls", json={"calls": batch}, headers=web.headers, timeout=30)
        assert answer.json()["accepted"] == 60, answer.text
    return web


def _call(number: int, at: datetime) -> dict[str, Any]:
    return {
        "started_at": at.isoformat(),
        "latency_ms": 500 + number * 40,
        "ttft_ms": 100 + number,
        "operation": "chat",
        "provider": f"provider-{number % 12}",
        "model": f"model-{number % 30:02}-with-a-long-name",
        "status": "error" if number % 29 == 0 else "ok",
        "feature": ("faq", "search", "drafts")[number % 3],
        "cost_usd": round(0.001 * (number + 1), 6),
        "usage": {"input_tokens": 100 + number, "output_tokens": 50},
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_are_clean_and_fit(busy: Web, new_page: NewPage, theme: str, size: dict[str, int]) -> None:
    page = new_page(color_scheme=theme, viewport=size)
    sign_in(page, busy)
    for path in PAGES:
        page.goto(f"/p/{busy.slug}/{path}", wait_until="networkidle")
        page.wait_for_function("!document.querySelector('[data-chart]:not([data-drawn])') || scrollBy(0, 400)")

        assert barriers(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the window"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_component_is_clean(busy: Web, new_page: NewPage, theme: str) -> None:
    page = new_page(color_scheme=theme)
    sign_in(page, busy)
    page.goto("/patterns/", wait_until="networkidle")

    assert barriers(page) == []


def test_a_filter_is_in_the_address_and_back_takes_it_out(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/cost/", wait_until="networkidle")
    page.click("[popovertarget=menu-filter]")
    page.click("#filter-values >> text=Feature")
    page.click("#values-list >> text=search")
    page.wait_for_selector(".pill")

    assert page.url.endswith("?feature=search")
    assert page.locator(".pill").inner_text() == "Feature is search"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.go_back()
    page.wait_for_selector(".pill", state="detached")
    assert page.locator("h1").count() == 1


def test_a_click_on_a_bar_opens_its_calls_and_a_drag_narrows_the_time(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/overview/", wait_until="networkidle")
    page.locator("[data-chart]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-drawn]")
    box = page.locator(".plot").bounding_box()
    assert box
    left, y = box["x"] + box["width"] * 0.45, box["y"] + box["height"] - 60
    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move(left + box["width"] * 0.3, y, steps=5)
    page.mouse.up()
    page.wait_for_url(lambda url: "from=" in url)

    assert "T00" in page.url
    assert page.locator("text=Zoom out").count() == 1


def test_a_click_on_a_bar_leads_to_the_calls_of_its_day_and_model(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/overview/", wait_until="networkidle")
    page.locator("[data-chart]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-drawn]")
    target = page.evaluate(
        """() => { const plot = document.querySelector("[data-drawn]");
                   return new Promise((done) => { addEventListener("beforeunload", () => done("left"));
                     const bar = plot.querySelector(".bars .point path").getBoundingClientRect();
                     done([bar.x + bar.width / 2, bar.y + bar.height / 2]); }); }"""
    )
    with page.expect_request(lambda request: "/calls/" in request.url) as asked:
        page.mouse.click(*target)

    assert "model=" in asked.value.url
    assert "from=" in asked.value.url


def test_the_theme_changes_at_once_and_stays(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/overview/", wait_until="networkidle")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("d")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.reload()

    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_keys_lead_through_the_rooms_but_not_while_typing(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/cost/", wait_until="networkidle")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(f"**/p/{busy.slug}/models/")
    page.fill("#find", "")
    page.type("#find", "go")

    assert page.url.endswith("/models/")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


def test_typing_leads_to_a_page_or_to_a_call(busy: Web, signed_in: Page) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/overview/", wait_until="networkidle")
    page.keyboard.press("/")
    page.fill("#command", " 0198A000-0000-7000-8000-000000000001 ")

    assert page.get_attribute("#command-call", "href") == f"/p/{busy.slug}/calls/0198a000-0000-7000-8000-000000000001/"
    assert page.locator("#command-call").is_visible()
    page.fill("#command", "mod")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/{busy.slug}/models/")


def test_on_a_phone_the_filters_unfold(busy: Web, new_page: NewPage) -> None:
    page = new_page(viewport=NARROW)
    sign_in(page, busy)
    page.goto(f"/p/{busy.slug}/cost/?feature=search", wait_until="networkidle")

    assert not page.locator(".pill").is_visible()
    page.click("text=Filters (1)")
    assert page.locator(".pill").is_visible()


def test_pages_can_be_read_and_used_without_scripts(busy: Web, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, busy)
    page.goto(f"/p/{busy.slug}/models/")
    page.fill("#find", "model-07")
    page.press("#find", "Enter")

    assert page.locator("tbody tr").count() > 1
    assert "find=model-07" in page.url
    page.goto(f"/p/{busy.slug}/cost/")
    page.click("noscript a >> nth=0")
    assert page.locator("figure").count() == 1


COUNT = re.compile(r'<data value="(\d+)" data-count>')


def _numbers(page: Page) -> list[tuple[str, str, str]]:
    """Every number of the page that says what it is: its address, measure and value."""
    found = page.eval_on_selector_all(
        "[data-check]", "links => links.map(link => [link.getAttribute('href'), ...link.dataset.check.split('=')])"
    )
    return [(href, measure, value) for href, measure, value in found]


@pytest.mark.parametrize("path", ["overview/", "cost/", "cost/?by=feature", "models/"])
def test_every_number_opens_the_calls_behind_it(busy: Web, signed_in: Page, path: str) -> None:
    page = signed_in
    page.goto(f"/p/{busy.slug}/{path}", wait_until="networkidle")
    numbers = _numbers(page)
    every = next(int(value) for _, measure, value in numbers if measure == "calls")

    assert numbers
    for href, measure, value in dict.fromkeys(numbers):
        landed = page.context.request.get(href)
        found = COUNT.search(landed.text())
        assert landed.status == 200, href
        assert found, href
        _compare(measure, float(value), int(found[1]), every)


def _compare(measure: str, value: float, behind: int, every: int) -> None:
    if measure == "calls":
        assert behind == value
    elif measure == "error_rate":
        assert behind == round(value * every)
    elif measure == "latency_p95":
        assert 0.04 * every <= behind <= 0.08 * every
    else:
        assert behind > 0
