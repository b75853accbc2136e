"""Settings in the browser's words: who may do what, what is refused, and that every change is written down."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.test import Client

from projects import keys
from projects.models import ApiKey, AuditEntry, Invitation, Membership, Role
from tests.projects.conftest import PASSWORD, Cast

BASE = "/p/shop/settings/"


@dataclass(frozen=True)
class Act:
    """One thing a person can do in Settings: `path` and `data` are made for the cast."""

    action: str
    needs: str
    path: Callable[[Cast], str]
    data: dict[str, object]


def member(name: str) -> Callable[[Cast], int]:
    return lambda people: people.shop.memberships.get(user=getattr(people, name)).pk


def a_key(people: Cast) -> int:
    return keys.create(people.shop, name="ci", scopes=["ingest"])[0].pk


def an_invitation(people: Cast) -> int:
    from datetime import timedelta

    from django.utils.timezone import now

    late = now() + timedelta(days=1)
    made = Invitation.objects.create(
        project=people.shop, email="n@acme.test", role="viewer", token_hash="x", expires_at=late
    )
    return made.pk


def set_password(people: Cast) -> str:
    for user in (people.owner, people.editor, people.viewer):
        user.set_password(PASSWORD)
        user.save()
    return f"{BASE}account/"


ACTS = [
    Act("project.changed", "owner", lambda p: BASE, {"name": "Store", "timezone": "Europe/Paris"}),
    Act("invitation.created", "owner", lambda p: f"{BASE}people/", {"email": "new@acme.test", "role": "editor"}),
    Act("invitation.withdrawn", "owner", lambda p: f"{BASE}people/invitations/{an_invitation(p)}/withdraw/", {}),
    Act("member.role_changed", "owner", lambda p: f"{BASE}people/{member('viewer')(p)}/role/", {"role": "editor"}),
    Act("member.removed", "owner", lambda p: f"{BASE}people/{member('editor')(p)}/remove/", {}),
    Act("key.created", "editor", lambda p: f"{BASE}keys/", {"name": "ci", "scopes": ["ingest", "read"]}),
    Act("key.revoked", "editor", lambda p: f"{BASE}keys/{a_key(p)}/revoke/", {}),
    Act("password.changed", "viewer", set_password, {"current": PASSWORD, "new": "another horse battery"}),
]
RANK = ["viewer", "editor", "owner"]
EACH_ACT = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.action)


def do(people: Cast, name: str, act: Act) -> HttpResponse:
    path = act.path(people)
    client = people.client("nobody")
    client.force_login(type(people.owner).objects.get(pk=getattr(people, name).pk))
    response: HttpResponse = client.post(path, act.data)
    return response


@EACH_ACT
@pytest.mark.parametrize("name", RANK)
def test_each_act_is_done_and_recorded_for_those_who_may_and_refused_to_others(
    people: Cast, act: Act, name: str
) -> None:
    allowed = RANK.index(name) >= RANK.index(act.needs)
    response = do(people, name, act)
    entries = AuditEntry.objects.filter(action=act.action)
    assert (response.status_code in {200, 302}, response.status_code == 403) == (allowed, not allowed)
    assert entries.exists() == allowed
    if allowed:
        entry = entries.get()
        assert (entry.who, entry.ip) == (getattr(people, name).username, "127.0.0.1")


@EACH_ACT
def test_looking_changes_nothing(people: Cast, act: Act) -> None:
    path = act.path(people)
    before = AuditEntry.objects.count()
    assert people.client("owner").get(path).status_code in {200, 405}
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("name", RANK)
@pytest.mark.parametrize("part", ["", "people/", "keys/", "audit/", "account/"])
def test_every_member_may_look_at_every_part(people: Cast, name: str, part: str) -> None:
    a_key(people)
    response = people.client(name).get(BASE + part)
    assert response.status_code == 200
    assert response.content.count(b"<h1") == 1


@pytest.mark.parametrize(
    ("part", "button"), [("", "Save project"), ("people/", "Make invitation link"), ("keys/", "Create key")]
)
def test_a_viewer_is_shown_no_button_they_may_not_press(people: Cast, part: str, button: str) -> None:
    assert button in people.client("owner").get(BASE + part).content.decode()
    assert button not in people.client("viewer").get(BASE + part).content.decode()


def test_things_of_another_project_cannot_be_reached_through_ones_own(people: Cast) -> None:
    stranger = people.client("stranger")
    for path in (
        f"keys/{a_key(people)}/revoke/",
        f"people/{member('owner')(people)}/role/",
        f"people/{member('owner')(people)}/remove/",
        f"people/invitations/{an_invitation(people)}/withdraw/",
    ):
        assert stranger.post(f"/p/elsewhere/settings/{path}", {"role": "viewer"}).status_code == 404
    assert ApiKey.objects.get().revoked_at is None
    assert Membership.objects.get(user=people.owner).role == Role.OWNER


# -- project --------------------------------------------------------------------------------------------------------


def test_a_wrong_zone_is_refused_beside_its_field(people: Cast) -> None:
    response = people.client("owner").post(BASE, {"name": "Store", "timezone": "Mars/Olympus"})
    assert response.status_code == 422
    assert "is not a time zone" in response.content.decode()
    people.shop.refresh_from_db()
    assert (people.shop.name, people.shop.timezone) == ("Shop", "UTC")


def test_saving_what_is_there_already_records_nothing(people: Cast) -> None:
    people.client("owner").post(BASE, {"name": "Shop", "timezone": "UTC"})
    assert not AuditEntry.objects.exists()


def test_an_entry_tells_before_and_after(people: Cast) -> None:
    people.client("owner").post(BASE, {"name": "Store", "timezone": "UTC"})
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ({"name": "Shop", "timezone": "UTC"}, {"name": "Store", "timezone": "UTC"})


# -- people ---------------------------------------------------------------------------------------------------------


def test_the_last_owner_can_neither_leave_nor_step_down(people: Cast) -> None:
    owner, pk = people.client("owner"), member("owner")(people)
    for path, data in ((f"{BASE}people/{pk}/remove/", {}), (f"{BASE}people/{pk}/role/", {"role": "viewer"})):
        response = owner.post(path, data, follow=True)
        assert "is the only owner. Make someone else an owner first." in response.content.decode()
    assert Membership.objects.get(pk=pk).role == Role.OWNER
    assert not AuditEntry.objects.exists()


def test_an_owner_may_leave_when_there_is_another(people: Cast) -> None:
    owner = people.client("owner")
    owner.post(f"{BASE}people/{member('editor')(people)}/role/", {"role": "owner"})
    owner.post(f"{BASE}people/{member('owner')(people)}/remove/")
    assert [one.user for one in Membership.objects.filter(project=people.shop, role="owner")] == [people.editor]
    assert owner.get(BASE).status_code == 404


def test_a_made_up_role_is_refused(people: Cast) -> None:
    people.client("owner").post(f"{BASE}people/{member('viewer')(people)}/role/", {"role": "god"})
    assert Membership.objects.get(user=people.viewer).role == Role.VIEWER


def test_removing_asks_first_and_names_the_person_in_the_button(people: Cast) -> None:
    page = people.client("owner").get(f"{BASE}people/{member('editor')(people)}/remove/").content.decode()
    assert re.search(r"<button[^>]*>Remove Eli</button>", page)
    assert Membership.objects.filter(user=people.editor).exists()


def test_a_member_is_not_invited_again(people: Cast) -> None:
    response = people.client("owner").post(f"{BASE}people/", {"email": "ELI@acme.test", "role": "viewer"})
    assert response.status_code == 422
    assert not Invitation.objects.exists()


# -- keys -----------------------------------------------------------------------------------------------------------


def make_key(client: Client, nonce: str = "once") -> HttpResponse:
    response: HttpResponse = client.post(f"{BASE}keys/", {"name": "checkout", "scopes": ["ingest"], "nonce": nonce})
    return response


def test_the_secret_is_shown_once_works_and_is_not_cached(people: Cast) -> None:
    editor = people.client("editor")
    response = make_key(editor)
    found = re.search(r"pm_[\w-]{32,}", response.content.decode())
    assert found
    assert keys.identify(found[0])
    assert "no-store" in response["Cache-Control"]
    assert found[0] not in editor.get(f"{BASE}keys/").content.decode()


def test_sending_the_form_twice_makes_one_key(people: Cast) -> None:
    editor = people.client("editor")
    make_key(editor)
    again = make_key(editor)
    assert again.status_code == 302
    assert ApiKey.objects.count() == 1


def test_two_forms_make_two_keys(people: Cast) -> None:
    editor = people.client("editor")
    make_key(editor, "one")
    make_key(editor, "two")
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize("data", [{"name": "x"}, {"scopes": ["ingest"]}, {"name": "x", "scopes": ["admin"]}])
def test_a_key_without_name_or_known_scope_is_refused(people: Cast, data: dict[str, object]) -> None:
    assert people.client("editor").post(f"{BASE}keys/", data).status_code == 422
    assert not ApiKey.objects.exists()


def test_revoking_asks_first_and_names_the_key_in_the_button(people: Cast) -> None:
    editor, key = people.client("editor"), a_key(people)
    page = editor.get(f"{BASE}keys/{key}/revoke/").content.decode()
    assert re.search(r"<button[^>]*>Revoke key “ci”</button>", page)
    assert ApiKey.objects.get().revoked_at is None


def test_a_revoked_key_is_listed_apart(people: Cast) -> None:
    editor, key = people.client("editor"), a_key(people)
    editor.post(f"{BASE}keys/{key}/revoke/")
    page = editor.get(f"{BASE}keys/").content.decode()
    assert "No key works for this project" in page
    assert "Revoked keys" in page


# -- audit log ------------------------------------------------------------------------------------------------------


def a_history(people: Cast, length: int) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(project=people.shop, who="system", action="thing.done", subject=f"thing {number:03}")
        for number in range(length)
    )


def seen(response: HttpResponse) -> list[int]:
    return [int(number) for number in re.findall(r"thing (\d{3})", response.content.decode())]


def test_the_log_is_walked_in_both_directions_without_a_gap(people: Cast) -> None:
    a_history(people, 120)
    viewer, url, pages = people.client("viewer"), f"{BASE}audit/", []
    while url:
        response = viewer.get(url)
        pages.append(seen(response))
        link = re.search(r'href="([^"]+before=\d+)"', response.content.decode())
        url = link[1] if link else ""
    assert [number for page in pages for number in page] == list(range(119, -1, -1))
    back = re.search(r'href="([^"]+after=\d+)"', response.content.decode())
    assert back
    assert seen(viewer.get(back[1])) == pages[-2]


def test_a_page_of_the_log_arrives_as_a_fragment_when_htmx_asks(people: Cast) -> None:
    a_history(people, 3)
    response = people.client("viewer").get(f"{BASE}audit/", headers={"HX-Request": "true"})
    assert response.content.lstrip().startswith(b'<section class="card flush" id="results">')


@pytest.mark.parametrize(
    "query", ["before=x", "before=-1", "after=99999999999999999999999", "before=0", "after=²", "before=²"]
)
def test_a_hand_edited_address_of_the_log_still_answers(people: Cast, query: str) -> None:
    a_history(people, 3)
    assert people.client("viewer").get(f"{BASE}audit/?{query}").status_code == 200


def test_another_projects_changes_are_not_in_the_log(people: Cast) -> None:
    a_history(people, 3)
    assert "thing" not in people.client("stranger").get("/p/elsewhere/settings/audit/").content.decode()


def test_hostile_text_is_shown_as_text(people: Cast) -> None:
    people.client("owner").post(BASE, {"name": "<script>alert(1)</script>", "timezone": "UTC"})
    for part in ("", "people/", "keys/", "audit/"):
        assert "<script>alert" not in people.client("viewer").get(BASE + part).content.decode()


# -- password -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "new"), [("wrong", "another horse battery"), (PASSWORD, "short"), (PASSWORD, "1234567890123")]
)
def test_a_bad_password_change_is_refused(people: Cast, current: str, new: str) -> None:
    path = set_password(people)
    client = people.client("viewer")
    response = client.post(path, {"current": current, "new": new})
    people.viewer.refresh_from_db()
    assert response.status_code == 422
    assert people.viewer.check_password(PASSWORD)


def test_changing_the_password_signs_out_everywhere_else(people: Cast) -> None:
    path = set_password(people)
    here, there = people.client("viewer"), people.client("viewer")
    here.post(path, {"current": PASSWORD, "new": "another horse battery"})
    assert here.get(BASE).status_code == 200
    assert there.get(BASE).status_code == 302
