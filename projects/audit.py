"""Append one audit entry. Nothing here reads or changes what was recorded."""

from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from projects.models import AuditEntry, Project

Person = AbstractBaseUser | AnonymousUser | None


class Actor(NamedTuple):
    """A person and where they sit."""

    user: Person
    ip: str | None = None


By = Person | Actor
"""Who did it; None is the system itself."""


class Who(NamedTuple):
    """What is written down about an actor."""

    user_id: int | None
    name: str
    ip: str | None


def who(by: By) -> Who:
    """Return what is written down about whoever did it."""
    user, ip = by if isinstance(by, Actor) else (by, None)
    if isinstance(user, AbstractBaseUser):
        return Who(user.pk, user.get_username(), ip)
    return Who(None, "system", ip)


def record(
    project: Project | None, by: By, action: str, subject: object, before: Any = None, after: Any = None
) -> AuditEntry:
    """Write down one change. `before` and `after` are JSON values without secrets."""
    person = who(by)
    return AuditEntry.objects.create(
        project=project,
        by_id=person.user_id,
        who=person.name,
        ip=person.ip,
        action=action,
        subject=str(subject)[:300],
        before=before,
        after=after,
    )
