"""Our own encoding of inserts: whatever goes in comes out, for every type of every column."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import client, native
from tests.services.store import StoreProcess
from tests.store.wire import ask

TEXTS = st.text(max_size=200)
MONEY = st.decimals(min_value=-(10**19), max_value=10**19, places=18)
CASES: dict[str, st.SearchStrategy[Any]] = {
    "UInt8": st.integers(0, 2**8 - 1),
    "UInt16": st.integers(0, 2**16 - 1),
    "UInt32": st.integers(0, 2**32 - 1),
    "UInt64": st.integers(0, 2**64 - 1),
    "UInt128": st.integers(0, 2**128 - 1),
    "Int64": st.integers(-(2**63), 2**63 - 1),
    "Float64": st.floats(allow_nan=False),
    "Bool": st.booleans(),
    "String": TEXTS,
    "UUID": st.uuids(),
    "Decimal(38, 18)": MONEY,
    "LowCardinality(String)": st.sampled_from(["", "a", "é", "x" * 300]),
    "Nullable(UInt32)": st.none() | st.integers(0, 2**32 - 1),
    "Nullable(Float64)": st.none() | st.floats(allow_nan=False),
    "Nullable(Bool)": st.none() | st.booleans(),
    "Nullable(Decimal(38, 18))": st.none() | MONEY,
    "Map(LowCardinality(String), String)": st.dictionaries(TEXTS, TEXTS, max_size=4),
    "Array(UInt64)": st.lists(st.integers(0, 2**64 - 1), max_size=5),
    "Array(Tuple(UInt16, UInt64))": st.lists(
        st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**64 - 1)), max_size=5
    ),
    "DateTime64(6, 'UTC')": st.datetimes(datetime(1970, 1, 1), datetime(2299, 1, 1), timezones=st.just(UTC)),
    "DateTime64(3, 'UTC')": st.datetimes(datetime(1970, 1, 1), datetime(2299, 1, 1), timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
}


def name_of(kind: str) -> str:
    return "echo_" + "".join(letter for letter in kind if letter.isalnum())


@pytest.fixture(scope="module", autouse=True)
def _tables(event_store: StoreProcess) -> None:
    for kind in CASES:
        made = ask(event_store, f"CREATE TABLE {name_of(kind)} (n UInt32, v {kind}) ENGINE = MergeTree ORDER BY n")
        assert made.status == 200, made.text


def echo(kind: str, values: Sequence[Any]) -> list[Any]:
    """Write the values and read them back in their order."""
    table, run = name_of(kind), str(uuid4())
    base = uuid4().int & 0x7FFFFFFF
    client.insert(table, {"n": [base] * len(values), "v": values}, token=run)
    rows = client.operator_select(f"SELECT v FROM {table} WHERE n = {{n:UInt32}} ORDER BY _part_offset", n=base)
    return [row["v"] for row in rows]


@pytest.mark.parametrize("kind", CASES)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_values_come_back_as_they_were(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(CASES[kind], min_size=1, max_size=30))
    assert echo(kind, values) == values


def test_more_than_256_distinct_values_of_low_cardinality_come_back() -> None:
    values = [f"value {number % 700}" for number in range(2_000)]
    assert echo("LowCardinality(String)", values) == values


def test_long_texts_beyond_ascii_come_back() -> None:
    values = ["", "ä" * 127, "a" * 127, "a" * 128, "日本" * 40_000, "\x00\n'\\"]
    assert echo("String", values) == values


def test_moments_may_be_given_as_ticks() -> None:
    moment = datetime(2026, 11, 3, 1, 2, 3, 456789, tzinfo=UTC)
    assert echo("DateTime64(6, 'UTC')", [round(moment.timestamp() * 1e6)]) == [moment]


@pytest.mark.parametrize("value", [Decimal("1e-19"), Decimal("1." + "1" * 19)])
def test_money_is_never_rounded(value: Decimal) -> None:
    with pytest.raises(ValueError, match="18 places"):
        native.encoder("Decimal(38, 18)")([value])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="Column b has 2 values"):
        native.insert("t", {"a": [1], "b": [1, 2]}, {"a": "UInt8", "b": "UInt8"})


def test_every_type_of_our_tables_is_known(event_store: StoreProcess) -> None:
    types = client.operator_select("SELECT DISTINCT type FROM system.columns WHERE database = 'polymeter'")
    for row in types:
        assert native.encoder(row["type"])


def test_versions_of_uuid_keep_their_order_of_bytes() -> None:
    value = UUID("00112233-4455-6677-8899-aabbccddeeff")
    assert echo("UUID", [value]) == [value]
