"""What every test may use. Services (event store, web, browser, PostgreSQL, Valkey) live in tests/services/."""

import os

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.services.store",
    "tests.services.web",
    "tests.services.browser",
    "tests.services.launcher",
    "tests.services.postgres",
    "tests.services.valkey",
]

settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what a green run did not show."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    if skipped:
        terminalreporter.section("NOT TESTED IN A BROWSER", sep="!", red=True)
        terminalreporter.line(f"{len(skipped)} browser tests were skipped: there is no Chromium on this machine.")
