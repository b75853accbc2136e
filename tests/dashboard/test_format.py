"""Every example of the number rules, and their edges."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboard import format as fmt

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def plain(text: str | None) -> str:
    """The text with ordinary spaces, so that a test can be read."""
    return (text or "").replace(fmt.NBSP, " ")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1240000", "$1.24M"), ("48124", "$48,124"), ("4812.37", "$4,812.37"), ("0.42", "$0.42"), ("0.0084", "$0.0084"),
        ("0.0000013", "$0.0000013"), ("0", "$0.00"), ("-12.5", "−$12.50"), ("0.0999", "$0.10"), ("0.999", "$1.00"),
        ("9999.999", "$10,000"), ("999999.6", "$1.00M"), ("0.5", "$0.50"), ("3100000000", "$3.10B"), (None, "—"),
    ],
)  # fmt: skip
def test_money_alone_is_written_by_its_size(amount: str | None, text: str) -> None:
    assert fmt.money(Decimal(amount) if amount else None) == text


def test_a_column_of_money_has_the_precision_of_its_largest_value() -> None:
    column = fmt.money_column([Decimal("0.0084"), Decimal("0.00001"), None])

    assert column.text(Decimal("0.0084"), sign=True) == "$0.0084"
    assert column.text(Decimal("0.00001"), sign=True) == "<$0.0001"
    assert column.text(Decimal(0)) == "0.00"
    assert column.text(None) == "—"
    assert fmt.money_column([Decimal(48_124), Decimal("0.2")]).text(Decimal("0.2")) == "<1"
    assert fmt.money_column([Decimal("4812.3749")]).text(Decimal("-4812.3749")) == "−4,812.37"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (9_999, "9,999"), (10_000, "10.0k"), (12_345, "12.3k"), (123_456, "123k"), (1_230_000, "1.23M"),
        (3_100_000_000, "3.10B"), (999_950, "1.00M"), (0, "0"), (None, "—"), (-12_345, "−12.3k"),
    ],
)  # fmt: skip
def test_counts_are_exact_below_ten_thousand_then_three_digits(number: int | None, text: str) -> None:
    assert fmt.count(number) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (840, "840 ms"), (2_310, "2.31 s"), (30_000, "30.0 s"), (72_000, "1 min 12 s"), (5_400_000, "1 h 30 min"),
        (0.4, "0.4 ms"), (999.7, "1.00 s"), (59_990, "1 min 0 s"), (0, "0 ms"), (None, "—"),
    ],
)  # fmt: skip
def test_times_are_ms_then_s_then_min(ms: float | None, text: str) -> None:
    assert plain(fmt.duration(ms)) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.124, "12.4%"), (0.0042, "0.42%"), (0.9942, "99.42%"), (0.00001, "<0.01%"), (1, "100%"), (0, "0%"),
        (0.99996, "99.99%"), (None, "—"),
    ],
)  # fmt: skip
def test_shares_have_two_decimals_near_the_ends_and_never_claim_them(ratio: float | None, text: str) -> None:
    assert fmt.share(ratio) == text


def test_a_share_of_few_calls_is_written_as_a_count() -> None:
    assert fmt.share_of(3, 17) == "3 of 17"
    assert fmt.share_of(3, 20) == "15.0%"
    assert fmt.share_of(0, 0) == "—"


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        (112.4, 100, "+12.4%"), (97, 100, "−3.0%"), (14, 1, "×14"), (5, 0, "new"), (0, 5, "gone"), (5, 5, "no change"),
        (0, 0, "no change"), (100.01, 100, "no change"), (None, 5, "—"), (5, None, "—"),
    ],
)  # fmt: skip
def test_changes_have_a_sign_and_words_at_the_ends(new: float | None, old: float | None, text: str) -> None:
    assert fmt.change(new, old) == text


def test_a_change_of_a_share_is_in_points() -> None:
    assert plain(fmt.change_of_share(0.0054, 0.0042)) == "+0.12 pp"
    assert plain(fmt.change_of_share(0.1, 0.35)) == "−25.0 pp"
    assert fmt.change_of_share(0.3, 0.3) == "no change"


def test_a_change_of_a_time_or_an_amount_keeps_its_unit() -> None:
    assert plain(fmt.change_of_duration(2310, 2490)) == "−180 ms"
    assert fmt.change_of_money(Decimal("512"), Decimal("100")) == "+$412.00"
    assert fmt.change_of_money(Decimal("62"), Decimal("100")) == "−$38.00"


def test_scores_and_intervals_say_how_sure() -> None:
    assert plain(fmt.score(4.31, 5, 3102)) == "4.31 / 5 (n = 3,102)"
    assert fmt.interval(-0.18, -0.24, -0.11) == "−18% (95% sure: between −24% and −11%)"


def test_dates_say_the_year_only_when_it_is_another() -> None:
    assert fmt.moment(datetime(2026, 11, 21, 14, 3, tzinfo=UTC), UTC, NOW) == "Nov 21, 14:03"
    assert fmt.moment(datetime(2025, 11, 21, 14, 3, tzinfo=UTC), UTC, NOW) == "Nov 21, 2025, 14:03"
    assert fmt.moment(datetime(2026, 11, 21, 14, 3, tzinfo=UTC), ZoneInfo("Asia/Kolkata"), NOW) == "Nov 21, 19:33"
    assert fmt.moment(None, UTC, NOW) == "—"


def test_relative_times_end_after_a_day() -> None:
    assert plain(fmt.ago(NOW - timedelta(minutes=3), NOW)) == "3 min ago"
    assert fmt.ago(NOW - timedelta(days=2), NOW) is None
    assert fmt.ago(NOW + timedelta(minutes=1), NOW) is None


def test_units_never_leave_their_number() -> None:
    for text in (fmt.duration(72_000), fmt.change_of_share(0.2, 0.1), fmt.lag(3), fmt.plural(3, "call")):
        assert " " not in text


def test_ids_are_cut_in_the_middle() -> None:
    assert fmt.middle("0123456789abcdef0123456789abcdef", 11) == "01234…bcdef"
    assert fmt.middle("short") == "short"
