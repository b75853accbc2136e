"""From decoded calls to an acknowledgement: normalise, price, write, count what was refused. HTTP stays outside."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from functools import lru_cache
from typing import Any

import msgspec
from django.db import DatabaseError

from ingest import refusals, senders
from ingest.decode import Item
from ingest.derive import Derivation
from ingest.normalise import normalise
from ingest.origin import Origin
from ingest.refused import Refused
from ingest.schema import CallIn
from pricing import snapshot
from pricing.book import PriceBook
from projects.problem import ProblemError
from store.client import StoreError
from store.fold import Body, Row
from store.writer import QueueFull, Receipt, Writer

WAIT_S = 30.0
"""How long a request waits for its insert. What is written later is found as a duplicate when it is sent again."""


class Rejected(msgspec.Struct):
    """One item that was not stored, and why."""

    index: int
    id: str | None
    errors: dict[str, list[str]]


class Outcome(msgspec.Struct):
    """What became of a batch."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


@lru_cache(maxsize=1)
def writer() -> Writer:
    """Return the writer of this process; everything that stores calls goes through it."""
    return Writer(Derivation())


def accept(items: Sequence[Item], origin: Origin, spans: Sequence[tuple[Any, ...]] = ()) -> Outcome:
    """Store what is good and return once it is durable. Sending the same again stores nothing more.

    `spans` are rows of the table `spans`, in the order of store.blocks.SPAN_COLUMNS.

    Raises:
        ProblemError: 429 or 503 with Retry-After. Nothing is acknowledged; send the same again.
    """
    prices = book()
    with writer().arriving():
        rows, bodies, rejected = normalised(items, origin, prices)
        future = _submit(rows, bodies, spans) if rows or spans else None
    receipt = _receipt(future) if future else Receipt(0, 0)
    refusals.note(origin, rejected)
    senders.note(rows, receipt.duplicates)
    return Outcome(receipt.accepted, receipt.duplicates, rejected)


def book() -> PriceBook:
    """Return the prices of now. Only a process that has never seen any cannot go on without the database."""
    try:
        return snapshot.current()
    except DatabaseError:
        detail = "Prices cannot be read right now. Nothing was stored; send the same request again in a few seconds."
        raise ProblemError(503, "prices_unavailable", "Not ready", detail, headers={"Retry-After": "5"}) from None


def normalised(
    items: Iterable[Item], origin: Origin, prices: PriceBook
) -> tuple[list[Row], list[Body | None], list[Rejected]]:
    """Return rows, texts and refusals."""
    rows: list[Row] = []
    bodies: list[Body | None] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(items):
        try:
            row, body = normalise(_call(item), origin, prices)
        except Refused as refused:
            rejected.append(Rejected(index, item.id, refused.errors))
            continue
        rows.append(row)
        bodies.append(body)
    return rows, bodies, rejected


def _call(item: Item) -> CallIn:
    if isinstance(item, Refused):
        raise item
    return item


def _submit(rows: list[Row], bodies: list[Body | None], spans: Sequence[tuple[Any, ...]]) -> "Future[Receipt]":
    try:
        return writer().submit(rows, bodies, spans)
    except QueueFull as full:
        raise busy(own=full.own) from None


def _receipt(future: "Future[Receipt]") -> Receipt:
    try:
        return future.result(WAIT_S)
    except StoreError as error:
        raise unavailable(retry=error.retry) from error
    except TooLong:
        raise unavailable(retry=True) from None


def busy(*, own: bool) -> ProblemError:
    """Return the answer of a full queue: 429 if this project filled it, else 503."""
    headers = {"Retry-After": "2"}
    if own:
        detail = "This project sends faster than its calls can be stored. Wait for Retry-After seconds, send again."
        return ProblemError(429, "too_fast", "Too many calls at once", detail, headers=headers)
    detail = "More calls wait to be stored than fit in memory. Wait for Retry-After seconds, then send the same again."
    return ProblemError(503, "busy", "Busy", detail, headers=headers)


def unavailable(*, retry: bool) -> ProblemError:
    """Return the answer of a store that did not acknowledge."""
    if not retry:
        detail = "The calls could not be stored; the server's log says why. Nothing of this request is acknowledged."
        return ProblemError(500, "not_stored", "Not stored", detail)
    detail = "The event store did not acknowledge these calls. Send the same request again; nothing is stored twice."
    return ProblemError(503, "store_unavailable", "Store not available", detail, headers={"Retry-After": "2"})
