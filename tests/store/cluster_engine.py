"""Runs in a process of its own: opens an engine that believes in two shards and runs the clustered migrations on it.

Both shards are this very engine, so a row is read twice through a Distributed table. Replicated tables are created, but
stay read-only without a real keeper; rows therefore go, in another run, through the same tables with replication taken
out.
Prints one JSON object. With this configuration the engine hangs or aborts when it is closed, hence `os._exit`.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlencode

import chdb
from chdb.state.sqlitelike import Connection

from store.migrate import migrations, statements

CONFIG = """<clickhouse>
  <tcp_port>{port}</tcp_port>
  <listen_host>127.0.0.1</listen_host>
  <remote_servers><main>
    <shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>
    <shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>
  </main></remote_servers>
  <macros><shard>1</shard><replica>one</replica></macros>
  {keeper}
</clickhouse>"""
INSERT = """INSERT INTO calls (project_id, ts, call_id, version, is_deleted, model)
SELECT 7, '2026-11-01 00:00:00', toUUID(concat('00000000-0000-7000-8000-', leftPad(toString(number % 100), 12, '0'))),
    1 + intDiv(number, 100), 0, if(number < 100, 'old', 'new') FROM numbers(200)"""


def ask(connection: Connection, sql: str) -> list[list[str]]:
    text = connection.query(sql, "TSV").bytes().decode()
    return [line.split("\t") for line in text.splitlines()]


def without_replication(sql: str) -> str:
    head, mark, rest = sql.partition("ENGINE = Replicated")
    if not mark:
        return sql
    return head + "ENGINE = " + rest.replace("replicated_ded", "non_replicated_ded").replace(keeper_path(rest), "", 1)


def keeper_path(rest: str) -> str:
    """Return the two arguments that replication adds, with the comma behind them if others follow."""
    inside = rest[rest.index("(") + 1 :]
    end = inside.index("'{replica}'") + len("'{replica}'")
    return inside[:end] + (", " if inside[end:].startswith(", ") else "")


def open_engine(folder: Path, port: str, *, replicated: bool) -> Connection:
    """Return the engine with the clustered tables, made by the very statements of `migrate_events --cluster`."""
    keeper = "<zookeeper><implementation>testkeeper</implementation></zookeeper>" if replicated else ""
    (folder / "config.xml").write_text(CONFIG.format(port=port, keeper=keeper))
    connection = chdb.connect(f"{folder / 'data'}?{urlencode({'config-file': str(folder / 'config.xml')})}")
    connection.query("CREATE DATABASE polymeter")
    connection.query("USE polymeter")
    for migration in migrations():
        for sql in statements(migration, "main", on_cluster=False):
            connection.query(sql if replicated else without_replication(sql))
    return connection


def rows(connection: Connection) -> dict[str, list[list[str]]]:
    """Write two versions of a hundred calls through the Distributed table and read them back."""
    connection.query("SET distributed_foreground_insert = 1")
    connection.query(INSERT)
    return {
        "stored": ask(connection, "SELECT count(), uniqExact(call_id) FROM calls_local"),
        "read": ask(connection, "SELECT count(), uniqExact(call_id), any(model), uniq(model) FROM calls_live"),
        "shards": ask(connection, "SELECT _shard_num, count() FROM calls GROUP BY 1 ORDER BY 1"),
    }


def look(connection: Connection, *, replicated: bool) -> dict[str, list[list[str]]]:
    engines = ask(connection, "SELECT name, engine FROM system.tables WHERE database = 'polymeter'")
    return {"tables": engines} | ({} if replicated else rows(connection))


if __name__ == "__main__":
    import django

    django.setup()
    with_keeper = sys.argv[3] == "replicated"
    engine = open_engine(Path(sys.argv[1]), sys.argv[2], replicated=with_keeper)
    print(json.dumps(look(engine, replicated=with_keeper)), flush=True)
    os._exit(0)
