"""The page about the numbers, and the table it is made from."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from analytics import metrics, parts, rollup_sql, where
from analytics.metrics import METRICS, Unit, money_ratio
from analytics.numbers import document
from analytics.parts import MONEY, PARTS
from analytics.question import Span
from store.schema import CALL_NAMES
from tests.analytics.events import T0
from tests.analytics.statements import every_statement

ROOT = Path(__file__).parents[2]


def test_the_page_about_numbers_is_up_to_date() -> None:
    assert (ROOT / "docs" / "numbers.md").read_text() == document(), "run: manage.py numbers > docs/numbers.md"


def test_every_measure_is_made_of_sums_that_exist() -> None:
    for metric in METRICS.values():
        assert set(metric.parts) <= set(PARTS)
        assert set(metric.adds) <= set(metric.parts)
        assert metric.meaning.endswith(".")
        assert (metric.unit == Unit.MS) <= (not metric.additive)


def test_sums_read_only_columns_that_calls_have() -> None:
    words = {"count", "countIf", "sum", "sumIf", "coalesce", "ifNull", "round", "toUInt64", "uniqStateIf"}
    words |= {"IS", "NOT", "NULL", "AND"}
    for part in PARTS.values():
        names = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'", "", part.sql)))
        assert names - words <= set(CALL_NAMES), part.key


FORBIDDEN = {
    "a division": r"/",
    "an average": r"\bavg\w*\(",
    "a float literal": r"\d\.\d|\de-?\d",
    "a conversion to float": r"\btoFloat|\bFloat(32|64)",
    "a product": r"\*(?! EXCEPT)",
}


def money_expressions() -> list[str]:
    """Every column of every statement, and every sum, that touches money."""
    found = [part.sql for part in PARTS.values() if part.type == MONEY] + list(parts.BOOKED.values())
    for sql in every_statement():
        found += [text for text in re.split(r",(?![^()]*\))|\bFROM\b|\bWHERE\b|\bSELECT\b", sql) if "cost" in text]
    assert len(found) > 100
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_money_in_sql_is_only_ever_summed(what: str) -> None:
    wrong = [sql for sql in money_expressions() if re.search(FORBIDDEN[what], re.sub(r"Decimal\(38, 18\)", "", sql))]
    assert wrong == []


def test_money_is_divided_in_decimal() -> None:
    third = money_ratio(Decimal("0.01"), 3)
    assert third == Decimal("0.003333333333333333333333")
    assert money_ratio(None, 3) is None
    assert money_ratio(Decimal(1), 0) is None
    assert metrics.METRICS["cost_per_call_usd"].value({"cost": Decimal(1), "known_calls": 0, "calls": 2}) is None


def test_every_statement_is_bound_to_one_project_wherever_it_reads() -> None:
    for sql in every_statement():
        reads = re.findall(r"\bFROM (?:calls|times|bodies|spans|dirty)\w*", sql)
        assert len(re.findall(re.escape("project_id = {project_id:UInt32}"), sql)) == len(reads) > 0


def test_times_are_written_as_numbers() -> None:
    assert where.instant(T0) == "fromUnixTimestamp64Micro(1772409600000000, 'UTC')"
    sql = "".join(rollup_sql.rebuild([Span(T0, T0.replace(day=3))], None))
    assert "2026" not in sql
