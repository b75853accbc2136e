"""Stored calls for tests, written straight into the event store."""

import itertools
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from store import client
from store.schema import CALL_COLUMNS, CALL_NAMES

T0 = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
_versions = itertools.count(1)


def a_call(project_id: int, at: datetime = T0, **fields: Any) -> dict[str, Any]:
    """A priced, successful chat; `cost` sets amount, floor, ceiling and status at once (None: the model has no price)."""
    row: dict[str, Any] = {column.name: column.unknown for column in CALL_COLUMNS}
    row |= {"project_id": project_id, "ts": at, "call_id": uuid.uuid4(), "version": next(_versions), "is_deleted": 0}
    row |= {"keep_days": 400, "operation": "chat", "provider": "openai", "model": "gpt-4o", "status": "ok"}
    row |= {"latency_ms": 1000.0, "input_uncached": 100, "output_text": 10}
    return row | _cost(fields.pop("cost", "0.01")) | fields


def _cost(cost: str | None) -> dict[str, Any]:
    amount = None if cost is None else Decimal(cost)
    return {
        "cost_status": "unpriced_model" if amount is None else "priced_exact",
        "cost_booked": amount, "cost_current": amount, "cost_floor": amount or Decimal(0), "cost_ceiling": amount,
    }  # fmt: skip


def put(calls: Iterable[dict[str, Any]], *, ago: timedelta = timedelta()) -> None:
    """Insert the calls as if they had come in some time ago: questions distrust rollups about the last seconds."""
    rows = list(calls)
    table = {name: [row[name] for row in rows] for name in CALL_NAMES}
    if ago:
        table["ingested_at"] = [datetime.now(UTC) - ago] * len(rows)
    client.insert("calls", table, token=uuid.uuid4().hex)


def body(row: dict[str, Any], **texts: str) -> None:
    """Insert the texts of a call."""
    columns = {"project_id": row["project_id"], "ts": row["ts"], "call_id": row["call_id"], "version": row["version"]}
    columns |= {"is_deleted": 0, "keep_days": row["keep_days"], "input": "", "output": "", "tool_calls": ""} | texts
    client.insert("bodies", {name: [value] for name, value in columns.items()}, token=uuid.uuid4().hex)
