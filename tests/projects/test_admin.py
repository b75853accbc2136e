"""Django's admin: for operators, and as closely recorded as every other page."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from projects import audit, keys
from projects.models import ApiKey, AuditEntry, Project
from tests.projects.conftest import Cast

MODELS = [
    "auth/user",
    *(f"projects/{n}" for n in ("organisation", "project", "membership", "apikey", "invitation", "auditentry")),
]


@pytest.fixture
def root(people: Cast) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password=None))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_each_list_opens_for_operators_and_for_nobody_else(root: Client, people: Cast, model: str) -> None:
    assert root.get(f"/admin/{model}/").status_code == 200
    assert people.client("owner").get(f"/admin/{model}/").status_code == 302


def test_there_is_no_second_door_that_lets_people_guess(people: Cast) -> None:
    door: HttpResponse = Client().post("/admin/login/?next=/admin/", {"username": "root", "password": "guess"})  # type: ignore[assignment]
    assert (door.status_code, door["Location"]) == (302, "/login/?next=/admin/")
    assert people.client("owner").get("/admin/login/").status_code == 403


def test_a_saved_row_is_recorded_with_before_and_after(root: Client, people: Cast) -> None:
    root.post(f"/admin/projects/organisation/{people.shop.organisation_id}/change/", {"name": "Acme Ltd"})
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action) == ("root", "admin.organisation_changed")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["name"], entry.after["name"]) == ("Acme", "Acme Ltd")


def test_a_new_password_is_recorded_and_no_hash_is(root: Client, people: Cast) -> None:
    path = f"/admin/auth/user/{people.viewer.pk}/password/"
    root.post(
        path, {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
    )
    people.viewer.refresh_from_db()
    assert people.viewer.check_password("correct horse battery")
    assert [entry.action for entry in AuditEntry.objects.all()] == ["password.changed"]
    assert "argon2" not in str(list(AuditEntry.objects.values()))


def test_deleting_is_recorded(root: Client, people: Cast) -> None:
    root.post(f"/admin/projects/project/{people.elsewhere.pk}/delete/", {"post": "yes"})
    assert not Project.objects.filter(slug="elsewhere").exists()
    assert AuditEntry.objects.get().action == "admin.project_deleted"


def test_deleting_several_at_once_is_recorded_one_by_one(root: Client, people: Cast) -> None:
    ids = [people.elsewhere.pk, people.shop.pk]
    root.post("/admin/projects/project/", {"action": "delete_selected", "_selected_action": ids, "post": "yes"})
    assert [entry.subject for entry in AuditEntry.objects.order_by("subject")] == ["Elsewhere", "Shop"]


def test_audit_entries_can_be_read_and_nothing_else(root: Client, shop: Project) -> None:
    entry = audit.record(shop, None, "thing.done", "x")
    path = f"/admin/projects/auditentry/{entry.pk}"
    assert root.get(f"{path}/change/").status_code == 200
    assert root.post(f"{path}/change/", {"who": "me"}).status_code == 403
    assert root.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert root.get("/admin/projects/auditentry/add/").status_code == 403


def test_keys_can_be_revoked_but_neither_made_nor_read(root: Client, shop: Project) -> None:
    key, _ = keys.create(shop, name="ci", scopes=["read"])
    assert key.hash not in root.get(f"/admin/projects/apikey/{key.pk}/change/").content.decode()
    assert root.get("/admin/projects/apikey/add/").status_code == 403
    root.post("/admin/projects/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    assert ApiKey.objects.get().revoked_at is not None
    assert AuditEntry.objects.get(action="key.revoked").who == "root"
