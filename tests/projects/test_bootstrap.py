"""The first start, and every start after it."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from projects import bootstrap, keys
from projects.models import ApiKey, AuditEntry, Membership, Organisation, Project

pytestmark = pytest.mark.django_db
KEY = "a-key-of-more-than-20-characters"


def counts() -> list[int]:
    return [model.objects.count() for model in (User, Organisation, Project, Membership, ApiKey)]


def test_an_empty_instance_gets_an_admin_a_project_and_a_key_that_work() -> None:
    first = bootstrap.ensure(demo=True)
    assert (first["username"], first["project"]) == ("admin", "demo")
    assert first["key"] is not None
    found = keys.identify(first["key"])
    assert found is not None
    assert (found.project_slug, found.scopes) == ("demo", {"ingest", "read", "gateway"})
    client = Client()
    client.post("/login/", {"username": "admin", "password": first["password"]})
    assert client.get("/p/demo/settings/").status_code == 200
    assert Project.objects.get().is_demo


def test_without_a_demo_the_project_is_an_ordinary_one() -> None:
    assert bootstrap.ensure(demo=False)["project"] == "main"
    project = Project.objects.get()
    assert (project.name, project.is_demo) == ("My project", False)
    assert counts() == [1, 1, 1, 1, 1]


def test_the_second_start_makes_nothing_and_tells_no_secret() -> None:
    bootstrap.ensure(demo=True)
    before, entries = counts(), AuditEntry.objects.count()
    again = bootstrap.ensure(demo=True)
    assert (again["password"], again["key"]) == (None, None)
    assert (counts(), AuditEntry.objects.count()) == (before, entries)


def test_a_given_password_and_key_are_brought_into_force_at_every_start() -> None:
    bootstrap.ensure(demo=True)
    for _ in range(2):
        given = bootstrap.ensure(demo=True, password="letmein", key=KEY)
        assert (given["password"], given["key"]) == (None, None)
    assert User.objects.get().check_password("letmein")
    found = keys.identify(KEY)
    assert found is not None
    assert found.scopes == {"ingest", "read", "gateway"}
    assert ApiKey.objects.filter(name="DEMO_KEY").count() == 1
    assert AuditEntry.objects.filter(action="password.changed").count() == 1


def test_a_given_key_that_was_revoked_works_again_after_a_start() -> None:
    bootstrap.ensure(demo=True, key=KEY)
    keys.revoke(ApiKey.objects.get(), by=None)
    bootstrap.ensure(demo=True, key=KEY)
    assert keys.identify(KEY)


def test_a_password_changed_by_its_owner_stays_when_none_is_given() -> None:
    bootstrap.ensure(demo=True)
    admin = User.objects.get()
    admin.set_password("my own words")
    admin.save()
    bootstrap.ensure(demo=True)
    assert User.objects.get().check_password("my own words")


def test_switching_the_demo_off_keeps_the_project_people_work_in() -> None:
    bootstrap.ensure(demo=True, key=KEY)
    assert bootstrap.ensure(demo=False, key=KEY)["project"] == "demo"
    assert Project.objects.count() == 1


def test_switching_the_demo_on_makes_a_project_of_its_own_and_leaves_the_key_where_it_was() -> None:
    bootstrap.ensure(demo=False, key=KEY)
    assert bootstrap.ensure(demo=True, key=KEY)["project"] == "demo"
    found = keys.identify(KEY)
    assert found is not None
    assert found.project_slug == "main"
    assert Project.objects.count() == 2


def test_a_last_key_revoked_by_its_owner_is_not_replaced() -> None:
    bootstrap.ensure(demo=True)
    keys.revoke(ApiKey.objects.get(), by=None)
    assert bootstrap.ensure(demo=True)["key"] is None


def test_the_command_prints_what_it_made_up_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bootstrap")
    first = capsys.readouterr().out
    call_command("bootstrap")
    second = capsys.readouterr().out
    assert "pm_" in first
    assert "pm_" not in second
    assert "unchanged" in second
