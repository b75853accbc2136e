"""Keep the rollups equal to the calls: each pass makes the hours and days again that changed since the pass before.

A rollup is a pure function of the calls, so a pass may run late, twice, or die in the middle. Until it has finished,
what it was to make again is read from calls.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from analytics import changes, rollup_sql, sweep
from analytics.changes import Changes
from analytics.leases import lease
from analytics.models import RollupState, moment
from analytics.periods import next_start
from analytics.plan import HOUR, NEVER, joined
from analytics.question import Span
from projects.models import Project
from store import client
from store.client import StoreError

LEASE_S: Final = 1_200
BUDGET_S: Final = 120.0
"""A pass that has worked so long leaves the rest to the next."""
CALLS_AT_ONCE: Final = 400_000
"""Calls of one statement, about; a single hour may have more."""
MOST_AT_ONCE: Final = 168
DAYS_AT_ONCE: Final = 7

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Result:
    """What a pass made again, and what it left to the next one (seconds since 1970)."""

    hours: int = 0
    days: int = 0
    left_hours: list[int] = field(default_factory=list)
    left_days: list[int] = field(default_factory=list)


def run(project_id: int, *, rebuild: bool = False, budget_s: float = BUDGET_S) -> Result | None:
    """Bring a project's rollups up to date; None if somebody else is at it.

    `rebuild` makes everything again, whatever is recorded as clean.

    Raises:
        StoreError: the event store failed; nothing is recorded as done.
    """
    with lease("rollup", f"project {project_id}", seconds=LEASE_S) as held:
        if not held:
            return None
        state, zone = _next(project_id, rebuild), zone_of(project_id)
        now = store_now()
        sweep.recent(project_id, changes.since(state))
        found = changes.read(state, now, zone)
        result = _Pass(state, zone, found, time.monotonic() + budget_s).run()
        _finish(state, zone, now, found, result)
        return result


def mark(project_id: int, hours: Sequence[int]) -> None:
    """Have hours (seconds since 1970) made again although no call came in: after deletions, re-costing, repairs."""
    client.maintain(rollup_sql.MARK, project_id=project_id, hours=list(hours))


def _next(project_id: int, rebuild: bool) -> RollupState:
    """Take the next number: what a slower, older pass still writes loses against this one."""
    RollupState.objects.get_or_create(project_id=project_id)
    fresh = {"watermark": NEVER, "closed_to": NEVER, "days_to": NEVER, "recent": {}, "marks": {}} if rebuild else {}
    RollupState.objects.filter(project_id=project_id).update(gen=F("gen") + 1, **fresh)
    return RollupState.objects.get(project_id=project_id)


def zone_of(project_id: int) -> str:
    """Return the project's zone."""
    return Project.objects.filter(pk=project_id).values_list("timezone", flat=True).first() or "UTC"


def store_now() -> datetime:
    """Return the store's own time, which stamps the calls."""
    now: datetime = client.operator_select("SELECT now64(3, 'UTC') AS now")[0]["now"]
    return now


def _finish(state: RollupState, zone: str, now: datetime, found: Changes, result: Result) -> None:
    """Record how far the rollups reach now, unless a later pass has taken over."""
    RollupState.objects.filter(pk=state.pk, gen=state.gen).update(
        watermark=now,
        closed_to=found.closed_to,
        newest=found.newest,
        dirty_hours=sorted(result.left_hours),
        recent=found.lately,
        marks=found.marks,
        zone=zone,
        days_to=found.days_to,
        dirty_days=sorted(result.left_days),
        finished_at=timezone.now(),
    )


class _Pass:
    """The work of one pass."""

    def __init__(self, state: RollupState, zone: str, found: Changes, deadline: float) -> None:
        self.state, self.zone, self.found, self.deadline = state, zone, found, deadline
        self.result = Result()

    def run(self) -> Result:
        self._hours()
        self._days()
        return self.result

    def _hours(self) -> None:
        """Newest first: that is what people look at."""
        hours = sorted(self.found.hours, reverse=True)
        for group in _groups(hours, MOST_AT_ONCE, self.found.calls):
            done, left = self._make(group, None)
            self.result.hours += done
            self.result.left_hours += left

    def _days(self) -> None:
        """Days with hours left over, and days into which calls keep coming, wait."""
        wanted = set(self.found.days)
        if self.found.all_days:
            days_to = self.found.days_to
            wanted |= {d for d in changes.all_days(self.state.project_id, self.zone) if moment(d) < days_to}
        waiting = changes.days_of(self.result.left_hours, self.zone)
        if self.state.watermark > NEVER:
            waiting |= self.found.busy_days
        self.result.left_days = sorted(wanted & waiting)
        for group in _groups(sorted(wanted - waiting, reverse=True), DAYS_AT_ONCE, {}):
            done, left = self._make(group, self.zone)
            self.result.days += done
            self.result.left_days += left

    def _make(self, starts: list[int], zone: str | None) -> tuple[int, list[int]]:
        """Make hours (or days of a zone) again; return how many, and those that could not be made now."""
        if time.monotonic() > self.deadline:
            return 0, starts
        try:
            for sql in rollup_sql.rebuild(joined(_span(moment(start), zone) for start in starts), zone):
                client.maintain(sql, project_id=self.state.project_id, gen=self.state.gen)
        except StoreError as error:
            if error.retry and error.code is None:
                raise
            return self._make_halves(starts, zone, error)
        return len(starts), []

    def _make_halves(self, starts: list[int], zone: str | None, error: StoreError) -> tuple[int, list[int]]:
        """One hour too large for the store must not keep the others from being made."""
        if len(starts) == 1:
            log.error("rollup.failed project=%s start=%s error=%s", self.state.project_id, moment(starts[0]), error)
            return 0, starts
        middle = len(starts) // 2
        first, second = self._make(starts[:middle], zone), self._make(starts[middle:], zone)
        return first[0] + second[0], first[1] + second[1]


def _span(start: datetime, zone: str | None) -> Span:
    return Span(start, next_start(start, "day", zone) if zone else start + HOUR)


def _groups(starts: Iterable[int], most: int, calls: dict[int, int]) -> Iterator[list[int]]:
    """Cut into groups for one statement each: within one month (a partition), and not too many calls."""
    group: list[int] = []
    size = 0
    for start in starts:
        size += calls.get(start, 0)
        full = len(group) >= most or size > CALLS_AT_ONCE
        if group and (full or moment(start).strftime("%Y%m") != moment(group[0]).strftime("%Y%m")):
            yield group
            group, size = [], calls.get(start, 0)
        group.append(start)
    if group:
        yield group


def settle(project_id: int, *, rebuild: bool = False, timeout: timedelta = timedelta(minutes=10)) -> Result:
    """Run passes until nothing is left over, and return what they made in all; for commands.

    Raises:
        TimeoutError: somebody else kept the lease, or calls kept coming.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    total = Result()
    while time.monotonic() < deadline:
        result = run(project_id, rebuild=rebuild)
        if result is None:
            time.sleep(1)
            continue
        rebuild = False
        total.hours, total.days = total.hours + result.hours, total.days + result.days
        if not result.left_hours and not result.left_days:
            return total
    raise TimeoutError(f"The rollups of project {project_id} did not settle within {timeout}.")
