"""Organisations, projects, members, keys, and the record of every change. Rows only; no behaviour."""

import zoneinfo
from itertools import combinations
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

SCOPES = ("ingest", "read", "gateway")
# Every allowed set of scopes, written in one order, so that the database can refuse anything else.
SCOPE_SETS = tuple(" ".join(chosen) for size in (1, 2, 3) for chosen in combinations(SCOPES, size))


ZONES = frozenset(zoneinfo.available_timezones() - {"localtime"})
"""Names that mean the same on every machine; the event store knows no other."""


def known_zone(value: str) -> None:
    """Refuse a time zone that this machine's zone data does not know."""
    if value not in ZONES:
        raise ValidationError(f"“{value}” is not a time zone. Use a name like Europe/Paris or UTC.")


class Role(models.TextChoices):
    """What a member may do; each role may also do what the ones after it may."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


class Organisation(models.Model):
    """Who pays; the roof over projects."""

    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="organisation_has_a_name")]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """One product whose calls are kept apart from everyone else's."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="projects")
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC", validators=[known_zone])
    is_demo = models.BooleanField(default=False)
    hides_texts = models.BooleanField(default=False, help_text="Viewers do not see prompts and answers.")
    first_call_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(slug="") & ~Q(timezone=""), name="project_is_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_role_per_person_and_project"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class ApiKey(models.Model):
    """A key a machine sends. Only its first characters and its hash are kept; the secret is shown once."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=10)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.CharField(max_length=30)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__in=SCOPE_SETS), name="api_key_scopes_are_known"),
            models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_set(self) -> frozenset[str]:
        """The scopes as a set."""
        return frozenset(self.scopes.split())


class Invitation(models.Model):
    """A link that lets one person join once. Only the hash of its token is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role.choices)
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_is_known"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_is_accepted_or_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class SignInFailure(models.Model):
    """One refused sign-in, kept for a quarter of an hour to slow down guessing."""

    name_hash = models.CharField(max_length=64, help_text="Hashed: people type passwords into the wrong field.")
    ip = models.CharField(max_length=45)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["ip", "at"], name="failure_by_ip"),
            models.Index(fields=["at"], name="failure_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.ip} at {self.at:%Y-%m-%d %H:%M}"


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Refuses bulk changes; a database trigger refuses updates that do not come this way."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")


class AuditEntry(models.Model):
    """Who changed what, when, from what to what. Outlives the people and projects it names."""

    at = models.DateTimeField(default=now, editable=False)
    # No constraint on purpose: removing a person or a project must neither remove nor rewrite what they did.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    who = models.CharField(max_length=254, help_text="The person's name when it happened; “system” without a person.")
    project = models.ForeignKey(
        Project, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="audit_entries"
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=300)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    ip = models.GenericIPAddressField(null=True)

    objects = AppendOnly.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "-at", "-id"], name="audit_by_project_and_time")]
        constraints = [models.CheckConstraint(condition=~Q(action="") & ~Q(who=""), name="audit_says_who_and_what")]

    def __str__(self) -> str:
        return f"{self.who}: {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit entries are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never deleted.")
