"""The client: rows go in and come out with their types, one project at a time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from store import client

pytestmark = pytest.mark.usefixtures("event_store")
START = datetime(2026, 11, 3, 12, 30, 15, 123456, tzinfo=UTC)


def columns(project_id: int, count: int = 1, **changes: Any) -> dict[str, list[Any]]:
    """Return the least a call needs, `count` times."""
    base: dict[str, list[Any]] = {
        "project_id": [project_id] * count,
        "ts": [START] * count,
        "call_id": [uuid4() for _ in range(count)],
        "version": list(range(1, count + 1)),
    }
    return base | {name: [value] * count for name, value in changes.items()}


def test_an_inserted_row_comes_back_with_its_types(project_id: int) -> None:
    client.insert(
        "calls",
        columns(project_id, model="gpt-4o", cost_current=Decimal("0.000000000000000001"), tags={"plan": "pro"}),
        token=str(uuid4()),
    )
    rows = client.select(
        "SELECT ts, call_id, version, model, cost_current, cost_booked, tags, streaming, ingested_at FROM calls_live"
        " WHERE project_id = {project_id:UInt32} AND ts >= {start:DateTime64(6, 'UTC')}",
        project_id=project_id,
        start=START,
    )
    assert len(rows) == 1
    row = rows[0]
    assert row["ts"] == START
    assert row["ts"].tzinfo is not None
    assert isinstance(row["call_id"], UUID)
    assert row["cost_current"] == Decimal("0.000000000000000001")
    assert (row["cost_booked"], row["streaming"], row["version"]) == (None, None, 1)
    assert row["tags"] == {"plan": "pro"}
    assert row["ingested_at"].tzinfo is not None
