"""The clustered form of the tables, as text and executed on an engine with two shards."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from store import cluster, migrate

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_engine(folder: Path, kind: str) -> dict[str, Any]:
    """Run the clustered migrations in a process of their own and return what it found."""
    command = [sys.executable, "-m", "tests.store.cluster_engine", str(folder), str(free_port()), kind]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "EVENTS_URL": "embedded"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.cluster
def test_every_table_becomes_a_replicated_and_a_distributed_one(tmp_path: Path) -> None:
    engines = dict(run_engine(tmp_path, "replicated")["tables"])
    tables = {name for name in engines if f"{name}_local" in engines}
    assert {"calls", "bodies", "spans", "calls_hourly"} <= tables
    assert {engines[name] for name in tables} == {"Distributed"}
    assert all(engines[f"{name}_local"].startswith("Replicated") for name in tables)
    assert {engines[name] for name in ("calls_live", "bodies_live", "spans_live")} == {"View"}


@pytest.mark.cluster
def test_rows_are_spread_by_call_and_read_once_per_shard_in_their_newest_version(tmp_path: Path) -> None:
    found = run_engine(tmp_path, "rows")
    assert found["stored"][0][1] == "100"
    assert found["shards"] == [["1", found["stored"][0][0]], ["2", found["stored"][0][0]]]
    assert found["read"] == [["200", "100", "new", "1"]], "both shards are one table, so each call is seen twice"


def clustered(sql: str) -> list[str]:
    return cluster.clustered(sql, "main")


def test_the_deduplication_window_is_that_of_replicas() -> None:
    for migration in migrate.migrations():
        for sql in migrate.statements(migration, "main"):
            assert "non_replicated" not in sql


def test_versions_of_a_call_meet_on_one_shard() -> None:
    (_, distributed) = clustered(
        "CREATE TABLE IF NOT EXISTS d.t (\n  call_id UUID\n) ENGINE = MergeTree() ORDER BY call_id"
    )
    assert distributed.endswith("Distributed('main', d, t_local, cityHash64(call_id))")


def test_a_table_without_calls_must_say_its_shard() -> None:
    with pytest.raises(ValueError, match="shard by"):
        clustered("CREATE TABLE IF NOT EXISTS d.t (a UInt8) ENGINE = MergeTree() ORDER BY a")


def test_columns_change_on_both_tables_and_rows_on_the_local_one() -> None:
    assert clustered("ALTER TABLE d.calls ADD COLUMN x UInt8") == [
        "ALTER TABLE d.calls_local ON CLUSTER 'main' ADD COLUMN x UInt8",
        "ALTER TABLE d.calls ON CLUSTER 'main' ADD COLUMN x UInt8",
    ]
    assert clustered("OPTIMIZE TABLE calls FINAL") == ["OPTIMIZE TABLE calls_local ON CLUSTER 'main' FINAL"]


def test_a_statement_that_changes_rows_runs_on_every_shard() -> None:
    changed = cluster.everywhere("ALTER TABLE calls UPDATE price_id = 1 WHERE project_id = 2", "main")
    assert changed == "ALTER TABLE calls_local ON CLUSTER 'main' UPDATE price_id = 1 WHERE project_id = 2"
    insert = "INSERT INTO calls_hourly SELECT * FROM calls_live"
    assert cluster.everywhere(insert, "main") == insert
