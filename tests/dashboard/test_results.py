"""What a page says when the store refused: what happened, the words for the log, and what to try."""

import logging

import pytest

from dashboard.results import failure
from store.client import StoreError


def test_a_slow_question_offers_less_time() -> None:
    found = failure(StoreError("too slow", retry=True, code=159), "?period=12mo", shorter="?period=7d")

    assert found.words == "This took longer than 15 s."
    assert (found.retry, found.shorter) == ("?period=12mo", "?period=7d")


def test_a_failure_has_the_reference_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="dashboard.results"):
        found = failure(StoreError("refused", retry=True), "?", shorter="?period=7d")

    assert found.words == "The event store did not answer."
    assert found.shorter == ""
    assert f"ref {found.reference}: the event store did not answer: refused" in caplog.text
