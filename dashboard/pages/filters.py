"""The values a person can filter by: a list in a menu, and a page of its own without scripts."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from analytics import calls, dimensions
from dashboard.breakdown import name_of, text
from dashboard.filter_bar import Choice
from dashboard.request_state import state_of
from projects.access import project_page
from projects.models import Project


@dataclass(frozen=True)
class ValuesPage:
    """What can be chosen for one dimension."""

    label: str
    values: list[Choice]
    back: str


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def values(request: HttpRequest, project: Project, room: str, dimension: str) -> HttpResponse:
    """List the values of a dimension in this span, each a link that adds or removes it."""
    try:
        found = dimensions.dimension(dimension)
    except ValueError as exc:
        raise Http404(str(exc)) from exc
    state = state_of(request, project)
    base = f"/p/{project.slug}/{room}/"
    chosen = {value for one in state.filters if one.dimension == found.key and not one.negated for value in one.values}
    texts = [text(value) for value, _ in calls.values(project.pk, found.key, state.span)]
    listed = [
        Choice(name_of(value), f"{base}?{state.toggled(found.key, value)}", value in chosen)
        for value in [*texts, *sorted(chosen.difference(texts))]
    ]
    page = ValuesPage(found.label, listed, f"{base}?{state.query()}")
    return render(request, f"dashboard/{'_' if request.headers.get('HX-Request') else ''}values.html", {"page": page})
