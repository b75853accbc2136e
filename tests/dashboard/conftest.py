"""A project with calls in the real event store, and a person who is signed in."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.template import engines
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Organisation, Project, Role
from store import client as store_client
from tests.analytics.events import a_call, put

MISSING = "[[missing: %s]]"
Fetch = Callable[..., str]


@pytest.fixture
def project(db: None, project_id: int) -> Project:
    """A project that no other test has rows in."""
    organisation = Organisation.objects.create(name="Shop")
    return Project.objects.create(pk=project_id, organisation=organisation, slug=f"shop-{project_id}", name="Shop")


@pytest.fixture
def person(project: Project) -> User:
    """A viewer of the project."""
    user = User.objects.create_user("dana")  # no password, for hashing one takes as long as a page
    Membership.objects.create(project=project, user=user, role=Role.VIEWER)
    return user


@pytest.fixture
def signed_in_client(client: Client, person: User) -> Iterator[Client]:
    """A client of that person; templates complain about every variable that does not exist."""
    client.force_login(person)
    cache.clear()
    engine = engines["django"].engine  # type: ignore[attr-defined]
    before, engine.string_if_invalid = engine.string_if_invalid, MISSING
    yield client
    engine.string_if_invalid = before


@pytest.fixture
def fetch(signed_in_client: Client, project: Project) -> Fetch:
    """Get a page of the project and return its HTML; `status` is what must come back."""

    def get(path: str, *, status: int = 200, **headers: str) -> str:
        response = signed_in_client.get(f"/p/{project.slug}/{path}", headers=headers)
        assert response.status_code == status, response.content[:500]
        html = b"".join(response) if response.streaming else response.content
        text = html.decode()
        assert "[[missing" not in text, text[text.index("[[missing") - 200 :][:300]
        return text

    return get


@pytest.fixture
def days_ago() -> Callable[[float], datetime]:
    """A moment so many days back, at least a minute ago."""
    return lambda days: timezone.now() - timedelta(days=days, minutes=1)


@pytest.fixture
def calls(project: Project, days_ago: Callable[[float], datetime]) -> list[dict[str, Any]]:
    """Forty calls of two models now, twenty of them before; one model has no price."""
    rows = [
        a_call(project.pk, days_ago(0), model="claude-sonnet-4", provider="anthropic", feature="faq", cost="0.5")
        for _ in range(20)
    ]
    rows += [a_call(project.pk, days_ago(0), feature="search", cost="0.01", latency_ms=3000.0) for _ in range(20)]
    rows += [
        a_call(project.pk, days_ago(0), model="claude-3.5-opus", provider="anthropic", cost=None) for _ in range(2)
    ]
    rows += [a_call(project.pk, days_ago(0), status="error", error_type="timeout", feature="search", cost="0")]
    rows += [a_call(project.pk, days_ago(7), model="claude-sonnet-4", feature="faq", cost="0.2") for _ in range(20)]
    put(rows)
    return rows


@pytest.fixture
def count_queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement sent to the event store from here on; they still reach it."""
    sent: list[str] = []
    select = store_client.select

    def counting(sql: str, **more: Any) -> list[dict[str, Any]]:
        sent.append(sql)
        return select(sql, **more)

    monkeypatch.setattr(store_client, "select", counting)
    return sent
