"""A project's name, time zone and who reads its texts, changed and recorded."""

from django.db import transaction

from projects import audit
from projects.audit import By
from projects.models import Project


def change(project: Project, *, name: str, timezone: str, by: By, hides_texts: bool | None = None) -> bool:
    """Save what is given; False when nothing was different."""
    with transaction.atomic():
        stored = Project.objects.select_for_update().get(pk=project.pk)
        before: dict[str, str | bool] = {"name": stored.name, "timezone": stored.timezone}
        after: dict[str, str | bool] = {"name": name, "timezone": timezone}
        if hides_texts is not None and hides_texts != stored.hides_texts:
            before, after = before | {"hides_texts": stored.hides_texts}, after | {"hides_texts": hides_texts}
        if before == after:
            return False
        for field, value in after.items():
            setattr(project, field, value)
        project.save(update_fields=list(after))
        audit.record(project, by, "project.changed", name, before, after)
    return True
