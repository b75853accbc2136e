"""The OpenAPI document is complete, its page is served locally, and the server does what the document says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)  # fmt: skip

from config.wsgi import application
from projects import keys
from tests.analytics.events import T0, a_call, body, put
from tests.api.conftest import a_caller

ADDRESSES = {
    ("get", "/api/v1/calls"), ("post", "/api/v1/calls"), ("get", "/api/v1/calls/{call_id}"),
    ("get", "/api/v1/traces/{trace_id}"), ("post", "/api/v1/query"), ("post", "/v1/traces"),
}  # fmt: skip


def document() -> dict[str, Any]:
    answer = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_the_document_describes_every_address_for_machines() -> None:
    paths = document()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} >= ADDRESSES
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation["summary"], f"{method} {path}"
            assert {"200", "401", "403"} <= set(operation["responses"])


def test_the_docs_page_uses_nothing_from_elsewhere() -> None:
    page = Client().get("/api/docs/").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page.replace("https://fonts", "")
    assert "cdn" not in page


schema = schemathesis.openapi.from_dict(document())
"""Reading calls and figures; sending them is tested in its own room."""
READ = schema.include(path_regex="^/api/v1/").exclude(path="/api/v1/calls", method="POST")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request through WSGI drops a connection that is inside a test's transaction; Django's client avoids that too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("event_store")
@READ.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_server_does_what_the_document_says(case: Case, project_with_calls: str) -> None:
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {project_with_calls}"}
    case.call_and_validate(app=application, checks=CHECKS)


@pytest.mark.django_db
@pytest.mark.usefixtures("event_store")
def test_what_is_there_looks_as_the_document_says(project_id: int) -> None:
    keys.forget()
    caller = a_caller(project_id)
    row = a_call(project_id, T0, trace_id="t", prompt_name="p", route_name="r", usage_raw='{"x":1}', cost="0.25")
    put([row])
    body(row, input='[{"role":"user"}]', output="text")
    for path, parameters in (
        ("calls/{call_id}", {"call_id": str(row["call_id"])}),
        ("traces/{trace_id}", {"trace_id": "t"}),
    ):
        case = READ[f"/api/v1/{path}"]["GET"].Case(path_parameters=parameters, query={})
        case.headers = {"Authorization": f"Bearer {caller.key}"}
        answer = case.call_and_validate(app=application, checks=CHECKS)
        assert answer is None or answer.status_code == 200


@pytest.fixture
def project_with_calls(db: None, project_id: int) -> str:
    keys.forget()
    caller = a_caller(project_id)
    put([a_call(project_id, T0, cost=cost, trace_id="t", task="faq") for cost in ("0.5", None)])
    return caller.key
