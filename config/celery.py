"""The Celery application and the one schedule table.

A message is only a nudge: every job catches up from what the databases say, so it may be lost, late or doubled.
"""

import os
from typing import Any, NamedTuple

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import broker, settings

(settings.DATA_DIR / "beat").mkdir(exist_ok=True, mode=0o700)
MINUTE, DAY = 60, 86400


class Job(NamedTuple):
    """One line of the schedule."""

    task: str
    every_s: int


SCHEDULE = {
    "roll up": Job("analytics.tasks.roll_up", 30),
    "keep colours": Job("dashboard.tasks.keep_colours", 5 * MINUTE),
    "check rollups": Job("analytics.tasks.check_rollups", DAY),
}


def beat_schedule(jobs: dict[str, Job]) -> dict[str, dict[str, Any]]:
    """Celery's form of the table. A nudge expires when the next is due, so a stopped worker never finds a pile."""
    return {
        name: {"task": job.task, "schedule": float(job.every_s), "options": {"expires": float(job.every_s)}}
        for name, job in jobs.items()
    }


def broker_settings(url: str) -> dict[str, Any]:
    """`folder` is a folder in DATA_DIR and needs no server; redis:// and amqp:// are passed on as they are."""
    if url == "folder":
        options = broker.folders(settings.DATA_DIR / "broker")
        return {"broker_url": "filesystem://localhost", "broker_transport_options": options}
    return {"broker_url": url}


app = Celery("polymeter")
app.conf.update(
    **broker_settings(settings.BROKER_URL),
    beat_schedule=beat_schedule(SCHEDULE),
    beat_schedule_filename=str(settings.DATA_DIR / "beat" / "schedule"),
    broker_connection_retry_on_startup=True,
    result_backend=None,
    task_default_queue="polymeter",
    task_ignore_result=True,
    timezone="UTC",
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
)
app.autodiscover_tasks(["analytics", "dashboard"])
