"""A dialect's names as one flat table, and one pass over a span's attributes that reads each of them once."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ingest.dialects.span import Attributes
from ingest.dialects.values import duration_ms, first, integer, money, seconds, small, text, truth
from ingest.text import dumps
from polymeter.event import Limits

Names = dict[str, str]
"""Attribute name: fact. When a span has several names of one fact, the later entry wins."""

Reader = Callable[[Any], Any]

READERS: Final[dict[str, Reader]] = {
    "finish_reason": first,
    "streaming": truth,
    "attempt": small,
    "ttft_seconds": seconds,
    "ttft_ms": duration_ms,
    "cost_usd": money,
}
"""How a fact of the call is read; all others are names. Usage is counts, parameters are kept as sent."""

PARAM_CHARS: Final = 4_096
"""Characters kept of one parameter of a request."""

EXTRA_LIMIT: Final = 32
"""Unknown attributes kept of one call."""

CALL, USAGE, PARAMS, ELSEWHERE = range(4)

_known: set[str] = set()
_known_prefixes: tuple[str, ...] = ()


class Found(NamedTuple):
    """What one pass found, by kind of fact."""

    call: dict[str, Any]
    usage: dict[str, int]
    params: dict[str, Any]
    unknown: list[str]


class Entry(NamedTuple):
    kind: int
    fact: str
    read: Reader
    rank: int
    """Place among several names of the fact; 0 for the only one."""


def as_sent(value: Any) -> Any:
    """A parameter of the request. Text as long as a prompt is cut: parameters are small."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value[:PARAM_CHARS]
    written = dumps(value)
    return value if len(written) <= PARAM_CHARS else written[:PARAM_CHARS]


class Table:
    """Names of one dialect. Each table tells all others which names are known, so that only unknown ones are kept."""

    def __init__(
        self, *, call: Names, usage: Names, params: Names, elsewhere: tuple[str, ...], prefixes: tuple[str, ...] = ()
    ) -> None:
        global _known_prefixes
        groups = ((CALL, call), (USAGE, usage), (PARAMS, params), (ELSEWHERE, dict.fromkeys(elsewhere, "")))
        self.entries = {
            name: Entry(kind, fact, _reader(kind, fact), rank if several[fact] > 1 else 0)
            for kind, names, several in ((kind, names, Counter(names.values())) for kind, names in groups)
            for rank, (name, fact) in enumerate(names.items(), start=1)
        }
        _known.update(self.entries)
        _known_prefixes += prefixes

    def read(self, attributes: Attributes) -> Found:
        """Read every attribute once. A name that cannot be read does not hide one that can."""
        found: tuple[dict[str, Any], ...] = ({}, {}, {}, {})
        ranks: dict[str, int] = {}
        rest: list[str] = []
        entries = self.entries
        for name, value in attributes.items():
            entry = entries.get(name)
            if entry is None:
                rest.append(name)
                continue
            kind, fact, read, rank = entry
            if kind == ELSEWHERE:
                continue
            if read is text and type(value) is str and 0 < len(value) < Limits.NAME_CHARS:
                known: Any = value  # what `text` would say of nearly every name
            elif (known := read(value)) is None:
                continue
            if rank:  # the fact has other names, too
                if ranks.get(fact, 0) > rank:
                    continue
                ranks[fact] = rank
            found[kind][fact] = known
        return Found(found[CALL], found[USAGE], found[PARAMS], rest)


def _reader(kind: int, fact: str) -> Reader:
    if kind == CALL:
        return READERS.get(fact, text)
    return integer if kind == USAGE else as_sent


def extra(attributes: Attributes, rest: list[str]) -> dict[str, str] | None:
    """Keep what no dialect reads: cut to size and bounded in number, in the order of names."""
    unknown = [name for name in rest if name not in _known and not name.startswith(_known_prefixes)]
    if not unknown:
        return None
    kept = sorted(unknown)[:EXTRA_LIMIT]
    return {name[: Limits.NAME_CHARS]: str(attributes[name])[: Limits.NAME_CHARS] for name in kept}
