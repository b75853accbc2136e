"""Keys: made once, kept as a hash, remembered for a while, revoked for good."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from projects import keys
from projects.keys import KeyIdentity, KeyRing, digest
from projects.models import SCOPES, ApiKey, AuditEntry, Project
from tests.projects.conftest import Cast

SECRET = "demo-key-of-twenty-one"


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Database:
    """The real look-up, counted, with a plug that can be pulled."""

    def __init__(self) -> None:
        self.asked = 0
        self.down = False

    def __call__(self, hashed: str) -> KeyIdentity | None:
        self.asked += 1
        if self.down:
            raise OperationalError("connection refused")
        return keys.from_database(hashed)


def test_a_new_key_is_long_random_and_known_by_its_first_ten_characters(shop: Project) -> None:
    key, secret = keys.create(shop, name="ci", scopes=["ingest"])
    assert re.fullmatch(r"pm_[A-Za-z0-9_-]{32,}", secret)
    assert key.prefix == secret[:10]
    assert keys.create(shop, name="ci", scopes=["ingest"])[1] != secret


def test_the_secret_is_kept_nowhere(shop: Project) -> None:
    key, secret = keys.create(shop, name="ci", scopes=["ingest"])
    kept = [str(value) for row in (*ApiKey.objects.values(), *AuditEntry.objects.values()) for value in row.values()]
    assert digest(secret) in kept
    assert not [value for value in kept if secret[10:] in value]
    assert key.hash == digest(secret)


def test_a_key_says_whose_it_is_and_what_it_may(people: Cast) -> None:
    key, secret = keys.create(people.shop, name="ci", scopes={"read", "ingest"})
    keys.create(people.elsewhere, name="ci", scopes=SCOPES)
    expected = KeyIdentity(key.pk, key.prefix, people.shop.pk, "shop", frozenset({"ingest", "read"}))
    assert keys.identify(secret) == expected
    assert keys.identify(secret + "x") is None


def test_a_given_secret_makes_one_key_however_often_it_is_given(shop: Project) -> None:
    first, secret = keys.create(shop, name="demo", scopes=SCOPES, secret=SECRET)
    second, _ = keys.create(shop, name="demo", scopes=SCOPES, secret=SECRET)
    assert (secret, first.pk, ApiKey.objects.count()) == (SECRET, second.pk, 1)
    assert AuditEntry.objects.count() == 1


def test_a_given_secret_brings_a_revoked_key_back_with_the_scopes_asked_for(shop: Project) -> None:
    key, _ = keys.create(shop, name="demo", scopes=["read"], secret=SECRET)
    keys.revoke(key, by=None)
    keys.create(shop, name="demo", scopes=SCOPES, secret=SECRET)
    found = keys.identify(SECRET)
    assert found is not None
    assert found.scopes == frozenset(SCOPES)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "key.created",
        "key.revoked",
        "key.restored",
    ]


def test_a_secret_of_another_project_is_refused(people: Cast) -> None:
    keys.create(people.elsewhere, name="theirs", scopes=SCOPES, secret=SECRET)
    with pytest.raises(ValueError, match="another project"):
        keys.create(people.shop, name="ours", scopes=SCOPES, secret=SECRET)


@pytest.mark.parametrize(
    ("scopes", "secret", "words"),
    [(["ingest", "admin"], None, "admin"), ([], None, "at least one"), (["read"], "x" * 19, "20 characters")],
)
def test_nonsense_is_refused_by_name(shop: Project, scopes: list[str], secret: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        keys.create(shop, name="ci", scopes=scopes, secret=secret)
    assert not ApiKey.objects.exists()


def test_the_database_refuses_scopes_we_do_not_have(shop: Project) -> None:
    with pytest.raises(IntegrityError):
        ApiKey.objects.create(project=shop, name="ci", prefix="x", hash="x", scopes="ingest admin")


def test_a_warm_key_costs_no_query(shop: Project) -> None:
    _, secret = keys.create(shop, name="ci", scopes=["ingest"])
    keys.identify(secret)
    with CaptureQueriesContext(connection) as queries:
        for _ in range(100):
            assert keys.identify(secret)
        keys.touch(1)
    assert len(queries) == 0


def test_a_key_revoked_elsewhere_stops_within_fifteen_seconds(shop: Project) -> None:
    clock = Clock()
    ring = KeyRing(clock=clock)
    key, secret = keys.create(shop, name="ci", scopes=["ingest"])
    assert ring.identify(secret)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=key.created_at)  # another process: nobody tells this ring
    clock.now += 14.9
    assert ring.identify(secret)
    clock.now += 0.2
    assert ring.identify(secret) is None


def test_a_key_revoked_here_stops_at_once(shop: Project) -> None:
    key, secret = keys.create(shop, name="ci", scopes=["ingest"])
    assert keys.identify(secret)
    assert keys.revoke(key, by=None) is True
    assert keys.identify(secret) is None
    assert keys.revoke(key, by=None) is False


def test_an_unknown_key_is_asked_about_every_five_seconds(shop: Project) -> None:
    clock, database = Clock(), Database()
    ring = KeyRing(database, clock)
    for _ in range(20):
        assert ring.identify(SECRET) is None
    assert database.asked == 1
    keys.create(shop, name="demo", scopes=SCOPES, secret=SECRET)
    clock.now += 5.1
    assert ring.identify(SECRET)
    assert database.asked == 2


def test_a_flood_of_made_up_keys_takes_bounded_room_and_pushes_out_no_real_key(shop: Project) -> None:
    database = Database()
    ring = KeyRing(database, Clock())
    _, secret = keys.create(shop, name="ci", scopes=["ingest"])
    ring.identify(secret)
    for number in range(keys.MOST_UNKNOWN + 300):
        ring.identify(f"made-up-{number}")
    assert len(ring) == keys.MOST_UNKNOWN + 1
    asked = database.asked
    assert ring.identify(secret)
    assert database.asked == asked


def test_a_known_key_works_for_ten_minutes_without_the_database(shop: Project) -> None:
    clock, database = Clock(), Database()
    ring = KeyRing(database, clock)
    _, secret = keys.create(shop, name="ci", scopes=["ingest"])
    ring.identify(secret)
    database.down = True
    for _ in range(119):
        clock.now += 5
        assert ring.identify(secret)
    clock.now += 10
    with pytest.raises(OperationalError):
        ring.identify(secret)


def test_a_database_that_fails_is_left_alone_for_five_seconds(shop: Project) -> None:
    clock, database = Clock(), Database()
    ring = KeyRing(database, clock)
    _, secret = keys.create(shop, name="ci", scopes=["ingest"])
    ring.identify(secret)
    database.down = True
    clock.now += 16
    for _ in range(50):
        ring.identify(secret)
    assert database.asked == 2


def test_nobody_is_let_in_or_turned_away_by_a_guess_while_the_database_is_down() -> None:
    database = Database()
    database.down = True
    ring = KeyRing(database, Clock())
    for _ in range(2):
        with pytest.raises(OperationalError):
            ring.identify(SECRET)
    assert len(ring) == 0


def test_uses_are_written_by_one_update(shop: Project) -> None:
    made = [keys.create(shop, name=f"key {number}", scopes=["ingest"])[0] for number in range(3)]
    for key in made[:2] * 5:
        keys.touch(key.pk)
    with CaptureQueriesContext(connection) as queries:
        assert keys.flush() == 2
    assert len(queries) == 1
    assert [key.last_used_at is not None for key in ApiKey.objects.order_by("pk")] == [True, True, False]
    assert keys.flush() == 0


@pytest.mark.django_db(transaction=True)
def test_uses_survive_a_database_that_fails(shop: Project) -> None:
    key, _ = keys.create(shop, name="ci", scopes=["ingest"])
    keys.touch(key.pk)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        keys.flush()
    assert keys.flush() == 1


@given(st.text())
def test_any_text_may_be_sent_as_a_key(text: str) -> None:
    ring = KeyRing(lambda hashed: None, Clock())
    assert ring.identify(text) is None
