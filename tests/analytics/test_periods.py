"""The store and Python agree on where buckets begin, in every zone and on the days when the clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest

from analytics.periods import bucket_sql, bucket_start, buckets, partners
from analytics.question import Span
from store import client

pytestmark = pytest.mark.usefixtures("event_store")
ZONES = (
    "UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns",
    "Australia/Lord_Howe", "Australia/Adelaide", "America/Santiago", "Africa/Cairo", "Pacific/Chatham", "Pacific/Apia",
)  # fmt: skip
YEAR = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 3, tzinfo=UTC))
HALF_HOURS = [YEAR.start + n * timedelta(minutes=30) for n in range(2 * 24 * 365)]
SQL = """
SELECT {bucket} AS bucket
  FROM (SELECT toDateTime64({start:String}, 6, 'UTC') + INTERVAL number * 30 MINUTE AS ts
          FROM numbers({count:UInt32}))
 WHERE {project_id:UInt32} > 0"""


@pytest.mark.parametrize("zone", ZONES)
def test_sql_and_python_cut_the_year_alike(zone: str) -> None:
    for granularity in ("5m", "hour", "day", "week", "month"):
        sql = SQL.replace("{bucket}", bucket_sql(granularity, zone))
        rows = client.select(sql, project_id=1, start="2026-01-01 00:00:00", count=len(HALF_HOURS))
        told = [row["bucket"] for row in rows]
        ours = [bucket_start(moment, granularity, zone) for moment in HALF_HOURS]
        wrong = [(m, a, b) for m, a, b in zip(HALF_HOURS, told, ours, strict=True) if a != b]
        assert wrong == [], f"{granularity} in {zone}"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("granularity", ["hour", "day", "week", "month"])
def test_buckets_are_exactly_the_starts_that_occur(zone: str, granularity: str) -> None:
    occurring = sorted({bucket_start(moment, granularity, zone) for moment in HALF_HOURS})
    last = Span(YEAR.start, HALF_HOURS[-1] + timedelta(seconds=1))
    assert list(buckets(last, granularity, zone)) == occurring


def test_buckets_are_compared_with_the_same_hour_of_the_wall_clock() -> None:
    start = datetime(2026, 10, 25, tzinfo=UTC)
    week = Span(start, start + timedelta(days=1))
    pairs = partners(week, week.previous("Europe/Paris"), "hour", "Europe/Paris")
    after_change = datetime(2026, 10, 25, 12, tzinfo=UTC)
    assert pairs[after_change] == datetime(2026, 10, 18, 11, tzinfo=UTC), "13:00 in Paris, both"


def test_months_are_compared_in_order() -> None:
    quarter = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    pairs = partners(quarter, quarter.year(), "month", "UTC")
    assert [before.strftime("%Y-%m") for before in pairs.values()] == ["2025-01", "2025-02", "2025-03"]


def test_the_store_knows_every_zone_that_a_question_may_name() -> None:
    columns = ", ".join(f"toStartOfDay(now(), '{zone}')" for zone in sorted(available_timezones()))
    client.select(f"SELECT {columns} WHERE {{project_id:UInt32}} > 0", project_id=1)
