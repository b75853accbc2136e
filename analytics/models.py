"""What the control plane keeps about rollups: how far they reach, who is at work on them, what a check found."""

from datetime import UTC, datetime
from typing import Any

from django.db import models

from analytics.plan import NEVER, Rolled


class Lease(models.Model):
    """Who may do one job for one scope, and until when. The database is the lock."""

    job = models.CharField(max_length=40)
    scope = models.CharField(max_length=80)
    owner = models.CharField(max_length=40)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "scope"], name="lease_is_held_once")]

    def __str__(self) -> str:
        return f"{self.job} {self.scope} until {self.until:%H:%M:%S}"


def _none() -> list[int]:
    return []


def _nothing() -> dict[str, Any]:
    return {}


class RollupState(models.Model):
    """How far the rollups of one project reach. Times in JSON are seconds since 1970."""

    project_id = models.PositiveBigIntegerField(unique=True)
    watermark = models.DateTimeField(default=NEVER)
    closed_to = models.DateTimeField(default=NEVER)
    newest = models.DateTimeField(null=True)
    dirty_hours = models.JSONField(default=_none)
    recent = models.JSONField(default=_nothing, help_text="Digest of what came in lately, by hour.")
    marks = models.JSONField(default=_nothing, help_text="Hours marked lately.")
    zone = models.CharField(max_length=64, default="UTC")
    days_to = models.DateTimeField(default=NEVER)
    dirty_days = models.JSONField(default=_none)
    gen = models.PositiveBigIntegerField(default=0, help_text="Number of the last pass; the highest wins in the store.")
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"project {self.project_id} rolled up to {self.closed_to:%Y-%m-%d %H:%M}"

    @property
    def rolled(self) -> Rolled:
        """The state as the planner reads it."""
        return Rolled(
            watermark=self.watermark,
            closed_to=self.closed_to,
            dirty=frozenset(moment(seconds) for seconds in self.dirty_hours),
            zone=self.zone,
            days_to=self.days_to,
            dirty_days=frozenset(moment(seconds) for seconds in self.dirty_days),
            newest=self.newest,
        )


def moment(seconds: int) -> datetime:
    """Return the time of so many seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


class RollupDifference(models.Model):
    """An hour in which a check found the rollup to differ from the calls; it was made again."""

    project_id = models.PositiveBigIntegerField()
    hour = models.DateTimeField()
    measure = models.CharField(max_length=40)
    of_calls = models.DecimalField(max_digits=50, decimal_places=18)
    of_rollup = models.DecimalField(max_digits=50, decimal_places=18)
    found_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project_id", "-found_at"], name="rollup_difference_by_project")]

    def __str__(self) -> str:
        return f"project {self.project_id} {self.hour:%Y-%m-%d %H}: {self.measure}"
