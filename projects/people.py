"""Who is in a project and as what; a person's own password. A project never loses its last owner."""

from django.contrib.auth.models import User
from django.db import transaction

from projects import audit
from projects.audit import By
from projects.models import Membership, Project, Role


class LastOwnerError(ValueError):
    """The change would leave a project without an owner."""


def name_of(user: User) -> str:
    """Return how a person is called on pages."""
    return user.get_full_name() or user.get_username()


def change_role(member: Membership, role: str, *, by: By) -> None:
    """Give a member another role. Raises LastOwnerError."""
    with transaction.atomic():
        _keep_an_owner(member, becomes=role)
        before, member.role = member.role, Role(role)
        if before == role:
            return
        member.save(update_fields=["role"])
        audit.record(member.project, by, "member.role_changed", member.user, {"role": before}, {"role": role})


def remove(member: Membership, *, by: By) -> None:
    """Take a person out of a project; their account and what they did stay. Raises LastOwnerError."""
    with transaction.atomic():
        _keep_an_owner(member, becomes=None)
        member.delete()
        audit.record(member.project, by, "member.removed", member.user, {"role": member.role}, None)


def add(project: Project, user: User, role: str, *, by: By) -> Membership:
    """Let a person into a project; a role they have already is kept when it is higher."""
    member, made = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if made:
        audit.record(project, by, "member.added", user, None, {"role": role})
    return member


def set_password(user: User, password: str, *, by: By) -> None:
    """Change a password; other places where the person is signed in are signed out."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(None, by, "password.changed", user)


def _keep_an_owner(member: Membership, *, becomes: str | None) -> None:
    # Locked, so that two owners cannot step down at the same moment.
    owners = Membership.objects.select_for_update().filter(project_id=member.project_id, role=Role.OWNER)
    if becomes != Role.OWNER and [owner.pk for owner in owners] == [member.pk]:
        raise LastOwnerError(f"{name_of(member.user)} is the only owner. Make someone else an owner first.")
