"""Why there is nothing to show, and what to do next. Asks the store only when a page is empty."""

from dataclasses import replace
from datetime import datetime, timedelta

from analytics.answer import Answer
from analytics.ask import ask
from analytics.periods import next_start
from analytics.question import Span
from dashboard import filter_bar
from dashboard import format as fmt
from dashboard.components import Empty
from dashboard.results import room_url
from dashboard.url_state import UrlState

TRIED = 3
"""At most this many filters are tried out one by one."""


def explain(state: UrlState, answer: Answer) -> Empty | None:
    """Say why an answer has no calls; None when it has some."""
    if answer.totals.get("calls"):
        return None
    if answer.freshness.newest_event is None:
        return _first_run(state)
    return _filtered(state) if state.filters else _quiet(state)


def _first_run(state: UrlState) -> Empty:
    setup = room_url(state.slug, "setup")
    links = [("Set up", setup)] if setup else []
    return Empty("No calls yet.", "Three steps and you will see them here.", links, icon="rocket", steps=setup)


def _filtered(state: UrlState) -> Empty:
    number = len(state.filters)
    title = "No calls match this filter." if number == 1 else f"No calls match these {number} filters."
    links, hints = [], []
    for one in state.filters[:TRIED]:
        name = f"not.{one.dimension}" if one.negated else one.dimension
        rest = tuple(other for other in state.filters if other is not one)
        calls = ask(replace(state.question("calls"), filters=rest, compare="none"), now=state.now).totals["calls"]
        if calls:
            hints.append(f"Removing “{filter_bar.sentence(one)}” would show {fmt.exact_count(calls)}.")
            links.append((f"Remove “{filter_bar.sentence(one)}”", f"?{state.without(name, 'page', 'cursor')}"))
    if number > 1 or not links:
        links.append(("Clear all", f"?{state.without(*_names(state), 'page', 'cursor')}"))
    return Empty(title, " ".join(hints), links, icon="filter")


def _names(state: UrlState) -> list[str]:
    return [f"not.{one.dimension}" if one.negated else one.dimension for one in state.filters]


def _quiet(state: UrlState) -> Empty:
    """No calls in the window: show where the last ones are, by days of the last ten years."""
    title = f"No calls {filter_bar.between_words(state.window, state)}."
    last = last_day(state)
    if last is None:
        return Empty(title, "Choose another period.", [("Last 12 months", f"?{state.with_period('12mo')}")])
    start, end = last
    text = f"The last one was on {fmt.day(start.astimezone(state.tz), state.now.astimezone(state.tz))}."
    return Empty(title, text, [("Show it", f"?{state.between(start, end)}")])


def last_day(state: UrlState) -> tuple[datetime, datetime] | None:
    """The last day that has calls, as its start and end; None when the last ten years have none."""
    span = Span(state.now - timedelta(days=3650), state.now)
    # Split by status, because days without a split are listed even when nothing happened on them.
    question = replace(
        state.question("calls"), span=span, dimensions=("status",), granularity="day", compare="none",
        filters=(), sort="-bucket", limit=1,
    )  # fmt: skip
    rows = ask(question, now=state.now).rows
    return (rows[0]["bucket"], next_start(rows[0]["bucket"], "day", state.zone)) if rows else None
