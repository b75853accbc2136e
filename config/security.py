"""Headers that keep hostile text harmless, and sign-in that works from a fragment."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# The hash is that of the empty string: Plotly makes an empty <style> and fills it through the CSSOM.
POLICY = (
    "default-src 'self'; script-src 'self'; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class ContentSecurityPolicy:
    """Add the policy to every answer that has none of its own."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


class SignInFromFragments:
    """Turn the redirect to sign-in into 401 with HX-Redirect when htmx asked: the page moves, not a box inside it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        fragment = "HX-Request" in request.headers
        if fragment and response.status_code == 302 and _leads_to_sign_in(response):
            back = urlsplit(request.headers.get("HX-Current-URL", ""))
            next_url = back.path + (f"?{back.query}" if back.query else "") or "/"
            sign_in = redirect_to_login(next_url).headers["Location"]
            return HttpResponse("Sign in to continue.", status=401, headers={"HX-Redirect": sign_in})
        return response


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    return urlsplit(response.headers["Location"]).path == settings.LOGIN_URL
