"""The frame around every page: where a person lands, which rooms she sees, the theme, the components."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.frame import ROOMS
from projects.models import Membership, Organisation, Project
from tests.dashboard.conftest import Fetch


def test_home_leads_to_the_project_used_last(signed_in_client: Client, person: User, project: Project) -> None:
    other = Project.objects.create(organisation=Organisation.objects.create(name="B"), slug="a-first", name="A first")
    Membership.objects.create(project=other, user=person)

    assert signed_in_client.get("/").headers["Location"] == "/p/a-first/"
    signed_in_client.get(f"/p/{project.slug}/")
    assert signed_in_client.get("/").headers["Location"] == f"/p/{project.slug}/"


def test_home_without_a_project_says_how_to_get_into_one(signed_in_client: Client) -> None:
    Membership.objects.all().delete()

    assert b"Ask an owner for an invitation link" in signed_in_client.get("/").content


def test_nobody_sees_anything_without_signing_in(client: Client, project: Project) -> None:
    for path in ("/", f"/p/{project.slug}/", f"/p/{project.slug}/overview/", "/patterns/"):
        assert client.get(path).headers["Location"].startswith("/login/")


def test_the_rail_shows_only_rooms_that_exist(fetch: Fetch, project: Project) -> None:
    html = fetch("overview/")

    for room in ROOMS:
        url = f'class="rail-link" href="/p/{project.slug}/{room.name}/"'
        assert (url in html) is _exists(room.name, project), room.name
    assert html.count('aria-current="page"') == 1


def _exists(name: str, project: Project) -> bool:
    from django.urls import NoReverseMatch, reverse

    try:
        return bool(reverse(f"dashboard:{name}", args=[project.slug]))
    except NoReverseMatch:
        return False


@pytest.mark.parametrize(("theme", "written"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_the_theme_is_written_by_the_server(fetch: Fetch, signed_in_client: Client, theme: str, written: str) -> None:
    signed_in_client.post("/theme/", {"theme": theme, "next": "/"})

    assert f'<html lang="en" {written}>' in fetch("overview/")
    signed_in_client.post("/theme/", {"theme": "system", "next": "/"})
    assert '<html lang="en">' in fetch("overview/")


def test_the_theme_form_never_leads_elsewhere(signed_in_client: Client) -> None:
    response = signed_in_client.post("/theme/", {"theme": "dark", "next": "https://elsewhere.example/"})

    assert response.headers["Location"] == "/"


def test_an_unknown_theme_is_not_kept(signed_in_client: Client) -> None:
    assert "theme" not in signed_in_client.post("/theme/", {"theme": "pink"}).cookies


def test_the_components_are_shown_to_staff_only(signed_in_client: Client, person: User, settings: Any) -> None:
    settings.DEBUG = False
    assert signed_in_client.get("/patterns/").status_code == 403
    User.objects.filter(pk=person.pk).update(is_staff=True)

    response = signed_in_client.get("/patterns/")

    assert response.status_code == 200
    assert b"[[missing" not in response.content


def test_names_from_outside_are_text(fetch: Fetch, project: Project) -> None:
    html = fetch("overview/?model=%3Cscript%3Ealert(1)%3C/script%3E&%3Cb%3E=1")

    assert "<script>alert" not in html
    assert "<b>=1" not in html
    assert "Model is &lt;script&gt;" in html
