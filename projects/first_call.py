"""When a project's first call arrived; written once and never moved."""

from datetime import datetime

from projects.models import Project


def note(project_id: int, at: datetime) -> bool:
    """Write down the moment if none is yet; False when there was one. One statement, safe in many processes."""
    return bool(Project.objects.filter(pk=project_id, first_call_at=None).update(first_call_at=at))
