"""The shipped list prices, loaded once for all tests of this room and rolled back at once."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from pricing import snapshot
from pricing.book import PriceBook
from pricing.catalogue.load import load
from tests.pricing.calls import book_now


@pytest.fixture(scope="session")
def catalogue(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> PriceBook:
    """The catalogue and history as a price book. It lives in memory; the database is left as it was."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]
        load()
        book = book_now()
        transaction.set_rollback(True)
    return book


@pytest.fixture(autouse=True)
def _no_book_from_another_test() -> Iterator[None]:
    snapshot.forget()
    yield
    snapshot.forget()
