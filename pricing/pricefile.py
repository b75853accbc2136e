"""The price file people write: a JSON document of dated prices per million tokens, read strictly (pure)."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pricing.names import canonical_provider
from pricing.records import NameRecord, PriceError, PriceList, RateRecord, SheetRecord, unit_price
from pricing.shapes import as_document

MILLION: Final = 1_000_000
TOKENS: Final = {
    "input": "input_uncached",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
    "audio_input": "audio_in",
    "image_input": "image_in",
    "output": "output_text",
    "reasoning": "reasoning",
    "audio_output": "audio_out",
    "image_output": "image_out",
}
"""Words of `per_million`: the dimension of the usage vector each of them prices."""

LAYERS: Final = ("override", "contract")
MATCHES: Final = ("exact", "dated", "prefix")
_FILE_KEYS: Final = {"name", "layer", "currency", "source", "note", "models"}
_MODEL_KEYS: Final = {
    "provider", "model", "aliases", "match", "region", "tier", "processing", "valid_from", "valid_to", "precision",
    "per_million", "per_request", "per_web_search", "above", "mode", "evidence",
}  # fmt: skip


def read(text: str, name: str, *, entered_by: str = "", layers: tuple[str, ...] = LAYERS) -> PriceList:
    """Read a price file; `name` is what it is called when it does not say so itself."""
    try:
        loaded = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as exc:
        raise PriceError(f"Not JSON: {exc}.") from exc
    document = as_document(loaded)
    _known(document, _FILE_KEYS, "the file")
    layer = _one_of(document.get("layer", "override"), layers, "layer")
    _one_of(document.get("currency", "USD"), ("USD",), "currency")
    names, sheets = _entries(document.get("models"), layer)
    book = str(document.get("name") or name)
    return PriceList(
        book, str(document.get("source") or book), names, sheets, str(document.get("note") or ""), entered_by
    )


def _entries(entries: Any, layer: str) -> tuple[list[NameRecord], list[SheetRecord]]:
    if not isinstance(entries, list) or not entries:
        raise PriceError("models: give a list with at least one model.")
    names: dict[NameRecord, None] = {}
    sheets: list[SheetRecord] = []
    for index, entry in enumerate(entries):
        where = f"models[{index}]"
        if not isinstance(entry, dict):
            raise PriceError(f"{where}: give an object with model and prices.")
        _known(entry, _MODEL_KEYS, where)
        sheets.append(_sheet(entry, layer, where))
        names |= dict.fromkeys(_names(entry, layer, where))
    _refuse_twins(sheets)
    return list(names), sheets


def _names(entry: Mapping[str, Any], layer: str, where: str) -> Iterator[NameRecord]:
    provider, model = canonical_provider(entry.get("provider")), _model(entry, where)
    kind = _one_of(entry.get("match", "exact"), MATCHES, f"{where}.match")
    aliases = entry.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias.strip() for alias in aliases):
        raise PriceError(f"{where}.aliases: give a list of names.")
    for spelling in [model, *aliases]:
        text = spelling.strip().lower()
        yield NameRecord(layer, provider, kind, text, provider, model, rank=0 if kind == "exact" else 1000 - len(text))


def _sheet(entry: Mapping[str, Any], layer: str, where: str) -> SheetRecord:
    valid_from, valid_to = (_moment(entry.get(key), f"{where}.{key}") for key in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_to <= valid_from:
        raise PriceError(f"{where}.valid_to: must be after valid_from.")
    return SheetRecord(
        layer,
        canonical_provider(entry.get("provider")),
        _model(entry, where),
        tuple(_rates(entry, where)),
        region=str(entry.get("region") or "").lower(),
        tier=str(entry.get("tier") or "").lower(),
        processing=_one_of(entry.get("processing") or "", ("", "batch"), f"{where}.processing"),
        valid_from=valid_from,
        valid_to=valid_to,
        mode=_one_of(entry.get("mode", "cliff"), ("cliff", "marginal"), f"{where}.mode"),
        precision=_one_of(entry.get("precision", "day"), ("exact", "day", "observed"), f"{where}.precision"),
        evidence=str(entry.get("evidence") or ""),
    )


def _rates(entry: Mapping[str, Any], where: str) -> Iterator[RateRecord]:
    yield from _tokens(entry.get("per_million") or {}, 0, f"{where}.per_million")
    for key, dimension, unit in (("per_request", "requests", "request"), ("per_web_search", "web_search", "search")):
        if entry.get(key) is not None:
            yield RateRecord(dimension, _price(entry[key], 1, f"{where}.{key}"), unit)
    for index, step in enumerate(entry.get("above") or []):
        place = f"{where}.above[{index}]"
        line = step.get("input_tokens") if isinstance(step, dict) else None
        if not isinstance(line, int) or line < 1:
            raise PriceError(f"{place}.input_tokens: give the number of input tokens after which these prices hold.")
        if entry.get("mode") == "marginal" and any("output" in word for word in step.get("per_million") or {}):
            raise PriceError(f"{place}: a marginal line can price the input side only.")
        yield from _tokens(step.get("per_million") or {}, line, f"{place}.per_million")


def _tokens(prices: Any, above: int, where: str) -> Iterator[RateRecord]:
    if not isinstance(prices, dict):
        raise PriceError(f'{where}: give an object such as {{"input": 2.5, "output": 10}}.')
    _known(prices, set(TOKENS), where)
    for word, price in prices.items():
        if price is not None:
            yield RateRecord(TOKENS[word], _price(price, MILLION, f"{where}.{word}"), "token", above)


def _price(value: Any, per: int, where: str) -> Decimal:
    try:
        return unit_price(Decimal(str(value)), per, where)
    except InvalidOperation as exc:
        raise PriceError(f"{where}: {value!r} is not a number.") from exc


def _model(entry: Mapping[str, Any], where: str) -> str:
    model = entry.get("model")
    if not isinstance(model, str) or not model.strip():
        raise PriceError(f"{where}.model: give the model's name.")
    return model.strip().lower()


def _moment(value: Any, where: str) -> datetime | None:
    """A day means its beginning in UTC; a moment without a zone is UTC."""
    if value in (None, ""):
        return None
    try:
        text = str(value)
        moment = datetime.fromisoformat(text) if "T" in text else datetime.combine(date.fromisoformat(text), time())
    except ValueError as exc:
        raise PriceError(f"{where}: {value!r} is not a date such as 2026-01-31 or 2026-01-31T12:00:00Z.") from exc
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    if value not in allowed:
        raise PriceError(f"{where}: use one of {', '.join(repr(word) for word in allowed)}, not {value!r}.")
    return str(value)


def _known(given: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(given) - allowed):
        raise PriceError(f"{where}: {', '.join(unknown)} is not known here; use {', '.join(sorted(allowed))}.")


def _refuse_twins(sheets: list[SheetRecord]) -> None:
    """Two prices for the same thing from the same moment: nobody could say which one counts."""
    seen = set()
    for sheet in sheets:
        key = (sheet.provider, sheet.model, sheet.region, sheet.tier, sheet.processing, sheet.valid_from)
        if key in seen:
            raise PriceError(f"{sheet.model}: two entries hold from the same moment on.")
        seen.add(key)
