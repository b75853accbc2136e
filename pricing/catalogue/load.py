"""Load the list prices we ship into the book: the imported catalogue, then the history."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pricing.models import BookVersion
from pricing.pricefile import read
from pricing.publish import Published, publish
from pricing.records import PriceList, SheetRecord

HISTORY_FILE: Final = Path(__file__).with_name("history.json")
CATALOGUE, HISTORY = "genai-prices", "history"
_FORMAT: Final = 1
"""Raise when the conversion below changes, so that a book made by an older one is made again."""
_AUDIO_LIKE_TEXT: Final = frozenset({"gemini-1.5-flash", "gemini-1.5-pro", "gemini-2.0-flash-lite", "gemini-2.5-pro"})
"""Google lists one input price for text, image, video and audio for these (checked 2026-11-25)."""


def load() -> list[Published]:
    """Bring both lists up to date. Costs one query when they are."""
    if _stamp() == _loaded_stamp():
        return []
    from pricing.catalogue import genai
    from pricing.catalogue.batch import before_the_catalogue

    names, sheets = genai.records()
    sheets = [_with_audio(sheet) for sheet in sheets]
    past = read(HISTORY_FILE.read_text(), HISTORY, layers=("history",))
    past = past._replace(sheets=[*past.sheets, *before_the_catalogue(sheets)], note=past.note, source=_stamp())
    source = f"{CATALOGUE}@{version(CATALOGUE)}"
    return [publish(PriceList(CATALOGUE, source, names, sheets)), publish(past)]


def _with_audio(sheet: SheetRecord) -> SheetRecord:
    if sheet.provider != "google" or sheet.model not in _AUDIO_LIKE_TEXT:
        return sheet
    if any(rate.dimension == "audio_in" for rate in sheet.rates):
        return sheet
    audio = (rate._replace(dimension="audio_in") for rate in sheet.rates if rate.dimension == "input_uncached")
    return sheet._replace(rates=(*sheet.rates, *audio))


def _stamp() -> str:
    past = hashlib.sha256(HISTORY_FILE.read_bytes()).hexdigest()[:16]
    return f"{HISTORY} {past} over {CATALOGUE}@{version(CATALOGUE)}, format {_FORMAT}"


def _loaded_stamp() -> str:
    newest = BookVersion.objects.filter(book=HISTORY).order_by("-id").first()
    return newest.source if newest else ""
