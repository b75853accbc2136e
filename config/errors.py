"""Errors nobody else answered: a problem document for machines, a page for people."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from django.views.csrf import csrf_failure as csrf_page

from projects.problem import CONTENT_TYPE, ProblemError, problem
from store.client import StoreError

log = logging.getLogger(__name__)

MACHINE_PATHS = ("/api/", "/v1/")
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
FIXES = {
    400: "The request could not be read. Check its form against /api/docs/.",
    403: "This is not allowed for you.",
    404: "There is nothing at this address. /api/docs/ lists every address.",
    405: "This address does not answer {method}; it answers {allow}.",
    413: "The request is too large. Send fewer items at once.",
    500: "Something failed on our side; it has been logged. Send the same request again in a moment.",
    503: "Not ready right now. Send the same request again in a few seconds.",
}


def is_machine(request: HttpRequest) -> bool:
    """True for paths where a program waits for the answer."""
    return request.path.startswith(MACHINE_PATHS)


class ProblemsForMachines:
    """Make every error under /api and /v1 a problem document, also those Django answers by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not is_machine(request):
            return response
        if response.headers.get("Content-Type", "").startswith((CONTENT_TYPE, "application/x-protobuf")):
            return response
        return self._rewritten(request, response)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal raised below a plain view, or a store that did not answer a file or a menu."""
        if isinstance(exception, StoreError):
            log.error("store.no_answer path=%s error=%s", request.path, exception)
            answer = HttpResponse("" if is_machine(request) else render_to_string("503.html"), status=503)
            answer.headers["Retry-After"] = "5"
            return answer
        return exception.response() if isinstance(exception, ProblemError) else None

    @staticmethod
    def _rewritten(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
        status = HTTPStatus(response.status_code)
        kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        detail = FIXES.get(status, f"{status.description or status.phrase}.")
        detail = detail.format(method=request.method, allow=kept.get("Allow", "other methods"))
        return problem(status, status.name.lower(), status.phrase, detail, headers=kept)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: for machines the middleware above writes the document."""
    return HttpResponse(status=404) if is_machine(request) else defaults.page_not_found(request, exception)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the words that say who can."""
    if is_machine(request):
        return HttpResponse(status=403)
    return render(request, "403.html", {"detail": str(exception)}, status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """500."""
    return HttpResponse(status=500) if is_machine(request) else defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form from an old tab, or from another site."""
    if is_machine(request):
        return csrf_page(request, reason)
    detail = "This form was opened before you signed in or out, or your browser sent no cookie. Go back and reload it."
    return render(request, "403.html", {"detail": detail}, status=403)
