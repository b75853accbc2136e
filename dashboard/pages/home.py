"""Where to go first, and the choice of theme. Shows nothing itself."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from dashboard.frame import PROJECT_COOKIE, THEME_COOKIE, THEMES
from projects.access import project_page
from projects.models import Membership, Project

YEAR = 365 * 24 * 3600


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the project she used last."""
    mine = Membership.objects.filter(user__username=request.user.get_username())
    slugs = list(mine.values_list("project__slug", flat=True))
    if not slugs:
        return render(request, "dashboard/no_project.html", status=200)
    last = request.COOKIES.get(PROJECT_COOKIE, "")
    return redirect("dashboard:project", last if last in slugs else sorted(slugs)[0])


@require_GET
@project_page()
def project(request: HttpRequest, project: Project) -> HttpResponse:
    """Open a project at its Overview and remember it in a cookie."""
    response = redirect("dashboard:overview", project.slug)
    response.set_cookie(PROJECT_COOKIE, project.slug, max_age=YEAR, samesite="Lax")
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in a cookie and go back."""
    chosen = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    response = HttpResponseRedirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax")
    return response
