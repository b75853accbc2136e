"""What a person may see and change in a project; every page asks here first."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from projects.models import Membership, Project, Role

RANK = {Role.VIEWER.value: 0, Role.EDITOR.value: 1, Role.OWNER.value: 2}
P = ParamSpec("P")


def may(role: str | None, needed: str) -> bool:
    """True when someone with `role` may do what needs `needed`."""
    return role is not None and RANK[role] >= RANK[needed]


def may_read_texts(project: Project, role: str) -> bool:
    """True when someone with `role` may read prompts and answers; editors and owners always may."""
    return may(role, Role.EDITOR) or not project.hides_texts


def membership_for(user: AbstractBaseUser | AnonymousUser, slug: str, role: str = Role.VIEWER) -> Membership:
    """Return the person's membership with its project.

    Raises:
        Http404: there is no such project, or it is none of this person's business; the two look the same.
        PermissionDenied: a member whose role is too low; the message says who can.
    """
    found = None
    if user.is_authenticated:
        found = Membership.objects.select_related("project").filter(project__slug=slug, user_id=user.pk).first()
    if found is None:
        raise Http404("There is no such project, or you are not a member of it.")
    if not may(found.role, role):
        raise PermissionDenied(refusal(found.project, role))
    return found


def project_for(user: AbstractBaseUser | AnonymousUser, slug: str, role: str = Role.VIEWER) -> Project:
    """Return the project if this person has at least `role` in it; raises as `membership_for`."""
    return membership_for(user, slug, role).project


def refusal(project: Project, role: str) -> str:
    """Say who can, by name: "Only owners can do this. In Shop that is Dana and Lee."."""
    able = [name for name, rank in RANK.items() if rank >= RANK[role]]
    members = project.memberships.filter(role__in=able).select_related("user").order_by("user__username")
    names = [one.user.get_full_name() or one.user.get_username() for one in members[:5]]
    kinds = "owners" if role == Role.OWNER else "editors and owners"
    people = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else "nobody yet"
    return f"Only {kinds} can do this. In {project.name} that is {people}."


def project_page(
    role: str = Role.VIEWER,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Project, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponseBase],
]:
    """Make a page of /p/<slug>/: sign-in, then `role` in the project, which the view gets instead of the slug."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Project, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
        @wraps(view)
        def page(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return view(request, project_for(request.user, slug, role), *args, **kwargs)

        return login_required(page)  # type: ignore[return-value]

    return decorate
