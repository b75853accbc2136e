"""What one call cost, line by line, which price says so, and how well it is known, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from dashboard import format as fmt
from dashboard.one_call import Call
from pricing.models import PriceSheet

MILLION: Final = 1_000_000
CENT: Final = Decimal("0.01")
BY_THE_PIECE: Final = ("requests", "web_search")
DIMENSIONS: Final = {
    "input_uncached": "Input",
    "cache_read": "Input read from cache",
    "cache_write_5m": "Cache written, 5 minutes",
    "cache_write_1h": "Cache written, 1 hour",
    "audio_in": "Audio input",
    "image_in": "Image input",
    "output_text": "Output",
    "reasoning": "Reasoning",
    "audio_out": "Audio output",
    "image_out": "Image output",
    "requests": "Requests",
    "web_search": "Web searches",
}
STATUSES: Final = {
    "provider_reported": "The sender passed on this cost; it wins over our own reckoning.",
    "priced_exact": "Every count is known and has a price, so this is exact.",
    "priced_estimated_usage": "The counts contradict each other or had to be split; this is the best reading of them.",
    "unpriced_model": "This model has no price at this provider and time. Its cost is unknown, not zero.",
    "unpriced_dimension": "The model has a price, but not for everything this call used: a tier, a batch, or a kind of "
    "token.",
    "usage_unknown": "The counts never came, though the model may have been at work. Its cost is unknown, not zero.",
    "free": "Nobody charged for this: it failed before the model was at work, or came out of a cache of your own.",
}
FLAGS: Final = {
    "contradiction": "The counts contradict each other. All were kept and added up; the floor leaves the doubtful part "
    "out.",
    "assumed_ttl": "Part of the cache writes did not say for how long; it was taken as 5 minutes.",
    "estimated": "Some tokens must have been inside the cache; they were counted as cache.",
}
LAYERS: Final = {
    "list": "list price",
    "history": "list price of that time",
    "contract": "contract price",
    "override": "price set by hand",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of token: units × unit price = amount."""

    label: str
    units: str
    price: str
    price_title: str
    amount: str
    priced: bool
    source: str
    source_title: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The amount, its lines and its grounds."""

    amount: str
    exact: str
    status: str
    lines: Sequence[Line]
    total: str
    bounds: str
    flag: str
    book: str
    booked: str


def receipt(call: Call) -> Receipt:
    """Describe the cost of a call."""
    cost = call["cost"]
    amount = None if cost["amount_usd"] is None else Decimal(cost["amount_usd"])
    sheets = _sheets({line["price_id"] for line in cost["lines"] if line["price_id"]})
    known = [Decimal(line["amount"]) for line in cost["lines"] if line["amount"] is not None]
    flag = (call["usage"] or {}).get("flag") or ""
    return Receipt(
        amount=fmt.money(amount),
        exact="" if amount is None else f"{cost['amount_usd']} USD",
        status=STATUSES.get(cost["status"] or "", "How this cost was found is not known."),
        lines=[_line(line, sheets) for line in cost["lines"]],
        total=dollars(sum(known, Decimal(0))) if known else "",
        bounds=_bounds(cost, amount),
        flag=FLAGS.get(flag, ""),
        book=f"price book, version {cost['price_book']}" if cost["price_book"] else "",
        booked=_booked(cost),
    )


def dollars(amount: Decimal) -> str:
    """Money to the last stored digit."""
    plain = amount.normalize() if amount else Decimal(0)
    return f"${plain:.2f}" if plain == plain.quantize(CENT) else f"${plain:f}"


def _line(line: Mapping[str, Any], sheets: Mapping[int, PriceSheet]) -> Line:
    name, sheet = line["dimension"], sheets.get(line["price_id"])
    unit = None if line["unit_price"] is None else Decimal(line["unit_price"])
    by_piece = name in BY_THE_PIECE
    per = "" if unit is None else dollars(unit) if by_piece else f"{dollars(unit * MILLION)} / 1M"
    return Line(
        label=DIMENSIONS.get(name, name),
        units=fmt.exact_count(line["units"]),
        price=per or fmt.UNKNOWN,
        price_title="no price" if unit is None else f"{unit:f} USD each",
        amount=fmt.UNKNOWN if line["amount"] is None else dollars(Decimal(line["amount"])),
        priced=line["amount"] is not None,
        source=_source(sheet) if sheet else "",
        source_title=f"price record {line['price_id']}, from {sheet.source}" if sheet else "",
    )


def _source(sheet: PriceSheet) -> str:
    """Which price: "list price of openai / gpt-4o since Aug 6, 2024"."""
    where = " ".join(part for part in (sheet.region, sheet.tier, sheet.processing) if part)
    named = f"{sheet.provider or 'any provider'} / {sheet.model}{f' ({where})' if where else ''}"
    since = f" since {_day(sheet.valid_from)}" if sheet.valid_from else ""
    return f"{LAYERS.get(sheet.layer, sheet.layer)} of {named}{since}"


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"


def _sheets(ids: Iterable[int]) -> dict[int, PriceSheet]:
    return {sheet.pk: sheet for sheet in PriceSheet.objects.filter(pk__in=list(ids))}


def _bounds(cost: Mapping[str, Any], amount: Decimal | None) -> str:
    """The least and the most it can have cost, where that is not the amount itself."""
    floor, ceiling = cost["floor_usd"], cost["ceiling_usd"]
    if amount is not None and floor == ceiling == cost["amount_usd"]:
        return ""
    least = f"at least {dollars(Decimal(floor))}" if floor is not None and Decimal(floor) else ""
    most = f"at most {dollars(Decimal(ceiling))}" if ceiling is not None else ""
    if not least and not most:
        return "Nothing tells how much it may have cost."
    return f"It cost {' and '.join(part for part in (least, most) if part)}."


def _booked(cost: Mapping[str, Any]) -> str:
    """What was booked first, when a later price book says something else."""
    booked = cost["booked_usd"]
    if booked is None or booked == cost["amount_usd"]:
        return ""
    return f"First booked at {dollars(Decimal(booked))}; a later price book changed it."
