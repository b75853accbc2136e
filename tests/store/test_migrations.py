"""Migrations: each once, in order, and the tables they make are the ones the code believes in."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from store import client, migrate, schema

pytestmark = pytest.mark.usefixtures("event_store")


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("migrate_events", *arguments, stdout=out)
    return out.getvalue()


def test_a_second_run_applies_nothing() -> None:
    assert migrate.apply() == []
    assert printed() == ""
    applied = client.operator_select("SELECT name FROM migrations FINAL ORDER BY name")
    assert [row["name"] for row in applied] == [migration.name for migration in migrate.migrations()]


def test_an_interrupted_migration_is_finished_by_the_next_run() -> None:
    """As if the process had died between the last statement and the line in the history."""
    for migration in migrate.migrations():
        for sql in migrate.statements(migration):
            client.define(migrate.bare(sql))


def test_files_are_numbered_without_gap_or_double() -> None:
    numbers = [int(migration.name.split("_")[0]) for migration in migrate.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_printing_runs_nothing_and_names_the_cluster_everywhere() -> None:
    assert "ON CLUSTER" not in printed("--print")
    clustered = printed("--print", "--cluster", "main")
    creates = [line for line in clustered.splitlines() if line.startswith("CREATE ")]
    assert len(creates) > 10
    assert all("ON CLUSTER 'main'" in line for line in creates)


def test_the_columns_of_a_call_are_those_of_the_table() -> None:
    table = [row["name"] for row in client.operator_select("DESCRIBE TABLE calls")]
    assert [name for name in table if name != "ingested_at"] == list(schema.CALL_NAMES)


def test_what_counts_as_unknown_is_what_the_table_holds_when_nothing_is_told(project_id: int) -> None:
    known = {"project_id": [project_id], "ts": [0], "call_id": [uuid4()], "version": [1]}
    client.insert("calls", known, token=str(uuid4()))
    sql = "SELECT * FROM calls WHERE project_id = {project_id:UInt32}"
    (row,) = client.select(sql, project_id=project_id)
    for column in schema.CALL_COLUMNS:
        if column.name not in known:
            assert row[column.name] == column.unknown, column.name


def test_texts_hold_what_bodies_are_named() -> None:
    table = {row["name"] for row in client.operator_select("DESCRIBE TABLE bodies")}
    assert set(schema.BODY_NAMES) < table


def test_live_views_show_every_column_of_their_tables() -> None:
    for table in ("calls", "bodies", "spans"):
        plain = client.operator_select(f"DESCRIBE TABLE {table}")
        live = client.operator_select(f"DESCRIBE TABLE {table}_live")
        assert [row["name"] for row in live] == [row["name"] for row in plain]


@pytest.mark.parametrize("view", ["calls_live", "bodies_live", "spans_live"])
def test_the_bounds_of_a_question_reach_the_primary_key_through_the_view(view: str, project_id: int) -> None:
    sql = (
        f"EXPLAIN indexes = 1 SELECT count() FROM {view} WHERE project_id = {{project_id:UInt32}}"
        " AND ts >= '2026-01-03 00:00:00' AND ts < '2026-01-04 00:00:00'"
    )
    insert_anywhere(view.removesuffix("_live"), project_id)
    plan = "\n".join(row["explain"] for row in client.select(sql, project_id=project_id))
    assert "FINAL: 1" in plan
    condition = plan.partition("PrimaryKey")[2].partition("Condition:")[2].partition("Parts")[0]
    assert f"(project_id in [{project_id}, {project_id}])" in condition
    assert condition.count("(ts in ") == 2


def insert_anywhere(table: str, project_id: int) -> None:
    own = {"spans": {"trace_id": ["t"]}}.get(table, {"call_id": [uuid4()]})
    client.insert(table, {"project_id": [project_id], "ts": [0], "version": [1], **own}, token=str(uuid4()))
