"""The first sentence of Overview and Cost, for every way that spend can move."""

from decimal import Decimal
from typing import Any

import pytest

from dashboard.sentences import of_spend

THEN = "Nov 11 to Nov 17"


def totals(cost: str | None, calls: int, before: str | None, calls_before: int) -> dict[str, Any]:
    def each(amount: str | None, number: int) -> Decimal | None:
        return Decimal(amount) / number if amount is not None and number else None

    return {
        "cost_usd": None if cost is None else Decimal(cost),
        "cost_usd_before": None if before is None else Decimal(before),
        "calls": calls,
        "calls_before": calls_before,
        "cost_per_call_usd": each(cost, calls),
        "cost_per_call_usd_before": each(before, calls_before),
    }


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            totals("4812.37", 1098, "4281.50", 1000),
            "Spend is up 12.4% to $4,812.37, compared with Nov 11 to Nov 17: 9.8% more calls, each 2.4% dearer.",
        ),
        (
            totals("50", 100, "100", 100),
            "Spend is down 50.0% to $50.00, compared with Nov 11 to Nov 17: as many calls, each 50.0% cheaper.",
        ),
        (
            totals("110", 1100, "10", 100),
            "Spend is ×11 what it was on Nov 11 to Nov 17, $110.00: ×11 as many calls, each at the same cost.",
        ),
        (totals("101", 10, "100", 10), "Spend is about the same as on Nov 11 to Nov 17: $101.00 for 10 calls."),
        (totals("5", 1, "0", 0), "$5.00 for 1 call; no spend on Nov 11 to Nov 17."),
        (totals("5", 1, None, 3), "$5.00 for 1 call; no known spend on Nov 11 to Nov 17."),
        (totals("0", 7, "5", 3), "No spend for 7 calls, compared with $5.00 on Nov 11 to Nov 17."),
        (totals(None, 7, "5", 3), "7 calls, none of them with a known cost yet."),
    ],
)
def test_the_sentence_says_what_moved_and_which_part_moved_it(found: dict[str, Any], sentence: str) -> None:
    assert of_spend(found, THEN).replace("\u00a0", " ") == sentence


def test_without_a_comparison_it_only_says_what_there_is() -> None:
    assert of_spend(totals("5", 1234, None, 0), "").replace("\u00a0", " ") == "$5.00 for 1,234 calls."
