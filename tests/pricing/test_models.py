"""Price records: exact to the last place, written once, and guarded by the database itself."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from pricing.models import BookVersion, PriceSheet, Rate

pytestmark = pytest.mark.django_db


def a_sheet(**changes: object) -> PriceSheet:
    version = BookVersion.objects.create(book="test", source="test", content="x")
    fields = {"layer": "list", "provider": "acme", "model": "one", "book": "test", "source": "test", "digest": "x",
              "precision": "day", "introduced_in": version}  # fmt: skip
    return PriceSheet.objects.create(**{**fields, **changes})


@pytest.mark.parametrize("price", ["0.000000000000000001", "12345678901234567890.123456789012345678", "0", "2.5E-7"])
def test_a_price_comes_back_as_it_was_written(price: str) -> None:
    rate = Rate.objects.create(sheet=a_sheet(), dimension="input_uncached", price=Decimal(price))
    assert Rate.objects.get(pk=rate.pk).price == Decimal(price)


def test_a_negative_price_is_refused_by_the_database() -> None:
    sheet = a_sheet()
    with pytest.raises(IntegrityError), transaction.atomic():
        Rate.objects.bulk_create([Rate(sheet=sheet, dimension="input_uncached", price=Decimal("-0.1"))])


def test_two_rates_for_the_same_thing_are_refused_by_the_database() -> None:
    sheet = a_sheet()
    Rate.objects.create(sheet=sheet, dimension="input_uncached", price=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rate.objects.create(sheet=sheet, dimension="input_uncached", price=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"layer": "guess"},
        {"mode": "sloped"},
        {"precision": "roughly"},
        {"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-01-01T00:00:00Z"},
        {"daily_from": 10},
        {"daily_from": 1440, "daily_to": 5},
    ],
)
def test_a_sheet_that_makes_no_sense_is_refused_by_the_database(changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_sheet(**changes)


def test_a_record_is_never_changed_or_deleted() -> None:
    sheet = a_sheet()
    rate = Rate.objects.create(sheet=sheet, dimension="input_uncached", price=1)
    for record in (sheet, rate, sheet.introduced_in):
        with pytest.raises(ValidationError, match="append-only"):
            record.save()
        with pytest.raises(ValidationError, match="append-only"):
            record.delete()


def test_a_record_cannot_be_retired_before_it_was_introduced() -> None:
    sheet = a_sheet()
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceSheet.objects.filter(pk=sheet.pk).update(retired_in=sheet.introduced_in)
