"""What Data health knows: senders, refusals, what has no price or no usage, clocks, and the nightly check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.core.cache import cache
from django.db.models import QuerySet

from analytics import health
from analytics.answer import Answer, Freshness
from analytics.ask import ask
from analytics.health import Clock
from analytics.models import RollupDifference, RollupState
from analytics.question import Filter, Question, Span
from dashboard.breakdown import MOST, text
from projects.models import Project

LATELY: Final = timedelta(days=1)
"""A refusal older than this asks for nothing any more."""
NIGHTS: Final = timedelta(days=7)
SKEWED_MS: Final = 5_000.0
STALE: Final = timedelta(hours=3)
UNPRICED: Final = Filter("cost_status", ("unpriced_model", "unpriced_dimension"))
UNTOLD: Final = Filter("cost_status", ("usage_unknown",))
DOUBTFUL: Final = Filter("usage_flag", ("",), negated=True)
NOTED_S: Final = 3600
"""What a page has learnt about prices is forgotten after this."""


@dataclass(frozen=True, slots=True)
class SenderLine:
    """One program that sends. What only receiving counts is None for calls that came another way."""

    name: str
    calls: int
    """Of the period."""
    last_hour: int
    version: str = ""
    dialect: str = ""
    key: str = ""
    received: int | None = None
    duplicates: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Everything the page shows."""

    freshness: Freshness
    senders: Sequence[SenderLine]
    refusals: Sequence[Any]
    whole: Answer
    """Calls of the period with their cost coverage."""
    unpriced: Answer
    doubtful: Answer
    clocks: Sequence[Clock]
    differences: Sequence[RollupDifference]
    rolled: RollupState | None

    @property
    def skewed(self) -> list[Clock]:
        """Senders whose clock is ahead of ours by more than the network explains."""
        return [clock for clock in self.clocks if (clock.ahead_ms or 0) > SKEWED_MS]


def refusals(project: Project) -> "QuerySet[Any]":
    """What was refused, the latest first. Receiving stands beside pages, so its rows are found by name."""
    return apps.get_model("ingest", "Refusal").objects.filter(project=project).order_by("-last_at")


def senders(project: Project) -> "QuerySet[Any]":
    """Who sends, the latest first."""
    return apps.get_model("ingest", "Sender").objects.filter(project=project).order_by("-last_at")


def arrivals(project: Project, question: Question, now: datetime) -> Arrivals:
    """Gather it: six store queries."""
    whole = ask(question, now=now)
    unpriced = _with(question, UNPRICED, ("calls", "input_tokens", "output_tokens"), ("model", "provider"))
    doubtful = _with(question, DOUBTFUL, ("calls",), ("usage_flag", "model"))
    return Arrivals(
        freshness=whole.freshness,
        senders=_senders(project, question, now),
        refusals=list(refusals(project)[:50]),
        whole=whole,
        unpriced=ask(unpriced, now=now),
        doubtful=ask(doubtful, now=now),
        clocks=health.clocks(project.pk, now),
        differences=list(_differences(project, now)),
        rolled=RollupState.objects.filter(project_id=project.pk).first(),
    )


def _with(question: Question, one: Filter, measures: tuple[str, ...], dimensions: tuple[str, ...]) -> Question:
    filters = tuple(other for other in question.filters if other.dimension != one.dimension)
    return replace(question, measures=measures, dimensions=dimensions, filters=(*filters, one), limit=MOST)


def _senders(project: Project, question: Question, now: datetime) -> list[SenderLine]:
    """The senders that were heard, and those whose calls are here without having been heard, as after a restore."""
    period = replace(question, measures=("calls",), dimensions=("sender",), limit=MOST)
    hour = replace(period, span=Span(now - timedelta(hours=1), now + timedelta(minutes=1)))
    stored, lately = (_by_sender(ask(one, now=now)) for one in (period, hour))
    heard = [
        SenderLine(
            one.name, stored.get(one.name, 0), lately.get(one.name, 0), one.version, one.dialect, one.key, one.calls,
            one.duplicates, one.last_at,
        )
        for one in senders(project)[:50]
    ]  # fmt: skip
    named = {one.name for one in heard}
    return heard + [SenderLine(name, calls, lately.get(name, 0)) for name, calls in stored.items() if name not in named]


def _by_sender(answer: Answer) -> dict[str, int]:
    return {text(row["sender"]): row["calls"] for row in answer.rows}


def _differences(project: Project, now: datetime) -> Any:
    return RollupDifference.objects.filter(project_id=project.pk, found_at__gte=now - NIGHTS).order_by("-found_at")[:20]


def note_unpriced(project_id: int, found: bool) -> None:
    """Keep for the rail what a page has just learnt; asking again for a dot would cost every page a query."""
    cache.set(f"unpriced:{project_id}", found, NOTED_S)


def asks_for_attention(project: Project, now: datetime) -> bool:
    """Whether the rail shows a dot: something was refused, has no price, or was found wrong lately."""
    if cache.get(f"unpriced:{project.pk}"):
        return True
    return refusals(project).filter(last_at__gte=now - LATELY).exists() or _differences(project, now).exists()
