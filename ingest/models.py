"""What Data health shows of receiving: who sends, and what was refused and why. Counters, flushed once a minute."""

from django.db import models

from projects.models import Project


class Refusal(models.Model):
    """One reason for which calls of one sender were refused, with the latest example."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="refusals")
    reason = models.CharField(max_length=80)
    """The field at fault, or the code of the answer when a whole request was refused."""
    sender = models.CharField(max_length=200)
    count = models.PositiveBigIntegerField(default=0)
    example = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "reason", "sender"], name="one_refusal_per_reason")]
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.reason} from {self.sender}: {self.count}"


class Sender(models.Model):
    """One program that sends calls to a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="senders")
    name = models.CharField(max_length=256)
    version = models.CharField(max_length=256)
    dialect = models.CharField(max_length=40)
    key = models.CharField(max_length=40)
    """Visible prefix of the key that it used last."""
    calls = models.PositiveBigIntegerField(default=0)
    """Received, duplicates included."""
    duplicates = models.PositiveBigIntegerField(default=0)
    """Received again, word for word, and not stored a second time."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version", "dialect"], name="one_row_per_sender")
        ]
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip() or "unknown sender"
