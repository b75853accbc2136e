"""Real events of one call, told in any order, any number of times, in any groups: always the same row."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.derive import Derivation
from ingest.normalise import normalise
from ingest.origin import Origin, now_us
from ingest.schema import CallIn
from pricing import snapshot
from pricing.book import PriceBook
from store.fold import Body, Row, fold
from store.schema import POSITION

BOOK = PriceBook(1, [], [])
CALL = str(UUID(int=5))
count = st.none() | st.integers(0, 50)
usage = st.none() | st.fixed_dictionaries(
    dict.fromkeys(("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "cache_write_5m_tokens", "output_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "image_input_tokens", "requests", "web_searches"), count)
    | {"convention": st.sampled_from([None, "inclusive", "exclusive"])}
)  # fmt: skip
word = st.none() | st.sampled_from(["a", "b", "gpt-4o", "claude-3-opus"])
events = st.fixed_dictionaries(
    {
        "id": st.just(CALL),
        "started_at": st.sampled_from(["2026-11-02T12:00:00Z", "2026-11-02T12:00:01Z"]),
        "updated_at": st.none() | st.sampled_from(["2026-11-02T12:00:02Z", "2026-11-02T12:00:03Z"]),
        "latency_ms": st.none() | st.sampled_from([100.0, 200.0]),
        "provider": word,
        "requested_model": word,
        "model": word,
        "vendor": word,
        "status": st.sampled_from([None, "ok", "error"]),
        "http_status": st.sampled_from([None, 200, 500]),
        "task": word,
        "tags": st.none() | st.dictionaries(st.sampled_from("xyz"), st.sampled_from("123"), max_size=3),
        "usage": usage,
        "input": st.none() | st.sampled_from(["question", ["message"]]),
        "output": st.none() | st.sampled_from(["answer", "longer answer"]),
    }
)


@pytest.fixture(scope="module", autouse=True)
def one_price_book() -> Iterator[None]:
    """The same prices throughout: what a fold costs depends on when it is booked, and on nothing else."""
    snapshot._book, snapshot._checked = BOOK, float("inf")
    yield
    snapshot.forget()


def row_of(event: dict[str, Any]) -> tuple[Row, Body | None]:
    return normalise(msgspec.convert(event, CallIn), Origin(1, now_us=now_us()), BOOK)


def in_groups(rows: list[tuple[Row, Body | None]], cuts: list[int]) -> tuple[Row, Body | None]:
    """Fold as the writer does: a group at a time, on top of what is stored."""
    derive = Derivation()
    stored: list[tuple[Row, Body | None]] = []
    for low, high in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        if rows[low:high]:
            stored = [fold([*stored, *rows[low:high]], derive, stored[0][0] if stored else None)]
    return stored[0]


@settings(max_examples=300)
@given(st.lists(events, min_size=1, max_size=6), st.data())
def test_any_order_repetition_and_grouping_gives_the_same_row(told: list[dict[str, Any]], data: st.DataObject) -> None:
    rows = [row_of(event) for event in told]
    expected = in_groups(rows, [])

    order = data.draw(st.permutations([*rows, *data.draw(st.lists(st.sampled_from(rows), max_size=3))]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(order)), max_size=3)))

    assert in_groups(order, cuts) == expected


@given(events)
def test_a_fold_with_itself_changes_nothing(event: dict[str, Any]) -> None:
    row = row_of(event)
    assert in_groups([row, row], [1]) == row


@given(usage.filter(bool))
def test_the_stored_vector_gives_the_stated_counts_back(stated: dict[str, Any]) -> None:
    row, _ = row_of({"id": CALL, "started_at": "2026-11-02T12:00:00Z", "usage": stated})
    told = {name: value for name, value in stated.items() if value is not None and name != "convention"}
    assert Derivation().told_usage(row) == told


def test_a_partial_update_of_usage_is_taken_apart_as_a_whole() -> None:
    base = {"id": CALL, "started_at": "2026-11-02T12:00:00Z", "latency_ms": 1.0}
    first = row_of(base | {"usage": {"input_tokens": 100, "convention": "inclusive"}})
    second = row_of(base | {"usage": {"cached_input_tokens": 40}})

    row, _ = in_groups([first, second], [1])

    place = partial(POSITION.__getitem__)
    assert (row[place("input_uncached")], row[place("cache_read")]) == (60, 40)
