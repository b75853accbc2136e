"""What a list of calls is made of: the largest values of a few dimensions, each a link that narrows or widens it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from analytics.ask import ask
from dashboard import format as fmt
from dashboard.breakdown import name_of, slots_of, text
from dashboard.url_state import UrlState, label_of

NAMES: Final = ("model", "provider", "task", "feature", "status", "error_type")
SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its calls."""

    label: str
    href: str
    calls: str
    chosen: bool
    slot: int | None
    check: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One dimension; `more` leads to all its values."""

    label: str
    values: Sequence[Value]
    more: str


def facets(state: UrlState) -> Iterator[Facet]:
    """Ask for each dimension, leaving its own filter out, so that other values can be chosen. One with a single value
    says nothing and is left out."""
    for name in NAMES:
        chosen = {value for one in state.filters if one.dimension == name and not one.negated for value in one.values}
        filters = tuple(one for one in state.filters if one.dimension != name or one.negated)
        question = replace(state.question("calls"), dimensions=(name,), filters=filters, limit=SHOWN + len(chosen))
        answer = ask(question, now=state.now)
        counted = {text(row[name]): row["calls"] for row in answer.rows}
        if name == "error_type":
            counted.pop("", None)
        if len(counted) < 2 and not chosen:
            continue
        names = [*list(counted)[:SHOWN], *(value for value in sorted(chosen) if value not in list(counted)[:SHOWN])]
        slots = slots_of(state, name, names) if name in {"model", "provider"} else {}
        values = [
            Value(
                name_of(value),
                f"?{state.toggled(name, value)}",
                fmt.count(counted.get(value, 0)),
                value in chosen,
                slots.get(value, 0) if slots else None,
                "" if chosen else f"calls={counted.get(value, 0)}",
            )
            for value in names
        ]
        more = f"/p/{state.slug}/filter/calls/{name}/?{state.query()}" if answer.truncated else ""
        yield Facet(label_of(name), values, more)
