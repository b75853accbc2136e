"""One thing, one colour: the project-wide map from a name to a colour slot. A job keeps it; pages only read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db import transaction

from analytics.ask import ask
from analytics.question import Question, Span
from dashboard.models import SLOTS, ColourSlot

COLOURED: Final = ("model", "provider", "vendor", "feature", "task", "environment")
"""What has colours of its own; everything else is coloured by its place on the page."""
LOOK_BACK: Final = timedelta(days=90)
CACHE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """How large a name was over the last 90 days, and in which week it first appeared."""

    name: str
    size: tuple[float, int]
    first: datetime


def slots(project_id: int, dimension: str, now: datetime) -> Mapping[str, int]:
    """Return the colour of each name that has one; every other name is grey (0).

    Names that appeared since the job last ran already have the colour that it will give them.
    """
    if dimension not in COLOURED:
        return {}
    key = f"colours:{project_id}:{dimension}"
    found: dict[str, int] | None = cache.get(key)
    if found is None:
        found = assign(_kept(project_id, dimension), seen(project_id, dimension, now))
        # An empty map is not kept: the first call shall not stay grey for a minute.
        if found:
            cache.set(key, found, CACHE_S)
    return found


def keep(project_id: int, dimension: str, now: datetime) -> int:
    """Write the map down and return how many colours changed hands. Safe to repeat."""
    wanted = assign(_kept(project_id, dimension), seen(project_id, dimension, now))
    with transaction.atomic():
        kept = _kept(project_id, dimension)
        changed = {name: slot for name, slot in wanted.items() if kept.get(name) != slot}
        gone = kept.keys() - wanted.keys()
        rows = ColourSlot.objects.filter(project_id=project_id, dimension=dimension)
        rows.filter(name__in=gone | changed.keys()).delete()
        ColourSlot.objects.bulk_create(
            ColourSlot(project_id=project_id, dimension=dimension, name=name, slot=slot)
            for name, slot in changed.items()
        )
    return len(changed)


def assign(kept: Mapping[str, int], names: Iterable[Seen]) -> dict[str, int]:
    """Give the eight largest names a colour each. A name keeps its colour until it was not seen for 90 days.

    Free colours go to the largest names without one, in order of first appearance.
    """
    known = {one.name: one for one in names}
    given = {name: slot for name, slot in kept.items() if name in known}
    free = [slot for slot in range(1, SLOTS + 1) if slot not in given.values()]
    largest = sorted(known.values(), key=lambda one: (-one.size[0], -one.size[1], one.name))
    waiting = [one for one in largest if one.name not in given][: len(free)]
    waiting.sort(key=lambda one: (one.first, -one.size[0], -one.size[1], one.name))
    return given | {one.name: slot for one, slot in zip(waiting, free, strict=False)}


def seen(project_id: int, dimension: str, now: datetime) -> list[Seen]:
    """Ask the event store what there was in the last 90 days, by week."""
    span = Span(now - LOOK_BACK, now + timedelta(minutes=1))
    question = Question(project_id, span, ("cost_usd", "calls"), (dimension,), granularity="week", limit=10_000)
    found: dict[str, Seen] = {}
    for row in ask(question, now=now).rows:
        if (name := row[dimension]) is None:
            continue
        before = found.get(name)
        cost, calls = before.size if before else (0.0, 0)
        size = (cost + float(row["cost_usd"] or 0), calls + row["calls"])
        found[name] = Seen(name, size, min(row["bucket"], before.first) if before else row["bucket"])
    return list(found.values())


def _kept(project_id: int, dimension: str) -> dict[str, int]:
    rows = ColourSlot.objects.filter(project_id=project_id, dimension=dimension)
    return dict(rows.values_list("name", "slot"))
