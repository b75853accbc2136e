"""One request on its way to the store: its calls, its size, and the promise it waits for."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from store.fold import Body, Row

GROUP_ROWS = 5_000
GROUP_BYTES = 16 * 1024 * 1024
GROUP_PARTITIONS = 20
WEEK_US = 7 * 24 * 3600 * 1_000_000
ROW_BYTES = 1_000
"""What a row takes in memory beside its texts, about."""

Event = tuple[Row, Body | None]


class QueueFull(Exception):
    """Too much waits to be written. Nothing was taken."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("This project's share of the queue is full." if own else "The queue is full.")
        self.own = own
        """True if this project alone fills its share: others still get in."""


class Receipt(NamedTuple):
    """What became of the calls of one request."""

    accepted: int
    duplicates: int


class Promise:
    """The answer to one request, which may travel in several groups."""

    def __init__(self, parts: int) -> None:
        self.future: Future[Receipt] = Future()
        self._parts = parts
        self._accepted = self._duplicates = 0

    def part(self, accepted: int, duplicates: int) -> None:
        """Note that one part is durable; the last one answers."""
        self._parts -= 1
        self._accepted += accepted
        self._duplicates += duplicates
        if not self._parts and not self.future.done():
            self.future.set_result(Receipt(self._accepted, self._duplicates))

    def fail(self, error: Exception) -> None:
        """Answer with an error, unless another part has."""
        if not self.future.done():
            self.future.set_exception(error)


class Unit:
    """Calls and spans that are written together. Compared by identity."""

    def __init__(self, events: list[Event], spans: Sequence[tuple[Any, ...]], promise: Promise) -> None:
        self.events = events
        self.spans = spans
        self._promise = promise
        self._duplicates = 0
        self.rows = len(events) + len(spans)
        self.bytes = self.rows * ROW_BYTES + sum(_size(body) for _, body in events) + sum(_span_size(s) for s in spans)
        self.project = events[0][0][0] if events else spans[0][0] if spans else 0
        self.partitions = {(row[5], row[1] // WEEK_US) for row, _ in events}

    @property
    def receipt(self) -> "Future[Receipt]":
        """What the request waits for."""
        return self._promise.future

    def count(self, duplicates: int) -> None:
        """Note how many of the calls were known."""
        self._duplicates = duplicates

    def finish(self) -> None:
        """Everything of this unit is durable and seen."""
        self._promise.part(len(self.events) - self._duplicates, self._duplicates)

    def fail(self, error: Exception) -> None:
        """Nothing of this unit may be taken for stored."""
        self._promise.fail(error)


def units(events: list[Event], spans: Sequence[tuple[Any, ...]]) -> list[Unit]:
    """Split a request so that no part touches more partitions than one insert may; nearly always one part."""
    pieces = list(_pieces(events))
    promise = Promise(len(pieces))
    return [Unit(piece, spans if at == 0 else (), promise) for at, piece in enumerate(pieces)]


def _pieces(events: list[Event]) -> list[list[Event]]:
    weeks = {(row[5], row[1] // WEEK_US) for row, _ in events}
    if len(weeks) <= GROUP_PARTITIONS and len(events) <= GROUP_ROWS:
        return [events]
    pieces: list[list[Event]] = []
    touched: set[tuple[int, int]] = set()
    for event in sorted(events, key=lambda event: event[0][1]):
        week = (event[0][5], event[0][1] // WEEK_US)
        if not pieces or len(touched | {week}) > GROUP_PARTITIONS or len(pieces[-1]) >= GROUP_ROWS:
            pieces.append([])
            touched = set()
        touched.add(week)
        pieces[-1].append(event)
    return pieces


def _size(body: Body | None) -> int:
    return sum(map(len, body)) if body else 0


def _span_size(span: tuple[Any, ...]) -> int:
    attributes = span[-1]
    return sum(len(key) + len(value) for key, value in attributes.items()) if isinstance(attributes, dict) else 0
