"""`/readyz` is 200 exactly when a call sent now would be acknowledged."""

import shutil
from collections import namedtuple
from datetime import UTC, datetime

import httpx
import pytest
from django.test import Client

from config import health
from ingest import accept
from tests.services import postgres
from tests.services.loopback import stop
from tests.services.store import StoreProcess
from tests.services.web import StartWeb, Web


def send(web: Web, key: str) -> int:
    call = {"started_at": datetime.now(UTC).isoformat(), "provider": "openai", "model": "gpt-4o"}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{web.base_url}/api/v1/calls", json={"calls": [call]}, headers=headers, timeout=30).status_code


def readiness(web: Web) -> tuple[int, set[str]]:
    answer = httpx.get(f"{web.base_url}/readyz", timeout=30)
    return answer.status_code, set(answer.json().get("reasons", ()))


@pytest.mark.postgres
def test_without_its_database_it_goes_on_for_known_keys_and_says_so_when_it_knows_none(start_web: StartWeb) -> None:
    with postgres.server() as address:
        web = start_web(DATABASE_URL=postgres.create_database(address, "control"))
        assert send(web, web.key) == 200

    assert send(web, web.key) == 200
    assert readiness(web) == (200, set())
    assert httpx.get(f"{web.base_url}/healthz").status_code == 200

    stop(web.processes.pop())
    web.launch()  # a new process remembers no key
    assert send(web, web.key) == 503
    assert readiness(web) == (503, {"control_database"})


@pytest.mark.django_db
def test_it_is_ready_when_everything_answers(event_store: StoreProcess, client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_full_queue_is_a_reason(event_store: StoreProcess, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept.writer(), "_queue_bytes", 0)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert set(answer.json()["reasons"]) == {"queue"}
    assert answer["Retry-After"] == "1"


@pytest.mark.django_db
def test_a_full_disk_is_a_reason(event_store: StoreProcess, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, health.LEAST_FREE_BYTES - 1))

    assert set(client.get("/readyz").json()["reasons"]) == {"disk"}


def test_being_alive_asks_nobody(client: Client) -> None:
    """No store, no database: pytest-django would fail a query here."""
    assert client.get("/healthz").json() == {"status": "ok"}
