"""POST /v1/traces through the real path: key, compression, decoding, pricing, the store."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import zstandard
from django.test import Client
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from ingest import accept, otlp_protobuf, refusals, senders
from ingest.dialects.span import Source, Span
from projects import keys
from projects.models import Organisation, Project
from store import client as store_client
from store.writer import QueueFull
from tests.ingest.spans import START_NS, chat, request, span
from tests.services.store import StoreProcess

PROTOBUF, JSON = "application/x-protobuf", "application/json"
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)


@dataclass
class Sender:
    """A program with a key for one project."""

    project_id: int
    secret: str

    def post(self, body: bytes, kind: str = PROTOBUF, **headers: str) -> Any:
        told = {"HTTP_AUTHORIZATION": f"Bearer {self.secret}", "CONTENT_TYPE": kind} | headers
        return Client().post("/v1/traces", body, content_type=kind, **told)  # type: ignore[arg-type]

    def send(self, *spans: Span) -> ExportTraceServiceResponse:
        answer = self.post(request(*spans).SerializeToString())
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == PROTOBUF
        return ExportTraceServiceResponse.FromString(answer.content)

    def rows(self, table: str, columns: str) -> list[dict[str, Any]]:
        sql = (
            f"SELECT {columns} FROM {table} FINAL WHERE project_id = {{project_id:UInt32}} "
            f"AND ts BETWEEN {{a:DateTime64(6)}} AND {{b:DateTime64(6)}} AND NOT is_deleted ORDER BY ts, span_id"
        )
        return store_client.select(sql, project_id=self.project_id, a=FROM, b=TO)

    def calls(self, columns: str = "*") -> list[dict[str, Any]]:
        return self.rows("calls", columns)


@pytest.fixture
def sender(db: None, project_id: int, event_store: StoreProcess) -> Iterator[Sender]:
    roof = Organisation.objects.create(name="Acme")
    project = Project.objects.create(id=project_id, organisation=roof, slug=f"p{project_id}", name="Shop")
    yield Sender(project_id, keys.create(project, name="app", scopes=["ingest"])[1])
    senders.flush()
    refusals.flush()
    keys.forget()


def test_a_call_is_stored_with_its_facts_when_the_answer_comes(sender: Sender) -> None:
    answer = sender.send(
        span(
            chat(gen_ai__response__model="gpt-4o-2024-08-06", gen_ai__usage__input_tokens=100, app__task="triage"),
            source=Source({"service.name": "shop", "deployment.environment.name": "staging"}),
        )
    )
    assert answer == ExportTraceServiceResponse()
    [row] = sender.calls()
    assert (row["trace_id"], row["span_id"]) == (f"{7:032x}", f"{1:016x}")
    assert (row["provider"], row["requested_model"], row["model"]) == ("openai", "gpt-4o", "gpt-4o-2024-08-06")
    assert (row["input_uncached"], row["output_text"], row["latency_ms"]) == (100, None, 1000.0)
    assert (row["task"], row["environment"], row["sender_name"]) == ("triage", "staging", "shop")
    assert row["dialect"] == "otel-genai"
    assert row["ts"] == datetime.fromtimestamp(START_NS / 1e9, UTC)


def test_sending_again_stores_nothing_more(sender: Sender) -> None:
    spans = [span(chat(gen_ai__usage__input_tokens=n), number=n) for n in (1, 2)] + [span({}, number=3)]
    sender.send(*spans)
    before = sender.calls("call_id, version")
    sender.send(*reversed(spans))
    assert sender.calls("call_id, version") == before
    assert len(sender.rows("spans", "span_id")) == 1


def test_agents_and_tools_are_kept_as_spans_and_never_as_calls(sender: Sender) -> None:
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 999, "input.value": "hello"}
    sender.send(
        span(agent, number=1, name="planner"),
        span(chat(gen_ai__usage__input_tokens=5), number=2, parent=1),
        span({"openinference.span.kind": "TOOL"}, number=3, parent=1, status=2, status_message="no"),
    )
    assert [row["input_uncached"] for row in sender.calls()] == [5]
    planner, tool = sender.rows("spans", "*")
    assert (planner["name"], planner["kind"], planner["duration_ms"]) == ("planner", "agent", 1000.0)
    assert planner["attributes"]["input.value"] == "hello"
    assert (tool["kind"], tool["status"], tool["status_message"]) == ("tool", "error", "no")
    assert tool["parent_span_id"] == planner["span_id"]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("identity", bytes), ("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_each_encoding_is_answered_in_kind(sender: Sender, kind: str, encoding: str, pack: Any) -> None:
    made = request(span(chat()))
    body = made.SerializeToString() if kind == PROTOBUF else json.dumps(MessageToDict(made)).encode()
    answer = sender.post(pack(body), kind, HTTP_CONTENT_ENCODING=encoding)
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert answer.content == (b"" if kind == PROTOBUF else b'{"partialSuccess":{}}')
    assert len(sender.calls("call_id")) == 1


def test_protobuf_and_json_of_the_same_span_are_one_call(sender: Sender) -> None:
    made = request(span(chat(gen_ai__usage__input_tokens=3)))
    sender.post(made.SerializeToString())
    sender.post(json.dumps(MessageToDict(made)).encode(), JSON)
    assert len(sender.calls("call_id")) == 1


def test_a_bad_span_is_named_and_costs_only_itself(sender: Sender) -> None:
    made = request(span(chat(), number=1), span(chat(), number=2), span(chat(), number=3))
    made.resource_spans[0].scope_spans[0].spans[0].start_time_unix_nano = 0
    made.resource_spans[1].scope_spans[0].spans[0].start_time_unix_nano = 4_000_000_000_000_000_000
    answer = sender.post(made.SerializeToString())
    assert answer.status_code == 200
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert told.rejected_spans == 2
    assert "start_time_unix_nano is missing" in told.error_message
    assert "24 hours ahead" in told.error_message
    assert [row["span_id"] for row in sender.calls("span_id")] == [f"{3:016x}"]


def test_a_plain_span_of_the_far_future_is_refused_like_a_call(sender: Sender) -> None:
    answer = sender.send(span({}, start_ns=4_000_000_000_000_000_000, end_ns=0))
    assert answer.partial_success.rejected_spans == 1


def test_an_export_without_spans_is_fine(sender: Sender) -> None:
    assert sender.post(b"").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status"),
    [
        (b"\xff\xff", PROTOBUF, {}, 400),
        (b"{", JSON, {}, 400),
        (b"not gzip", PROTOBUF, {"HTTP_CONTENT_ENCODING": "gzip"}, 400),
        (b"", PROTOBUF, {"HTTP_CONTENT_ENCODING": "br"}, 415),
        (gzip.compress(bytes(11 * 1024 * 1024)), PROTOBUF, {"HTTP_CONTENT_ENCODING": "gzip"}, 413),
        (b"", "text/plain", {}, 415),
        (b"", PROTOBUF, {"HTTP_AUTHORIZATION": "Bearer pm_nobody"}, 401),
        (b"", PROTOBUF, {"HTTP_AUTHORIZATION": ""}, 401),
    ],
)
def test_what_cannot_be_read_is_refused(
    sender: Sender, body: bytes, kind: str, headers: dict[str, str], status: int
) -> None:
    assert sender.post(body, kind, **headers).status_code == status


def test_only_a_post_is_answered(sender: Sender) -> None:
    assert Client().get("/v1/traces").status_code == 405


def test_a_refusal_is_a_status_in_protobuf_and_a_problem_in_json(sender: Sender) -> None:
    told = otlp_protobuf.MESSAGES["Problem"].FromString(sender.post(b"\xff\xff").content)
    assert (told.code, "ExportTraceServiceRequest" in told.message) == (3, True)
    answer = sender.post(b"[]", JSON).json()
    assert (answer["code"], "resourceSpans" in answer["message"]) == ("malformed", True)


def test_basic_authentication_carries_the_key_as_password(sender: Sender) -> None:
    basic = "Basic " + base64.b64encode(f"pk:{sender.secret}".encode()).decode()
    assert sender.post(b"", HTTP_AUTHORIZATION=basic).status_code == 200


@pytest.mark.parametrize(("own", "status"), [(True, 429), (False, 503)])
def test_a_full_queue_asks_the_exporter_to_come_back(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, own: bool, status: int
) -> None:
    def full(*_: Any) -> None:
        raise QueueFull(own=own)

    monkeypatch.setattr(accept.writer(), "submit", full)
    answer = sender.post(request(span(chat())).SerializeToString())
    assert answer.status_code == status
    assert int(answer["Retry-After"]) > 0


def test_a_client_s_estimate_counts_only_where_there_is_no_price(sender: Sender) -> None:
    unknown = chat(operation__cost=0.0031, gen_ai__usage__input_tokens=1) | {"gen_ai.request.model": "my-finetune-7b"}
    sender.send(span(unknown))
    [row] = sender.calls()
    assert (row["cost_status"], float(row["cost_current"])) == ("provider_reported", 0.0031)
    sender.send(span(unknown | {"operation.cost": 0}, number=2))
    assert sender.calls()[1]["cost_status"] == "unpriced_model"


def test_warm_requests_ask_the_control_plane_nothing(sender: Sender, django_assert_num_queries: Any) -> None:
    body = ExportTraceServiceRequest().SerializeToString()
    sender.post(body)
    with django_assert_num_queries(0):
        sender.post(body)
        sender.send(span(chat()))
