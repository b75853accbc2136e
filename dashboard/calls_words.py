"""The first sentence of Calls: how many there are, what they cost, and how slow the slow ones are."""

from dataclasses import replace
from typing import Final

from analytics.answer import Answer
from analytics.ask import ask
from analytics.question import Filter
from dashboard import format as fmt
from dashboard.url_state import UrlState

SLOWER: Final = {"min_latency_ms": ("slowest", "took"), "min_ttft_ms": ("slowest to begin", "took")}


def sentence(state: UrlState, answer: Answer) -> str:
    """Say it from the same answer as the table."""
    calls, cost = answer.totals["calls"], answer.totals["cost_usd"]
    for one in state.filters:
        if one.dimension in SLOWER and one.values[0] != "0":
            return _slowest(state, one.dimension, float(one.values[0]), calls)
    words = f"{fmt.plural(calls, 'call')} {'matches' if calls == 1 else 'match'}" if state.filters else _all(calls)
    return f"{words}; their cost is not known." if cost is None else f"{words}, {fmt.money(cost)} in all."


def _all(calls: int) -> str:
    return fmt.plural(calls, "call")


def _slowest(state: UrlState, limit: str, ms: float, calls: int) -> str:
    """What share of the same calls is as slow: "The slowest 5.0%: 62,000 of 1,240,000 calls took 2.31 s or longer"."""
    rest = tuple(one for one in state.filters if one.dimension != limit)
    timed = replace(state.question("calls"), filters=(*rest, Filter(limit, ("0",))))
    whole = ask(timed, now=state.now).totals["calls"]
    which, took = SLOWER[limit]
    share = fmt.share_of(calls, whole)
    of = f"{fmt.exact_count(calls)} of {fmt.plural(whole, 'call')}"
    return f"The {which} {share}: {of} {took} {fmt.duration(ms)} or longer."
