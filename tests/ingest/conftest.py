"""A project of its own for each test, a key for it, and a sender that posts calls the way programs do."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from ingest import refusals, senders
from projects import keys
from projects.models import Organisation, Project
from store import client as store_client

NOON = "2026-11-02T12:00:00Z"


def a_call(**overrides: Any) -> dict[str, Any]:
    """A finished call with a fresh id."""
    call = {
        "id": str(uuid.uuid4()),
        "started_at": NOON,
        "latency_ms": 1200.5,
        "operation": "chat",
        "provider": "openai",
        "model": "gpt-4o-mini",
        "status": "ok",
        "usage": {"input_tokens": 100, "output_tokens": 20},
        "task": "support_reply",
        "input": "How do I return an order?",
        "output": "Within thirty days.",
    }
    return call | overrides


class Sender:
    """Posts to /api/v1/calls with the key of one project and reads back what is stored."""

    def __init__(self, project: Project, secret: str) -> None:
        self.project_id = project.pk
        self.secret = secret
        self._client = Client()

    def raw(self, data: bytes, content_type: str = "application/json", **headers: str) -> HttpResponse:
        """Post bytes."""
        every = {"Authorization": f"Bearer {self.secret}", "User-Agent": "shop-backend/3.1 (linux)"} | headers
        every = {name: value for name, value in every.items() if value}
        return self._client.post("/api/v1/calls", data, content_type=content_type, headers=every)  # type: ignore[return-value]

    def post(self, *calls: dict[str, Any]) -> dict[str, Any]:
        """Post calls and return the answer, which must be 200."""
        answer = self.raw(json.dumps({"calls": calls}).encode())
        assert answer.status_code == 200, answer.content
        return answer.json()  # type: ignore[no-any-return, attr-defined]

    def rejected(self, **wrong: Any) -> dict[str, list[str]]:
        """Post one call with these fields and return why it was refused."""
        answer = self.post(a_call(**wrong))
        assert answer["accepted"] == 0
        return answer["rejected"][0]["errors"]  # type: ignore[no-any-return]

    def stored(self) -> list[dict[str, Any]]:
        """Return the calls that readers see."""
        sql = "SELECT * FROM calls_live WHERE project_id = {project_id:UInt32} ORDER BY ts, call_id"
        return store_client.select(sql, project_id=self.project_id)

    def texts(self) -> list[dict[str, Any]]:
        """Return the texts that readers see."""
        sql = "SELECT * FROM bodies_live WHERE project_id = {project_id:UInt32} ORDER BY ts, call_id"
        return store_client.select(sql, project_id=self.project_id)

    def one(self) -> dict[str, Any]:
        """Return the only call that is stored."""
        (call,) = self.stored()
        return call


@pytest.fixture(autouse=True)
def nothing_left_to_count() -> Iterator[None]:
    """What a test counted and did not write is gone with its database."""
    yield
    for tally in (refusals._tally, senders._tally, senders._repeats):
        tally._entries.clear()


@pytest.fixture
def sender(db: None, project_id: int) -> Iterator[Sender]:
    """A program with a key of a fresh project."""
    keys.forget()
    roof = Organisation.objects.create(name="Acme")
    project = Project.objects.create(pk=project_id, organisation=roof, slug=f"shop-{project_id}", name="Shop")
    _, secret = keys.create(project, name="backend", scopes=["ingest"])
    yield Sender(project, secret)
    keys.forget()
