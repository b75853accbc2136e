"""Errors nobody answered: documents for machines, pages for people; and headers on all of them."""

import json
import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.test import Client, RequestFactory

from config import errors
from config.errors import ProblemsForMachines
from config.logs import Line
from config.security import POLICY
from projects.problem import ProblemError
from store.client import StoreError

factory = RequestFactory()


@pytest.mark.parametrize("path", ["/api/nothing", "/api/v1/nothing/", "/v1/nothing"])
def test_an_unknown_address_is_a_problem_document_for_machines(client: Client, path: str) -> None:
    response = client.get(path)
    body = response.json()
    assert (response.status_code, body["code"], body["status"]) == (404, "not_found", 404)
    assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_address_is_a_page_for_people(client: Client, db: None) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def answered(answer: HttpResponse, path: str = "/api/v1/thing") -> Any:
    return ProblemsForMachines(lambda request: answer)(factory.put(path))


def test_a_wrong_method_is_told_the_right_one() -> None:
    response = answered(HttpResponseNotAllowed(["GET", "POST"]))
    body = json.loads(response.content)
    assert (response.status_code, response["Allow"], body["code"]) == (405, "GET, POST", "method_not_allowed")
    assert body["detail"] == "This address does not answer PUT; it answers GET, POST."


@pytest.mark.parametrize("status", [400, 403, 409, 413, 429, 500, 502, 503])
def test_any_bare_error_becomes_a_document(status: int) -> None:
    response = answered(HttpResponse("<h1>", status=status, headers={"Retry-After": "7"}))
    body = json.loads(response.content)
    assert (response.status_code, body["status"], response["Retry-After"]) == (status, status, "7")
    assert body["detail"].endswith(".")


@pytest.mark.parametrize("kind", ["application/problem+json", "application/x-protobuf"])
def test_an_answer_that_is_right_already_is_left_alone(kind: str) -> None:
    answer = HttpResponse(b"x", status=422, content_type=kind)
    assert answered(answer) is answer


def test_pages_and_good_answers_are_left_alone() -> None:
    page, good = HttpResponse(status=404), HttpResponse()
    assert answered(page, "/p/shop/") is page
    assert answered(good) is good


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/x", "application/problem+json"), ("/p/shop/cost/", "text/html")])
def test_a_store_that_does_not_answer_is_503_with_a_time_to_come_back(path: str, kind: str) -> None:
    def failing(request: HttpRequest) -> HttpResponse:
        middleware = ProblemsForMachines(lambda _: HttpResponse())
        answer = middleware.process_exception(request, StoreError("it is away", retry=True))
        assert answer is not None
        return answer

    answer = ProblemsForMachines(failing)(factory.get(path))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_refusal_raised_deep_down_becomes_its_answer() -> None:
    refusal = ProblemError(413, "too_large", "Too large", "Send fewer calls.", headers={"X-Most": "5"})
    response = ProblemsForMachines(lambda request: HttpResponse()).process_exception(factory.get("/api/x"), refusal)
    assert response is not None
    assert (response.status_code, response["X-Most"]) == (413, "5")


def test_a_failure_of_ours_tells_machines_nothing_about_it() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        return errors.failed(request)

    response = ProblemsForMachines(broken)(factory.get("/api/v1/thing"))
    assert json.loads(response.content)["code"] == "internal_server_error"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/login/", "/api/nothing", "/nothing"])
def test_every_answer_carries_the_policy(client: Client, db: None, path: str) -> None:
    response = client.get(path)
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_policy_allows_no_inline_script_and_no_other_host() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY


def test_a_log_line_is_one_line_whatever_is_in_it() -> None:
    record = logging.LogRecord("ingest", logging.WARNING, "", 0, "refused %s", ("a\r\n2026 ERROR fake",), None)
    assert Line().format(record).endswith("WARNING ingest: refused a\\r\\n2026 ERROR fake")


def test_the_type_of_a_problem_leads_to_the_documentation(client: Client) -> None:
    kind = client.get("/api/nothing").json()["type"]
    assert client.get(kind.partition("#")[0])["Location"] == "/api/docs/"
    assert client.get("/api/docs/").status_code == 200
