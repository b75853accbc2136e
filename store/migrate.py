"""Forward-only migrations of the event store: numbered SQL files, each applied once."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from store import client, cluster

FOLDER: Final = Path(__file__).parent / "migrations"
HISTORY: Final = """-- shard by cityHash64(name)
CREATE TABLE IF NOT EXISTS {db}.migrations (
    name String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree() ORDER BY name SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    name: str
    text: str


def migrations() -> list[Migration]:
    """Return all migrations in their order."""
    return [Migration(path.stem, path.read_text()) for path in sorted(FOLDER.glob("[0-9]*.sql"))]


def statements(migration: Migration, cluster_name: str | None = None, *, on_cluster: bool = True) -> list[str]:
    """Return the SQL of a migration, for one server or for a cluster."""
    text = migration.text.replace("{db}", client.database())
    plain = [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", text) if _has_code(part)]
    if cluster_name is None:
        return plain
    return [sql for part in plain for sql in cluster.clustered(part, cluster_name, on_cluster=on_cluster)]


def script(cluster_name: str | None = None) -> list[str]:
    """Return all SQL for whoever prefers to run it by hand."""
    where = f" ON CLUSTER '{cluster_name}'" if cluster_name else ""
    parts = [Migration("history", HISTORY), *migrations()]
    create = f"CREATE DATABASE IF NOT EXISTS {client.database()}{where}"
    return [create, *(sql for part in parts for sql in statements(part, cluster_name))]


def bare(sql: str) -> str:
    """Return a statement without the lines that only comment: the embedded store takes no comments."""
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))


def _has_code(part: str) -> bool:
    return bool(bare(part).strip())


def apply(cluster_name: str | None = None) -> list[str]:
    """Apply what is missing and return the names. Safe to repeat and to interrupt: every statement is idempotent."""
    cluster_name = cluster_name or client.address().cluster
    client.create_database(cluster_name)
    for sql in statements(Migration("history", HISTORY), cluster_name):
        client.define(bare(sql))
    done = {row["name"] for row in client.operator_select("SELECT DISTINCT name FROM migrations")}
    applied = []
    for migration in migrations():
        if migration.name in done:
            continue
        for sql in statements(migration, cluster_name):
            client.define(bare(sql))
        client.insert("migrations", {"name": [migration.name]}, token=f"migration {migration.name}")
        applied.append(migration.name)
    return applied
