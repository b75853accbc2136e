"""Changes, trends and files: what a component is made from."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dashboard import exports
from dashboard.components import delta, spark


@pytest.mark.parametrize(
    ("new", "old", "unit", "better", "arrow", "tone"),
    [
        (112, 100, "usd", "lower", "▲", "bad"),
        (90, 100, "usd", "lower", "▼", "good"),
        (112, 100, "count", "neither", "▲", "neutral"),
        (4.4, 4.1, "count", "higher", "▲", "good"),
        (100, 100, "usd", "lower", "", "neutral"),
        (None, 100, "usd", "lower", "", "neutral"),
    ],
)
def test_a_change_has_a_way_and_a_judgement(
    new: float | None, old: float, unit: str, better: str, arrow: str, tone: str
) -> None:
    found = delta(new, old, unit=unit, better=better)

    assert (found.arrow, found.tone) == (arrow, tone)


def test_a_change_can_be_heard() -> None:
    found = delta(Decimal("4812.37"), Decimal("4281.50"), unit="usd", better="lower")

    assert found.spoken == "up 12.4 percent, worse, from $4,281.50"
    assert delta(1, None, unit="usd", better="lower").spoken == "no comparison"


def test_a_trend_breaks_where_nothing_is_known_and_dots_its_end() -> None:
    broken = spark([1, None, 2, 3])
    unfinished = spark([1, 2, 3], unfinished=True)

    assert broken
    assert broken.line.count("M") == 2
    assert broken.area == ""
    assert unfinished
    assert unfinished.open == "M50.0 10.0L100.0 2.0"
    assert spark([1]) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-x", "'-x"),
        ("@a", "'@a"),
        ("\tx", "'\tx"),
        ("plain", "plain"),
        (-5, -5),
        (Decimal("1E-9"), "0.000000001"),
        (None, ""),
        (True, "true"),
        (datetime(2026, 11, 21, 14, 3, tzinfo=UTC), "2026-11-21T14:03:00Z"),
    ],
)
def test_a_file_holds_raw_values_and_no_formula(value: object, written: object) -> None:
    assert exports.cell(value) == written


def test_a_file_is_named_after_what_is_in_it() -> None:
    start, end = datetime(2026, 11, 14, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)

    assert exports.file_name("shop", "cost-by-tag.a/b", start, end) == "shop-cost-by-tag-a-b_2026-11-14_2026-11-21.csv"


def test_lines_are_made_one_by_one() -> None:
    lines = exports.lines(["model", "spend_usd"], iter([["a,b", Decimal("0.5")]]))

    assert next(lines) == "model,spend_usd\r\n"
    assert next(lines) == '"a,b",0.5\r\n'
