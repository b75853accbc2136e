"""Our arithmetic beside genai-prices' on random usage: equal wherever we call a price exact."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ClauseOr, ModelInfo, ModelPrice, Provider
from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.book import PriceBook
from tests.pricing.calls import NOW, a_call

pytestmark = pytest.mark.django_db

MOMENTS = [NOW, "2026-11-25T02:30:00+00:00"]
"""Midday, and an hour in which some providers sell at another price."""
TINY = Decimal("1e-15")
"""A few catalogue prices carry binary noise at the 17th digit, which the import removes."""


def _spelling(provider: Provider, model: ModelInfo) -> str | None:
    """An exact name that leads to this model at this provider."""
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    names = [clause.equals for clause in clauses if isinstance(clause, ClauseEquals)]
    for name in [*names, model.id]:
        if provider.find_model(name) is model:
            return name
    return None


MODELS = [
    (provider, model, name)
    for provider in providers
    for model in provider.models
    if (name := _spelling(provider, model)) is not None and model.prices != ModelPrice()
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def theirs(provider: Provider, model: ModelInfo, usage: dict[str, int], context: dict[str, str], at: str) -> Decimal:
    told = Usage(
        input_tokens=usage["input_tokens"], output_tokens=usage["output_tokens"],
        cache_read_tokens=usage["cached_input_tokens"], cache_write_tokens=usage["cache_write_tokens"],
        cache_write_1h_tokens=usage["cache_write_1h_tokens"], output_reasoning_tokens=usage["reasoning_tokens"],
        web_searches=usage["web_searches"],
    )  # fmt: skip
    return model.calc_price(
        told, provider, genai_request_timestamp=moment(at), price_context=context or None
    ).total_price


def contexts(model: ModelInfo) -> list[dict[str, str]]:
    known = [v.when for v in model.price_variants or () if set(v.when) <= {"processing", "service_tier"}]
    return [{}, *(dict(when) for when in known if v_active(model, when))]


def v_active(model: ModelInfo, when: dict[str, str]) -> bool:
    variants = [v for v in model.price_variants or () if v.when == when]
    return any(v.constraint is None or v.constraint.active(moment(NOW)) for v in variants)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, int]:
    small, large = st.integers(0, 3_000), st.integers(90_000, 400_000)
    read, writes, rest = draw(small | large), draw(small), draw(small | large)
    output = draw(st.integers(0, 20_000))
    return {
        "input_tokens": read + writes + rest, "cached_input_tokens": read, "cache_write_tokens": writes,
        "cache_write_1h_tokens": draw(st.integers(0, writes)), "output_tokens": output,
        "reasoning_tokens": draw(st.integers(0, output)), "web_searches": draw(st.integers(0, 3)),
    }  # fmt: skip


def compare(
    book: PriceBook,
    provider: Provider,
    model: ModelInfo,
    name: str,
    usage: dict[str, int],
    when: dict[str, str],
    at: str,
) -> str:
    service: dict[str, Any] = {"tier": when.get("service_tier", ""), "processing": when.get("processing", "")}
    ours = book.cost(a_call(provider=provider.id, model=name, usage=usage, at=at, **service))
    if ours.status == "priced_exact":
        assert ours.amount is not None
        assert abs(ours.amount - theirs(provider, model, usage, when, at)) <= TINY, (provider.id, name, when)
    else:
        assert ours.status == "unpriced_dimension", (provider.id, name, when)
    return ours.status


FIXED = {
    "input_tokens": 1_500_000, "cached_input_tokens": 300_000, "cache_write_tokens": 0, "cache_write_1h_tokens": 0,
    "output_tokens": 20_000, "reasoning_tokens": 3_000, "web_searches": 0,
}  # fmt: skip


def test_every_model_and_service_costs_the_same(catalogue: PriceBook) -> None:
    statuses = [
        compare(catalogue, provider, model, name, usage, when, at)
        for provider, model, name in MODELS
        for when in contexts(model)
        for at in MOMENTS
        for usage in (FIXED, {**FIXED, "input_tokens": 50_000, "cached_input_tokens": 40_000})
    ]
    assert len(MODELS) > 2_050
    assert statuses.count("priced_exact") > 0.95 * len(statuses)


@settings(max_examples=400)
@given(which=st.integers(0, len(MODELS) - 1), usage=usages(), pick=st.integers(0, 9))
def test_random_usage_costs_the_same(catalogue: PriceBook, which: int, usage: dict[str, int], pick: int) -> None:
    provider, model, name = MODELS[which]
    known = contexts(model)
    compare(catalogue, provider, model, name, usage, known[pick % len(known)], MOMENTS[pick % 2])


@pytest.mark.parametrize("name", ["claude-opus-4-5", "gpt-5", "gemini-2.5-pro", "grok-4"])
@settings(max_examples=50)
@given(usage=usages())
def test_well_known_models_are_exact_for_any_usage(catalogue: PriceBook, name: str, usage: dict[str, int]) -> None:
    provider, model, _ = _known(name)
    assert compare(catalogue, provider, model, name, {**usage, "web_searches": 0}, {}, NOW) == "priced_exact"


def _known(name: str) -> tuple[Provider, ModelInfo, str]:
    for provider in providers:
        if provider.id in ("anthropic", "openai", "google", "x-ai") and (model := provider.find_model(name)):
            return provider, model, name
    raise LookupError(name)
