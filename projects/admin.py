"""The operator's view of people and projects. Every save here is recorded; audit entries can only be read."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from projects import audit, keys
from projects.audit import Actor
from projects.http import client_ip
from projects.models import ApiKey, AuditEntry, Invitation, Membership, Organisation, Project

HIDDEN = {"password", "hash", "token_hash", "last_login", "last_used_at"}


def values(row: Model) -> dict[str, str]:
    """Return a row's columns as text, without secrets."""
    names = [field.attname for field in row._meta.concrete_fields if field.attname not in HIDDEN]
    return {name: str(getattr(row, name)) for name in names}


def project_of(row: Model) -> Project | None:
    """Return the project a row belongs to, if any."""
    found = row if isinstance(row, Project) else getattr(row, "project", None)
    return found if isinstance(found, Project) else None


def sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Lead to the one door there is, which slows down those who guess."""
    if request.user.is_authenticated:
        raise PermissionDenied("Only operators can open this. Sign in as one, or ask whoever runs this server.")
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


admin.site.login = sign_in  # type: ignore[method-assign]


class Recorded(admin.ModelAdmin):  # type: ignore[type-arg]
    """Writes an audit entry for what is added, changed and deleted."""

    def save_model(self, request: HttpRequest, obj: Model, form: "ModelForm[Any]", change: bool) -> None:
        kind = obj._meta.model_name
        stored = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        before = values(stored) if stored else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = f"admin.{kind}_{'changed' if change else 'added'}"
            audit.record(project_of(obj), self._by(request), action, obj, before, values(obj))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            audit.record(project_of(obj), self._by(request), f"admin.{obj._meta.model_name}_deleted", obj, values(obj))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    @staticmethod
    def _by(request: HttpRequest) -> Actor:
        return Actor(request.user, client_ip(request))


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """May be looked at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Organisation)
class OrganisationAdmin(Recorded):
    list_display = ("name", "created_at")


@admin.register(Project)
class ProjectAdmin(Recorded):
    list_display = ("name", "slug", "organisation", "timezone", "is_demo", "first_call_at")
    readonly_fields = ("first_call_at", "created_at")


@admin.register(Membership)
class MembershipAdmin(Recorded):
    list_display = ("user", "role", "project", "created_at")
    list_filter = ("role", "project")
    list_select_related = ("user", "project")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Keys are made in Settings, where the secret is shown; here they can be revoked."""

    list_display = ("name", "prefix", "project", "scopes", "last_used_at", "revoked_at")
    list_filter = ("project", "revoked_at")
    exclude = ("hash",)
    actions = ("revoke",)

    @admin.action(description="Revoke the chosen keys")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        ended = [keys.revoke(key, by=Actor(request.user, client_ip(request))) for key in queryset]
        self.message_user(request, f"{sum(ended)} of {len(ended)} keys were revoked.")


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "role", "project", "created_by", "expires_at", "accepted_at", "withdrawn_at")
    exclude = ("token_hash",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "who", "action", "subject", "project", "ip")
    list_filter = ("action", "project")
    search_fields = ("who", "subject")
    list_select_related = ("project",)
    show_full_result_count = False


admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(Recorded, UserAdmin):  # type: ignore[type-arg]
    """Django's own page for people, with what happens on it recorded."""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        before = User.objects.filter(pk=id).values_list("password", flat=True).first()
        answer = super().user_change_password(request, id, form_url)
        person = User.objects.filter(pk=id).first()
        if person is not None and person.password != before:
            audit.record(None, self._by(request), "password.changed", person)
        return answer
