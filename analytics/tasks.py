"""Celery's door into rollups. A message is only a nudge: each task catches up from what the databases say."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from celery import shared_task

from analytics import check, rollup
from analytics.changes import REREAD
from analytics.models import RollupState
from analytics.plan import NEVER, floor_hour
from projects.models import Project
from store import client
from store.client import StoreError

RECENT: Final = """
SELECT project_id AS project, max(ingested_at) AS newest
  FROM calls
 WHERE ingested_at >= {since:DateTime64(3, 'UTC')}
GROUP BY project
UNION ALL
SELECT project_id AS project, max(marked_at) AS newest
  FROM dirty_hours
 WHERE marked_at >= {since:DateTime64(3, 'UTC')}
GROUP BY project"""

log = logging.getLogger(__name__)


@shared_task
def roll_up() -> None:
    """Bring the rollups of every project up to date in which something may have changed."""
    for project_id in due(datetime.now(UTC)):
        try:
            rollup.run(project_id)
        except StoreError as error:
            log.warning("rollup.failed project=%s error=%s", project_id, error)


@shared_task
def check_rollups() -> None:
    """Compare the rollups of every project with its calls and repair what differs."""
    for project_id in Project.objects.order_by("pk").values_list("pk", flat=True):
        try:
            if hours := check.run(project_id):
                log.error("rollup.differed project=%s hours=%s", project_id, hours)
        except StoreError as error:
            log.warning("rollup.check_failed project=%s error=%s", project_id, error)


def due(now: datetime) -> list[int]:
    """Return the projects with an hour that closed, something left over, or calls that came in since the last pass."""
    known = {state.project_id: state for state in RollupState.objects.all()}
    projects = list(Project.objects.order_by("pk").values_list("pk", flat=True))
    states = {pk: known.get(pk) or RollupState(project_id=pk) for pk in projects}
    stale = {pk for pk, state in states.items() if _is_stale(state, now)}
    if len(stale) == len(projects):
        return projects
    since = min(state.watermark for pk, state in states.items() if pk not in stale) - REREAD
    rows = client.operator_select(RECENT, since=max(NEVER, since))
    newest = {row["project"]: row["newest"] for row in rows}
    return [pk for pk in projects if pk in stale or newest.get(pk, NEVER) >= states[pk].watermark - REREAD]


def _is_stale(state: RollupState, now: datetime) -> bool:
    left = state.dirty_hours or state.dirty_days
    return bool(left) or state.closed_to < floor_hour(now) or now - state.watermark > timedelta(hours=1)
