"""What a call cost and how well that is known: usage and one price sheet in, exact money out (pure)."""

from decimal import Context, Decimal
from typing import Final, NamedTuple

from pricing.match import Sheet, Step
from pricing.usage import ASSUMED_TTL, CONTRADICTION, UsageVector, contradicts_input, contradicts_output, input_side

MONEY_PLACES: Final = 18
_CONTEXT: Final = Context(prec=60)
_ZERO: Final = Decimal(0)
_DIMENSIONS: Final = UsageVector._fields
_WRITE_5M, _WRITE_1H, _TEXT, _REASONING, _REQUESTS = (
    _DIMENSIONS.index(name)
    for name in ("cache_write_5m", "cache_write_1h", "output_text", "reasoning", "requests")
)  # fmt: skip

CHARS_PER_TOKEN: Final = 4
"""Delivered text to tokens, for the floor of a cut stream only: a documented estimate, never an amount."""

_REFUSED: Final = frozenset({"authentication", "rate_limit", "invalid_request"})
_GAVE_UP: Final = frozenset({"timeout", "client_abort"})
"""The caller stopped waiting while the model may have been at work, whatever status a library made of it."""
_CLIENT_CLOSED: Final = 499


class Billable(NamedTuple):
    """All that a price depends on. `model` is the billed one, else the served, else the requested."""

    provider: str
    model: str
    region: str
    tier: str
    processing: str
    at_us: int
    usage: UsageVector
    reported_usd: Decimal | None
    status: str
    error_type: str
    http_status: int | None
    max_output_tokens: int | None
    delivered_chars: int
    usage_flag: str = ""


class Costing(NamedTuple):
    """An amount with its bounds. None means unknown (amount) or unbounded (ceiling); never zero for either."""

    amount: Decimal | None
    status: str
    floor: Decimal | None
    ceiling: Decimal | None
    price_id: int
    book: int


class Line(NamedTuple):
    """One line of a receipt. `unit_price` and `amount` are None where the dimension has no price."""

    dimension: str
    units: int
    unit_price: Decimal | None
    amount: Decimal | None
    price_id: int


def money(attos: int) -> Decimal:
    """Whole units of 1e-18 USD as an exact decimal."""
    return _CONTEXT.scaleb(Decimal(attos), -MONEY_PLACES)


def cost(call: Billable, sheet: Sheet | None, gap: str, book: int) -> Costing:
    """Cost one call by one sheet; `gap` is the status to give when there is no sheet."""
    reported = call.reported_usd
    if reported:
        return Costing(reported, "provider_reported", reported, reported, 0, book)
    ours = _ours(call, sheet, gap, book)
    if reported is None or ours.amount or ours.status == "free":
        return ours
    return Costing(_ZERO, "provider_reported", _ZERO, _ZERO, 0, book)


def _ours(call: Billable, sheet: Sheet | None, gap: str, book: int) -> Costing:
    usage = call.usage
    if usage[0] is None or usage[_TEXT] is None:
        if never_billed(call):
            return Costing(_ZERO, "free", _ZERO, _ZERO, 0, book)
        if _lacks_usage(usage, sheet):
            return _unknown_usage(call, sheet, book)
    if sheet is None:
        return Costing(None, gap, _ZERO, None, 0, book)
    attos, whole = _sum(usage, sheet)
    amount = money(attos)
    if not whole:
        return Costing(None, "unpriced_dimension", amount, None, sheet.id, book)
    if call.usage_flag:
        return _doubtful_usage(call, sheet, attos, book)
    return Costing(amount, "priced_exact", amount, amount, sheet.id, book)


def never_billed(call: Billable) -> bool:
    """True for a failed attempt that cannot have been charged: refused at the door, or never arrived."""
    if call.status != "error" or call.delivered_chars or call.usage[_TEXT] is not None:
        return False
    if call.error_type in _GAVE_UP or call.http_status == _CLIENT_CLOSED:
        return False
    if call.error_type in _REFUSED or (call.error_type == "connection" and not call.http_status):
        return True
    return 400 <= (call.http_status or 0) < 500


def _lacks_usage(usage: UsageVector, sheet: Sheet | None) -> bool:
    """True if a count that costs money is unknown. An embedding without output lacks nothing."""
    if sheet is None:
        return all(count is None for count in usage)
    reading, writing = sheet.rates[0], sheet.rates[_TEXT]
    if (usage[0] is None and reading) or (usage[_TEXT] is None and writing):
        return True
    nothing_to_count_by = reading is None and writing is None and not sheet.rates[_REQUESTS]
    return nothing_to_count_by and all(count is None for count in usage)


def rates_for(usage: UsageVector, sheet: Sheet) -> tuple[int | None, ...]:
    """The rates of a whole request: past a cliff every token is at the higher rate."""
    if not sheet.steps or sheet.marginal:
        return sheet.rates
    read, rates = input_side(usage), sheet.rates
    for step in sheet.steps:
        if read <= step.above:
            break
        rates = step.rates
    return rates


def _sum(usage: UsageVector, sheet: Sheet) -> tuple[int, bool]:
    """Priced part in units of 1e-18 USD, and whether that is all of it."""
    if sheet.marginal:
        return _sum_of(charges(usage, sheet))
    total, whole = 0, sheet.countable
    rates = sheet.rates if not sheet.steps else rates_for(usage, sheet)
    for count, rate in zip(usage, rates, strict=True):
        if count:
            if rate is None:
                whole = False
            else:
                total += count * rate
    if usage[_REQUESTS] is None:
        total += rates[_REQUESTS] or 0
    return total, whole


def _sum_of(parts: list[tuple[int, int, int | None]]) -> tuple[int, bool]:
    return sum(units * rate for _, units, rate in parts if rate is not None), all(r is not None for *_, r in parts)


def charges(usage: UsageVector, sheet: Sheet) -> list[tuple[int, int, int | None]]:
    """Dimension, units and rate of everything that is charged; a call is one request when no number was told."""
    rates = rates_for(usage, sheet)
    counts = list(usage)
    if counts[_REQUESTS] is None and rates[_REQUESTS]:
        counts[_REQUESTS] = 1
    parts = [(i, count, rates[i]) for i, count in enumerate(counts) if count and (i != _REQUESTS or rates[i])]
    return _above_the_line(parts, sheet) if sheet.marginal and sheet.steps else parts


_READING_ORDER: Final = (1, 2, 3, 5, 4, 0)
"""Cached text stands at the beginning of a prompt, so what passes a marginal line is the uncached end first."""


def _above_the_line(parts: list[tuple[int, int, int | None]], sheet: Sheet) -> list[tuple[int, int, int | None]]:
    """Split the input at each line, so that only tokens beyond it pay the higher rate."""
    reads = sorted((part for part in parts if part[0] in _READING_ORDER), key=lambda p: _READING_ORDER.index(p[0]))
    bands = [Step(0, sheet.rates), *sheet.steps] if sheet.steps else []
    ends = [step.above for step in sheet.steps] + [None]
    out, start = [], 0
    for dimension, units, _ in reads:
        for band, end in zip(bands, ends, strict=True):
            low, high = max(start, band.above), start + units if end is None else min(start + units, end)
            if high > low:
                out.append((dimension, high - low, band.rates[dimension]))
        start += units
    return out + [part for part in parts if part[0] not in _READING_ORDER]


def _unknown_usage(call: Billable, sheet: Sheet | None, book: int) -> Costing:
    """Bounds of a call whose usage never came: from what was delivered up to what was allowed."""
    if sheet is None:
        return Costing(None, "usage_unknown", _ZERO, None, 0, book)
    delivered = call.delivered_chars // CHARS_PER_TOKEN
    ran = call.status != "error" or call.delivered_chars > 0
    seen = call.usage._replace(output_text=call.usage.output_text or delivered, requests=call.usage.requests or 0)
    floor = money(_sum(seen, sheet)[0]) if ran else _ZERO
    return Costing(None, "usage_unknown", floor, _ceiling(call, sheet, delivered), sheet.id, book)


def _ceiling(call: Billable, sheet: Sheet, delivered: int) -> Decimal | None:
    """The most it can have cost; None when prompt or output limit is not known, or a price is missing."""
    usage = call.usage
    if usage.output_text is not None or not call.max_output_tokens:
        return None
    if usage.input_uncached is None and sheet.rates[0] != 0:
        return None
    most = max(call.max_output_tokens, delivered + (usage.reasoning or 0))
    full = usage._replace(input_uncached=usage.input_uncached or 0, output_text=most, reasoning=None)
    attos, whole = _sum(full, sheet)
    rates = rates_for(full, sheet)
    dearer = max(0, (rates[_REASONING] or 0) - (rates[_TEXT] or 0)) * most
    return money(attos + dearer) if whole else None


def _doubtful_usage(call: Billable, sheet: Sheet, attos: int, book: int) -> Costing:
    """Bounds of a cost whose counts are ours in part."""
    low = high = attos
    usage = call.usage
    if call.usage_flag == CONTRADICTION:
        text = 0 if contradicts_output(usage) else usage.output_text
        rest = 0 if contradicts_input(usage) else usage.input_uncached
        low = min(attos, _sum(usage._replace(input_uncached=rest, output_text=text), sheet)[0])
    elif call.usage_flag == ASSUMED_TTL:
        rates = rates_for(usage, sheet)
        high += max(0, (rates[_WRITE_1H] or 0) - (rates[_WRITE_5M] or 0)) * (usage.cache_write_5m or 0)
    return Costing(money(attos), "priced_estimated_usage", money(low), money(high), sheet.id, book)


def lines(call: Billable, sheet: Sheet | None, costing: Costing) -> list[Line]:
    """The receipt: its lines sum exactly to the amount, or to the priced part where a dimension has no price."""
    if costing.status == "provider_reported":
        return [Line("reported", 1, costing.amount, costing.amount, 0)]
    if sheet is None or costing.status in ("free", "usage_unknown"):
        return []
    return [
        Line(
            _DIMENSIONS[dimension], units, None if rate is None else money(rate),
            None if rate is None else money(units * rate), sheet.id,
        )
        for dimension, units, rate in charges(call.usage, sheet)
    ]  # fmt: skip
