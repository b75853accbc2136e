"""Rollups and questions are statements that a cluster takes, too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.test_cluster import free_port

ROOT = Path(__file__).parents[2]


@pytest.mark.cluster
def test_every_statement_runs_over_distributed_tables(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.analytics.on_two_shards", str(tmp_path), str(free_port())]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "EVENTS_URL": "embedded"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["asked"] > 50
    assert found["kept"] == [["200"]], "a hundred calls, seen on both shards"
