"""What asks for a decision now. Empty most of the time, and then not shown at all."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from analytics.answer import Answer
from dashboard import format as fmt
from dashboard.results import UNPRICED, unpriced_calls
from dashboard.url_state import UrlState

QUIET: Final = timedelta(hours=6)
"""A project that had calls before and none for this long has probably lost its sender."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to look at, with the place to do it."""

    words: str
    link: str
    href: str


def needs_you(answer: Answer, state: UrlState) -> list[Need]:
    """What stands out in the answer of this page."""
    found = []
    if answer.coverage and (unpriced := unpriced_calls(answer.coverage)):
        words = f"{fmt.plural(unpriced, 'call')} without a price: the model is not in the price book."
        found.append(Need(words, "See which", state.room("models", UNPRICED)))
    newest = answer.freshness.newest_event
    if newest and state.window.open and answer.freshness.as_of - newest > QUIET:
        behind = fmt.lag((answer.freshness.as_of - newest).total_seconds())
        found.append(Need(f"No call has come in for {behind}.", "See the last calls", state.calls()))
    return found
