"""A real Chromium for tests, driven by Playwright, that may reach nothing but this machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from tests.services.web import Web

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def program() -> str | None:
    """The browser of this machine."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser(monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Browser]:
    """One Chromium per file of tests. Without one the tests are skipped, or fail where CI asks for it."""
    path = program()
    if path is None:
        verdict = pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip
        verdict("BROWSER TESTS DID NOT RUN: no Chromium here. On Debian: apt-get install chromium")
    # Playwright's loop lives in this thread, and Django would take every query of a test for one made inside it.
    monkeypatch_module.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture
def new_page(browser: Browser, web: Web) -> Iterator[Callable[..., Page]]:
    """Open a page of the web server; the test fails when one logs an error or asks another host for anything."""
    complaints: list[str] = []
    contexts = []

    def guard(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in {"http", "https"} and url.hostname not in {"127.0.0.1", "localhost"}:
            complaints.append(f"asked another host: {route.request.url}")
            route.abort()
        else:
            route.continue_()

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def make(**options: Any) -> Page:
        context = browser.new_context(base_url=web.base_url, **({"viewport": WIDE} | options))
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page 1440 wide, not signed in."""
    return new_page()


@pytest.fixture
def signed_in(page: Page, web: Web) -> Page:
    """A page 1440 wide, signed in as the admin."""
    sign_in(page, web)
    return page


def sign_in(page: Page, web: Web) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", web.username)
    page.fill("input[name=password]", web.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def barriers(page: Page) -> list[str]:
    """What axe finds on the page as it is now, one line each; empty when nothing stands in anybody's way."""
    violations = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node['html'][:160]}"
        for found in violations
        for node in found["nodes"]
    ]
