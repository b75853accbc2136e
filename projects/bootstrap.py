"""Make what an empty instance needs: one person who may do everything, one project, one key. Safe to repeat."""

import secrets
from typing import TypedDict

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from projects import audit, keys
from projects.models import SCOPES, ApiKey, Membership, Organisation, Project, Role

ADMIN = "admin"
DEMO_SLUG, MAIN_SLUG = "demo", "main"


class Bootstrap(TypedDict):
    """What a person needs to get in. `password` and `key` are there only on the start that made them up."""

    username: str
    password: str | None
    key: str | None
    project: str


def ensure(*, demo: bool | None = None, password: str | None = None, key: str | None = None) -> Bootstrap:
    """Make what is missing, and bring a given password and key into force. Arguments default to the settings."""
    demo = settings.DEMO if demo is None else demo
    with transaction.atomic():
        user, made_password = _admin(password or settings.ADMIN_PASSWORD)
        project = _project(demo)
        _owner(project, user)
        made_key = _key(project, key or settings.DEMO_KEY)
    return {"username": user.username, "password": made_password, "key": made_key, "project": project.slug}


def _admin(given: str | None) -> tuple[User, str | None]:
    user = User.objects.filter(username=ADMIN).first()
    if user is None:
        password = given or secrets.token_urlsafe(12)
        user = User.objects.create_superuser(ADMIN, password=password)
        audit.record(None, None, "person.created", ADMIN, after={"superuser": True})
        return user, None if given else password
    if given and not user.check_password(given):
        user.set_password(given)
        user.save(update_fields=["password"])
        audit.record(None, None, "password.changed", ADMIN, after={"from": "ADMIN_PASSWORD"})
    return user, None


def _project(demo: bool) -> Project:
    """The demo project for demo traffic; else the first project, so that a later DEMO=0 moves nobody."""
    wanted = Project.objects.filter(slug=DEMO_SLUG) if demo else Project.objects.order_by("pk")
    if found := wanted.first():
        return found
    organisation = Organisation.objects.order_by("pk").first() or Organisation.objects.create(name="My organisation")
    slug, name = (DEMO_SLUG, "Demo shop") if demo else (MAIN_SLUG, "My project")
    project = Project.objects.create(organisation=organisation, slug=slug, name=name, is_demo=demo)
    audit.record(project, None, "project.created", name, after={"slug": slug, "name": name})
    return project


def _owner(project: Project, user: User) -> None:
    """Make the admin an owner unless somebody else owns the project: whoever was removed stays removed."""
    if project.memberships.filter(role=Role.OWNER).exists():
        return
    Membership.objects.update_or_create(project=project, user=user, defaults={"role": Role.OWNER})
    audit.record(project, None, "member.added", user, after={"role": Role.OWNER})


def _key(project: Project, given: str | None) -> str | None:
    """Bring the given key into force; without one, make one for a project that never had any."""
    if given:
        holder = ApiKey.objects.filter(hash=keys.digest(given)).select_related("project").first()
        keys.create(holder.project if holder else project, name="DEMO_KEY", scopes=SCOPES, secret=given)
        return None
    if project.api_keys.exists():
        return None
    return keys.create(project, name="First key", scopes=SCOPES)[1]
