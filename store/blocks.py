"""Rows turned into the columns of one insert, with the token that makes its repetition harmless."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from store import client
from store.plan import IS_DELETED, TS, VERSION, Plan
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
        keys = [(row[0], row[2].bytes, row[3], row[1]) for row in plan.bodies]
        found.append(_block("bodies", BODY_COLUMNS, plan.bodies, keys))
    if plan.calls:
        keys = [(row[0], row[2].bytes, row[VERSION], row[TS], row[IS_DELETED]) for row in plan.calls]  # type: ignore[misc]
        found.append(_block("calls", CALL_NAMES, plan.calls, keys))
    if spans:
        found.append(
            _block("spans", SPAN_COLUMNS, spans, [(row[0], row[2], row[3], row[SPAN_VERSION]) for row in spans])
        )
    return found


def _block(table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], keys: list[tuple[Any, ...]]) -> Block:
    token = sha256(table.encode())
    for key in sorted(keys):
        token.update(repr(key).encode())
    return Block(table, dict(zip(names, zip(*rows, strict=True), strict=True)), token.hexdigest())
