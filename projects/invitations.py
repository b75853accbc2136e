"""Invite a person by a link that works once, for a week. Only its hash is kept; there is no mail to send it by."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from projects import audit, people
from projects.audit import By, who
from projects.keys import digest
from projects.models import Invitation, Membership, Project

LIFETIME = timedelta(days=7)


class ClosedError(Exception):
    """The link was used, withdrawn or has expired."""


def invite(project: Project, email: str, role: str, *, by: By, now: datetime) -> tuple[Invitation, str]:
    """Return an invitation and the token of its link, which is shown once and kept nowhere."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation.objects.create(
            project=project,
            email=email.strip().lower(),
            role=role,
            token_hash=digest(token),
            created_by_id=who(by).user_id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        audit.record(project, by, "invitation.created", invitation.email, None, {"role": role})
    return invitation, token


def still_open(now: datetime) -> Q:
    """Return the condition of an invitation that can be accepted."""
    return Q(accepted_at=None, withdrawn_at=None, expires_at__gt=now)


def find(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation of a link that still works."""
    found = Invitation.objects.select_related("project", "created_by")
    return found.filter(still_open(now), token_hash=digest(token)).first()


def withdraw(invitation: Invitation, *, by: By, now: datetime) -> bool:
    """End a link before it is used; False if it had ended."""
    with transaction.atomic():
        changed = Invitation.objects.filter(still_open(now), pk=invitation.pk).update(withdrawn_at=now)
        if changed:
            audit.record(invitation.project, by, "invitation.withdrawn", invitation.email, {"role": invitation.role})
    return bool(changed)


def accept(invitation: Invitation, user: User, *, by: By, now: datetime) -> Membership:
    """Let this person in. Raises ClosedError when the link was used in the meantime."""
    with transaction.atomic():
        _use(invitation, user, now)
        return people.add(invitation.project, user, invitation.role, by=by)


def accept_as_new(invitation: Invitation, name: str, password: str, *, ip: str | None, now: datetime) -> User:
    """Make an account for the invited address and let it in. Raises ClosedError."""
    with transaction.atomic():
        email = invitation.email
        if User.objects.filter(username__iexact=email).exists():
            raise ClosedError("There is an account with this address already.")
        user = User.objects.create_user(email, email=email, password=password, first_name=name)
        by = audit.Actor(user, ip)
        audit.record(None, by, "person.created", email, None, {"name": name})
        accept(invitation, user, by=by, now=now)
    return user


def _use(invitation: Invitation, user: User, now: datetime) -> None:
    """The database decides who was first."""
    mine = Invitation.objects.filter(still_open(now), pk=invitation.pk)
    if not mine.update(accepted_at=now, accepted_by=user):
        raise ClosedError("This link was used, withdrawn, or is older than a week.")
