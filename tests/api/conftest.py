"""A project with a key, and a client that uses it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from projects import keys
from projects.models import Organisation, Project


@dataclass
class Caller:
    """Someone with a key of one project."""

    project: Project
    key: str

    @property
    def id(self) -> int:
        return self.project.pk

    def get(self, path: str, query: Any = None) -> tuple[int, Any]:
        answer = Client().get(path, query or {}, headers={"Authorization": f"Bearer {self.key}"})
        return answer.status_code, json.loads(answer.content)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = Client().post(path, json.dumps(body), content_type="application/json", headers=headers)
        return answer.status_code, json.loads(answer.content)

    def ask(self, *measures: str, **more: Any) -> Any:
        status, answer = self.post("/api/v1/query", {"measures": list(measures), **more})
        assert status == 200, answer
        return answer


def a_caller(project_id: int, scopes: tuple[str, ...] = ("read", "ingest"), zone: str = "UTC") -> Caller:
    """Make a project with this id (unused in the event store) and a key for it."""
    organisation, _ = Organisation.objects.get_or_create(name="Test")
    project = Project.objects.create(
        pk=project_id, organisation=organisation, slug=f"p{project_id}", name=f"P{project_id}", timezone=zone
    )
    _, secret = keys.create(project, name="test", scopes=scopes)
    return Caller(project, secret)


@pytest.fixture
def caller(db: None, project_id: int) -> Iterator[Caller]:
    keys.forget()
    yield a_caller(project_id)
    keys.forget()


@pytest.fixture
def stranger(caller: Caller) -> Caller:
    """Someone with a key of another project."""
    return a_caller(caller.id + 10**7)
