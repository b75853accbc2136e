"""What a list of calls is made of: the largest values of a few dimensions, each a link that narrows or widens it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from analytics.ask import ask
from dashboard import format as fmt
from dashboard.breakdown import name_of, slots_of, text
from dashboard.url_state import UrlState, label_of

NAMES: Final = ("model", "provider", "task", "feature", "status", "error_type")
SHOWN: Final = 4
DOTTED: Final = ("model", "provider")


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
    """Ask for each dimension, leaving its own filter out, so that other values can be chosen.

    One with a single value says nothing and is left out.
    """
    for name in NAMES:
        chosen = {value for one in state.filters if one.dimension == name and not one.negated for value in one.values}
        filters = tuple(one for one in state.filters if one.dimension != name or one.negated)
        question = replace(state.question("calls"), dimensions=(name,), filters=filters, limit=SHOWN + len(chosen))
        answer = ask(question, now=state.now)
        counted = {text(row[name]): row["calls"] for row in answer.rows}
        if name == "error_type":
            counted.pop("", None)
        if len(counted) > 1 or chosen:
            more = f"/p/{state.slug}/filter/calls/{name}/?{state.query()}" if answer.truncated else ""
            yield Facet(label_of(name), list(_values(state, name, counted, chosen)), more)


def _values(state: UrlState, name: str, counted: Mapping[str, int], chosen: set[str]) -> Iterator[Value]:
    """The largest values, and the chosen ones however small."""
    largest = list(counted)[:SHOWN]
    names = [*largest, *sorted(chosen.difference(largest))]
    slots = slots_of(state, name, names) if name in DOTTED else {}
    for value in names:
        calls = counted.get(value, 0)
        # While a value is chosen, a click takes it out or adds another: what it leads to is not what it counts.
        check = "" if chosen else f"calls={calls}"
        slot = slots.get(value, 0) if name in DOTTED else None
        link = f"?{state.toggled(name, value)}"
        yield Value(name_of(value), link, fmt.count(calls), value in chosen, slot, check)
