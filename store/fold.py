"""One call from several events: per field the latest source time wins and the unknown never erases. Pure functions.

The merge is commutative, associative and idempotent, because the result depends only on the *set* of events: a folded
row remembers in its column `fold` which events it holds and which event decided which field.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol

import msgspec

from store import version as versions
from store.schema import BODY_NAMES, CALL_COLUMNS, CALL_NAMES, COST, POSITION, USAGE, USAGE_NOTES

Row = tuple[Any, ...]
Body = tuple[str, ...]

TAGS_PER_CALL = 32
MAPS = ("tags", "extra")
DERIVED_ALWAYS = frozenset(column.name for column in (*USAGE, *USAGE_NOTES, *COST))
FIELDS = tuple(
    (POSITION[column.name], column.name, column.unknown)
    for column in CALL_COLUMNS
    if column.merges and column.name not in DERIVED_ALWAYS and column.name not in (*MAPS, "vendor")
)
"""Columns that are folded one by one; maps are folded key by key, usage in the counts that senders state."""


class Provenance(msgspec.Struct, omit_defaults=True):
    """What the column `fold` holds as JSON. Empty for an event whose every field is what the sender told."""

    sources: dict[str, list[str]] = {}
    """Version in hex of each event -> the fields which that event decided. Only on rows made from several events."""
    default: list[str] = []
    """Columns that hold a default, not the sender's word; a later fold works them out anew."""
    told: list[str] = []
    """Columns usually worked out that the sender did tell (vendor)."""
    usage: dict[str, int] = {}
    """The counts as the sender stated them, where the stored vector alone does not give them back."""


NOTHING = Provenance()
_decoder = msgspec.json.Decoder(Provenance)
_encoder = msgspec.json.Encoder(order="deterministic")


class Derivation(Protocol):
    """What the store cannot know: how columns follow from what was told. Handed in by the room that receives."""

    def told_usage(self, row: Row) -> Mapping[str, int]:
        """Return the counts that the sender of this single event stated."""

    def settle(self, told: Mapping[str, Any], previous: Row | None) -> Mapping[str, Any]:
        """Return the derived columns (status, model, vendor, usage, cost) of a call of which all this was told.

        `previous` is the stored row, whose booked cost stands unless what it depends on has changed.
        """


@dataclass(slots=True)
class Facts:
    """Everything that a set of events tells of one call."""

    sources: frozenset[int]
    decided: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """Field -> (version of the event that decided it, value)."""


def provenance(text: str) -> Provenance:
    """Return the column `fold` as a value."""
    return _decoder.decode(text) if text else NOTHING


def encode(value: Provenance) -> str:
    """Return the text of the column `fold`; the same provenance is always the same text."""
    return _encoder.encode(value).decode()


def sources(version: int, fold: str) -> frozenset[int]:
    """Return the versions of the events that a stored row holds."""
    held = provenance(fold).sources
    return frozenset(int(text, 16) for text in held) if held else frozenset((version,))


def facts(row: Row, body: Body | None, told_usage: Callable[[Row], Mapping[str, int]]) -> Facts:
    """Return what a row, of one event or of many, tells."""
    held = provenance(row[POSITION["fold"]])
    told = dict(_told(row, body, held))
    told.update({f"usage.{name}": count for name, count in (held.usage or told_usage(row)).items()})
    if not held.sources:
        version = row[POSITION["version"]]
        return Facts(frozenset((version,)), {name: (version, value) for name, value in told.items()})
    by_source = {int(text, 16): names for text, names in held.sources.items()}
    decided = {name: (source, told[name]) for source, names in by_source.items() for name in names if name in told}
    return Facts(frozenset(by_source), decided)


def _told(row: Row, body: Body | None, held: Provenance) -> Iterable[tuple[str, Any]]:
    for position, name, unknown in FIELDS:
        if row[position] != unknown and name not in held.default:
            yield name, row[position]
    for name in MAPS:
        for key, value in row[POSITION[name]].items():
            yield f"{name}.{key}", value
    if "vendor" in held.told or any("vendor" in names for names in held.sources.values()):
        yield "vendor", row[POSITION["vendor"]]
    yield from ((name, text) for name, text in zip(BODY_NAMES, body or (), strict=False) if text)


def merge(one: Facts, other: Facts) -> Facts:
    """Return what both tell together; where both tell a field, the later source time decides."""
    decided = dict(one.decided)
    for name, (source, value) in other.decided.items():
        if name not in decided or versions.rank(decided[name][0]) < versions.rank(source):
            decided[name] = (source, value)
    return Facts(one.sources | other.sources, decided)


def fold(
    events: Iterable[tuple[Row, Body | None]], derive: Derivation, previous: Row | None = None
) -> tuple[Row, Body | None]:
    """Return the one row (and texts) that these rows of the same call make together.

    `previous` is the row that readers see now: its retention is inherited and its booked cost stands where it may.
    """
    rows = {row[POSITION["version"]]: (row, body) for row, body in events}
    known = _within_limits(reduce(merge, (facts(row, body, derive.told_usage) for row, body in rows.values())))
    if len(known.sources) == 1:
        return next(iter(rows.values()))
    first = next(iter(rows.values()))[0] if previous is None else previous
    told = {name: value for name, (_, value) in known.decided.items()}
    values = _columns(told)
    values.update(
        project_id=first[POSITION["project_id"]],
        call_id=first[POSITION["call_id"]],
        keep_days=first[POSITION["keep_days"]],
        version=versions.of_fold(known.sources),
        fold=encode(_remember(known, told)),
        **derive.settle(told, previous),
    )
    texts = tuple(told.get(name, "") for name in BODY_NAMES)
    return tuple(values[name] for name in CALL_NAMES), texts if any(texts) else None


def _columns(told: Mapping[str, Any]) -> dict[str, Any]:
    values = {column.name: told.get(column.name, column.unknown) for column in CALL_COLUMNS}
    for name in MAPS:
        prefix = name + "."
        values[name] = {key.removeprefix(prefix): told[key] for key in sorted(told) if key.startswith(prefix)}
    return values


def _within_limits(known: Facts) -> Facts:
    """Keep the first tags in order of their keys, not the first that came: every order of arrival keeps the same."""
    tags = sorted(name for name in known.decided if name.startswith("tags."))
    for name in tags[TAGS_PER_CALL:]:
        del known.decided[name]
    return known


def _remember(known: Facts, told: Mapping[str, Any]) -> Provenance:
    by_source: dict[int, list[str]] = {source: [] for source in sorted(known.sources)}
    for name in sorted(known.decided):
        by_source[known.decided[name][0]].append(name)
    counts = {name.removeprefix("usage."): told[name] for name in told if name.startswith("usage.")}
    return Provenance(sources={f"{source:032x}": names for source, names in by_source.items()}, usage=counts)
