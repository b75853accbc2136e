"""The first sentence of a page, written from the same figures as its tiles. Never from a language model."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from analytics.answer import Answer
from dashboard import format as fmt
from dashboard.filter_bar import compared_words
from dashboard.format import Number
from dashboard.url_state import UrlState

STEADY: Final = Decimal("0.02")
"""A change smaller than this is "about the same"."""


@dataclass(frozen=True, slots=True)
class Words:
    """How one part of the spend moved, in words."""

    up: str
    down: str
    same: str
    times: str


CALLS: Final = Words("more calls", "fewer calls", "as many calls", "as many calls")
EACH: Final = Words("dearer", "cheaper", "at the same cost", "as dear")


def spend(answer: Answer, state: UrlState) -> str:
    """What spend came to and how it moved."""
    return of_spend(answer.totals, compared_words(state))


def of_spend(totals: Mapping[str, Any], then: str) -> str:
    """`Spend is up 12.4% to $4,812.37, compared with …: 9.8% more calls, each 2.4% dearer.`; `then` may be empty."""
    cost, before = totals["cost_usd"], totals.get("cost_usd_before")
    calls = fmt.plural(totals["calls"], "call")
    if cost is None:
        return f"{calls}, none of them with a known cost yet."
    if not then:
        return f"{fmt.money(cost)} for {calls}."
    if not before:
        return f"{fmt.money(cost)} for {calls}; no {'known ' if before is None else ''}spend on {then}."
    if not cost:
        return f"No spend for {calls}, compared with {fmt.money(before)} on {then}."
    if _is_steady(cost, before):
        return f"Spend is about the same as on {then}: {fmt.money(cost)} for {calls}."
    size = _size(cost, before)
    if size.startswith(fmt.TIMES):
        return f"Spend is {size} what it was on {then}, {fmt.money(cost)}{_because(totals)}."
    way = "up" if cost > before else "down"
    return f"Spend is {way} {size} to {fmt.money(cost)}, compared with {then}{_because(totals)}."


def _because(totals: Mapping[str, Any]) -> str:
    """The two things spend is made of: how many calls, and what one costs."""
    calls = _moved(totals, "calls", CALLS)
    each = _moved(totals, "cost_per_call_usd", EACH)
    return f": {calls}, each {each}" if calls and each else ""


def _moved(totals: Mapping[str, Any], name: str, words: Words) -> str:
    new, old = totals[name], totals.get(f"{name}_before")
    if not new or not old:
        return ""
    if _is_steady(new, old):
        return words.same
    size = _size(new, old)
    if size.startswith(fmt.TIMES):
        return f"{size} {words.times}"
    return f"{size} {words.up if new > old else words.down}"


def _is_steady(new: Number, old: Number) -> bool:
    return abs(Decimal(new) / Decimal(old) - 1) < STEADY


def _size(new: Number, old: Number) -> str:
    """A change without its sign; the words around it say the way."""
    return fmt.change(new, old).lstrip(f"+{fmt.MINUS}")
