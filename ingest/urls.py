"""Where senders post. `POST /api/v1/calls` shares its path with the read API, so config/urls.py dispatches it."""

from django.urls import URLPattern

from ingest.native import post_calls

urlpatterns: list[URLPattern] = []

__all__ = ["post_calls", "urlpatterns"]
