"""Settings in a real browser: make a key and use it, invite someone, and stand in nobody's way."""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page

from tests.services.browser import NARROW, WIDE, barriers, sign_in
from tests.services.web import Web

pytestmark = pytest.mark.browser
PARTS = ("", "people/", "keys/", "audit/", "account/")


def settings(web: Web, part: str = "") -> str:
    return f"/p/{web.slug}/settings/{part}"


@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", NARROW)])
def test_every_part_is_free_of_barriers_and_no_wider_than_the_screen(
    new_page: Callable[..., Page], web: Web, theme: str, size: dict[str, int]
) -> None:
    page = new_page(color_scheme=theme, viewport=size)
    page.goto("/login/")
    assert barriers(page) == []
    sign_in(page, web)
    for part in PARTS:
        page.goto(settings(web, part))
        assert barriers(page) == [], part
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), part


def test_a_key_made_on_the_page_works_and_ends_when_it_is_revoked(signed_in: Page, web: Web) -> None:
    name = f"browser {uuid4().hex[:8]}"
    signed_in.goto(settings(web, "keys/"))
    signed_in.fill("[name=name]", name)
    signed_in.check("text=read: query calls and figures")
    signed_in.click("text=Create key")
    secret = signed_in.locator("#made code").inner_text()
    assert _status(web, secret) == 200

    signed_in.goto(settings(web, "keys/"))
    assert secret not in signed_in.content()
    signed_in.get_by_role("row", name=name).get_by_role("link").click()
    signed_in.get_by_role("button", name=f"Revoke key “{name}”").click()
    signed_in.get_by_text("is revoked.").wait_for()
    assert _status(web, secret) == 401


def _status(web: Web, secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{web.base_url}/api/v1/calls?limit=1", headers=headers, timeout=20).status_code


def test_an_invited_person_gets_in_by_the_link_and_sees_no_owners_button(
    signed_in: Page, new_page: Callable[..., Page], web: Web
) -> None:
    email = f"{uuid4().hex[:8]}@acme.test"
    signed_in.goto(settings(web, "people/"))
    signed_in.fill("[name=email]", email)
    signed_in.click("text=Make invitation link")
    link = signed_in.locator("#made code").inner_text()

    guest = new_page()
    guest.goto(link)
    assert barriers(guest) == []
    guest.fill("[name=name]", "Nia New")
    guest.fill("[name=password]", "another horse battery")
    guest.click("button:has-text('Join')")
    guest.wait_for_url("**/p/**")
    guest.goto(settings(web, "people/"))
    assert guest.get_by_role("row", name=email).count() == 1
    assert guest.get_by_text("Make invitation link").count() == 0


def test_settings_work_without_scripts(new_page: Callable[..., Page], web: Web) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, web)
    page.goto(settings(web, "account/"))
    page.fill("[name=current]", web.password)
    page.fill("[name=new]", web.password)
    page.get_by_role("button", name="Change password").click()
    assert "Your password is changed" in page.content()
