"""docs/ingest.md names every error that a sender can meet."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r'(?:ProblemError|problem)\(\s*(\d{3}), "(\w+)"')


def test_every_error_code_has_its_line() -> None:
    page = (ROOT / "docs" / "ingest.md").read_text()
    files = [*(ROOT / "ingest").glob("*.py"), ROOT / "projects" / "http.py"]
    raised = {found for path in files for found in RAISED.findall(path.read_text())}

    assert len(raised) > 15
    missing = [f"{status} {code}" for status, code in raised if not re.search(rf"\| {status} \|.*`{code}`", page)]
    assert missing == []
