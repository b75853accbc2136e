"""Signing in and out, and joining by a link."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import now

from projects import invitations
from projects.models import AuditEntry, Invitation, Membership, SignInFailure
from tests.projects.conftest import PASSWORD, Cast


@pytest.fixture
def dana(people: Cast) -> User:
    people.owner.set_password(PASSWORD)
    people.owner.save()
    return people.owner


def sign_in(client: Client, name: str = "dana@acme.test", password: str = PASSWORD, **more: str) -> HttpResponse:
    response: HttpResponse = client.post("/login/", {"username": name, "password": password, **more})
    return response


@pytest.mark.parametrize("name", ["dana@acme.test", " Dana@Acme.test "])
def test_the_right_password_opens(client: Client, dana: User, name: str) -> None:
    assert sign_in(client, name)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(dana.pk)


@pytest.mark.parametrize(
    ("name", "password"), [("dana@acme.test", "wrong"), ("nobody", PASSWORD), ("dana@acme.test", " " + PASSWORD)]
)
def test_a_wrong_name_or_password_get_the_same_words(client: Client, dana: User, name: str, password: str) -> None:
    response = sign_in(client, name, password)
    assert response.status_code == 422
    assert "do not belong together" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_inactive_person_stays_out(client: Client, dana: User) -> None:
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 422


def test_password_managers_find_their_fields(client: Client, db: None) -> None:
    page = client.get("/login/").content.decode()
    assert re.search(r'<input[^>]*name="username"[^>]*autocomplete="username"', page)
    assert re.search(r'<input[^>]*name="password"[^>]*autocomplete="current-password"', page)
    assert "onpaste" not in page


@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/p/shop/cost/?by=model", "/p/shop/cost/?by=model"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("javascript:x", "/"),
    ],
)
def test_one_comes_back_to_where_one_wanted_to_go_but_never_to_another_site(
    client: Client, dana: User, wanted: str, landed: str
) -> None:
    assert sign_in(client, next=wanted)["Location"] == landed


def test_the_eleventh_guess_at_a_name_is_refused_even_with_the_right_password(client: Client, dana: User) -> None:
    for _ in range(10):
        assert sign_in(client, password="wrong").status_code == 422
    response = sign_in(client)
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "_auth_user_id" not in client.session


def test_guesses_count_for_one_place_only(client: Client, dana: User) -> None:
    for _ in range(10):
        sign_in(client, password="wrong")
    assert (
        Client(REMOTE_ADDR="192.0.2.7")
        .post("/login/", {"username": "dana@acme.test", "password": PASSWORD})
        .status_code
        == 302
    )


def test_a_place_that_tries_many_names_is_refused_too(client: Client, dana: User) -> None:
    SignInFailure.objects.bulk_create(SignInFailure(name_hash=str(n), ip="127.0.0.1") for n in range(50))
    assert sign_in(client).status_code == 429


def test_guesses_are_forgotten_after_a_quarter_of_an_hour_and_after_success(client: Client, dana: User) -> None:
    for _ in range(9):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 302
    assert not SignInFailure.objects.exists()
    SignInFailure.objects.bulk_create(
        SignInFailure(name_hash=str(n), ip="127.0.0.1", at=now() - timedelta(minutes=16)) for n in range(60)
    )
    client.post("/logout/")
    assert sign_in(client, password="wrong").status_code == 422
    assert SignInFailure.objects.count() == 1


def test_what_was_typed_as_a_name_is_not_kept(client: Client, dana: User) -> None:
    sign_in(client, name="oops-my-password", password="x")
    assert "oops" not in str(list(SignInFailure.objects.values()))


def test_signing_out_takes_a_post(client: Client, dana: User) -> None:
    sign_in(client)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


def test_forms_from_other_sites_are_refused_in_words(dana: User) -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "dana@acme.test", "password": PASSWORD})
    assert response.status_code == 403
    assert "Go back and reload it" in response.content.decode()


def test_a_fragment_of_a_signed_out_person_moves_the_whole_page_to_sign_in(client: Client, people: Cast) -> None:
    response = client.get(
        "/p/shop/settings/audit/?before=9",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/p/shop/settings/audit/?before=20"},
    )
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/login/?next=/p/shop/settings/audit/%3Fbefore%3D20"


# -- joining --------------------------------------------------------------------------------------------------------


def invite(people: Cast, email: str = "new@acme.test", role: str = "editor") -> str:
    """Invite through the page and return the path of the link it shows."""
    page = people.client("owner").post("/p/shop/settings/people/", {"email": email, "role": role}).content.decode()
    found = re.search(r"http://testserver(/invite/[\w-]+/)", page)
    assert found
    return found[1]


JOIN = {"name": "Nia New", "password": "correct horse battery"}


def test_a_new_person_joins_with_a_name_and_a_password_and_can_sign_in_again(people: Cast, client: Client) -> None:
    link = invite(people, "Nia@Acme.test")
    assert client.post(link, JOIN)["Location"] == "/p/shop/"
    member = Membership.objects.get(user__username="nia@acme.test")
    assert (member.role, member.user.get_full_name()) == ("editor", "Nia New")
    assert sign_in(Client(), "nia@acme.test").status_code == 302
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {
        "invitation.created",
        "person.created",
        "member.added",
    }


def test_opening_the_link_uses_nothing_up(people: Cast, client: Client) -> None:
    link = invite(people)
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "Dana invites new@acme.test as editor." in page.content.decode()
    assert client.post(link, JOIN).status_code == 302


def test_a_link_works_once(people: Cast, client: Client) -> None:
    link = invite(people)
    client.post(link, JOIN)
    for response in (Client().get(link), Client().post(link, JOIN)):
        assert response.status_code == 410
        assert "Ask an owner" in response.content.decode()
    assert User.objects.filter(username="new@acme.test").count() == 1


def test_of_two_who_use_a_link_at_once_the_database_lets_one_in(people: Cast) -> None:
    link = invite(people)
    open_one = Invitation.objects.get()
    assert invitations.find(link.split("/")[2], now=now()) == open_one
    invitations.accept(open_one, people.stranger, by=people.stranger, now=now())
    late = User.objects.create(username="late@acme.test")
    with pytest.raises(invitations.ClosedError):
        invitations.accept(open_one, late, by=late, now=now())
    assert not Membership.objects.filter(user=late).exists()


def test_a_link_ends_after_seven_days(people: Cast, client: Client) -> None:
    link = invite(people)
    later = now() + timedelta(days=7, seconds=1)
    assert invitations.find(link.split("/")[2], now=later - timedelta(seconds=30)) is not None
    assert invitations.find(link.split("/")[2], now=later) is None
    Invitation.objects.update(expires_at=now())
    assert client.post(link, JOIN).status_code == 410


def test_a_withdrawn_link_ends(people: Cast, client: Client) -> None:
    link = invite(people)
    people.client("owner").post(f"/p/shop/settings/people/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert client.get(link).status_code == 410


def test_the_token_is_kept_nowhere(people: Cast) -> None:
    token = invite(people).split("/")[2]
    assert token not in str(list(Invitation.objects.values())) + str(list(AuditEntry.objects.values()))


def test_someone_signed_in_joins_with_one_button(people: Cast) -> None:
    link, stranger = invite(people, "sam@acme.test", "viewer"), people.client("stranger")
    assert "Join Shop" in stranger.get(link).content.decode()
    assert stranger.post(link)["Location"] == "/p/shop/"
    assert stranger.get("/p/shop/settings/").status_code == 200


def test_someone_with_an_account_is_asked_to_sign_in_first_and_gets_no_new_password(
    people: Cast, client: Client
) -> None:
    link = invite(people, "sam@acme.test")
    before = people.stranger.password
    page = client.post(link, JOIN)
    assert f"/login/?next={link}" in page.content.decode()
    people.stranger.refresh_from_db()
    assert people.stranger.password == before
    assert not Membership.objects.filter(user=people.stranger, project=people.shop).exists()


def test_a_member_who_uses_a_link_keeps_the_role_they_have(people: Cast) -> None:
    link = invite(people, "other@acme.test", "viewer")
    people.client("editor").post(link)
    assert Membership.objects.get(project=people.shop, user=people.editor).role == "editor"


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "new@acme.test"])
def test_a_weak_password_is_refused_and_the_link_still_works(people: Cast, client: Client, password: str) -> None:
    link = invite(people)
    assert client.post(link, {"name": "Nia", "password": password}).status_code == 422
    assert client.get(link).status_code == 200
    assert not User.objects.filter(username="new@acme.test").exists()


@pytest.mark.parametrize("token", ["x", "a" * 200])
def test_a_made_up_link_is_closed(client: Client, db: None, token: str) -> None:
    assert client.get(f"/invite/{token}/").status_code == 410
