"""Read API, its OpenAPI document and its docs page."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.readable import list_calls, of_their_own

urlpatterns: list[URLPattern] = [
    *of_their_own,
    path("api/schema/", SpectacularAPIView.as_view(urlconf="api.readable"), name="api-schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]

__all__ = ["list_calls", "urlpatterns"]
