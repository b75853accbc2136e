"""Batch prices before the catalogue knew any: half of the standard token prices since the batch interfaces opened."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from pricing.records import SheetRecord

EVIDENCE: Final = {
    "openai": "Batch API: half price since 15 April 2024. https://openai.com/api/pricing",
    "anthropic": "Message Batches: half price, caching included, since 8 October 2024. https://www.anthropic.com/pricing",
}


class Opening(NamedTuple):
    """When a provider's batch interface opened, what it halves, and retired models it took."""

    since: datetime
    halves: frozenset[str]
    retired: frozenset[str]


OPENINGS: Final = {
    "openai": Opening(
        datetime(2024, 4, 15, tzinfo=UTC),
        frozenset({"input_uncached", "output_text"}),
        frozenset({
            "o1-mini", "o1-preview", "text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002",
        }),
    ),
    "anthropic": Opening(
        datetime(2024, 10, 8, tzinfo=UTC),
        frozenset({"input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "output_text"}),
        frozenset({
            "claude-3-opus-latest", "claude-3-haiku", "claude-3-5-sonnet", "claude-3-5-haiku-latest",
            "claude-3-7-sonnet-latest", "claude-opus-4-0", "claude-opus-4-1", "claude-sonnet-4-0",
        }),
    ),
}  # fmt: skip


def before_the_catalogue(sheets: Sequence[SheetRecord]) -> Iterator[SheetRecord]:
    """History sheets for batch, from the opening to the first batch price of the catalogue (or without end)."""
    for (provider, model), standard in _standard(sheets).items():
        opening = OPENINGS[provider]
        own = [s for s in sheets if (s.provider, s.model, s.processing) == (provider, model, "batch")]
        if not own and model not in opening.retired:
            continue
        until = min((s.valid_from or opening.since for s in own), default=None)
        halved = opening.halves | _halved(own, standard)
        for sheet in standard:
            start = max(sheet.valid_from or opening.since, opening.since)
            end = min((moment for moment in (sheet.valid_to, until) if moment), default=None)
            if end is None or start < end:
                yield _half(sheet, halved, start, end)


def _standard(sheets: Sequence[SheetRecord]) -> dict[tuple[str, str], list[SheetRecord]]:
    found: dict[tuple[str, str], list[SheetRecord]] = {}
    for sheet in sheets:
        if sheet.provider in OPENINGS and (sheet.region, sheet.tier, sheet.processing) == ("", "", ""):
            found.setdefault((sheet.provider, sheet.model), []).append(sheet)
    return found


def _halved(batch: Sequence[SheetRecord], standard: Sequence[SheetRecord]) -> frozenset[str]:
    """Dimensions that the catalogue's own batch price lowers too, such as cached input of newer models."""
    prices = {(r.dimension, r.above_input_tokens): r.price for r in standard[-1].rates}
    rates = [rate for sheet in batch for rate in sheet.rates]
    return frozenset(
        r.dimension for r in rates if r.price < prices.get((r.dimension, r.above_input_tokens), Decimal(0))
    )


def _half(sheet: SheetRecord, halved: frozenset[str], start: datetime, end: datetime | None) -> SheetRecord:
    rates = tuple(rate._replace(price=rate.price / 2) if rate.dimension in halved else rate for rate in sheet.rates)
    return sheet._replace(
        layer="history", rates=rates, processing="batch", valid_from=start, valid_to=end, precision="day",
        evidence=EVIDENCE[sheet.provider],
    )  # fmt: skip
