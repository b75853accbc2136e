"""The first sentence of a page, written from the same figures as its tiles. Never from a language model."""

from decimal import Decimal
from typing import Final

from analytics.answer import Answer
from dashboard import format as fmt
from dashboard.filter_bar import compared_words
from dashboard.format import Number
from dashboard.url_state import UrlState

STEADY: Final = Decimal("0.02")
"""A change smaller than this is "about the same"."""


def spend(answer: Answer, state: UrlState) -> str:
    """What spend came to and how it moved: "Spend is up 12.4% to $4,812.37: 9.8% more calls, each 2.4% dearer."."""
    totals = answer.totals
    cost, calls = totals["cost_usd"], totals["calls"]
    if cost is None:
        return f"{fmt.plural(calls, 'call')}, none of them with a known cost yet."
    if state.compare == "none":
        return f"{fmt.money(cost)} for {fmt.plural(calls, 'call')}."
    before = totals.get("cost_usd_before")
    then = compared_words(state)
    if not before:
        return f"{fmt.money(cost)} for {fmt.plural(calls, 'call')}; none on {then}."
    if _is_steady(cost, before):
        return f"Spend is about the same as on {then}: {fmt.money(cost)} for {fmt.plural(calls, 'call')}."
    way = "up" if cost > before else "down"
    return f"Spend is {way} {_size(cost, before)} to {fmt.money(cost)}, compared with {then}{_because(totals)}."


def _because(totals: dict[str, object]) -> str:
    """The two things spend is made of: how many calls, and what one costs."""
    calls = _moved(totals, "calls", "more calls", "fewer calls", "as many calls")
    each = _moved(totals, "cost_per_call_usd", "dearer", "cheaper", "at the same cost")
    return f": {calls}, each {each}" if calls and each else ""


def _moved(totals: dict[str, object], name: str, up: str, down: str, same: str) -> str:
    new, old = totals[name], totals.get(f"{name}_before")
    if not isinstance(new, int | Decimal) or not isinstance(old, int | Decimal) or not old:
        return ""
    return same if _is_steady(new, old) else f"{_size(new, old)} {up if new > old else down}"


def _is_steady(new: Number, old: Number) -> bool:
    return abs(Decimal(new) / Decimal(old) - 1) < STEADY


def _size(new: Number, old: Number) -> str:
    """A change without its sign; the words around it say the way."""
    return fmt.change(new, old).lstrip(f"+{fmt.MINUS}")
