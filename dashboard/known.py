"""How well a spend is known: its parts by cost status, and what the unknown part may come to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dashboard import format as fmt
from dashboard.url_state import UrlState

WORDS: Final = {
    "provider_reported": ("reported by the provider", "k1"),
    "priced_exact": ("exact from the price book", "k2"),
    "priced_estimated_usage": ("estimated usage", "k3"),
    "unpriced_model": ("no price for the model", "k4"),
    "unpriced_dimension": ("no price for a kind of token", "k4"),
    "usage_unknown": ("usage unknown", "k5"),
    "free": ("free", "k0"),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """The calls of one cost status, as a piece of the strip: where it starts and how wide it is, in per cent."""

    words: str
    key: str
    start: float
    width: float
    share: str
    amount: str
    href: str
    check: str


@dataclass(frozen=True, slots=True)
class Known:
    """The strip and its sentence."""

    sentence: str
    segments: list[Segment]


def known(coverage: dict[str, Any], state: UrlState) -> Known:
    """Describe the coverage of an answer."""
    segments, start = [], 0.0
    for status, (words, key) in WORDS.items():
        if (found := coverage["by_status"].get(status)) is None:
            continue
        width = 100 * found["calls"] / coverage["calls"]
        segments.append(_segment(status, words, key, start, width, found, coverage["calls"], state))
        start += width
    return Known(_sentence(coverage), segments)


def _segment(
    status: str, words: str, key: str, start: float, width: float, found: dict[str, Any], calls: int, state: UrlState
) -> Segment:
    cost: Decimal | None = found["cost_usd"]
    return Segment(
        words,
        key,
        round(start, 3),
        round(width, 3),
        fmt.share_of(found["calls"], calls),
        "" if cost is None else fmt.money(cost),
        state.calls(("cost_status", status)),
        f"calls={found['calls']}",
    )


def _sentence(coverage: dict[str, Any]) -> str:
    """`$4,812.37 known, and up to $61.20 not yet known`; calls without any bound are counted, never guessed."""
    cost, ceiling = coverage["cost_usd"], coverage["ceiling_usd"]
    words = "Nothing known yet" if cost is None else f"{fmt.money(cost)} known"
    more = (ceiling or Decimal(0)) - (cost or Decimal(0))
    if more > 0:
        words += f", and up to {fmt.money(more)} not yet known"
    if unbounded := coverage["unbounded_calls"]:
        words += f"; the cost of {fmt.plural(unbounded, 'more call')} has no bound"
    return f"{words}."
