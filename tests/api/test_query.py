"""POST /api/v1/query: the ledger over HTTP."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from analytics import rollup
from store import client
from store.client import StoreError
from tests.analytics.events import T0, a_call, put
from tests.api.conftest import Caller

WEEK = {"from": "2026-03-02", "to": "2026-03-09"}


def test_answers_in_plain_json_with_money_as_text_and_unknown_as_null(caller: Caller) -> None:
    put([a_call(caller.id, T0, model="a", cost="0.1000"), a_call(caller.id, T0, model="b", cost=None, latency_ms=None)])
    answer = caller.ask("calls", "cost_usd", "latency_p95", "error_rate", dimensions=["model"], sort="model", **WEEK)
    assert answer["rows"] == [
        {"model": "a", "calls": 1, "cost_usd": "0.1", "latency_p95": 1000.0, "error_rate": 0.0},
        {"model": "b", "calls": 1, "cost_usd": None, "latency_p95": None, "error_rate": 0.0},
    ]
    assert answer["totals"] == {"calls": 2, "cost_usd": "0.1", "latency_p95": 1000.0, "error_rate": 0.0}
    assert answer["coverage"]["priced_share"] == 0.5
    assert answer["coverage"]["by_status"]["unpriced_model"] == {"calls": 1, "cost_usd": None, "share": None}
    assert [column["key"] for column in answer["columns"]] == [
        "model",
        "calls",
        "cost_usd",
        "latency_p95",
        "error_rate",
    ]
    assert answer["columns"][2]["unit"] == "usd"
    assert answer["freshness"]["newest_event"]
    assert answer["receipt"].startswith("r")
    assert answer["truncated"] is False


def test_list_count_and_sum_agree_at_once_and_before_merges(caller: Caller) -> None:
    first = [a_call(caller.id, T0 + timedelta(minutes=n), cost="0.01") for n in range(20)]
    put(first)
    put(
        [
            row | {"version": row["version"] + 1000, "cost_current": None, "cost_status": "usage_unknown"}
            for row in first[:7]
        ]
    )
    put([first[9] | {"is_deleted": 1, "version": first[9]["version"] + 1000}])
    for _ in range(2):
        listed = caller.get("/api/v1/calls", {"limit": 1000, **WEEK})[1]["calls"]
        totals = caller.ask("calls", "cost_usd", "usage_unknown_calls", **WEEK)["totals"]
        assert totals == {"calls": 19, "cost_usd": "0.12", "usage_unknown_calls": 7}
        assert len(listed) == 19
        known = [call["cost"]["amount_usd"] for call in listed if call["cost"]["amount_usd"]]
        assert known == ["0.01"] * 12
        rollup.run(caller.id)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_days_of_a_half_hour_zone_are_exact(caller: Caller, zone: str) -> None:
    tz = ZoneInfo(zone)
    midnight = datetime(2026, 3, 4, tzinfo=tz)
    edge = timedelta(microseconds=1)
    put([a_call(caller.id, midnight - edge), a_call(caller.id, midnight), a_call(caller.id, midnight + timedelta(days=1) - edge)],
        ago=timedelta(minutes=1))  # fmt: skip
    for _ in range(2):
        answer = caller.ask("calls", granularity="day", timezone=zone, **{"from": "2026-03-03", "to": "2026-03-06"})
        assert [row["calls"] for row in answer["rows"]] == [1, 2, 0]
        rollup.run(caller.id)


def test_days_of_23_and_25_hours_are_exact(caller: Caller) -> None:
    tz = ZoneInfo("Europe/Paris")
    hours = [datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("UTC")) + n * timedelta(hours=1) for n in range(-30, 30)]
    put([a_call(caller.id, at) for at in hours], ago=timedelta(minutes=1))
    expected = [
        sum(at.astimezone(tz).date().isoformat() == day for at in hours) for day in ("2026-03-28", "2026-03-29")
    ]
    assert expected == [24, 23]
    for _ in range(2):
        answer = caller.ask(
            "calls", granularity="day", timezone="Europe/Paris", **{"from": "2026-03-28", "to": "2026-03-30"}
        )
        assert [row["calls"] for row in answer["rows"]] == expected
        rollup.run(caller.id)


def test_the_zone_is_the_projects_unless_the_question_says_so(caller: Caller) -> None:
    caller.project.timezone = "America/New_York"
    caller.project.save()
    put([a_call(caller.id, T0 + timedelta(hours=2))])
    answer = caller.ask("calls", granularity="day", **{"from": "2026-03-01", "to": "2026-03-03"})
    assert [(row["bucket"], row["calls"]) for row in answer["rows"]] == [
        ("2026-03-01T05:00:00Z", 1), ("2026-03-02T05:00:00Z", 0),
    ]  # fmt: skip
    assert answer["from"] == "2026-03-01T05:00:00Z"


def test_a_comparison_names_what_it_compares_with(caller: Caller) -> None:
    put([a_call(caller.id, T0), a_call(caller.id, T0 - timedelta(days=7)), a_call(caller.id, T0 - timedelta(days=6))])
    answer = caller.ask("calls", compare="previous", **WEEK)
    assert answer["rows"] == [{"calls": 1, "calls_before": 2}]
    assert answer["compared_with"] == {"from": "2026-02-23T00:00:00Z", "to": "2026-03-02T00:00:00Z"}


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "measures", "required"),
        ({"measures": []}, "measures", "at least 1"),
        ({"measures": ["spend"]}, "measures", "not a valid choice"),
        ({"measures": ["calls"] * 21}, "measures", "no more than 20"),
        ({"measures": ["calls", "calls"]}, "measures", "only once"),
        ({"measures": ["calls"], "measure": 1}, "measure", "Unknown parameter. Known are"),
        ({"measures": ["calls"], "dimensions": ["colour"]}, "dimensions", "is not a dimension"),
        ({"measures": ["calls"], "dimensions": list("abcdef")}, "dimensions", "no more than 5"),
        ({"measures": ["calls"], "filters": {"colour": ["red"]}}, "filters", "is not a dimension"),
        ({"measures": ["calls"], "filters": {"model": []}}, "model", "at least one value"),
        ({"measures": ["calls"], "filters": {"not": 3}}, "not", "use an object"),
        ({"measures": ["calls"], "from": "soon"}, "from", "is no time"),
        ({"measures": ["calls"], "from": "2000-01-01", "to": "2026-01-01"}, "from", "10 years"),
        ({"measures": ["calls"], "timezone": "Mars"}, "timezone", "not an IANA zone"),
        ({"measures": ["calls"], "limit": 10_001}, "limit", "less than or equal to 10000"),
        ({"measures": ["calls"], "sort": "-cost_usd"}, "sort", "not asked for"),
        ({"measures": ["calls"], "granularity": "second"}, "granularity", "not a valid choice"),
        ([1], "", "dictionary"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_by_field(
    caller: Caller, body: Any, field: str, says: str
) -> None:
    status, problem = caller.post("/api/v1/query", body)
    assert (status, problem["code"]) == (422, "invalid")
    found = problem["errors"].get(field) or problem["errors"].get("non_field_errors")
    assert says in str(found)


def test_a_body_that_is_no_json_is_400_and_another_type_415(caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.key}"}
    assert Client().post("/api/v1/query", "{", content_type="application/json", headers=headers).status_code == 400
    assert Client().post("/api/v1/query", "x", content_type="text/plain", headers=headers).status_code == 415
    assert Client().put("/api/v1/query", "x", content_type="text/plain", headers=headers).status_code == 405


@pytest.mark.parametrize(("code", "said"), [(None, "store_unavailable"), (159, "too_slow"), (241, "too_much")])
def test_a_store_that_fails_is_503_with_a_time_to_come_back(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, code: int | None, said: str
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise StoreError("no", retry=True, code=code)

    monkeypatch.setattr(client, "select", failing)
    answer = Client().get("/api/v1/calls", headers={"Authorization": f"Bearer {caller.key}"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json()["code"] == said
