"""The book in memory: no query when warm, new prices within the poll, the last good book when the database is down."""

import json
import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection

from pricing import snapshot
from tests.pricing.calls import a_call, newest, publish_file

FILE = {"name": "acme", "models": [{"provider": "acme", "model": "one", "per_million": {"input": 1}}]}


def publish(price: int) -> None:
    FILE["models"][0]["per_million"]["input"] = price  # type: ignore[index]
    publish_file(json.dumps(FILE))


@pytest.mark.django_db
def test_a_warm_book_asks_the_database_nothing(django_assert_num_queries: Callable[..., object]) -> None:
    publish(1)
    snapshot.current()
    with django_assert_num_queries(0):
        for _ in range(100):
            snapshot.current().cost(a_call(usage={"input_tokens": 10}))


@pytest.mark.django_db
def test_the_poll_is_one_query_and_keeps_the_book_when_nothing_changed(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., object]
) -> None:
    publish(1)
    book = snapshot.current()
    monkeypatch.setattr(snapshot, "POLL_SECONDS", 0.0)
    with django_assert_num_queries(1):
        assert snapshot.current() is book


@pytest.mark.django_db
def test_new_prices_arrive_with_the_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(1)
    book = snapshot.current()
    publish(2)
    stale, snapshot._book = snapshot._book, book  # another process published: this one still holds the old book
    assert stale is None
    monkeypatch.setattr(snapshot, "POLL_SECONDS", 0.0)
    fresh = snapshot.current()
    assert fresh.version == newest() == book.version + 1
    assert fresh.cost(a_call(usage={"input_tokens": 1_000_000})).amount == 2


@pytest.mark.django_db
def test_publishing_is_seen_at_once_by_the_process_that_did_it() -> None:
    publish(1)
    assert snapshot.current().version == newest()
    publish(2)
    assert snapshot.current().version == newest()


@pytest.mark.django_db(transaction=True)
def test_the_last_good_book_stays_while_the_database_is_down(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publish(1)
    book = snapshot.current()
    monkeypatch.setattr(snapshot, "POLL_SECONDS", 0.0)
    _run("ALTER TABLE pricing_bookversion RENAME TO away")
    try:
        assert snapshot.current() is book
        assert "keeping version" in caplog.text
        snapshot.forget()
        with pytest.raises(DatabaseError):
            snapshot.current()
    finally:
        _run("ALTER TABLE away RENAME TO pricing_bookversion")
    assert snapshot.current().version == book.version


@pytest.mark.django_db
def test_an_empty_database_gives_an_empty_book() -> None:
    book = snapshot.current()
    assert book.version == 0
    assert book.cost(a_call(usage={"input_tokens": 1, "output_tokens": 1})).status == "unpriced_model"


@pytest.mark.django_db
def test_nobody_waits_while_another_thread_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(1)
    book = snapshot.current()
    monkeypatch.setattr(snapshot, "POLL_SECONDS", 0.0)
    answers: list[object] = []
    with snapshot._lock:
        thread = threading.Thread(target=lambda: answers.append(snapshot.current()))
        thread.start()
        thread.join(timeout=5)
    assert answers == [book]


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
