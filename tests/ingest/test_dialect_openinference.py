"""OpenInference: indexed messages, the model that was asked, streams, metadata."""

import json
from typing import Any

import pytest

from ingest import dialects
from ingest.schema import CallIn, UsageIn
from tests.ingest.spans import chat, event, span

KIND = "openinference.span.kind"


def read(attributes: dict[str, Any], **facts: Any) -> CallIn:
    call = dialects.read(span({KIND: "LLM"} | attributes, **facts))
    assert call is not None
    return call


def test_counts_are_inclusive_with_cache_and_reasoning_inside() -> None:
    call = read(
        {
            "llm.token_count.prompt": 354,
            "llm.token_count.completion": 104,
            "llm.token_count.total": 458,
            "llm.token_count.prompt_details.cache_read": 128,
            "llm.token_count.prompt_details.cache_write": 96,
            "llm.token_count.completion_details.reasoning": 41,
        }
    )
    assert call.usage == UsageIn(
        input_tokens=354,
        output_tokens=104,
        cached_input_tokens=128,
        cache_write_tokens=96,
        reasoning_tokens=41,
        convention="inclusive",
    )


def test_the_asked_model_is_in_the_parameters_or_in_the_raw_request() -> None:
    for told in ({"llm.invocation_parameters": '{"model": "gpt-4o"}'}, {"input.value": '{"model": "gpt-4o"}'}):
        call = read({"llm.model_name": "gpt-4o-2024-08-06", **told})
        assert (call.requested_model, call.model) == ("gpt-4o", "gpt-4o-2024-08-06")


def test_of_a_failed_call_the_model_name_is_what_was_asked() -> None:
    call = read({"llm.model_name": "gpt-4o"}, status=2)
    assert (call.requested_model, call.model, call.status) == ("gpt-4o", None, "error")


def test_indexed_messages_become_a_list() -> None:
    call = read(
        {
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.0.message.content": "You are terse.",
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.contents.0.message_content.type": "text",
            "llm.input_messages.1.message.contents.0.message_content.text": "What is this?",
            "llm.input_messages.1.message.contents.1.message_content.type": "image",
            "llm.input_messages.1.message.contents.1.message_content.image.image.url": "data:x",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "A cat, 日本.",
        }
    )
    assert call.input == [
        {"role": "system", "content": "You are terse."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "What is this?"}, {"type": "image", "image_url": "data:x"}],
        },
    ]
    assert call.output == "A cat, 日本."
    assert call.extra is None


def test_tool_calls_are_read_with_their_arguments_as_json() -> None:
    at = "llm.output_messages.0.message.tool_calls"
    call = read(
        {
            f"{at}.0.tool_call.id": "c1",
            f"{at}.0.tool_call.function.name": "weather",
            f"{at}.0.tool_call.function.arguments": '{"city": "Oslo"}',
            f"{at}.1.tool_call.function.name": "clock",
        }
    )
    assert call.tool_calls == [
        {"id": "c1", "name": "weather", "arguments": {"city": "Oslo"}},
        {"name": "clock", "arguments": None},
    ]


def test_the_first_token_event_times_a_stream() -> None:
    call = read({}, events=[event("First Token Stream Event", 120)])
    assert (call.streaming, call.ttft_ms) == (True, 120.0)
    assert read({"llm.invocation_parameters": '{"model": "m", "stream": true}'}).streaming is True
    assert read({}).streaming is None


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [('{"model": "m", "input": "Hi"}', "Hi"), ('{"messages": [1]}', [1]), ('{"q": 1}', {"q": 1}), ("Hi", "Hi")],
)
def test_without_messages_the_raw_request_is_the_prompt(raw: str, read_as: Any) -> None:
    assert read({"input.value": raw}).input == read_as


def test_the_raw_answer_has_facts_of_its_own() -> None:
    raw = {"id": "chatcmpl-9", "service_tier": "flex", "choices": [{"finish_reason": "length"}]}
    call = read({"output.value": json.dumps(raw)})
    assert (call.response_id, call.tier, call.finish_reason) == ("chatcmpl-9", "flex", "length")


def test_metadata_fills_fields_and_the_rest_becomes_tags() -> None:
    call = read(
        {
            "metadata": '{"task": "triage", "thread_id": "t-1", "tier": "gold", "env": "staging"}',
            "session.id": "s-1",
            "tag.tags": ["blue"],
        }
    )
    assert (call.task, call.session_id, call.environment) == ("triage", "s-1", "staging")
    assert call.tags == {"tier": "gold", "blue": "true"}


def test_an_embedding_is_a_call_and_its_vector_is_not_kept() -> None:
    call = read(
        {
            KIND: "EMBEDDING",
            "embedding.model_name": "text-embedding-3-small",
            "embedding.embeddings.0.embedding.text": "hello",
            "embedding.embeddings.0.embedding.vector": [0.5] * 64,
            "llm.token_count.prompt": 2,
            "output.value": "<64 dimensional vector>",
        }
    )
    assert (call.operation, call.model, call.input, call.output) == (
        "embedding",
        "text-embedding-3-small",
        ["hello"],
        None,
    )
    assert call.extra is None


@pytest.mark.parametrize("kind", ["CHAIN", "AGENT", "TOOL", "RETRIEVER", "RERANKER", "GUARDRAIL", "UNKNOWN", ["LLM"]])
def test_every_other_kind_is_never_a_call(kind: Any) -> None:
    usage = {"llm.token_count.prompt": 9, "llm.model_name": "gpt-4o"}
    assert dialects.read(span({KIND: kind} | usage)) is None


def test_a_span_that_speaks_both_conventions_is_one_call_with_the_facts_of_both() -> None:
    call = read(
        chat(gen_ai__usage__input_tokens=10)
        | {"llm.output_messages.0.message.content": "hi", "llm.output_messages.0.message.role": "assistant"}
    )
    assert call.dialect == "otel-genai"
    assert call.output == "hi"
    assert call.usage is not None
    assert call.usage.input_tokens == 10
    assert call.extra is None
