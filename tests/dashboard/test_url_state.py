"""The address of a page: what it counts, what it ignores, and the links made from it."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.question import Filter
from dashboard import filter_bar, url_state
from dashboard.url_state import UrlState

NOW = datetime(2026, 11, 24, 14, 5, 10, tzinfo=UTC)  # a Tuesday


def state(query: str = "", *, zone: str = "UTC", default: str = "", now: datetime = NOW) -> UrlState:
    return url_state.read(query, project_id=7, slug="shop", zone=zone, now=now, default=default)


def test_an_empty_address_is_the_last_seven_days_to_this_minute() -> None:
    read = state()

    assert (read.window.start, read.window.end) == (
        datetime(2026, 11, 18, tzinfo=UTC),
        datetime(2026, 11, 24, 14, 6, tzinfo=UTC),
    )
    assert read.window.open
    assert read.step == "day"
    assert read.ignored == ()


def test_the_comparison_stops_where_the_present_stops() -> None:
    before = state("period=today").comparison

    assert before is not None
    assert before.start == datetime(2026, 11, 17, tzinfo=UTC)
    assert timedelta(hours=14) < before.end - before.start <= timedelta(hours=14, minutes=6)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("yesterday", (2026, 11, 23), (2026, 11, 24)),
        ("lastmonth", (2026, 10, 1), (2026, 11, 1)),
        ("mtd", (2026, 11, 1), None),
        ("qtd", (2026, 10, 1), None),
        ("12mo", (2025, 12, 1), None),
        ("28d", (2026, 10, 28), None),
        ("90d", (2026, 8, 27), None),
    ],
)
def test_periods_are_calendar_days(period: str, start: tuple[int, int, int], end: tuple[int, int, int] | None) -> None:
    read = state(f"period={period}")

    assert read.window.start == datetime(*start, tzinfo=UTC)
    assert read.window.end == (datetime(*end, tzinfo=UTC) if end else datetime(2026, 11, 24, 14, 6, tzinfo=UTC))
    assert read.window.open is (end is None)


def test_days_are_those_of_the_project() -> None:
    read = state("period=today", zone="Asia/Kolkata")

    assert read.window.start == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def test_a_day_of_25_hours_is_25_hours_long() -> None:
    read = state("period=yesterday", zone="Europe/Paris", now=datetime(2026, 10, 26, 9, tzinfo=UTC))

    assert read.window.length == timedelta(hours=25)


def test_fixed_times_win_and_are_read_in_the_zone_of_the_project() -> None:
    read = state("period=28d&from=2026-11-02&to=2026-11-03T06:30", zone="Europe/Paris")

    assert read.period == ""
    assert read.window.start == datetime(2026, 11, 1, 23, tzinfo=UTC)
    assert read.window.end == datetime(2026, 11, 3, 5, 30, tzinfo=UTC)


def test_an_offset_in_a_time_is_believed_even_when_its_plus_became_a_space() -> None:
    for text in ("2026-11-02T00:00:00%2B05:30", "2026-11-02T00:00:00+05:30"):
        assert state(f"from={text}").window.start == datetime(2026, 11, 1, 18, 30, tzinfo=UTC)


def test_what_cannot_be_read_is_ignored_and_said() -> None:
    read = state("period=fortnight&colour=red&model=a&from=yesterday&compare=never&step=year&by=magic&page=x")

    assert read.ignored == (
        "period=fortnight", "colour=red", "from=yesterday", "compare=never", "step=year", "by=magic", "page=x",
    )  # fmt: skip
    assert read.filters == (Filter("model", ("a",)),)
    assert filter_bar.ignored_words(state("period=fortnight")) == "Ignored period=fortnight; showing last 7 days."


@pytest.mark.parametrize("times", ["from=0001-01-02&to=0001-01-03", "from=9999-01-02&to=9999-12-31", "to=1969-12-31"])
def test_years_in_which_no_call_can_be_are_ignored(times: str) -> None:
    for compare in url_state.COMPARE:
        read = state(f"{times}&compare={compare}")
        assert (read.period, len(read.ignored)) == ("7d", times.count("="))
        assert read.comparison is None or read.comparison.end <= NOW


def test_a_step_too_small_for_its_time_is_not_taken() -> None:
    long = state("from=2020-01-01&to=2026-01-01&step=5m")
    assert (long.step, long.question("calls", granularity=long.step).granularity) == ("week", "week")
    assert state("from=2026-01-01&to=2026-01-04&step=5m").step == "5m"


def test_times_that_run_backwards_are_ignored() -> None:
    read = state("from=2026-11-05&to=2026-11-02")

    assert read.period == "7d"
    assert len(read.ignored) == 2


def test_values_of_one_dimension_are_or_and_dimensions_are_and() -> None:
    read = state("model=a&model=b&not.feature=internal&customer_id=&tag.plan=pro&min_latency_ms=2310")

    assert read.filters == (
        Filter("model", ("a", "b")),
        Filter("feature", ("internal",), negated=True),
        Filter("customer_id", ("",)),
        Filter("tag.plan", ("pro",)),
        Filter("min_latency_ms", ("2310",)),
    )


def test_filters_read_as_sentences() -> None:
    sentences = [filter_bar.sentence(one) for one in state("model=a&model=b&not.feature=internal&customer_id=").filters]

    assert sentences == ["Model is a or b", "Feature is not internal", "Customer is not set"]


def test_the_last_period_counts_only_when_the_address_names_none() -> None:
    assert state("", default="28d").period == "28d"
    assert state("period=90d", default="28d").period == "90d"
    assert state("", default="nonsense").period == "7d"
    assert "period" not in state("", default="28d").query()


def test_links_to_calls_count_the_same_and_drop_what_is_only_shown() -> None:
    read = state("period=28d&by=feature&sort=-spend&page=2&model=a&not.feature=x")

    assert read.calls() == "/p/shop/calls/?period=28d&model=a&not.feature=x"
    assert read.calls(("model", "b")) == "/p/shop/calls/?period=28d&not.feature=x&model=b"


def test_a_link_to_a_bucket_replaces_the_period() -> None:
    link = state("period=28d&model=a").calls(("from", "2026-11-02T00:00"), ("to", "2026-11-03T00:00"))

    assert link == "/p/shop/calls/?model=a&from=2026-11-02T00:00&to=2026-11-03T00:00"


def test_a_filter_value_is_toggled_in_and_out() -> None:
    assert state("model=a").toggled("model", "b") == "model=a&model=b"
    assert state("model=a&model=b").toggled("model", "a") == "model=b"


def test_the_fixed_link_says_the_same_times() -> None:
    read = state("period=yesterday&model=a", zone="Europe/Paris")
    again = state(read.fixed(), zone="Europe/Paris", now=NOW + timedelta(days=400))

    assert (again.window.start, again.window.end) == (read.window.start, read.window.end)
    assert again.filters == read.filters


def test_a_time_the_clock_shows_twice_is_written_with_its_offset() -> None:
    twice = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    texts = [url_state.stamp(moment, state(zone="Europe/Paris").tz) for moment in twice]

    read = state(url_state.encode([("from", texts[0]), ("to", texts[1])]), zone="Europe/Paris")

    assert (read.window.start, read.window.end) == tuple(twice)


def test_buckets_follow_the_length_of_the_window() -> None:
    assert state("from=2026-11-01&to=2026-11-01T06:00").step == "5m"
    assert state("from=2026-11-01&to=2026-11-04").step == "hour"
    assert state("period=90d").step == "day"
    assert state("period=12mo").step == "week"
    assert state("period=90d&step=week").step == "week"


NAMES = st.sampled_from(
    ["period", "from", "to", "model", "not.model", "by", "sort", "compare", "tag.x", "min_cost_usd", "zz"]
)


@given(
    st.lists(
        st.tuples(NAMES | st.text(max_size=8), st.text(max_size=12) | st.sampled_from(["7d", "prev", "2026-11-01"])),
        max_size=12,
    )
)
def test_any_address_is_read_without_failing_and_its_links_say_the_same(pairs: list[tuple[str, str]]) -> None:
    read = state(url_state.encode(pairs) if all(_encodable(t) for pair in pairs for t in pair) else "")
    again = state(read.query())

    assert read.question("calls").filters == read.filters
    assert again.ignored == ()
    assert (again.filters, again.window, again.compare) == (read.filters, read.window, read.compare)
    assert all(name for name, _ in parse_qsl(read.query(), keep_blank_values=True))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@given(st.text(max_size=60))
def test_raw_text_is_read_without_failing(text: str) -> None:
    assert state(text).question("calls").project_id == 7
