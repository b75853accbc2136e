"""Turns the migrations, and the few statements that change tables, into their clustered form.

Each table becomes a replicated local one, `calls_local`, and a Distributed one under the plain name, so that every
read and insert is the same SQL on one machine and on many.
"""

import re
from typing import Final

TABLE: Final = re.compile(
    r"(?P<notes>(?:--[^\n]*\n)*)CREATE TABLE IF NOT EXISTS (?P<db>\w+)\.(?P<table>\w+)\s*(?P<columns>\(.*\))\s*"
    r"ENGINE = (?P<engine>\w*MergeTree)\((?P<arguments>[^)]*)\)(?P<rest>.*)",
    re.S,
)
COLUMN: Final = re.compile(r"\bCOLUMN\b", re.I)
SHARD_NOTE: Final = re.compile(r"^-- shard by (.+)$", re.M)
CHANGE: Final = re.compile(r"^\s*(ALTER TABLE|OPTIMIZE TABLE|DELETE FROM)\s+(?P<table>(?:\w+\.)?\w+)", re.I)


def clustered(sql: str, cluster: str, *, on_cluster: bool = True) -> list[str]:
    """Return the statements that stand for one migration statement on a cluster."""
    where = f" ON CLUSTER '{cluster}'" if on_cluster else ""
    if match := TABLE.fullmatch(sql.strip()):
        return [_local(match, where), _distributed(match, cluster, where)]
    if CHANGE.match(sql):
        local = change(sql, where)
        return [local, CHANGE.sub(rf"\1 \g<table>{where}", sql)] if COLUMN.search(sql) else [local]
    return [re.sub(r"(CREATE (?:VIEW|DATABASE) IF NOT EXISTS [\w.{}]+)", rf"\1{where}", sql)]


def _local(match: re.Match[str], where: str) -> str:
    path = f"'/clickhouse/tables/{{shard}}/{match['db']}/{match['table']}', '{{replica}}'"
    arguments = ", ".join(filter(None, [path, match["arguments"]]))
    rest = match["rest"].replace("non_replicated_deduplication_window", "replicated_deduplication_window")
    return (
        f"{match['notes']}CREATE TABLE IF NOT EXISTS {match['db']}.{match['table']}_local{where} {match['columns']}\n"
        f"ENGINE = Replicated{match['engine']}({arguments}){rest}"
    )


def _distributed(match: re.Match[str], cluster: str, where: str) -> str:
    database, table = match["db"], match["table"]
    return (
        f"CREATE TABLE IF NOT EXISTS {database}.{table}{where} AS {database}.{table}_local\n"
        f"ENGINE = Distributed('{cluster}', {database}, {table}_local, {shard_key(match)})"
    )


def shard_key(match: re.Match[str]) -> str:
    """Return the expression that keeps all versions of one row on one shard."""
    if note := SHARD_NOTE.search(match["notes"]):
        return note[1].strip()
    if re.search(r"^\s*call_id\s", match["columns"], re.M):
        return "cityHash64(call_id)"
    raise ValueError(f"Table {match['table']} needs a line '-- shard by <expression>' above its CREATE TABLE.")


def change(sql: str, where: str) -> str:
    """Point ALTER, OPTIMIZE and DELETE at the local tables: a Distributed table has columns but no rows."""
    return CHANGE.sub(rf"\1 \g<table>_local{where}", sql, count=1)


def everywhere(sql: str, cluster: str) -> str:
    """Return a statement that changes rows, for every shard; any other statement as it is."""
    return change(sql, f" ON CLUSTER '{cluster}'")
