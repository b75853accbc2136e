"""For any usage and any price sheet: the receipt sums exactly to the amount, and the bounds enclose it."""

from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from pricing.cost import cost, lines
from pricing.match import Sheet, Step
from pricing.usage import UsageVector
from tests.pricing.calls import a_call

rate = st.none() | st.just(0) | st.integers(1, 10**16)
rates = st.tuples(*[rate] * len(UsageVector._fields))
count = st.none() | st.just(0) | st.integers(1, 2**31 - 1)
vectors = st.builds(UsageVector, *[count] * len(UsageVector._fields))


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    base = draw(rates)
    lines_at = sorted(draw(st.sets(st.integers(1, 400_000), max_size=3)))
    steps = tuple(Step(above, draw(rates)) for above in lines_at)
    return Sheet(
        7, "list", "acme", "one", "", "", "", 0, 2**62, None, draw(st.booleans()), base, steps,
        countable=any(price is not None for price in base[:11]),
    )  # fmt: skip


def total(amounts: list[Decimal | None]) -> Decimal:
    with localcontext(prec=60):
        return sum((amount for amount in amounts if amount is not None), Decimal(0))


@given(sheet=sheets(), usage=vectors, flag=st.sampled_from(["", "contradiction", "assumed_ttl", "estimated"]))
def test_the_receipt_sums_to_the_amount_or_to_the_priced_part(sheet: Sheet, usage: UsageVector, flag: str) -> None:
    call = a_call()._replace(usage=usage, usage_flag=flag)
    costing = cost(call, sheet, "", 1)
    receipt = lines(call, sheet, costing)
    if costing.status == "usage_unknown":
        assert receipt == []
    else:
        assert total([line.amount for line in receipt]) == (costing.floor if costing.amount is None else costing.amount)


@given(sheet=sheets(), usage=vectors, flag=st.sampled_from(["", "contradiction", "assumed_ttl", "estimated"]))
def test_the_amount_lies_between_its_bounds(sheet: Sheet, usage: UsageVector, flag: str) -> None:
    costing = cost(a_call()._replace(usage=usage, usage_flag=flag), sheet, "", 1)
    assert costing.floor is not None
    assert costing.floor >= 0
    if costing.amount is not None:
        assert costing.ceiling is not None
        assert costing.floor <= costing.amount <= costing.ceiling


@given(sheet=sheets(), usage=vectors, most=st.integers(1, 10**6), chars=st.integers(0, 10**6))
def test_a_cut_stream_costs_at_least_its_floor_and_at_most_its_ceiling(
    sheet: Sheet, usage: UsageVector, most: int, chars: int
) -> None:
    call = a_call(status="cancelled", max_output_tokens=most, delivered_chars=chars)
    costing = cost(call._replace(usage=usage._replace(output_text=None)), sheet, "", 1)
    if costing.status == "usage_unknown" and costing.ceiling is not None:
        assert costing.floor <= costing.ceiling


@given(sheet=sheets(), usage=vectors)
def test_a_marginal_line_splits_tokens_without_losing_one(sheet: Sheet, usage: UsageVector) -> None:
    call = a_call()._replace(usage=usage)
    receipt = lines(call, sheet, cost(call, sheet, "", 1))
    for dimension, units in zip(UsageVector._fields, usage, strict=True):
        told = sum(line.units for line in receipt if line.dimension == dimension)
        assert not receipt or dimension == "requests" or told == (units or 0)
