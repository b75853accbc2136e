"""How the numbers of a page were made: what is counted, with which prices, from where, and what each word means."""

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.answer import Answer
from analytics.metrics import METRICS
from dashboard import format as fmt
from dashboard.filter_bar import compared_words, sentence, span_words
from dashboard.url_state import UrlState
from pricing import snapshot


@dataclass(frozen=True, slots=True)
class Made:
    """Facts and definitions, as pairs of words; `receipt` names the question with its price book."""

    receipt: str
    facts: list[tuple[str, str]]
    meanings: list[tuple[str, str]]


def made(answer: Answer, state: UrlState) -> Made:
    """Describe how an answer was made."""
    metrics = [METRICS[key] for key in answer.question.measures]
    return Made(answer.receipt, list(_facts(answer, state)), [(one.label, one.meaning) for one in metrics])


def _facts(answer: Answer, state: UrlState) -> Iterator[tuple[str, str]]:
    yield "Counted", f"Calls that started {span_words(state.window, state)} ({state.zone}), each once."
    if state.filters:
        yield "Only", "; ".join(sentence(one) for one in state.filters)
    if compared := compared_words(state):
        yield "Compared with", compared
    yield "Prices", f"The latest known for each call's day; price book {snapshot.current().version}."
    yield "Computed", f"{fmt.moment(answer.freshness.as_of, state.tz, state.now, seconds=True)} {state.zone}"
    yield "Read from", _sources(answer, state)
    yield "Rounding", "Sums are exact; what is shown is rounded, so parts may not add up to their total."


def _sources(answer: Answer, state: UrlState) -> str:
    rolled = answer.freshness.rolled_up_to
    if rolled is None:
        return "The calls themselves."
    hours = fmt.plural(answer.freshness.raw_hours, "hour")
    return f"Rollups up to {fmt.moment(rolled, state.tz, state.now)} where they are current; {hours} from the calls."
