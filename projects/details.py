"""A project's name and time zone, changed and recorded."""

from django.db import transaction

from projects import audit
from projects.audit import By
from projects.models import Project


def change(project: Project, *, name: str, timezone: str, by: By) -> bool:
    """Save name and zone; False when nothing was different."""
    with transaction.atomic():
        stored = Project.objects.select_for_update().get(pk=project.pk)
        before = {"name": stored.name, "timezone": stored.timezone}
        after = {"name": name, "timezone": timezone}
        if before == after:
            return False
        project.name, project.timezone = name, timezone
        project.save(update_fields=["name", "timezone"])
        audit.record(project, by, "project.changed", name, before, after)
    return True
