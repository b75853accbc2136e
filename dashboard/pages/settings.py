"""Settings of a project: its name and zone, people, keys, the audit log, and the person's own password."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.pages.settings_forms import InviteForm, KeyForm, PasswordForm, ProjectForm, RoleForm
from projects import details, invitations, keys, people
from projects.access import may, membership_for, project_page
from projects.audit import Actor
from projects.http import client_ip
from projects.models import ApiKey, AuditEntry, Invitation, Membership, Project, Role

PAGE_ROWS = 50
SECTIONS = (
    ("settings", "Project"),
    ("settings-people", "People"),
    ("settings-keys", "API keys"),
    ("settings-audit", "Audit log"),
    ("settings-account", "Your account"),
)
form_view = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Section:
    """What every part of Settings knows: the project, the person's role, and the tabs."""

    project: Project
    role: str
    tabs: Sequence[tuple[str, str, bool]]

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin."""
        return ZoneInfo(self.project.timezone)

    @property
    def owns(self) -> bool:
        """May change the project and its people."""
        return may(self.role, Role.OWNER)

    @property
    def edits(self) -> bool:
        """May make and revoke keys."""
        return may(self.role, Role.EDITOR)


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """`form` is None for those who may only look."""

    section: Section
    form: ProjectForm | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`link` is shown on the answer that made it and never again."""

    section: Section
    members: Sequence[Membership]
    open_invitations: Sequence[Invitation]
    form: InviteForm | None
    link: str = ""
    invited: str = ""
    nonce: str = ""
    roles: Sequence[tuple[str, str]] = tuple((role.value, role.label) for role in reversed(Role))


@dataclass(frozen=True, slots=True)
class KeysPage:
    """`secret` is shown on the answer that made it and never again."""

    section: Section
    living: Sequence[ApiKey]
    revoked: Sequence[ApiKey]
    form: KeyForm | None
    secret: str = ""
    made: str = ""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first. `newer` and `older` are links, empty at the ends."""

    section: Section
    entries: Sequence[AuditEntry]
    words: str
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The person's own name and password."""

    section: Section
    form: PasswordForm
    name: str


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """A step that cannot be undone: what happens, and a button that names it."""

    section: Section
    question: str
    consequence: str
    button: str
    back: str


def section_of(request: HttpRequest, project: Project, here: str) -> Section:
    """Return the frame of one part of Settings."""
    role = membership_for(request.user, project.slug).role
    tabs = [(words, reverse(f"dashboard:{name}", args=[project.slug]), name == here) for name, words in SECTIONS]
    return Section(project, role, tabs)


def actor(request: HttpRequest) -> Actor:
    """Return who is doing this, for the audit log."""
    return Actor(cast(User, request.user), client_ip(request))


def answer(request: HttpRequest, template: str, page: object, form: Form | None = None) -> HttpResponse:
    """Show a page; 422 when it shows a form that was refused."""
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, f"dashboard/settings/{template}.html", {"page": page}, status=status)


# -- project --------------------------------------------------------------------------------------------------------


@form_view
@project_page()
def project(request: HttpRequest, project: Project) -> HttpResponse:
    """Name and time zone."""
    if request.method == "POST":
        return _change_project(request, project)
    section = section_of(request, project, "settings")
    form = ProjectForm.of(project) if section.owns else None
    return answer(request, "project", ProjectPage(section, form))


def _change_project(request: HttpRequest, project: Project) -> HttpResponse:
    membership_for(request.user, project.slug, Role.OWNER)
    form = ProjectForm(request.POST)
    if not form.is_valid():
        return answer(request, "project", ProjectPage(section_of(request, project, "settings"), form), form)
    if details.change(project, by=actor(request), **form.cleaned_data):
        messages.success(request, "Saved the project.")
    return redirect("dashboard:settings", project.slug)


# -- people ---------------------------------------------------------------------------------------------------------


@never_cache
@form_view
@project_page()
def members(request: HttpRequest, project: Project) -> HttpResponse:
    """Who is in, who is invited; POST makes an invitation and shows its link once."""
    if request.method != "POST":
        return _people(request, project)
    membership_for(request.user, project.slug, Role.OWNER)
    form = InviteForm(project, request.POST)
    if not form.is_valid():
        return _people(request, project, form)
    if not first_time(request):
        messages.info(request, "This invitation was made already; its link is shown only once.")
        return redirect("dashboard:settings-people", project.slug)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    _, token = invitations.invite(project, email, role, by=actor(request), now=now())
    address = reverse("invitation", args=[token])
    link = settings.SITE_URL + address if settings.HTTPS else request.build_absolute_uri(address)
    return _people(request, project, link=link, invited=email)


def _people(
    request: HttpRequest, project: Project, form: InviteForm | None = None, *, link: str = "", invited: str = ""
) -> HttpResponse:
    section = section_of(request, project, "settings-people")
    everyone = project.memberships.select_related("user").order_by("user__first_name", "user__username")
    waiting = project.invitations.filter(invitations.still_open(now())).order_by("-created_at")
    shown = form or (InviteForm(project) if section.owns else None)
    page = PeoplePage(section, list(everyone), list(waiting), shown, link, invited, secrets.token_urlsafe(9))
    return answer(request, "people", page, form)


@require_POST
@project_page(Role.OWNER)
def role(request: HttpRequest, project: Project, member_id: int) -> HttpResponse:
    """Give a member another role."""
    member = get_object_or_404(project.memberships.select_related("user", "project"), pk=member_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose viewer, editor or owner.")
    else:
        try:
            people.change_role(member, form.cleaned_data["role"], by=actor(request))
            messages.success(request, f"{people.name_of(member.user)} is now {member.get_role_display().lower()}.")
        except people.LastOwnerError as refusal:
            messages.error(request, str(refusal))
    return redirect("dashboard:settings-people", project.slug)


@form_view
@project_page(Role.OWNER)
def remove(request: HttpRequest, project: Project, member_id: int) -> HttpResponse:
    """Take a member out, after one question."""
    member = get_object_or_404(project.memberships.select_related("user", "project"), pk=member_id)
    name, back = people.name_of(member.user), reverse("dashboard:settings-people", args=[project.slug])
    if request.method != "POST":
        consequence = "They stop seeing this project at once. What they did stays in the audit log."
        section = section_of(request, project, "settings-people")
        page = ConfirmPage(section, f"Remove {name} from {project.name}?", consequence, f"Remove {name}", back)
        return answer(request, "confirm", page)
    try:
        people.remove(member, by=actor(request))
        messages.success(request, f"{name} is no longer a member.")
    except people.LastOwnerError as refusal:
        messages.error(request, str(refusal))
    return redirect(back)


@require_POST
@project_page(Role.OWNER)
def withdraw(request: HttpRequest, project: Project, invitation_id: int) -> HttpResponse:
    """End an invitation's link before it is used."""
    invitation = get_object_or_404(project.invitations.select_related("project"), pk=invitation_id)
    if invitations.withdraw(invitation, by=actor(request), now=now()):
        messages.success(request, f"The link for {invitation.email} no longer works.")
    return redirect("dashboard:settings-people", project.slug)


# -- keys -----------------------------------------------------------------------------------------------------------


@never_cache
@form_view
@project_page()
def api_keys(request: HttpRequest, project: Project) -> HttpResponse:
    """The keys; POST makes one and shows its secret once."""
    if request.method != "POST":
        return _keys(request, project)
    membership_for(request.user, project.slug, Role.EDITOR)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, project, form)
    if not first_time(request):
        messages.info(request, "This key was made already; its secret is shown only once.")
        return redirect("dashboard:settings-keys", project.slug)
    name, scopes = form.cleaned_data["name"], form.cleaned_data["scopes"]
    key, secret = keys.create(project, name=name, scopes=scopes, by=actor(request))
    return _keys(request, project, secret=secret, made=key.name)


def _keys(
    request: HttpRequest, project: Project, form: KeyForm | None = None, *, secret: str = "", made: str = ""
) -> HttpResponse:
    section = section_of(request, project, "settings-keys")
    every = list(project.api_keys.order_by("-created_at", "-pk"))
    living = [key for key in every if key.revoked_at is None]
    revoked = [key for key in every if key.revoked_at is not None]
    shown = form or (KeyForm() if section.edits else None)
    page = KeysPage(section, living, revoked, shown, secret, made, secrets.token_urlsafe(9))
    return answer(request, "keys", page, form)


@form_view
@project_page(Role.EDITOR)
def revoke(request: HttpRequest, project: Project, key_id: int) -> HttpResponse:
    """End a key, after one question."""
    key = get_object_or_404(project.api_keys.select_related("project"), pk=key_id)
    back = reverse("dashboard:settings-keys", args=[project.slug])
    if request.method != "POST":
        consequence = "Services using it stop sending within 15 seconds. This cannot be undone."
        section = section_of(request, project, "settings-keys")
        page = ConfirmPage(section, f"Revoke key “{key.name}”?", consequence, f"Revoke key “{key.name}”", back)
        return answer(request, "confirm", page)
    if keys.revoke(key, by=actor(request)):
        messages.success(request, f"Key “{key.name}” is revoked.")
    return redirect(back)


# -- audit log and account ------------------------------------------------------------------------------------------


@require_GET
@project_page()
def audit_log(request: HttpRequest, project: Project) -> HttpResponse:
    """What was changed by whom, newest first; `before` and `after` are entry ids."""
    entries = project.audit_entries.order_by("-pk")
    total = entries.count()
    rows = list(_slice(request, project))
    base = reverse("dashboard:settings-audit", args=[project.slug])
    newest = entries.values_list("pk", flat=True).first()
    oldest = entries.values_list("pk", flat=True).last()
    newer = f"{base}?after={rows[0].pk}" if rows and rows[0].pk != newest else ""
    older = f"{base}?before={rows[-1].pk}" if rows and rows[-1].pk != oldest else ""
    words = f"{total:,} change" + ("" if total == 1 else "s")
    page = AuditPage(section_of(request, project, "settings-audit"), rows, words, newer, older)
    return answer(request, "_audit" if "HX-Request" in request.headers else "audit", page)


def _slice(request: HttpRequest, project: Project) -> Sequence[AuditEntry]:
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    if after.isdecimal():
        newer = project.audit_entries.filter(pk__gt=int(after[:18])).order_by("pk")[:PAGE_ROWS]
        return list(reversed(newer))
    entries = project.audit_entries.order_by("-pk")
    return list((entries.filter(pk__lt=int(before[:18])) if before.isdecimal() else entries)[:PAGE_ROWS])


@never_cache
@sensitive_post_parameters()
@form_view
@project_page()
def account(request: HttpRequest, project: Project) -> HttpResponse:
    """The person's own password."""
    user = cast(User, request.user)
    form = PasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.set_password(user, form.cleaned_data["new"], by=actor(request))
        update_session_auth_hash(request, user)
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("dashboard:settings-account", project.slug)
    page = AccountPage(section_of(request, project, "settings-account"), form, people.name_of(user))
    return answer(request, "account", page, form)


def first_time(request: HttpRequest) -> bool:
    """False when this very form was sent before: a double click, or a reload of the page that showed a secret."""
    nonce, used = request.POST.get("nonce", ""), request.session.get("used_forms", [])
    if not nonce or nonce in used:
        return not nonce
    request.session["used_forms"] = [*used, nonce][-20:]
    return True


urlpatterns = [
    path("", project, name="settings"),
    path("people/", members, name="settings-people"),
    path("people/<int:member_id>/role/", role, name="settings-role"),
    path("people/<int:member_id>/remove/", remove, name="settings-remove"),
    path("people/invitations/<int:invitation_id>/withdraw/", withdraw, name="settings-withdraw"),
    path("keys/", api_keys, name="settings-keys"),
    path("keys/<int:key_id>/revoke/", revoke, name="settings-revoke"),
    path("audit/", audit_log, name="settings-audit"),
    path("account/", account, name="settings-account"),
]
