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
    words = _counted(state, calls)
    return f"{words}; their cost is not known." if cost is None else f"{words}, {fmt.money(cost)} in all."


def trace_of(state: UrlState) -> str:
    """The trace that the list is about; empty when it is about more than one, or about none."""
    named = [one for one in state.filters if one.dimension == "trace_id" and not one.negated and one.values != ("",)]
    return named[0].values[0] if len(named) == 1 and len(named[0].values) == 1 else ""


def _counted(state: UrlState, calls: int) -> str:
    words = fmt.plural(calls, "call")
    if trace_of(state):
        return f"{words} of this trace, whenever {'it was' if calls == 1 else 'they were'}"
    return f"{words} {'matches' if calls == 1 else 'match'}" if state.filters else words


def _slowest(state: UrlState, limit: str, ms: float, calls: int) -> str:
    """What share of the same calls is as slow: "The slowest 5.0%: 62,000 of 1,240,000 calls took 2.31 s or longer"."""
    rest = tuple(one for one in state.filters if one.dimension != limit)
    timed = replace(state.question("calls"), filters=(*rest, Filter(limit, ("0",))))
    whole = ask(timed, now=state.now).totals["calls"]
    which, took = SLOWER[limit]
    share = fmt.share_of(calls, whole)
    of = f"{fmt.exact_count(calls)} of {fmt.plural(whole, 'call')}"
    return f"The {which} {share}: {of} {took} {fmt.duration(ms)} or longer."
