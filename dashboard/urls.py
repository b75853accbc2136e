"""One line per page."""

from django.urls import include, path

from dashboard.pages import filters, home, overview, patterns

app_name = "dashboard"
urlpatterns = [
    path("", home.home, name="home"),
    path("theme/", home.theme, name="theme"),
    path("patterns/", patterns.patterns, name="patterns"),
    path("p/<slug:slug>/", home.project, name="project"),
    path("p/<slug:slug>/filter/<slug:room>/<str:dimension>/", filters.values, name="filter-values"),
    path("p/<slug:slug>/overview/", overview.overview, name="overview"),
    path("p/<slug:slug>/overview/spend/", overview.spend, name="overview-spend"),
    path("p/<slug:slug>/overview/spend.csv", overview.spend_csv, name="overview-spend-csv"),
    path("p/<slug:slug>/overview/movers/", overview.movers, name="overview-movers"),
    path("p/<slug:slug>/settings/", include("dashboard.pages.settings")),
]
