"""Send the demo month down the real path: normalise, price, write. Interrupted or repeated, it adds nothing twice."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from ingest import accept, otlp, senders
from ingest.demo import traffic, world
from ingest.demo.traffic import Day
from ingest.normalise import normalise
from ingest.origin import Origin
from pricing.book import PriceBook
from projects import audit
from projects.models import AuditEntry, Project
from store import client
from store.fold import Body, Row
from store.writer import Receipt

STARTED, LOADED = "demo.started", "demo.loaded"
DIALECT = "demo"
BATCH = 2_000
AHEAD = 3
"""Batches on their way at once: enough to keep the store busy, far below the bound of the queue."""


class Progress(NamedTuple):
    """How far a load is."""

    days: int
    of: int
    calls: int


def is_loaded(project: Project) -> bool:
    """True if the month was loaded and is still in the event store."""
    return _entry(project, LOADED) is not None and _begun(project) is not None


def load(project: Project) -> Iterator[Progress]:
    """Load the month that ends now; one that was interrupted is finished with the moment it began with."""
    now = _begin(project)
    done = Progress(0, world.DAYS, 0)
    for done in send(project.pk, now, accept.book(), heard=senders.note):
        yield done
    senders.flush()
    audit.record(project, None, LOADED, project.name, after={"calls": done.calls})


def send(
    project_id: int, now: datetime, prices: PriceBook, heard: Callable[[Sequence[Row]], None] | None = None
) -> Iterator[Progress]:
    """Store the month that ends at `now`, oldest day first; all of it is durable after the last step.

    `heard` is told the rows of each day, as receiving is told those of each request.
    """
    loader = _Loader(project_id, prices)
    calls = 0
    for number, day in enumerate(traffic.days(now)):
        rows = loader.add(day)
        if heard is not None:
            heard(rows)
        calls += len(rows)
        if number == world.DAYS:
            loader.finish()
        yield Progress(number, world.DAYS, calls)


def _begin(project: Project) -> datetime:
    """Return the moment that the month ends with, remembered before the first call is stored."""
    if (begun := _begun(project)) is not None:
        return begun
    now = timezone.now().astimezone(UTC).replace(second=0, microsecond=0)
    audit.record(project, None, STARTED, project.name, after={"now": now.isoformat(), "seed": world.SEED})
    return now


def _begun(project: Project) -> datetime | None:
    """Return the end of the month whose first day is in the event store."""
    started = _entry(project, STARTED)
    if started is None or not isinstance(started.after, dict):
        return None
    now = datetime.fromisoformat(started.after["now"])
    return now if _has_first_day(project, now - timedelta(days=world.DAYS)) else None


def _entry(project: Project, action: str) -> AuditEntry | None:
    return AuditEntry.objects.filter(project=project, action=action).order_by("-pk").first()


def _has_first_day(project: Project, day: datetime) -> bool:
    sql = (
        "SELECT 1 AS one FROM calls_live WHERE project_id = {project_id:UInt32} AND sender_name = {sender:String} "
        "AND ts BETWEEN {start:DateTime64(6)} AND {end:DateTime64(6)} LIMIT 1"
    )
    start, end = day - timedelta(days=1), day + timedelta(days=1)
    return bool(client.select(sql, project_id=project.pk, sender=world.SENDER, start=start, end=end))


class _Loader:
    """Turns days into rows and keeps a few batches in flight."""

    def __init__(self, project_id: int, prices: PriceBook) -> None:
        now_us = round(timezone.now().timestamp() * 1_000_000)
        self._origin = Origin(project_id, dialect=DIALECT, now_us=now_us)
        self._prices = prices
        self._flying: deque[Future[Receipt]] = deque()

    def add(self, day: Day) -> list[Row]:
        """Queue a day, wait while too much is on its way, and return its rows."""
        calls, spans = day
        rows: list[Row] = []
        bodies: list[Body | None] = []
        for call in calls:
            row, body = normalise(call, self._origin, self._prices)
            rows.append(row)
            bodies.append(body)
        for at in range(0, len(rows), BATCH):
            self._submit(rows[at : at + BATCH], bodies[at : at + BATCH], [])
        self._submit([], [], [otlp.span_row(span, self._origin) for span in spans])
        return rows

    def finish(self) -> None:
        """Return once everything is durable."""
        while self._flying:
            self._flying.popleft().result()

    def _submit(self, rows: list[Row], bodies: list[Body | None], spans: list[tuple[Any, ...]]) -> None:
        while len(self._flying) >= AHEAD:
            self._flying.popleft().result()
        if rows or spans:
            self._flying.append(accept.writer().submit(rows, bodies, spans))
