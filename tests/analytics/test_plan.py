"""How a span is cut into rolled-up and other parts. Nothing here needs a store."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.periods import bucket_start, next_start
from analytics.plan import HOUR, Plan, Rolled, plan
from analytics.question import GRANULARITIES, Span

T0 = datetime(2026, 10, 20, tzinfo=UTC)
NOW = T0 + timedelta(days=40)
ZONES = ("UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")
moments = st.integers(0, 30 * 24 * 60).map(lambda minutes: T0 + timedelta(minutes=minutes))
hours = st.integers(0, 30 * 24).map(lambda count: T0 + count * HOUR)


@given(
    ends=st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1]),
    granularity=st.sampled_from(GRANULARITIES),
    zone=st.sampled_from(ZONES),
    home=st.sampled_from(ZONES),
    closed=hours,
    dirty=st.frozensets(hours, max_size=5),
)
def test_the_parts_are_disjoint_cover_the_span_and_hold_no_doubtful_hour(
    ends: tuple[datetime, datetime],
    granularity: str,
    zone: str,
    home: str,
    closed: datetime,
    dirty: frozenset[datetime],
) -> None:
    span = Span(min(ends), max(ends))
    days_to = bucket_start(closed, "day", home)
    rolled = Rolled(watermark=closed, closed_to=closed, dirty=dirty, zone=home, days_to=days_to)
    found = plan(span, granularity, zone, rolled, NOW)
    pieces = sorted([*found.days, *found.hours, *found.calls], key=lambda piece: piece.start)
    assert [pieces[0].start, pieces[-1].end] == [span.start, span.end]
    assert all(a.end == b.start for a, b in itertools.pairwise(pieces))
    for piece in [*found.days, *found.hours]:
        assert piece.end <= closed
        assert not any(piece.start < hour + HOUR and hour < piece.end for hour in dirty)
    check_edges(found, granularity, zone, home)


def check_edges(found: Plan, granularity: str, zone: str, home: str) -> None:
    """Every rolled-up row lies in one bucket: none crosses an edge of the question's buckets."""
    for piece in found.hours:
        assert all(end.minute == end.second == 0 for end in (piece.start, piece.end))
        for hour in range(piece.length // HOUR if granularity != "none" else 0):
            start = piece.start + hour * HOUR
            last = start + HOUR - timedelta.resolution
            assert bucket_start(start, granularity, zone) == bucket_start(last, granularity, zone)
    for piece in found.days:
        assert all(bucket_start(end, "day", home) == end for end in (piece.start, piece.end))
        assert granularity == "none" or zone == home


def test_a_long_span_in_the_projects_zone_uses_days_and_a_short_one_hours() -> None:
    rolled = Rolled(watermark=NOW, closed_to=NOW, zone="Europe/Paris", days_to=bucket_start(NOW, "day", "Europe/Paris"))
    start = bucket_start(T0, "day", "Europe/Paris")
    month = plan(Span(start, start + timedelta(days=28)), "day", "Europe/Paris", rolled, NOW)
    assert month.days
    assert month.calls == ()
    week = plan(Span(start, start + timedelta(days=7)), "day", "Europe/Paris", rolled, NOW)
    assert (week.days, week.hours) == ((), (Span(start, start + timedelta(days=7)),))


def test_a_half_hour_zone_reads_only_its_split_hours_from_calls() -> None:
    rolled = Rolled(watermark=NOW, closed_to=NOW, zone="UTC", days_to=NOW)
    start = bucket_start(T0, "day", "Asia/Kolkata")
    found = plan(Span(start, start + timedelta(days=5)), "day", "Asia/Kolkata", rolled, NOW)
    assert found.raw_hours == 6, "the half hours at both ends and four hours with a midnight inside"
    assert plan(Span(start, start + timedelta(days=5)), "hour", "Asia/Kolkata", rolled, NOW).from_calls


def test_before_the_first_pass_everything_is_read_from_calls() -> None:
    span = Span(T0, T0 + timedelta(days=9))
    assert plan(span, "day", "UTC", Rolled(), NOW) == Plan((), (), (span,), Rolled())


def test_buckets_follow_each_other_on_days_of_23_and_25_hours() -> None:
    start = bucket_start(datetime(2026, 10, 24, 12, tzinfo=UTC), "day", "Europe/Paris")
    lengths = []
    for _ in range(3):
        following = next_start(start, "day", "Europe/Paris")
        lengths.append((following - start) / HOUR)
        start = following
    assert lengths == [24, 25, 24]
