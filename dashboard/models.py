"""Which colour a thing has in a project. Rows only."""

from django.db import models
from django.db.models import Q

SLOTS = 8


class ColourSlot(models.Model):
    """One name and its colour (1 to 8), kept so that the same thing has the same colour next month."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="+")
    dimension = models.CharField(max_length=32)
    name = models.CharField(max_length=256)
    slot = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "dimension", "name"], name="colour_once_per_name"),
            models.UniqueConstraint(fields=["project", "dimension", "slot"], name="colour_once_per_slot"),
            models.CheckConstraint(condition=Q(slot__gte=1, slot__lte=SLOTS), name="colour_slot_exists"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.name}: {self.slot}"
