"""Calls of the past cost what they cost then."""

from decimal import Decimal

import pytest

from pricing.book import PriceBook
from tests.pricing.calls import a_call

pytestmark = pytest.mark.django_db

MILLION = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}


@pytest.mark.parametrize(
    ("provider", "model", "at", "amount"),
    [
        ("openai", "gpt-4o", "2024-06-15T00:00:00+00:00", "20"),
        ("openai", "gpt-4o", "2024-10-01T23:59:59.999999+00:00", "20"),
        ("openai", "gpt-4o", "2024-10-02T00:00:00+00:00", "12.5"),
        ("openai", "gpt-4o-2024-08-06", "2024-09-01T00:00:00+00:00", "12.5"),
        ("openai", "gpt-4o-2024-05-13", "2024-09-01T00:00:00+00:00", "20"),
        ("openai", "o3", "2025-06-09T23:59:59+00:00", "50"),
        ("openai", "o3", "2025-06-10T00:00:00+00:00", "10"),
        ("openai", "gpt-4", "2023-09-01T00:00:00+00:00", "90"),
        ("openai", "gpt-4-turbo", "2024-04-10T00:00:00+00:00", "40"),
        ("anthropic", "claude-3-opus-20240229", "2024-03-05T00:00:00+00:00", "90"),
        ("anthropic", "claude-3-5-haiku-20241022", "2024-11-20T00:00:00+00:00", "6"),
        ("anthropic", "claude-3-5-haiku-20241022", "2024-12-03T00:00:00+00:00", "4.8"),
        ("mistral", "open-mistral-7b", "2024-03-05T00:00:00+00:00", "0.5"),
    ],
)
def test_list_prices_of_the_past(catalogue: PriceBook, provider: str, model: str, at: str, amount: str) -> None:
    costing = catalogue.cost(a_call(provider=provider, model=model, at=at, usage=MILLION))
    assert (costing.status, costing.amount) == ("priced_exact", Decimal(amount))


def test_cached_input_of_o3_before_the_cut_had_the_old_discount(catalogue: PriceBook) -> None:
    usage = {"input_tokens": 1_000_000, "cached_input_tokens": 1_000_000, "output_tokens": 0}
    before = catalogue.cost(a_call(provider="openai", model="o3", at="2025-05-01T00:00:00+00:00", usage=usage))
    after = catalogue.cost(a_call(provider="openai", model="o3", at="2025-07-01T00:00:00+00:00", usage=usage))
    assert (before.amount, after.amount) == (Decimal("2.5"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("provider", "model", "at", "amount"),
    [
        ("openai", "o3", "2026-03-01T00:00:00+00:00", "5"),
        ("openai", "o3", "2025-05-01T00:00:00+00:00", "25"),
        ("openai", "gpt-4o", "2024-06-01T00:00:00+00:00", "10"),
        ("openai", "gpt-4o", "2024-11-01T00:00:00+00:00", "6.25"),
        ("openai", "gpt-4o", "2026-11-01T00:00:00+00:00", "6.25"),
        ("openai", "text-embedding-3-small", "2025-11-01T00:00:00+00:00", "0.01"),
        ("anthropic", "claude-3-opus-20240229", "2025-01-01T00:00:00+00:00", "45"),
        ("anthropic", "claude-haiku-4-5", "2026-01-01T00:00:00+00:00", "3"),
        ("anthropic", "claude-3-5-haiku-20241022", "2024-11-20T00:00:00+00:00", "3"),
    ],
)
def test_batch_was_half_price_before_the_catalogue_knew_it(
    catalogue: PriceBook, provider: str, model: str, at: str, amount: str
) -> None:
    usage = {"input_tokens": 1_000_000} if "embedding" in model else MILLION
    costing = catalogue.cost(a_call(provider=provider, model=model, at=at, processing="batch", usage=usage))
    assert (costing.status, costing.amount) == ("priced_exact", Decimal(amount))


def test_batch_halves_anthropic_caching_too(catalogue: PriceBook) -> None:
    usage = {
        "input_tokens": 0, "cached_input_tokens": 1_000_000, "cache_write_tokens": 2_000_000,
        "cache_write_1h_tokens": 1_000_000, "output_tokens": 0, "convention": "exclusive",
    }  # fmt: skip
    call = a_call(provider="anthropic", model="claude-3-opus-20240229", at="2025-01-01T00:00:00+00:00", usage=usage)
    standard, batch = catalogue.cost(call), catalogue.cost(call._replace(processing="batch"))
    assert standard.amount == Decimal("50.25")
    assert batch.amount == standard.amount / 2


def test_before_a_batch_interface_opened_there_was_no_batch_price(catalogue: PriceBook) -> None:
    call = a_call(provider="anthropic", model="claude-3-opus", processing="batch", usage=MILLION)
    early = catalogue.cost(call._replace(at_us=1_719_000_000_000_000))
    assert early.status == "unpriced_dimension"


def test_anthropic_says_batch_as_a_tier(catalogue: PriceBook) -> None:
    call = a_call(provider="anthropic", model="claude-haiku-4-5", usage=MILLION)
    assert catalogue.cost(call._replace(tier="batch")).amount == Decimal(3)
    assert catalogue.cost(call._replace(tier="standard")).amount == Decimal(6)


def test_the_tier_served_has_its_price_and_an_unknown_one_is_flagged(catalogue: PriceBook) -> None:
    call = a_call(provider="openai", model="gpt-4o", usage=MILLION)
    costs = {
        tier: catalogue.cost(call._replace(tier=tier)) for tier in ("", "auto", "default", "priority", "prioritty")
    }
    assert costs[""].amount == costs["auto"].amount == costs["default"].amount == Decimal("12.5")
    assert costs["priority"].amount == Decimal("21.25")
    assert costs["prioritty"].status == "unpriced_dimension"


def test_a_tier_at_another_seller_of_the_model_is_flagged(catalogue: PriceBook) -> None:
    call = a_call(provider="azure", model="gpt-4o", usage=MILLION, tier="priority")
    assert catalogue.cost(call).status == "unpriced_dimension"
