"""Where senders post. `POST /api/v1/calls` shares its path with the read API, so config/urls.py dispatches it."""

from django.urls import URLPattern, path

from ingest.native import post_calls
from ingest.otlp import post_traces

urlpatterns: list[URLPattern] = [
    path("v1/traces", post_traces, name="otlp-traces"),
    path("api/public/otel/v1/traces", post_traces, name="langfuse-traces"),
]

__all__ = ["post_calls", "urlpatterns"]
