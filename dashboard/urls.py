"""One line per page."""

from django.urls import include, path

from dashboard.pages import home, patterns

app_name = "dashboard"
urlpatterns = [
    path("", home.home, name="home"),
    path("theme/", home.theme, name="theme"),
    path("patterns/", patterns.patterns, name="patterns"),
    path("p/<slug:slug>/", home.project, name="project"),
    path("p/<slug:slug>/settings/", include("dashboard.pages.settings")),
]
