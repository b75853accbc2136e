"""Turn the genai-prices catalogue into our own dated records. The only module that imports it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

from genai_prices import types as genai
from genai_prices.data import providers as PROVIDERS  # noqa: N812
from genai_prices.data_units import unit_data

from pricing.names import canonical_provider
from pricing.records import NameRecord, RateRecord, SheetRecord, unit_price

LAYER: Final = "list"
_OURS: Final = {
    "input_mtok": "input_uncached",
    "output_mtok": "output_text",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_in",
    "output_audio_mtok": "audio_out",
    "input_image_mtok": "image_in",
    "output_image_mtok": "image_out",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "requests",
    "web_searches_kcount": "web_search",
}
"""Prices of the usage vector; every other price is kept under the catalogue's own name for it."""
_UNITS: Final = {
    "tokens": "token", "characters": "character", "messages": "message", "durations": "hour", "pixels": "pixel",
    "document_pages": "page", "rerank": "search", "tool_calls": "call", "requests": "request",
}  # fmt: skip
_SECONDS_PER_HOUR: Final = 3600
_CLEAN_PLACES: Final = 12
_CONDITIONS: Final = {
    "processing": "processing",
    "service_tier": "tier",
    "speed": "tier",
    "search_type": "tier",
    "route": "region",
}
_CLAUSES: Final = {
    genai.ClauseEquals: ("exact", "equals"),
    genai.ClauseStartsWith: ("prefix", "starts_with"),
    genai.ClauseEndsWith: ("suffix", "ends_with"),
    genai.ClauseContains: ("contains", "contains"),
    genai.ClauseRegex: ("regex", "regex"),
}


_NOTHING: Final = genai.ModelPrice(input_mtok=Decimal(0), output_mtok=Decimal(0))


class Span(NamedTuple):
    """Standard prices from a moment on (None: since ever), perhaps only in a window of the day."""

    start: datetime | None
    window: tuple[int, int] | None
    prices: genai.ModelPrice


def records() -> tuple[list[NameRecord], list[SheetRecord]]:
    """All names and sheets of the catalogue, in its own order of precedence."""
    names: list[NameRecord] = []
    sheets: list[SheetRecord] = []
    for provider in PROVIDERS:
        seller = canonical_provider(provider.id)
        for rank, model in enumerate(provider.models):
            names += _names(seller, model, rank)
            sheets += sheets_of(seller, model)
        for rank, other in enumerate(provider.fallback_model_providers or (), start=len(provider.models)):
            names.append(NameRecord(LAYER, seller, "fallback", "", canonical_provider(other), "", rank))
    return list(dict.fromkeys(names)), sheets


def _names(seller: str, model: genai.ModelInfo, rank: int) -> Iterator[NameRecord]:
    for kind, pattern in _patterns(model.match):
        yield NameRecord(LAYER, seller, kind, pattern, seller, model.id, rank)


def _patterns(clause: Any) -> Iterator[tuple[str, str]]:
    if isinstance(clause, genai.ClauseOr):
        for part in clause.or_:
            yield from _patterns(part)
    elif isinstance(clause, genai.ClauseAnd):
        parts = [list(_patterns(part)) for part in clause.and_]
        if any(len(part) != 1 for part in parts):
            raise ValueError(f"A rule of alternatives inside a rule is not known: {clause}")
        yield "rule", "\n".join(f"{kind}:{pattern}" for ((kind, pattern),) in parts)
    else:
        kind, attribute = _CLAUSES[type(clause)]
        pattern = getattr(clause, attribute)
        yield kind, pattern if kind == "regex" else pattern.lower()


def sheets_of(seller: str, model: genai.ModelInfo) -> Iterator[SheetRecord]:
    """The model's standard prices, then what other tiers and processing change in them."""
    spans = _spans(model)
    starts = [span.start for span in spans if span.window is None]
    for span in spans:
        later = [start for start in starts if start and (span.start is None or start > span.start)]
        yield SheetRecord(
            LAYER, seller, model.id, _rates(span.prices.__dict__, model.id),
            valid_from=span.start, valid_to=None if span.window else min(later, default=None),
            daily_from=span.window and span.window[0], daily_to=span.window and span.window[1],
            precision="day" if span.start else "observed", evidence=model.price_comments or "",
        )  # fmt: skip
    yield from _variants(seller, model, [span for span in spans if span.window is None])


def _spans(model: genai.ModelInfo) -> list[Span]:
    """Prices in the order in which they begin. A daily window belongs to the price listed before it.

    A model listed without any price has none here either, except those whose name says that they are free.
    """
    if isinstance(model.prices, genai.ModelPrice):
        prices = model.prices if model.prices.__dict__ or not _free(model) else _NOTHING
        return [Span(None, None, prices)] if prices.__dict__ else []
    spans: list[Span] = []
    for price in model.prices:
        window = _window(price.constraint)
        spans.append(Span(spans[-1].start if window and spans else _start(price.constraint), window, price.prices))
    return spans


def _free(model: genai.ModelInfo) -> bool:
    return model.id.endswith(":free") or model.id == "moderation"


def _start(constraint: Any) -> datetime | None:
    if isinstance(constraint, genai.StartDateConstraint):
        return datetime.combine(constraint.start_date, time(), tzinfo=UTC)
    return None


def _window(constraint: Any) -> tuple[int, int] | None:
    if isinstance(constraint, genai.TimeOfDateConstraint):
        return _minute(constraint.start_time), _minute(constraint.end_time)
    return None


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _variants(seller: str, model: genai.ModelInfo, spans: list[Span]) -> Iterator[SheetRecord]:
    by_condition: dict[tuple[tuple[str, str], ...], list[genai.PriceVariant]] = {}
    for variant in model.price_variants or ():
        by_condition.setdefault(tuple(sorted(variant.when.items())), []).append(variant)
    for when, variants in by_condition.items():
        if ("service_tier", "default") in when:
            continue
        condition = {_CONDITIONS[key]: value.lower() for key, value in when}
        region, tier, processing = (condition.get(key, "") for key in ("region", "tier", "processing"))
        for start, end in _stretches(variants, spans):
            merged = _merged(variants, spans, start)
            yield SheetRecord(
                LAYER, seller, model.id, _rates(merged, model.id), region, tier, processing, start, end,
                precision="day" if start else "observed", evidence=model.price_comments or "",
            )  # fmt: skip


def _stretches(
    variants: Iterable[genai.PriceVariant], spans: list[Span]
) -> Iterator[tuple[datetime | None, datetime | None]]:
    """The times between which neither the variant nor the standard price changes."""
    own = {_start(variant.constraint) for variant in variants}
    first = None if None in own else min(start for start in own if start)
    moments = {start for start in own | {span.start for span in spans} if start and (first is None or start > first)}
    edges = [first, *sorted(moments), None]
    yield from pairwise(edges)


def _merged(variants: Iterable[genai.PriceVariant], spans: list[Span], at: datetime | None) -> dict[str, Any]:
    """Standard prices at that moment with the variant's own put over them; the first variant to name one counts."""
    standard = next(span for span in reversed(spans) if span.start is None or (at and span.start <= at))
    own: dict[str, Any] = {}
    for variant in variants:
        start = _start(variant.constraint)
        if start is None or (at and start <= at):
            own = {**variant.prices.__dict__, **own}
    return {**standard.prices.__dict__, **{key: price for key, price in own.items() if price is not None}}


def _rates(prices: dict[str, Any], where: str) -> tuple[RateRecord, ...]:
    return tuple(rate for key, price in prices.items() if price is not None for rate in _rate(key, price, where))


def _rate(key: str, price: Decimal | genai.TieredPrices, where: str) -> Iterator[RateRecord]:
    usage, unit = next((name, unit) for name, unit in unit_data.items() if unit["price_key"] == key)
    per = 1 if unit["per"] == _SECONDS_PER_HOUR else unit["per"]
    dimension, word = _OURS.get(key, usage), _UNITS[unit["dimensions"]["family"]]
    if isinstance(price, genai.TieredPrices):
        for tier in price.tiers:
            yield RateRecord(dimension, unit_price(_clean(tier.price), per, where), word, tier.start)
        price = price.base
    yield RateRecord(dimension, unit_price(_clean(price), per, where), word)


def _clean(price: Decimal) -> Decimal:
    """Drop the binary noise that a few catalogue entries carry, such as 0.18000000000000002 for 0.18."""
    cleaned = round(price, _CLEAN_PLACES)
    return price if cleaned == price else cleaned.normalize()
