"""The price book in memory: loaded once, checked for a new version at most every five seconds, kept when that fails."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import DatabaseError
from django.db.models import Max, Q, QuerySet

from pricing.book import PriceBook
from pricing.match import Name, Sheet, Step
from pricing.models import BookVersion, ModelName, PriceSheet, Rate
from pricing.usage import UsageVector

POLL_SECONDS: Final = 5.0
_ALWAYS: Final = 2**62
_ATTOS: Final = Decimal(10) ** 18
_POSITION: Final = {name: index for index, name in enumerate(UsageVector._fields)}
_INHERITS: Final = (
    ("cache_read", "input_uncached"),
    ("cache_write_5m", "input_uncached"),
    ("image_in", "input_uncached"),
    ("reasoning", "output_text"),
)
"""What is charged like something else when a list names no price for it. Audio and made images never are."""

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_book: PriceBook | None = None
_checked = float("-inf")


def current() -> PriceBook:
    """The newest price book. Asks the database at most every five seconds; the last good one when it is down."""
    global _checked
    book = _book
    if book is not None and (time.monotonic() - _checked < POLL_SECONDS or not _lock.acquire(blocking=False)):
        return book
    if book is None:
        _lock.acquire()
    try:
        _checked = time.monotonic()
        return _refreshed()
    finally:
        _lock.release()


def _refreshed() -> PriceBook:
    global _book
    try:
        version = _newest()
        if _book is None or version != _book.version:
            _book = at_version(version)
    except DatabaseError:
        if _book is None:
            raise
        _log.warning("price book: database not reachable, keeping version %s", _book.version)
    return _book


def forget() -> None:
    """Look again at the next question: for a process that has just changed prices."""
    global _book, _checked
    with _lock:
        _book, _checked = None, float("-inf")


def at_version(version: int) -> PriceBook:
    """The price book as it was at a version, for the receipts of that time."""
    then = Q(introduced_in__lte=version) & (Q(retired_in=None) | Q(retired_in__gt=version))
    return PriceBook(version, _names(ModelName.objects.filter(then)), _sheets(then))


def _newest() -> int:
    return BookVersion.objects.aggregate(newest=Max("id"))["newest"] or 0


def _names(rows: QuerySet[ModelName]) -> Iterator[Name]:
    fields = ("layer", "provider", "kind", "pattern", "target_provider", "model", "rank")
    return (Name(*row) for row in rows.values_list(*fields).iterator())


def _sheets(then: Q) -> Iterator[Sheet]:
    rates = _rates(then)
    fields = (
        "id", "layer", "provider", "model", "region", "tier", "processing",
        "valid_from", "valid_to", "daily_from", "daily_to", "mode",
    )  # fmt: skip
    for row in PriceSheet.objects.filter(then).values_list(*fields).iterator():
        yield _sheet(row, rates.get(row[0], []))


def _rates(then: Q) -> dict[int, list[tuple[str, int, int]]]:
    """Dimension, line and price in units of 1e-18 USD, by sheet."""
    of_then = PriceSheet.objects.filter(then).values("id")
    rows = Rate.objects.filter(sheet__in=of_then, dimension__in=_POSITION)
    found: dict[int, list[tuple[str, int, int]]] = {}
    for sheet, dimension, above, price in rows.values_list("sheet_id", "dimension", "above_input_tokens", "price"):
        found.setdefault(sheet, []).append((dimension, above, int(price * _ATTOS)))
    return found


def _sheet(row: tuple[Any, ...], rates: list[tuple[str, int, int]]) -> Sheet:
    key, layer, provider, model, region, tier, processing = row[:7]
    valid_from, valid_to, daily_from, daily_to, mode = row[7:]
    lines = sorted({above for _, above, _ in rates if above})
    base = _rates_above(rates, 0)
    return Sheet(
        key,
        layer,
        provider,
        model,
        region,
        tier,
        processing,
        from_us=_micros(valid_from, -_ALWAYS),
        to_us=_micros(valid_to, _ALWAYS),
        daily=None if daily_from is None else (daily_from, daily_to),
        marginal=mode == "marginal",
        rates=base,
        steps=tuple(Step(line, _rates_above(rates, line)) for line in lines),
        countable=any(rate is not None for rate in base[:-1]),
    )


def _rates_above(rates: list[tuple[str, int, int]], line: int) -> tuple[int | None, ...]:
    """The twelve rates once the input is past the line, with what is charged like something else filled in."""
    best: dict[str, tuple[int, int]] = {}
    for dimension, above, price in rates:
        if above <= line and above >= best.get(dimension, (0, 0))[0]:
            best[dimension] = (above, price)
    for dimension, other in _INHERITS:
        if dimension not in best and other in best:
            best[dimension] = best[other]
    if "cache_write_1h" not in best and not any(dimension == "cache_write_5m" for dimension, *_ in rates):
        best |= {"cache_write_1h": best["input_uncached"]} if "input_uncached" in best else {}
    return tuple(best[name][1] if name in best else None for name in UsageVector._fields)


def _micros(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else round(moment.timestamp() * 1_000_000)
