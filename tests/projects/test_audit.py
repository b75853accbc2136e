"""The audit log is only ever added to."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, connection, transaction

from projects import audit
from projects.models import AuditEntry, Project
from tests.projects.conftest import Cast


def test_an_entry_says_who_when_what_and_from_where(people: Cast) -> None:
    actor = audit.Actor(people.owner, "192.0.2.1")
    entry = audit.record(people.shop, actor, "price.changed", "gpt-4o", {"input": "2.5"}, {"input": "2"})
    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.by, stored.who, stored.ip) == (people.owner, "dana@acme.test", "192.0.2.1")
    assert (stored.before, stored.after) == ({"input": "2.5"}, {"input": "2"})
    assert stored.at is not None


@pytest.mark.parametrize("by", [None, AnonymousUser(), audit.Actor(None)])
def test_what_nobody_did_the_system_did(shop: Project, by: audit.By) -> None:
    assert audit.record(shop, by, "thing.done", "x").who == "system"


def test_a_long_subject_is_cut_rather_than_lost(shop: Project) -> None:
    assert len(audit.record(shop, None, "thing.done", "x" * 1000).subject) == 300


def test_our_own_code_cannot_change_or_delete_an_entry(shop: Project) -> None:
    entry = audit.record(shop, None, "thing.done", "x")
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(who="me"),
        lambda: shop.audit_entries.update(who="me"),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_the_database_refuses_a_change_by_anyone(shop: Project) -> None:
    audit.record(shop, None, "thing.done", "x")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE projects_auditentry SET who = 'somebody else'")
    assert AuditEntry.objects.get().who == "system"


def test_entries_outlive_the_person_and_the_project(people: Cast) -> None:
    entry = audit.record(people.elsewhere, people.stranger, "thing.done", "x")
    people.elsewhere.delete()
    people.stranger.delete()
    assert AuditEntry.objects.get(pk=entry.pk).who == "sam@acme.test"
