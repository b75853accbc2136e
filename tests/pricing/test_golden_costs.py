"""The golden vectors: what a call costs by a price file, through the real database."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from polymeter.event import COST_STATUSES
from tests.pricing.calls import a_call, book_now, publish_file

CASES = json.loads((Path(__file__).parents[1] / "golden" / "costs.json").read_text())


def price_file(*models: dict[str, Any]) -> str:
    return json.dumps({"name": "golden", "models": [{"provider": "acme", "model": "one", **m} for m in models]})


def dollars(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_golden_cost(case: dict[str, Any]) -> None:
    publish_file(price_file(case["prices"]))
    costing = book_now().cost(a_call(usage=case["usage"], **case.get("call", {})))
    amount = dollars(case["amount"])
    assert costing.status == case.get("status", "priced_exact")
    assert costing.status in COST_STATUSES
    assert costing.amount == amount
    assert costing.floor == dollars(case.get("floor", case["amount"]))
    assert costing.ceiling == dollars(case.get("ceiling", case["amount"]))
    assert "wrong" not in case or costing.amount != Decimal(case["wrong"])


@pytest.mark.django_db
@pytest.mark.parametrize("case", [c for c in CASES if c["amount"] is not None], ids=lambda case: case["case"])
def test_golden_receipt_sums_to_the_amount(case: dict[str, Any]) -> None:
    publish_file(price_file(case["prices"]))
    lines = book_now().lines(a_call(usage=case["usage"], **case.get("call", {})))
    assert sum((line.amount for line in lines), Decimal(0)) == Decimal(case["amount"])
    for dimension, amount in case.get("lines", {}).items():
        assert {line.dimension: line.amount for line in lines}[dimension] == Decimal(amount)


@pytest.mark.django_db
def test_a_fallback_costs_what_the_served_model_costs() -> None:
    asked = {"model": "dear", "per_million": {"input": 0.30, "output": 1.20}}
    served = {"model": "cheap", "per_million": {"input": 0.15, "output": 0.60}}
    publish_file(price_file(asked, served))
    usage = {"input_tokens": 1000, "output_tokens": 1000}
    assert book_now().cost(a_call(model="cheap", usage=usage)).amount == Decimal("0.00075")
    assert book_now().cost(a_call(model="dear", usage=usage)).amount == Decimal("0.0015")


@pytest.mark.django_db
def test_essay_tiers_blend_to_1_24_dollars_a_million() -> None:
    tiers = [("small", 0.15, 600_000), ("mid", 0.50, 300_000), ("frontier", 10, 100_000)]
    publish_file(price_file(*({"model": name, "per_million": {"input": price}} for name, price, _ in tiers)))
    book = book_now()
    costs = [book.cost(a_call(model=name, usage={"input_tokens": tokens})).amount for name, _, tokens in tiers]
    assert sum(cost for cost in costs if cost is not None) == Decimal("1.24")


@pytest.mark.django_db
def test_four_decimals_a_call_would_lose_money_so_nothing_is_rounded() -> None:
    publish_file(price_file({"per_million": {"input": 0.15, "output": 0.60}}))
    cost = book_now().cost(a_call(usage={"input_tokens": 137, "output_tokens": 11})).amount
    assert cost == Decimal("0.00002715")
    assert cost * 1_000_000 == Decimal("27.15")
