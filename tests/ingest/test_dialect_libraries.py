"""Dialects of single libraries: Langfuse, MLflow and Vercel's AI SDK. Their captures are in test_dialect_captures.py."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import dialects
from ingest.schema import CallIn, UsageIn
from tests.ingest.spans import START_NS, event, span

LF = "langfuse.observation."


def read(attributes: dict[str, Any], **facts: Any) -> CallIn:
    call = dialects.read(span(attributes, **facts))
    assert call is not None
    return call


def langfuse(**told: Any) -> CallIn:
    written = {f"{LF}{name}": value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    return read({f"{LF}type": "generation"} | written)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (
            {"prompt_tokens": 354, "completion_tokens": 104, "prompt_tokens_details": {"cached_tokens": 128},
             "completion_tokens_details": {"reasoning_tokens": 41}},
            UsageIn(input_tokens=354, output_tokens=104, cached_input_tokens=128, reasoning_tokens=41,
                    convention="inclusive"),
        ),
        (
            {"input": 229, "input_cached_tokens": 128, "output": 63, "output_reasoning_tokens": 41, "total": 461},
            UsageIn(input_tokens=229, output_tokens=104, cached_input_tokens=128, reasoning_tokens=41,
                    convention="exclusive"),
        ),
        (
            {"input": 229, "input_cached_tokens": 128, "output": 104, "output_reasoning_tokens": 41, "total": 461},
            UsageIn(input_tokens=229, output_tokens=104, cached_input_tokens=128, reasoning_tokens=41,
                    convention="exclusive"),
        ),
        ({}, None),
    ],
)  # fmt: skip
def test_langfuse_tells_usage_in_several_shapes(told: dict[str, Any], usage: UsageIn | None) -> None:
    assert langfuse(usage_details=told).usage == usage


def test_langfuse_s_own_level_marks_a_failure() -> None:
    call = langfuse(level="ERROR", status_message="Error code: 429 - slow down", **{"model.name": "gpt-4o"})
    assert (call.status, call.error_type, call.http_status) == ("error", "rate_limit", 429)
    assert (call.requested_model, call.model) == ("gpt-4o", None)


def test_langfuse_quotes_the_time_of_the_first_token() -> None:
    first = datetime.fromtimestamp(START_NS / 1e9, UTC) + timedelta(milliseconds=250)
    assert langfuse(completion_start_time=json.dumps(first.isoformat())).ttft_ms == pytest.approx(250, abs=1)
    assert langfuse(completion_start_time='"soon"').ttft_ms is None


def test_langfuse_cost_is_kept_and_its_infinity_is_no_parameter() -> None:
    call = langfuse(cost_details={"total": 0.0031}, **{"model.parameters": {"max_tokens": "Infinity", "seed": 7}})
    assert (call.cost_usd, call.request_params) == ("0.0031", {"seed": 7})


def test_langfuse_metadata_and_tags_become_tags() -> None:
    told = {f"{LF}type": "generation", "langfuse.trace.metadata.tier": '"gold"', "langfuse.trace.tags": ["blue"]}
    assert read(told).tags == {"blue": "true", "tier": "gold"}


def test_mlflow_embeddings_have_their_usage_in_the_answer() -> None:
    call = read(
        {
            "mlflow.spanType": '"EMBEDDING"',
            "model": '"text-embedding-3-small"',
            "mlflow.spanInputs": '{"input": "hello"}',
            "mlflow.spanOutputs": '{"data": [[0.5]], "usage": {"prompt_tokens": 2}}',
        }
    )
    assert (call.operation, call.input, call.output) == ("embedding", "hello", None)
    assert call.usage is not None
    assert call.usage.input_tokens == 2


def test_mlflow_times_a_stream_by_its_first_chunk() -> None:
    call = read({"mlflow.spanType": '"CHAT_MODEL"', "stream": "true"}, events=[event("mlflow.chunk.item.0", 80)])
    assert (call.streaming, call.ttft_ms) == (True, 80.0)


def test_vercel_says_what_streams_and_what_called_it() -> None:
    call = read(
        {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.provider": "openai.responses",
            "ai.telemetry.functionId": "triage",
            "ai.telemetry.metadata.plan": "pro",
            "ai.telemetry.metadata.tags": ["blue"],
        }
    )
    assert (call.provider, call.streaming, call.task) == ("openai", True, "triage")
    assert call.tags == {"blue": "true", "plan": "pro"}


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"ai.operationId": "ai.generateText", "ai.usage.inputTokens": 9, "gen_ai.operation.name": "chat"}, "wrapper"),
        ({"ai.operationId": "ai.toolCall"}, "tool"),
        ({"mlflow.spanType": '"AGENT"'}, "agent"),
        ({"mlflow.spanType": '"UNKNOWN"'}, "span"),
        ({f"{LF}type": "retriever"}, "retriever"),
        ({f"{LF}type": "span", "openinference.span.kind": "LLM"}, "span"),
    ],
)
def test_what_a_library_calls_a_wrapper_is_never_a_call(attributes: dict[str, Any], kind: str) -> None:
    assert dialects.read(span(attributes)) is None
    assert dialects.kind(span(attributes)) == kind


@pytest.mark.parametrize("name", [f"{LF}type", "mlflow.spanType", "ai.operationId", f"{LF}usage_details"])
@pytest.mark.parametrize("value", [None, 7, ["x"], "", '"', "{", "[1", '{"input": "many"}'])
def test_odd_values_never_break_a_reader(name: str, value: Any) -> None:
    for start in ({f"{LF}type": "generation"}, {"mlflow.spanType": '"LLM"'}, {"ai.operationId": "ai.x.doGenerate"}):
        dialects.read(span(start | {name: value}))
