"""Put a price list into the book: one new version per change of content, old records retired, never overwritten."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from django.db import transaction

from pricing import snapshot
from pricing.models import BookVersion, ModelName, PriceSheet, Rate
from pricing.records import NameRecord, PriceList, SheetRecord, content_of, digest

_BATCH: Final = 500
_Record = TypeVar("_Record", NameRecord, SheetRecord)


class Published(NamedTuple):
    """What publishing did: the version, and how many sheets came and went. No version when nothing changed."""

    version: int | None
    added: int = 0
    retired: int = 0


def publish(prices: PriceList) -> Published:
    """Make the book say what the list says. Records that did not change keep their id and their version."""
    with transaction.atomic():
        content = content_of([*prices.names, *prices.sheets])
        newest = BookVersion.objects.select_for_update().filter(book=prices.book).order_by("-id").first()
        if newest is not None and newest.content == content:
            return Published(None)
        version = BookVersion.objects.create(
            book=prices.book, source=prices.source, content=content, note=prices.note, entered_by=prices.entered_by
        )
        _write_names(prices, version)
        added, retired = _write_sheets(prices, version)
    snapshot.forget()
    return Published(version.pk, added, retired)


def _write_names(prices: PriceList, version: BookVersion) -> None:
    live = ModelName.objects.filter(book=prices.book, retired_in=None)
    fresh, stale = _difference(prices.names, live.values_list("digest", "id"))
    _retire(ModelName, stale, version)
    rows = [
        ModelName(**name._asdict(), book=prices.book, source=prices.source, digest=key, introduced_in=version)
        for key, name in fresh.items()
    ]
    ModelName.objects.bulk_create(rows, batch_size=_BATCH)


def _write_sheets(prices: PriceList, version: BookVersion) -> tuple[int, int]:
    live = PriceSheet.objects.filter(book=prices.book, retired_in=None)
    fresh, stale = _difference(prices.sheets, live.values_list("digest", "id"))
    _retire(PriceSheet, stale, version)
    rows = [_sheet_row(prices, sheet, key, version) for key, sheet in fresh.items()]
    written = PriceSheet.objects.bulk_create(rows, batch_size=_BATCH)
    rates = [
        Rate(sheet_id=row.pk, **rate._asdict())
        for row, sheet in zip(written, fresh.values(), strict=True)
        for rate in sheet.rates
    ]
    Rate.objects.bulk_create(rates, batch_size=_BATCH)
    return len(fresh), len(stale)


def _sheet_row(prices: PriceList, sheet: SheetRecord, key: str, version: BookVersion) -> PriceSheet:
    fields = sheet._asdict()
    del fields["rates"]
    return PriceSheet(**fields, book=prices.book, source=prices.source, digest=key, introduced_in=version)


def _difference(wanted: Sequence[_Record], live: Iterable[tuple[str, int]]) -> tuple[dict[str, _Record], list[int]]:
    """Records that are not in the book yet, and the ids of those that have to leave it."""
    fresh = {digest(record): record for record in wanted}
    stale = [key for fingerprint, key in live if fresh.pop(fingerprint, None) is None]
    return fresh, stale


def _retire(model: type[ModelName] | type[PriceSheet], ids: list[int], version: BookVersion) -> None:
    for start in range(0, len(ids), _BATCH):
        model.objects.filter(pk__in=ids[start : start + _BATCH]).update(retired_in=version)
