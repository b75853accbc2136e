"""The addresses of the read API, apart from others so that the OpenAPI document can be made of them."""

from django.urls import URLPattern, path

from api import views

list_calls = views.Calls.as_view()
"""GET /api/v1/calls; config/urls.py puts the POST of ingest at the same path."""

of_their_own: list[URLPattern] = [
    path("api/v1/query", views.Query.as_view(), name="query"),
    path("api/v1/calls/<str:call_id>", views.Call.as_view(), name="call"),
    path("api/v1/traces/<path:trace_id>", views.Trace.as_view(), name="trace"),
]
urlpatterns: list[URLPattern] = [*of_their_own, path("api/v1/calls", list_calls)]
