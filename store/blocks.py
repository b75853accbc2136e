"""Rows turned into the columns of one insert, with the token that makes its repetition harmless."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from store import client
from store.plan import IS_DELETED, Plan
from store.schema import BODY_NAMES, CALL_NAMES

BODY_COLUMNS = ("project_id", "ts", "call_id", "version", "is_deleted", "keep_days", *BODY_NAMES)
SPAN_COLUMNS = (
    "project_id", "ts", "trace_id", "span_id", "parent_span_id", "version", "is_deleted", "keep_days", "name", "kind",
    "status", "status_message", "duration_ms", "sender_name", "attributes",
)  # fmt: skip
SPAN_VERSION = SPAN_COLUMNS.index("version")


class Block(NamedTuple):
    """One insert, frozen: repeating it with its token writes nothing more."""

    table: str
    columns: Mapping[str, Sequence[Any]]
    token: str

    def insert(self) -> None:
        """Write the block durably.

        Raises:
            StoreError: it may or may not have been written; repeat the identical block.
        """
        client.insert(self.table, self.columns, token=self.token)


def blocks(plan: Plan, spans: Sequence[tuple[Any, ...]]) -> list[Block]:
    """Return the inserts in the order that they must happen: only the row in `calls` makes a call exist."""
    found = []
    if plan.bodies:
        found.append(_block("bodies", BODY_COLUMNS, plan.bodies, [_key(row, row[4]) for row in plan.bodies]))
    if plan.calls:
        found.append(_block("calls", CALL_NAMES, plan.calls, [_key(row, row[IS_DELETED]) for row in plan.calls]))
    if spans:
        keys = [repr((row[0], row[2], row[3], row[SPAN_VERSION])).encode() for row in spans]
        found.append(_block("spans", SPAN_COLUMNS, spans, keys))
    return found


def _key(row: tuple[Any, ...], is_deleted: int) -> bytes:
    """Project, start, id and version stand first in both tables, in this order; a grave differs from a row."""
    numbers = row[0] << 1 | is_deleted, row[1], row[2].int, row[3]
    return b"".join([number.to_bytes(16, "big") for number in numbers])


def _block(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], keys: list[bytes]) -> Block:
    token = sha256(table.encode() + b"".join(sorted(keys)))
    return Block(table, dict(zip(names, zip(*rows, strict=True), strict=True)), token.hexdigest())
