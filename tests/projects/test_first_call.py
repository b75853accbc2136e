"""The moment of a project's first call."""

from datetime import UTC, datetime

from projects import first_call
from projects.models import Project

FIRST, LATER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


def test_the_first_moment_is_kept(shop: Project) -> None:
    assert first_call.note(shop.pk, FIRST) is True
    assert first_call.note(shop.pk, LATER) is False
    shop.refresh_from_db()
    assert shop.first_call_at == FIRST


def test_a_project_that_is_gone_is_no_error(db: None) -> None:
    assert first_call.note(999_999, FIRST) is False
