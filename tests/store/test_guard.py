"""Which statements reach the engine: ours do, ways out of the event store do not."""

import pytest

from store.engine.guard import OUTSIDE, Lane, Refused, judge
from tests.services.store import StoreProcess
from tests.store.wire import ask

HARMLESS = {"format", "generaterandom", "generateseries", "generate_series", "null", "numbers", "numbers_mt", "primes"}
HARMLESS |= {"sqlstandardvalues", "values", "view", "zeros", "zeros_mt"}


@pytest.mark.parametrize(
    ("sql", "lane"),
    [
        ("SELECT 'a;b -- file(' FROM calls_live WHERE model = 'it''s' AND x = '\\'; DROP'", Lane.READ),
        ("WITH 1 AS a SELECT a;", Lane.READ),
        ("(SELECT 1) UNION ALL (SELECT 2) FORMAT Native", Lane.READ),
        ("EXPLAIN indexes = 1 SELECT 1", Lane.READ),
        ("INSERT INTO calls (`ts`) FORMAT Native", Lane.INSERT),
        ("INSERT INTO calls_hourly SELECT * FROM calls_live", Lane.MAINTENANCE),
        ("ALTER TABLE calls UPDATE price_id = 1 WHERE project_id = 2", Lane.MAINTENANCE),
        ("CREATE TABLE t (a UInt8) ENGINE = ReplacingMergeTree(a) ORDER BY a", Lane.MAINTENANCE),
    ],
)
def test_our_statements_find_their_lane(sql: str, lane: Lane) -> None:
    assert judge(sql).lane is lane


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "SELECT * FROM file('/etc/passwd')",
        "SELECT * FROM FILE ('/etc/passwd')",
        "SELECT * FROM `file`('/etc/passwd')",
        'SELECT * FROM "file" ("/etc/passwd")',
        "SELECT * FROM `fi\\x6ce`('/etc/passwd')",
        "SELECT * FROM file\u00a0('/etc/passwd')",
        "SELECT “a” FROM calls",
        "SELECT /* /* */ ' */ file('/etc/passwd') -- '",
        "SELECT 1 // ' \n file('/etc/passwd') '",
        "SELECT 1 -- comment",
        "SELECT 1 # comment",
        "SELECT $$text$$",
        "SELECT * FROM default.`/etc/passwd`",
        "SELECT * FROM `default` . `/etc/passwd`",
        "SELECT * FROM {t:Identifier}",
        "SELECT 1 INTO OUTFILE '/etc/x'",
        "INSERT INTO calls FROM INFILE '/etc/x' FORMAT CSV",
        "INSERT INTO FUNCTION url('http://x') SELECT * FROM calls",
        "SELECT * FROM remote('10.0.0.1', system.one)",
        "SELECT * FROM executable('x', TSV, 'a String')",
        "SELECT aiGenerate('x')",
        "CREATE DATABASE z ENGINE = Filesystem('/')",
        "CREATE DICTIONARY d (a UInt8) PRIMARY KEY a SOURCE(FILE(path 'x'))",
        "CREATE OR REPLACE FUNCTION f AS (x) -> x",
        "CREATE TABLE t (a UInt8) ENGINE = URL('http://x')",
        "CREATE TABLE t (a UInt8) ENGINE File(CSV)",
        "CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = s3)",
        "CREATE USER root",
        "GRANT ALL ON *.* TO root",
        "SYSTEM SHUTDOWN",
        "SET max_memory_usage = 0",
        "USE default",
        "ATTACH TABLE t FROM '/etc'",
        "BACKUP TABLE calls TO File('x')",
        "KILL QUERY WHERE 1",
        "",
        ";",
    ],
)
def test_ways_out_are_refused(sql: str) -> None:
    with pytest.raises(Refused):
        judge(sql)


def test_every_table_function_of_the_engine_is_known_to_the_guard(event_store: StoreProcess) -> None:
    """A new version of the engine brings new functions: someone must decide about each."""
    names = set(ask(event_store, "SELECT lower(name) FROM system.table_functions").text.split())
    assert names - OUTSIDE == HARMLESS & names


@pytest.mark.parametrize("sql", ["SELECT file('/etc/hostname')", "SELECT 1; SELECT 2", "SELECT 1 -- x"])
def test_the_store_process_asks_the_guard(event_store: StoreProcess, sql: str) -> None:
    answer = ask(event_store, sql)
    assert answer.status == 400
    assert "DB::Exception" in answer.text
