"""What the read API refuses: always a problem document that names the field, never a failure of ours."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.api.conftest import Caller

HALF = "\ud800"


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("model", {"filters": {"model": [HALF]}}),
        ("tag.?", {"filters": {f"tag.{HALF}": "x"}}),
        ("tag.?", {"filters": {f"tag.{HALF}": [{}]}}),
        ("?", {HALF: 1}),
        ("not", {"filters": {"not": {"not": {"model": "x"}}}}),
        ("timezone", {"timezone": "right/UTC"}),
        ("timezone", {"timezone": "localtime", "granularity": "day"}),
        ("timezone", {"timezone": "../../etc/passwd"}),
    ],
)
def test_a_value_that_no_store_could_hold_is_named(caller: Caller, field: str, body: dict[str, Any]) -> None:
    status, problem = caller.post("/api/v1/query", {"measures": ["calls"], **body})
    assert (status, list(problem["errors"])) == (422, [field])


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"measures":' + b"[" * 3_000 + b"]" * 3_000 + b"}"])
def test_json_that_is_too_deep_is_unreadable(caller: Caller, body: bytes) -> None:
    answer = _sent(caller, body)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "malformed")


def test_a_body_that_is_too_large_is_413(caller: Caller) -> None:
    answer = _sent(caller, b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))
    assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "too_large")


def _sent(caller: Caller, body: bytes) -> Any:
    headers = {"Authorization": f"Bearer {caller.key}"}
    return Client().post("/api/v1/query", body, content_type="application/json", headers=headers)
