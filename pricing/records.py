"""Price records on their way into the book: what a sheet and a name are, checked before anything is written (pure)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Context, Decimal
from typing import Final, NamedTuple

PLACES: Final = 18
"""Decimal places of a unit price. A price that needs more is refused, never rounded."""
LARGEST: Final = Decimal(10) ** 20
_WIDE: Final = Context(prec=80)


class PriceError(ValueError):
    """A price list that cannot be taken as it is; the text says which entry and why."""


class RateRecord(NamedTuple):
    """The price of one unit of one dimension, from a size of the input on."""

    dimension: str
    price: Decimal
    unit: str = "token"
    above_input_tokens: int = 0


class SheetRecord(NamedTuple):
    """One dated price of one model under one condition; see PriceSheet for the fields."""

    layer: str
    provider: str
    model: str
    rates: tuple[RateRecord, ...]
    region: str = ""
    tier: str = ""
    processing: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    daily_from: int | None = None
    daily_to: int | None = None
    mode: str = "cliff"
    precision: str = "observed"
    evidence: str = ""


class NameRecord(NamedTuple):
    """A spelling of a model; see ModelName for the fields."""

    layer: str
    provider: str
    kind: str
    pattern: str
    target_provider: str
    model: str
    rank: int = 0


class PriceList(NamedTuple):
    """A named list of prices as it should stand from now on."""

    book: str
    source: str
    names: Sequence[NameRecord]
    sheets: Sequence[SheetRecord]
    note: str = ""
    entered_by: str = ""


def unit_price(price: Decimal, per: int, where: str) -> Decimal:
    """The exact price of one unit, from a price for `per` units."""
    if not price.is_finite() or price < 0:
        raise PriceError(f"{where}: a price is a number from 0 on, not {price}.")
    whole, rest = divmod(int(price.scaleb(PLACES, _WIDE)), per) if _exact(price) else (0, 1)
    if rest or whole >= LARGEST.scaleb(PLACES):
        raise PriceError(f"{where}: {price} per {per} has more than {PLACES} decimal places per unit or is too large.")
    return Decimal(whole).scaleb(-PLACES, _WIDE)


def _exact(price: Decimal) -> bool:
    exponent = price.normalize(_WIDE).as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -PLACES and price < LARGEST


def digest(record: SheetRecord | NameRecord) -> str:
    """A short fingerprint of all that a record says; equal records have equal fingerprints."""
    return hashlib.blake2b(repr(record).encode(), digest_size=16).hexdigest()


def content_of(records: Iterable[SheetRecord | NameRecord]) -> str:
    """The fingerprint of a whole price list, whatever the order of its records."""
    return hashlib.sha256("".join(sorted(map(digest, records))).encode()).hexdigest()
