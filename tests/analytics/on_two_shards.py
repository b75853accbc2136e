"""Runs in a process of its own: rollups and questions over the clustered tables of an engine with two shards.

Both shards are this very engine, so everything counts twice; what this proves is that the statements are ones that a
cluster takes. Prints one JSON object.
"""

import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import django


def main(folder: Path, port: str) -> dict[str, object]:
    from analytics import rollup_sql
    from analytics.where import instant
    from tests.analytics.statements import SPAN, every_statement
    from tests.store.cluster_engine import ask, open_engine, rows

    engine = open_engine(folder, port, replicated=False)
    rows(engine)
    day = datetime(2026, 11, 1, tzinfo=UTC)
    for zone in (None, "Europe/Paris"):
        for sql in rollup_sql.rebuild([SPAN], zone):
            engine.query(plain(sql))
    since = instant(day)
    engine.query(plain(rollup_sql.touched(since, since, since, since)))
    engine.query(plain(rollup_sql.marked(since)))
    engine.query(plain(rollup_sql.HOURS_KEPT))
    asked = 0
    for sql in every_statement():
        if "INSERT" not in sql:
            ask(engine, plain(sql))
            asked += 1
    kept = ask(engine, "SELECT sum(calls) FROM calls_hourly_local FINAL")
    return {"asked": asked, "kept": kept}


def plain(sql: str) -> str:
    """Put values where a client would bind them."""
    values = {"project_id": "7", "gen": "1"}
    return re.sub(r"\{(\w+):([^{}]+)\}", lambda m: values.get(m[1]) or literal(m[2]), sql)


def literal(kind: str) -> str:
    return {"String": "'x'", "Array(String)": "['x', '']"}.get(kind, f"CAST('0', '{kind}')")


if __name__ == "__main__":
    django.setup()
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])), flush=True)
    os._exit(0)
