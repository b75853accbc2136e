"""What a machine is told about its key: at plain views and at REST framework views, in the same words."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.exceptions import NotFound, ParseError, Throttled, UnsupportedMediaType, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from projects import keys
from projects.auth import as_problem
from projects.http import client_ip, require_key, secret_of
from projects.models import ApiKey, Project
from projects.problem import ProblemError, problem

factory = RequestFactory()


@require_key("ingest")
def plain(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"project": request.key.project_slug})  # type: ignore[attr-defined]


class Rest(APIView):
    scope = "ingest"

    def get(self, request: Request) -> Response:
        return Response({"project": request.auth.project_slug})


VIEWS = [pytest.param(plain, id="plain"), pytest.param(Rest.as_view(), id="rest")]


def ask(view: Any, authorization: str | None) -> HttpResponse:
    headers = {"Authorization": authorization} if authorization is not None else {}
    response: HttpResponse = view(factory.get("/api/v1/thing", headers=headers))
    if isinstance(response, Response):
        response.render()
    return response


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def secret(shop: Project) -> Iterator[str]:
    return keys.create(shop, name="ci", scopes=["ingest"])[1]


@pytest.mark.parametrize("view", VIEWS)
def test_a_bearer_or_basic_key_opens(view: Any, secret: str) -> None:
    for authorization in (f"Bearer {secret}", f"bearer  {secret}", basic("anyone", secret), basic("", secret)):
        assert json.loads(ask(view, authorization).content) == {"project": "shop"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic !!!", "Basic", "Digest x", basic("a", "")]
)
def test_without_a_key_it_is_401_with_a_challenge(view: Any, authorization: str | None) -> None:
    response = ask(view, authorization)
    body = json.loads(response.content)
    assert (response.status_code, body["code"], body["status"]) == (401, "missing_key", 401)
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] == "/docs/api#missing_key"
    assert "Settings → API keys" in body["detail"]


@pytest.mark.parametrize("view", VIEWS)
def test_an_unknown_or_revoked_key_is_401(view: Any, secret: str) -> None:
    keys.revoke(ApiKey.objects.get(), by=None)
    for wrong in (secret, "pm_made_up_of_nothing_at_all"):
        response = ask(view, f"Bearer {wrong}")
        assert (response.status_code, json.loads(response.content)["code"]) == (401, "unknown_key")
        assert response["WWW-Authenticate"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_key_for_something_else_is_403_and_names_the_scope(view: Any, shop: Project) -> None:
    _, reader = keys.create(shop, name="reader", scopes=["read", "gateway"])
    response = ask(view, f"Bearer {reader}")
    body = json.loads(response.content)
    assert (response.status_code, body["code"], body["scope"]) == (403, "missing_scope", "ingest")
    assert "“ingest”" in body["detail"]
    assert reader[10:] not in body["detail"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_database_that_is_down_is_503_for_keys_we_have_not_seen(view: Any, secret: str) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse):
        response = ask(view, f"Bearer {secret}")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert json.loads(response.content)["code"] == "keys_unavailable"


@pytest.mark.parametrize("view", VIEWS)
def test_a_warm_request_asks_the_database_nothing(view: Any, secret: str) -> None:
    ask(view, f"Bearer {secret}")
    with CaptureQueriesContext(connection) as queries:
        ask(view, f"Bearer {secret}")
    assert len(queries) == 0


@pytest.mark.parametrize("view", VIEWS)
def test_a_use_is_noted(view: Any, secret: str) -> None:
    ask(view, f"Bearer {secret}")
    assert keys.flush() == 1


def test_a_password_may_hold_colons() -> None:
    assert secret_of(basic("user", "a:b:c")) == "a:b:c"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValidationError({"limit": ["Too large."]}), 422, "invalid"),
        (ValidationError("No."), 422, "invalid"),
        (ParseError(), 400, "bad_request"),
        (NotFound(), 404, "not_found"),
        (UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (Throttled(wait=3), 429, "throttled"),
        (ProblemError(413, "too_large", "Too large", "Send fewer calls.", limit=5), 413, "too_large"),
    ],
)
def test_every_refusal_is_a_problem_document(error: Exception, status: int, code: str) -> None:
    response = as_problem(error, {})
    assert response is not None
    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert set(body) >= {"type", "title", "status", "code", "detail"}
    assert response["Content-Type"] == "application/problem+json"


def test_a_refused_field_is_named() -> None:
    response = as_problem(ValidationError({"limit": ["Too large."]}), {})
    assert response is not None
    assert json.loads(response.content)["errors"] == {"limit": ["Too large."]}


def test_a_throttled_caller_is_told_when_to_come_back() -> None:
    response = as_problem(Throttled(wait=3.2), {})
    assert response is not None
    assert response["Retry-After"] == "4"


def test_our_own_mistakes_are_not_dressed_up() -> None:
    assert as_problem(KeyError("x"), {}) is None


def test_extra_members_stand_beside_the_standard_ones() -> None:
    body = json.loads(problem(429, "slow", "Slow down", "Wait.", headers={"Retry-After": "2"}, limit=7).content)
    assert body == {
        "type": "/docs/api#slow",
        "title": "Slow down",
        "status": 429,
        "code": "slow",
        "detail": "Wait.",
        "limit": 7,
    }


@pytest.mark.parametrize(("trust", "seen"), [(False, "10.0.0.9"), (True, "203.0.113.7")])
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(settings: Any, trust: bool, seen: str) -> None:
    settings.TRUST_PROXY = trust
    request = factory.get("/", REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.7")
    assert client_ip(request) == seen
