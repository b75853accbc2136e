"""Columns that follow from what a sender told: status, served model, vendor, usage vector, cost.

The normaliser uses this for one event, the writer after folding several events of one call.
"""

from collections.abc import Mapping
from decimal import Decimal
from inspect import signature
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ingest.schema import UsageIn
from polymeter.event import Limits
from pricing import snapshot
from pricing.book import PriceBook
from pricing.cost import Billable, Costing
from pricing.names import vendor_of
from pricing.usage import UNKNOWN, UsageVector, disjoint, spoken
from store.fold import Row, provenance
from store.schema import COST, POSITION, USAGE

COUNTS = tuple(name for name in UsageIn.__struct_fields__ if name not in ("convention", "raw"))
_counts = attrgetter(*COUNTS)
_in_order = attrgetter(*signature(disjoint).parameters)
USAGE_SLICE = slice(POSITION[USAGE[0].name], POSITION[USAGE[-1].name] + 1)
COST_NAMES = tuple(column.name for column in COST)
COST_SLICE = slice(POSITION[COST_NAMES[0]], POSITION[COST_NAMES[-1]] + 1)
MOST_TOKENS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")


class Cost(NamedTuple):
    """The cost columns in the order of the schema."""

    cost_status: str
    cost_booked: Decimal | None
    cost_current: Decimal | None
    cost_floor: Decimal | None
    cost_ceiling: Decimal | None
    book_booked: int
    book_current: int
    price_id: int


def status(told: str | None, error_type: str | None, http_status: int | None) -> str:
    """Return the status: what was told, else error if anything says so, else ok."""
    if told:
        return told
    return "error" if error_type or (http_status is not None and http_status >= 400) else "ok"


def counts(usage: UsageIn) -> dict[str, int]:
    """Return the counts that were told."""
    return {name: count for name, count in zip(COUNTS, _counts(usage), strict=True) if count is not None}


def vector(usage: UsageIn) -> tuple[UsageVector, str]:
    """Return the disjoint vector of the stated counts, and why it is not taken at face value."""
    return disjoint(*_in_order(usage))


def comes_back(usage: UsageIn, flag: str) -> bool:
    """True if the stored vector alone gives the stated counts back, so that they need not be remembered beside it."""
    if flag or usage.cache_write_5m_tokens is not None:
        return False
    return usage.cache_write_1h_tokens is None or usage.cache_write_tokens is not None


def most_tokens(request_params: Mapping[str, Any] | None) -> int | None:
    """Return the largest answer that the request allowed, if it said so in a number that an answer can have."""
    for name in MOST_TOKENS:
        value = request_params.get(name) if request_params else None
        if isinstance(value, int) and 0 < value <= Limits.COUNT:
            return value
    return None


def cost(billable: Billable, book: PriceBook, *, from_cache: bool) -> Cost:
    """Return the cost columns. An answer out of the caller's own cache was not billed by anybody."""
    if from_cache:
        free = Decimal(0)
        return Cost("free", free, free, free, free, book.version, book.version, 0)
    found: Costing = book.cost(billable)
    amount = found.amount
    return Cost(found.status, amount, amount, found.floor, found.ceiling, found.book, found.book, found.price_id)


class Derivation:
    """Works derived columns out anew after a fold; see store.fold.Derivation."""

    def told_usage(self, row: Row) -> Mapping[str, int]:
        """Return the counts that the sender of this single event stated."""
        if held := provenance(row[POSITION["fold"]]).usage:
            return held
        stated = spoken(UsageVector(*row[USAGE_SLICE]), row[POSITION["usage_convention"]], row[POSITION["usage_flag"]])
        return {name: count for name, count in stated.items() if count is not None}

    def settle(self, told: Mapping[str, Any], previous: Row | None) -> Mapping[str, Any]:
        """Return the derived columns of a call of which all this was told."""
        stated = {name.removeprefix("usage."): count for name, count in told.items() if name.startswith("usage.")}
        vector, flag = disjoint(**stated, convention=told.get("usage_convention") or None)
        model = told.get("model") or told.get("requested_model", "")
        derived = {
            "status": status(told.get("status"), told.get("error_type"), told.get("http_status")),
            "model": model,
            "vendor": told.get("vendor") or vendor_of(model, told.get("provider", "")),
            "usage_flag": flag,
            **vector._asdict(),
        }
        billable = _billable(told, derived, vector)
        costs = self._standing(billable, told, previous) or cost(
            billable, snapshot.current(), from_cache=told.get("cache_hit") is True
        )
        return {**derived, **costs._asdict()}

    def _standing(self, billable: Billable, told: Mapping[str, Any], previous: Row | None) -> Cost | None:
        """Return the booked cost if nothing that it depends on has changed: a late tag must not re-price a call."""
        if previous is None or previous[POSITION["cost_status"]] in _DEPENDS_ON_TEXT:
            return None
        if _billable_of(previous) != billable._replace(delivered_chars=0):
            return None
        if previous[POSITION["cache_hit"]] != told.get("cache_hit"):
            return None
        return Cost(*previous[COST_SLICE])


def _billable(told: Mapping[str, Any], derived: Mapping[str, Any], vector: UsageVector) -> Billable:
    return Billable(
        provider=told.get("provider", ""),
        model=told.get("billed_model") or derived["model"],
        region=told.get("region", ""),
        tier=told.get("tier", ""),
        processing=told.get("processing", ""),
        at_us=told["ts"],
        usage=vector,
        reported_usd=told.get("provider_cost_usd"),
        status=derived["status"],
        error_type=told.get("error_type", ""),
        http_status=told.get("http_status"),
        max_output_tokens=most_tokens(_params(told.get("request_params", ""))),
        delivered_chars=len(told.get("output", "")),
        usage_flag=derived["usage_flag"],
    )


def _billable_of(row: Row) -> Billable:
    """What the cost of a stored row depended on, but for its texts, which are not at hand."""
    told = {name: row[POSITION[name]] for name in _BILLED}
    derived = {name: row[POSITION[name]] for name in ("model", "status", "usage_flag")}
    return _billable(told, derived, UsageVector(*row[USAGE_SLICE]))


_DEPENDS_ON_TEXT = ("usage_unknown", "free")
_BILLED = (
    "provider", "billed_model", "region", "tier", "processing", "ts", "provider_cost_usd", "error_type", "http_status",
    "request_params",
)  # fmt: skip


def _params(text: str) -> Mapping[str, Any] | None:
    if not text:
        return None
    decoded = msgspec.json.decode(text)
    return decoded if isinstance(decoded, dict) else None


__all__ = ["UNKNOWN", "Cost", "Derivation", "comes_back", "cost", "counts", "most_tokens", "status"]
