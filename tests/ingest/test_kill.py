"""Kill -9 of the store, of web and of everything, under load, with the rollup job live: nothing is lost or doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.kills import Onslaught
from tests.services.launcher import Launch, launchers


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    with launchers(tmp_path / "data") as make:
        yield make


@pytest.mark.slow
def test_nothing_acknowledged_is_missing_or_doubled_after_six_kills(launch: Launch) -> None:
    onslaught = Onslaught(launch)
    onslaught.run(["store", "web", "everything", "web", "store", "everything"])

    report = onslaught.report()

    assert report["acknowledged"] > 500
    assert {name: report[name] for name in ("missing", "doubled", "unknown", "different", "wrong answers")} == {
        "missing": [],
        "doubled": 0,
        "unknown": [],
        "different": [],
        "wrong answers": [],
    }
    assert onslaught.sums() == onslaught.sums("hour") == onslaught.expected()
