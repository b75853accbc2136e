"""Who may come in: a stranger finds nothing anywhere, a member what their role allows."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from projects.access import may, project_for
from projects.models import Membership, Project
from tests.projects.conftest import Cast

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
FILLING = {"int": "1", "uuid": str(uuid.uuid4()), "slug": "thing", "str": "thing", "path": "thing"}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every address of the site as one would write it in urls.py."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route


def project_paths(slug: str) -> list[str]:
    """Every page of one project."""

    def fill(match: re.Match[str]) -> str:
        return slug if match[2] == "slug" else FILLING[match[1] or "str"]

    return [f"/{PARAMETER.sub(fill, route)}" for route in routes(get_resolver()) if route.startswith("p/<")]


def asked(client: Client, method: str, path: str) -> int:
    status: int = getattr(client, method)(path).status_code
    return status


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_finds_nothing_in_any_page_of_a_project(people: Cast, method: str) -> None:
    stranger = people.client("stranger")
    paths = project_paths("shop")
    assert len(paths) >= 10
    answers = {path: asked(stranger, method, path) for path in paths}
    assert {path: status for path, status in answers.items() if status not in {404, 405}} == {}
    assert 404 in answers.values()


@pytest.mark.parametrize("method", ["get", "post"])
def test_to_a_stranger_a_project_looks_as_if_it_were_not_there(people: Cast, method: str) -> None:
    stranger = people.client("stranger")
    theirs = [asked(stranger, method, path) for path in project_paths("shop")]
    nowhere = [asked(stranger, method, path) for path in project_paths("no-such-project")]
    assert theirs == nowhere


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_sent_to_sign_in_and_back(people: Cast, method: str) -> None:
    nobody = people.client("nobody")
    for path in project_paths("shop"):
        response = getattr(nobody, method)(path)
        if response.status_code != 405:
            assert response.status_code == 302, path
            assert response["Location"] == f"/login/?next={path}"


@pytest.mark.parametrize(
    ("role", "may_view", "may_edit", "may_own"),
    [
        ("owner", True, True, True),
        ("editor", True, True, False),
        ("viewer", True, False, False),
        (None, False, False, False),
    ],
)
def test_each_role_includes_the_ones_below(role: str | None, may_view: bool, may_edit: bool, may_own: bool) -> None:
    assert [may(role, needed) for needed in ("viewer", "editor", "owner")] == [may_view, may_edit, may_own]


def test_a_member_gets_the_project(people: Cast) -> None:
    assert project_for(people.viewer, "shop") == people.shop
    assert project_for(people.owner, "shop", "owner") == people.shop


@pytest.mark.parametrize("slug", ["shop", "no-such-project", ""])
def test_a_stranger_nobody_or_superuser_does_not(people: Cast, slug: str) -> None:
    root = User.objects.create(username="root", is_superuser=True)
    for user in (people.stranger, AnonymousUser(), root):
        with pytest.raises(Http404):
            project_for(user, slug)


def test_a_member_with_too_low_a_role_is_told_who_can(people: Cast) -> None:
    with pytest.raises(PermissionDenied, match=r"Only owners can do this\. In Shop that is Dana\."):
        project_for(people.editor, "shop", "owner")
    with pytest.raises(PermissionDenied, match=r"Only editors and owners can do this\. In Shop that is Dana and Eli\."):
        project_for(people.viewer, "shop", "editor")


def test_the_page_that_refuses_says_who_can(people: Cast) -> None:
    response = people.client("viewer").post("/p/shop/settings/people/")
    assert response.status_code == 403
    assert "In Shop that is Dana." in response.content.decode()


def test_a_removed_member_is_out_at_once(people: Cast) -> None:
    viewer = people.client("viewer")
    assert viewer.get("/p/shop/settings/").status_code == 200
    Membership.objects.filter(user=people.viewer).delete()
    assert viewer.get("/p/shop/settings/").status_code == 404


def test_the_database_refuses_unknown_roles_and_second_memberships(people: Cast) -> None:
    for role, user in (("god", people.stranger), ("editor", people.owner)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(project=people.shop, user=user, role=role)


def test_two_projects_never_share_an_address(shop: Project) -> None:
    with pytest.raises(IntegrityError):
        Project.objects.create(organisation=shop.organisation, slug="shop", name="Other")
