"""Folding several events of one call: the result is a function of the set of events, never of their order."""

from collections.abc import Mapping
from hashlib import sha256
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from store import version as versions
from store.fold import Row, fold, sources
from store.schema import CALL_COLUMNS, POSITION, USAGE

CALL = UUID(int=7)
NOON_US = 1_772_000_000_000_000


class AsTold:
    """The plainest derivation: counts are the columns themselves, a status that nobody told is ok."""

    def told_usage(self, row: Row) -> Mapping[str, int]:
        return {column.name: row[POSITION[column.name]] for column in USAGE if row[POSITION[column.name]] is not None}

    def settle(self, told: Mapping[str, Any], previous: Row | None) -> Mapping[str, Any]:
        return {
            "status": told.get("status", "ok"),
            **{column.name: told.get(f"usage.{column.name}") for column in USAGE},
        }


def an_event(at_us: int, *, finished: bool = False, content: bytes = b"", **told: Any) -> Row:
    """One event of the call, known to its sender at `at_us`."""
    values = {column.name: column.unknown for column in CALL_COLUMNS} | {"ts": NOON_US, "project_id": 1}
    version = versions.of_event(finished=finished, at_us=at_us, content=content or sha256(repr(told).encode()).digest())
    values |= {"call_id": CALL, "version": version} | told
    return tuple(values[column.name] for column in CALL_COLUMNS)


def folded(*events: Row) -> Row:
    return fold([(event, None) for event in events], AsTold())[0]


def value(row: Row, name: str) -> Any:
    return row[POSITION[name]]


def test_the_latest_source_time_decides_a_field_and_the_unknown_never_erases() -> None:
    early = an_event(100, task="draft", user_id="u1", latency_ms=5.0)
    late = an_event(200, task="final", customer_id="c1")

    for order in permutations([early, late]):
        row = folded(*order)
        told = [value(row, name) for name in ("task", "user_id", "customer_id", "latency_ms")]
        assert told == ["final", "u1", "c1", 5.0]


def test_a_later_note_on_a_finished_call_decides_its_field() -> None:
    finished = an_event(100, finished=True, task="draft", status="error")
    note = an_event(300, task="final")

    row = folded(finished, note)

    assert (value(row, "task"), value(row, "status")) == ("final", "error")
    assert value(row, "version") & versions.FINISHED


def test_tags_are_folded_key_by_key() -> None:
    row = folded(an_event(1, tags={"a": "1", "b": "1"}), an_event(2, tags={"b": "2", "c": "2"}))
    assert value(row, "tags") == {"a": "1", "b": "2", "c": "2"}


def test_a_call_never_has_more_tags_than_the_limit_and_which_is_no_accident() -> None:
    events = [an_event(n, tags={f"{n}{k:02}": "x" for k in range(20)}) for n in range(1, 5)]
    rows = {folded(*order)[POSITION["fold"]]: folded(*order) for order in permutations(events)}
    (row,) = rows.values()
    assert list(value(row, "tags")) == [f"1{k:02}" for k in range(20)] + [f"2{k:02}" for k in range(12)]


def test_folding_rows_that_were_folded_is_the_same_as_folding_all_events() -> None:
    a, b, c, d = (an_event(n, task=f"t{n}", **{"user_id": f"u{n}"} if n % 2 else {}) for n in range(1, 5))
    all_at_once = folded(a, b, c, d)
    assert folded(folded(a, d), folded(b, c)) == all_at_once
    assert folded(folded(folded(c, b), d), a) == all_at_once
    assert folded(all_at_once, b, all_at_once) == all_at_once


def test_a_folded_row_outranks_every_event_in_it_and_every_smaller_fold() -> None:
    a = an_event(900, content=b"\xff" * 8)
    b = an_event(100, finished=True, content=b"\xff" * 8)
    c = an_event(500, content=b"\xff" * 8)
    pair, triple = folded(a, b), folded(a, b, c)
    assert max(value(a, "version"), value(b, "version")) < value(pair, "version") < value(triple, "version")
    assert sources(value(triple, "version"), value(triple, "fold")) == {value(x, "version") for x in (a, b, c)}


def test_more_events_than_the_counter_holds_still_rank_higher() -> None:
    events = [an_event(1, task=f"t{n}") for n in range(300)]
    ranks = [versions.of_fold(value(event, "version") for event in events[:n]) for n in range(250, 300)]
    assert ranks == sorted(ranks)


def test_texts_are_folded_too() -> None:
    created = (an_event(1), ("question", "", ""))
    done = (an_event(2), ("", "answer", ""))
    older = (an_event(0), ("an older question", "", "[]"))
    assert fold([created, done, older], AsTold())[1] == ("question", "answer", "[]")


def test_the_retention_of_the_stored_row_is_inherited() -> None:
    stored, late = an_event(1, keep_days=30), an_event(2, keep_days=90)
    row, _ = fold([(late, None), (stored, None)], AsTold(), previous=stored)
    assert value(row, "keep_days") == 30


def test_one_event_alone_is_left_as_it_is() -> None:
    event = an_event(1, task="t")
    assert folded(event, event) is event or folded(event, event) == event


@pytest.mark.parametrize("finished", [True, False])
def test_a_version_keeps_time_and_completeness(finished: bool) -> None:
    version = versions.of_event(finished=finished, at_us=NOON_US, content=b"12345678")
    assert versions.source_time(version) == NOON_US
    assert bool(version & versions.FINISHED) is finished
    assert version < 1 << 128
