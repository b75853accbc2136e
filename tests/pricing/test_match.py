"""Which price applies: layers, dates, regions, tiers and names."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pricing.match import matches
from tests.pricing.calls import a_call, book_now, publish_file

MILLION = {"input_tokens": 1_000_000}
pytestmark = pytest.mark.django_db


def publish(layer: str, *models: dict[str, Any]) -> None:
    entries = [{"provider": "acme", "model": "one", **model} for model in models]
    publish_file(json.dumps({"name": layer, "layer": layer, "models": entries}))


def price(**call: Any) -> Decimal | None:
    return book_now().cost(a_call(usage=MILLION, **call)).amount


def test_an_override_beats_a_contract_and_a_contract_beats_the_list() -> None:
    publish("list", {"per_million": {"input": 3}})
    assert price() == 3
    publish("contract", {"per_million": {"input": 2}})
    assert price() == 2
    publish("override", {"per_million": {"input": 1}})
    assert price() == 1


def test_outside_the_dates_of_a_contract_the_list_price_holds() -> None:
    publish("list", {"per_million": {"input": 3}})
    publish("contract", {"per_million": {"input": 2}, "valid_from": "2026-01-01", "valid_to": "2026-07-01"})
    assert price(at="2025-12-31T23:59:59.999999+00:00") == 3
    assert price(at="2026-01-01T00:00:00+00:00") == 2
    assert price(at="2026-06-30T23:59:59.999999+00:00") == 2
    assert price(at="2026-07-01T00:00:00+00:00") == 3


def test_of_two_prices_the_one_that_began_later_holds() -> None:
    publish("list", {"per_million": {"input": 5}}, {"per_million": {"input": 4}, "valid_from": "2026-03-01"})
    assert price(at="2026-02-28T12:00:00+00:00") == 5
    assert price(at="2026-03-01T00:00:00+00:00") == 4


def test_a_price_of_the_future_waits() -> None:
    publish("list", {"per_million": {"input": 5}}, {"per_million": {"input": 9}, "valid_from": "2027-01-01"})
    assert price() == 5


def test_before_its_first_price_a_model_is_unpriced() -> None:
    publish("list", {"per_million": {"input": 5}, "valid_from": "2026-03-01"})
    costing = book_now().cost(a_call(usage=MILLION, at="2026-02-01T00:00:00+00:00"))
    assert (costing.status, costing.amount) == ("unpriced_model", None)


def test_a_region_with_its_own_price_has_it_and_others_have_the_general_one() -> None:
    publish("list", {"per_million": {"input": 5}}, {"per_million": {"input": 6}, "region": "eu"})
    assert (price(region="EU"), price(region="us"), price()) == (6, 5, 5)


def test_a_contract_without_the_tier_does_not_fall_back_to_the_list_silently() -> None:
    publish("list", {"per_million": {"input": 5}}, {"per_million": {"input": 9}, "tier": "priority"})
    publish("contract", {"per_million": {"input": 2}})
    costing = book_now().cost(a_call(usage=MILLION, tier="priority"))
    assert (costing.status, costing.amount) == ("unpriced_dimension", None)


def test_a_price_for_any_provider_holds_at_every_provider_but_the_named_ones() -> None:
    publish(
        "override", {"provider": "", "per_million": {"input": 1}}, {"provider": "groq", "per_million": {"input": 2}}
    )
    assert (price(provider="acme"), price(provider=""), price(provider="groq")) == (1, 1, 2)


def test_a_name_can_mean_its_dated_snapshots_too() -> None:
    publish("override", {"match": "dated", "per_million": {"input": 1}})
    assert price(model="one-2024-07-18") == price(model="one-20240718") == price(model="one@20240718") == 1
    assert price(model="one-mini") is price(model="one-2024-07-18-ft") is price(model="one-2024-99-99") is None


def test_a_prefix_means_everything_that_begins_with_it_and_the_longest_counts() -> None:
    publish(
        "override",
        {"model": "ft:one", "match": "prefix", "per_million": {"input": 1}},
        {"model": "ft:one:acme", "match": "prefix", "per_million": {"input": 2}},
        {"model": "ft:one:acme:exactly", "per_million": {"input": 3}},
    )
    assert price(model="ft:one:other") == 1
    assert price(model="ft:one:acme:x") == 2
    assert price(model="ft:one:acme:exactly") == 3


def test_an_alias_is_the_model() -> None:
    publish("override", {"aliases": ["Uno", "eins"], "per_million": {"input": 1}})
    assert price(model="uno") == price(model="EINS") == price(model=" one ") == 1


def test_a_provider_in_front_of_the_model_is_dropped_when_it_repeats_the_provider() -> None:
    publish("override", {"per_million": {"input": 1}})
    assert (
        price(model="acme/one")
        == price(provider="", model="acme/one")
        == price(provider="litellm", model="acme/one")
        == 1
    )
    assert price(provider="other", model="acme/one") is None


@pytest.mark.parametrize(
    ("kind", "pattern", "yes", "no"),
    [
        ("exact", "one", "one", "one-b"), ("prefix", "one", "one-b", "a-one"), ("suffix", "one", "a-one", "one-b"),
        ("contains", "one", "a-one-b", "on-e"), ("regex", r"^one-\d{8}$", "one-20260101", "one-2026"),
        ("rule", "prefix:one\nsuffix:x", "one-x", "one-y"), ("fallback", "", "one-nothing", None),
    ],
)  # fmt: skip
def test_a_rule_holds_or_it_does_not(kind: str, pattern: str, yes: str, no: str | None) -> None:
    assert matches(kind, pattern, yes) is (kind != "fallback")
    assert no is None or not matches(kind, pattern, no)


def test_names_from_senders_do_not_fill_the_memory() -> None:
    publish("override", {"per_million": {"input": 1}})
    book = book_now()
    for number in range(20_050):
        book.cost(a_call()._replace(model=f"made-up-{number}"))
    assert len(book._found) <= 20_000
    assert book.cost(a_call(usage=MILLION)).amount == 1
