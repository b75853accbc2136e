"""One path, two rooms: the method of a request decides which view answers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponseBase]


def by_method(**views: View) -> View:
    """Return a view that hands each method to its own view; others are told which methods there are."""

    @csrf_exempt  # the views behind it decide for themselves, and machines have no cookie
    def dispatch(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        view = views.get(request.method or "") or views.get("GET" if request.method == "HEAD" else "")
        return view(request, *args, **kwargs) if view else HttpResponseNotAllowed(sorted(views))

    return dispatch
