"""The front door: sign in, sign out, and accept an invitation. Only POST changes anything."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.pages.settings_forms import JoinForm, SignInForm
from projects import invitations, people, sign_in
from projects.audit import Actor
from projects.http import client_ip
from projects.invitations import ClosedError
from projects.models import Invitation

BACKEND = "django.contrib.auth.backends.ModelBackend"
RETRY_AFTER_S = str(int(sign_in.WINDOW.total_seconds()))


@dataclass(frozen=True, slots=True)
class SignInPage:
    """`next` is where the person wanted to go."""

    form: SignInForm
    next: str


@dataclass(frozen=True, slots=True)
class InvitationPage:
    """`form` is there for someone without an account; a signed-in person only needs a button."""

    invitation: Invitation
    host: str
    form: JoinForm | None
    has_account: bool


def safe_next(request: HttpRequest) -> str:
    """Return where to go after signing in: a path of ours, never another site."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    fine = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fine else ""


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in."""
    wanted = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted or resolve_url(settings.LOGIN_REDIRECT_URL))
    form = SignInForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            if user := sign_in.check(request, form.cleaned_data["username"], form.cleaned_data["password"], now=now()):
                login(request, user, backend=BACKEND)
                return HttpResponseRedirect(wanted or resolve_url(settings.LOGIN_REDIRECT_URL))
            form.add_error(None, "This name and password do not belong together. Check both and try again.")
        except sign_in.TooManyError as refusal:
            form.add_error(None, str(refusal))
            status = 429
    answer = render(request, "registration/login.html", {"page": SignInPage(form, wanted)}, status=status)
    if status == 429:
        answer.headers["Retry-After"] = RETRY_AFTER_S
    return answer


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect("login")


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation, with the account at hand or with a new one."""
    invitation = invitations.find(token, now=now())
    if invitation is None:
        return closed(request)
    try:
        if request.user.is_authenticated:
            return _join_as_member(request, invitation)
        return _join_as_new(request, invitation)
    except ClosedError:
        return closed(request)


def closed(request: HttpRequest) -> HttpResponse:
    """Say why a link does nothing any more, and what to do."""
    return render(request, "registration/invitation_closed.html", status=410)


def _join_as_member(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.method != "POST":
        return _invitation_page(request, invitation, None, has_account=True)
    user = cast(User, request.user)
    invitations.accept(invitation, user, by=Actor(user, client_ip(request)), now=now())
    return _welcome(request, invitation)


def _join_as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if User.objects.filter(username__iexact=invitation.email).exists():
        return _invitation_page(request, invitation, None, has_account=True)
    form = JoinForm(invitation.email, request.POST or None)
    if not form.is_valid():
        return _invitation_page(request, invitation, form, has_account=False)
    name, password = form.cleaned_data["name"], form.cleaned_data["password"]
    user = invitations.accept_as_new(invitation, name, password, ip=client_ip(request), now=now())
    login(request, user, backend=BACKEND)
    return _welcome(request, invitation)


def _invitation_page(
    request: HttpRequest, invitation: Invitation, form: JoinForm | None, *, has_account: bool
) -> HttpResponse:
    creator = invitation.created_by
    host = people.name_of(creator) if isinstance(creator, User) else "Someone"
    page = InvitationPage(invitation, host, form, has_account)
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "registration/invitation.html", {"page": page}, status=status)


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    messages.success(request, f"Welcome to {invitation.project.name}.")
    return redirect("dashboard:project", invitation.project.slug)


urlpatterns = [
    path("login/", enter, name="login"),
    path("logout/", leave, name="logout"),
    path("invite/<str:token>/", join, name="invitation"),
]
