"""Which room answers which path."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from api.urls import list_calls
from config import health
from config.dispatch import by_method
from ingest.urls import post_calls

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("", include("dashboard.pages.account")),
    path("docs/api", RedirectView.as_view(url="/api/docs/")),  # what the `type` of a problem document points to
    path("api/v1/calls", by_method(GET=list_calls, POST=post_calls), name="calls"),
]
for room in ("dashboard", "api", "ingest"):
    if find_spec(f"{room}.urls"):
        urlpatterns.append(path("", include(f"{room}.urls")))

handler403 = "config.errors.denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.failed"
