"""Spans, comparisons and the refusals of a question. Nothing here needs a store."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.question import Filter, Question, Span, filters

PARIS = ZoneInfo("Europe/Paris")


def day(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_previous_goes_back_whole_weeks_so_that_weekdays_match() -> None:
    assert Span(day("2026-11-17"), day("2026-11-18")).previous() == Span(day("2026-11-10"), day("2026-11-11"))
    month = Span(day("2026-11-01"), day("2026-11-24"))
    assert month.previous() == Span(day("2026-10-04"), day("2026-10-27"))


def test_previous_keeps_the_wall_clock_across_a_change_of_it() -> None:
    week = Span(day("2026-10-26", "Europe/Paris"), day("2026-11-02", "Europe/Paris"))
    before = week.previous("Europe/Paris")
    assert before.start.astimezone(PARIS).isoformat() == "2026-10-19T00:00:00+02:00"
    assert before.end.astimezone(PARIS).isoformat() == "2026-10-26T00:00:00+01:00"
    assert before.length == timedelta(days=7, hours=1)


def test_exact_ends_where_the_span_begins_and_year_keeps_the_dates() -> None:
    span = Span(day("2026-03-01"), day("2026-03-11"))
    assert span.exact() == Span(day("2026-02-19"), day("2026-03-01"))
    assert span.year() == Span(day("2025-03-01"), day("2025-03-11"))
    assert Span(day("2024-02-29"), day("2024-03-01")).year() == Span(day("2023-02-28"), day("2023-03-01"))


def test_a_comparison_stops_where_the_present_stops() -> None:
    today = Span(day("2026-11-24"), day("2026-11-25"))
    question = Question(1, today, ("calls",), compare="previous")
    now = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
    assert question.comparison(now) == Span(day("2026-11-17"), datetime(2026, 11, 17, 14, 5, tzinfo=UTC))
    assert question.comparison(now + timedelta(days=3)) == today.previous()


def test_filters_read_values_exclusions_and_not_set() -> None:
    assert filters({"model": ["a", "b"], "task": None, "streaming": True, "attempt": 2, "not": {"tag.env": "x"}}) == (
        Filter("model", ("a", "b")),
        Filter("task", ("",)),
        Filter("streaming", ("true",)),
        Filter("attempt", ("2",)),
        Filter("tag.env", ("x",), negated=True),
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"measures": ()}, "measures: give 1 to 20"),
        ({"measures": ("calls", "calls")}, "only once"),
        ({"measures": ("spend",)}, "'spend' is not a measure. Use one of calls,"),
        ({"dimensions": ("colour",)}, "'colour' is not a dimension"),
        ({"dimensions": ("model", "task", "feature", "stage", "role", "team")}, "0 to 5"),
        ({"granularity": "minute"}, "not one of none, 5m"),
        ({"compare": "prev"}, "not one of none, previous"),
        ({"timezone": "Mars/Olympus"}, "not an IANA zone"),
        ({"timezone": "../../etc/passwd"}, "not an IANA zone"),
        ({"limit": 0}, "1 to 10000"),
        ({"sort": "-cost_usd"}, "not asked for here"),
        ({"sort": "bucket"}, "not asked for here"),
        ({"price_book": "yesterday"}, "current, booked"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_a_sentence(wrong: dict[str, object], says: str) -> None:
    good = {"measures": ("calls",)}
    with pytest.raises(ValueError, match=says):
        Question(1, Span(day("2026-01-01"), day("2026-01-02")), **(good | wrong))  # type: ignore[arg-type]


def test_spans_and_filters_refuse_nonsense() -> None:
    with pytest.raises(ValueError, match="to: must be after from"):
        Span(day("2026-01-02"), day("2026-01-02"))
    with pytest.raises(ValueError, match="need a time zone"):
        Span(datetime(2026, 1, 1), datetime(2026, 1, 2))
    with pytest.raises(ValueError, match="at most 10 years"):
        Span(day("2006-01-01"), day("2026-01-02"))
    with pytest.raises(ValueError, match="at least one value"):
        Filter("model", ())
    with pytest.raises(ValueError, match="is not a number"):
        filters({"min_latency_ms": "fast"})
    with pytest.raises(ValueError, match="a value is text"):
        filters({"model": {"is": "x"}})
    with pytest.raises(ValueError, match="5m gives more than"):
        Question(1, Span(day("2025-01-01"), day("2026-01-02")), ("calls",), granularity="5m")


def test_equal_questions_have_equal_canonical_forms() -> None:
    span = Span(day("2026-01-01"), day("2026-01-02"))
    one = Question(1, span, ("calls",), filters=filters({"model": ["b", "a"], "task": ["x"]}))
    two = Question(1, span, ("calls",), filters=filters({"task": ["x"], "model": ["a", "b", "a"]}))
    assert one.as_dict() == two.as_dict()
    assert one.as_dict() != Question(1, span, ("errors",), filters=one.filters).as_dict()
