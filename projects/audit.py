"""Append one audit entry. Nothing here reads or changes what was recorded."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from projects.models import AuditEntry, Project

Person = AbstractBaseUser | AnonymousUser | None


def record(
    project: Project | None,
    by: Person,
    action: str,
    subject: object,
    before: Any = None,
    after: Any = None,
    *,
    ip: str | None = None,
) -> AuditEntry:
    """Write down one change. `before` and `after` are JSON values without secrets; `by` None is the system."""
    person = by if by is not None and by.is_authenticated else None
    return AuditEntry.objects.create(
        project=project,
        by_id=person.pk if person else None,
        who=person.get_username() if isinstance(person, AbstractBaseUser) else "system",
        action=action,
        subject=str(subject)[:300],
        before=before,
        after=after,
        ip=ip,
    )
