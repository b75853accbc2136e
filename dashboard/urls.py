"""One line per page."""

from django.urls import include, path

from dashboard.pages import (
    call,
    calls,
    cost,
    filters,
    health,
    home,
    models,
    overview,
    patterns,
    reliability,
    setup,
    trace,
)

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
    path("p/<slug:slug>/cost/", cost.cost, name="cost"),
    path("p/<slug:slug>/cost/chart/", cost.chart, name="cost-chart"),
    path("p/<slug:slug>/cost/cost.csv", cost.table_csv, name="cost-csv"),
    path("p/<slug:slug>/cost/over-time.csv", cost.chart_csv, name="cost-chart-csv"),
    path("p/<slug:slug>/models/", models.models, name="models"),
    path("p/<slug:slug>/models/models.csv", models.table_csv, name="models-csv"),
    path("p/<slug:slug>/calls/", calls.calls, name="calls"),
    path("p/<slug:slug>/calls/shape/", calls.shape, name="calls-shape"),
    path("p/<slug:slug>/calls/facets/", calls.facets, name="calls-facets"),
    path("p/<slug:slug>/calls/calls.csv", calls.table_csv, name="calls-csv"),
    path("p/<slug:slug>/calls/jump/", calls.jump, name="call-jump"),
    path("p/<slug:slug>/calls/<uuid:call_id>/", call.call, name="call"),
    path("p/<slug:slug>/traces/<path:trace_id>/", trace.trace, name="trace"),
    path("p/<slug:slug>/reliability/", reliability.reliability, name="reliability"),
    path("p/<slug:slug>/reliability/providers/", reliability.providers, name="reliability-providers"),
    path("p/<slug:slug>/reliability/errors/", reliability.errors, name="reliability-errors"),
    path("p/<slug:slug>/reliability/flow/", reliability.served, name="reliability-flow"),
    path("p/<slug:slug>/data-health/", health.health, name="data-health"),
    path("p/<slug:slug>/setup/", setup.setup, name="setup"),
    path("p/<slug:slug>/setup/waiting/", setup.waiting, name="setup-waiting"),
    path("p/<slug:slug>/settings/", include("dashboard.pages.settings")),
]
