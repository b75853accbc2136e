"""Six kills with -9 under load; benchmarks/kill9.py does two hundred."""

from pathlib import Path

import pytest

from benchmarks import kill9


@pytest.mark.slow
def test_after_kills_nothing_acknowledged_is_missing_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    targets = ["store", "web", "all", "store", "all", "web"]

    found = kill9.run(tmp_path / "data", targets, senders=3, seed=7)

    assert found["acknowledged"] == found["stored"] > 500
    assert found["repeats"] > 0
