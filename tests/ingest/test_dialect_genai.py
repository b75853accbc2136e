"""OpenTelemetry GenAI: every generation of names, and what is not a call."""

import json
from typing import Any

import pytest

from ingest import dialects
from ingest.dialects.span import Source
from ingest.schema import CallIn, UsageIn
from tests.ingest.spans import chat, event, span


def read(attributes: dict[str, Any], **facts: Any) -> CallIn:
    call = dialects.read(span(attributes, **facts))
    assert call is not None
    return call


def messages(*parts: dict[str, Any], role: str = "user", **more: Any) -> str:
    return json.dumps([{"role": role, "parts": list(parts), **more}])


def text(content: str) -> dict[str, str]:
    return {"type": "text", "content": content}


def test_the_latest_names_are_read() -> None:
    call = read(
        chat(
            gen_ai__response__model="gpt-4o-2024-08-06",
            gen_ai__response__id="chatcmpl-1",
            gen_ai__response__finish_reasons=["stop"],
            gen_ai__usage__input_tokens=100,
            gen_ai__usage__output_tokens=20,
            gen_ai__usage__cache_read__input_tokens=64,
            gen_ai__usage__cache_creation__input_tokens=8,
            gen_ai__usage__reasoning__output_tokens=5,
            gen_ai__request__stream=True,
            gen_ai__response__time_to_first_chunk=0.25,
            gen_ai__conversation__id="c-1",
            gen_ai__request__max_tokens=64,
            openai__response__service_tier="default",
            openai__response__system_fingerprint="fp_1",
        )
    )
    assert (call.requested_model, call.model, call.provider) == ("gpt-4o", "gpt-4o-2024-08-06", "openai")
    assert call.usage == UsageIn(
        input_tokens=100,
        output_tokens=20,
        cached_input_tokens=64,
        cache_write_tokens=8,
        reasoning_tokens=5,
        convention="inclusive",
    )
    assert (call.streaming, call.ttft_ms, call.session_id, call.finish_reason) == (True, 250.0, "c-1", "stop")
    assert (call.tier, call.system_fingerprint, call.response_id) == ("default", "fp_1", "chatcmpl-1")
    assert call.request_params == {"max_tokens": 64}


def test_the_old_names_are_read() -> None:
    call = read(
        {
            "gen_ai.system": "openai",
            "gen_ai.operation.name": "text_completion",
            "gen_ai.request.model": "babbage-002",
            "gen_ai.usage.prompt_tokens": 7,
            "gen_ai.usage.completion_tokens": 3,
            "gen_ai.openai.response.service_tier": "flex",
        }
    )
    assert (call.provider, call.operation, call.tier) == ("openai", "completion", "flex")
    assert call.usage == UsageIn(input_tokens=7, output_tokens=3, convention="inclusive")


def test_of_two_generations_on_one_span_the_newer_name_wins_in_any_order() -> None:
    both = chat(gen_ai__system="old", gen_ai__usage__prompt_tokens=1, gen_ai__usage__input_tokens=2)
    for attributes in (both, dict(reversed(both.items()))):
        call = read(attributes)
        assert call.provider == "openai"
        assert call.usage is not None
        assert call.usage.input_tokens == 2


@pytest.mark.parametrize("name", ["cache_creation.input_tokens", "cache_write.input_tokens"])
def test_cache_writes_have_two_names(name: str) -> None:
    usage = read(chat() | {f"gen_ai.usage.{name}": 96}).usage
    assert usage is not None
    assert usage.cache_write_tokens == 96


def test_usage_that_was_not_told_is_unknown_and_an_explicit_zero_stays_zero() -> None:
    assert read(chat()).usage is None
    usage = read(chat(gen_ai__usage__input_tokens=0)).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (0, None)


def test_parts_become_messages_and_a_lone_answer_becomes_text() -> None:
    call = read(
        chat(
            gen_ai__system_instructions=json.dumps([text("You are terse.")]),
            gen_ai__input__messages=messages(text("Hello"), text("there")),
            gen_ai__output__messages=messages(text("café ☕"), role="assistant", finish_reason="length"),
        )
    )
    assert call.input == [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Hello\nthere"}]
    assert call.output == "café ☕"
    assert call.finish_reason == "length"


def test_tool_calls_are_lifted_out_of_the_answer() -> None:
    part = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": '{"city": "Rome"}'}
    call = read(chat(gen_ai__output__messages=messages(part, role="assistant")))
    assert call.tool_calls == [{"id": "c1", "name": "weather", "arguments": {"city": "Rome"}}]


def test_parts_that_are_not_text_are_kept_whole() -> None:
    parts = [text("Look:"), {"type": "uri", "uri": "https://example.test/cat.png"}]
    assert read(chat(gen_ai__input__messages=messages(*parts))).input == [{"role": "user", "content": parts}]


def test_texts_may_be_in_events_of_two_generations() -> None:
    old = read(
        chat(),
        events=[
            event("gen_ai.content.prompt", gen_ai__prompt="hello"),
            event("gen_ai.content.completion", gen_ai__completion="hi"),
        ],
    )
    assert (old.input, old.output) == ("hello", "hi")
    made = messages(text("hi"), role="assistant")
    details = event("gen_ai.client.inference.operation.details", gen_ai__output__messages=made)
    assert read(chat(), events=[details]).output == "hi"


def test_messages_that_are_no_json_stay_as_they_are() -> None:
    assert read(chat(gen_ai__input__messages="[not json")).input == "[not json"


def test_a_call_that_did_not_stream_has_no_time_to_first_token() -> None:
    call = read(chat(gen_ai__request__stream=False, gen_ai__server__time_to_first_token=2.0))
    assert (call.streaming, call.ttft_ms) == (False, None)


def test_what_an_application_says_about_its_calls_is_read() -> None:
    call = read(
        chat(
            app__task="triage",
            feature="inbox",
            user__id=17,
            session__id="s",
            customer__id="acme",
            app__prompt_version="v3",
            app__experiment__variant="B",
            deployment__environment__name="staging",
            tags=["blue", "green"],
            polymeter__stage="draft",
        )
    )
    assert (call.task, call.feature, call.user_id, call.session_id) == ("triage", "inbox", "17", "s")
    assert (call.customer_id, call.environment, call.stage) == ("acme", "staging", "draft")
    assert call.prompt is not None
    assert call.prompt.version == "v3"
    assert call.experiment is not None
    assert call.experiment.arm == "B"
    assert call.tags == {"blue": "true", "green": "true"}


def test_the_resource_names_sender_and_environment() -> None:
    resource = {"service.name": "shop", "service.version": "2", "deployment.environment.name": "production"}
    call = read(chat(), source=Source(resource))
    assert call.sender is not None
    assert (call.sender.name, call.sender.version, call.environment) == ("shop", "2", "production")


def test_unknown_attributes_are_kept_and_bounded() -> None:
    call = read(chat(llm__unheard="kept by the other dialect") | {f"x.{n:02}": "y" * 900 for n in range(50)})
    assert call.extra is not None
    assert len(call.extra) == 32
    assert call.extra["x.00"] == "y" * 256
    assert read(chat(my__own=1.5)).extra == {"my.own": "1.5"}
    assert read(chat()).extra is None


def test_an_error_keeps_the_sender_s_words_and_gets_our_class() -> None:
    failed = event(
        "exception", 10, exception__type="openai.RateLimitError", exception__message="Error code: 429 - slow"
    )
    call = read(chat(error__type="RateLimitError"), status=2, events=[failed])
    assert (call.status, call.error_type, call.http_status) == ("error", "rate_limit", 429)
    assert call.error_message == "RateLimitError: Error code: 429 - slow"


@pytest.mark.parametrize(
    ("name", "http", "expected"),
    [
        ("APITimeoutError", None, "timeout"),
        ("APIConnectionError", None, "connection"),
        ("AuthenticationError", 401, "authentication"),
        ("429", None, "rate_limit"),
        ("overloaded_error", 529, "server_error"),
        ("server_error", 500, "server_error"),
        ("context_length_exceeded", 400, "invalid_request"),
        ("content_filter", 400, "content_filter"),
        ("rate_limit_exceeded", 429, "rate_limit"),
        ("timeout", 504, "timeout"),
        ("BadRequestError", 400, "invalid_request"),
        ("SomethingElse", None, "other"),
        ("SomethingElse", 503, "server_error"),
        ("JSONDecodeError", None, "invalid_output"),
    ],
)
def test_errors_are_classed(name: str, http: int | None, expected: str) -> None:
    told = {} if http is None else {"http.response.status_code": http}
    assert read(chat(error__type=name) | told, status=2).error_type == expected


def test_a_cancelled_request_is_not_an_error() -> None:
    call = read(chat(error__type="CancelledError"), status=2)
    assert (call.status, call.error_type) == ("cancelled", "client_abort")


@pytest.mark.parametrize(
    "attributes",
    [
        chat() | {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9},
        chat() | {"gen_ai.operation.name": "execute_tool"},
        chat() | {"gen_ai.operation.name": "invoke_workflow"},
        chat() | {"gen_ai.operation.name": "something new"},
        chat() | {"gen_ai.operation.name": ["chat"]},
        {"gen_ai.operation.name": "invoke_agent", "openinference.span.kind": "LLM"},
        {"http.request.method": "POST"},
        {},
    ],
)
def test_agents_tools_and_the_rest_are_never_calls(attributes: dict[str, Any]) -> None:
    assert dialects.read(span(attributes)) is None


def test_a_client_s_zero_cost_is_no_cost_and_a_real_one_is_kept() -> None:
    assert read(chat(gen_ai__usage__cost=0)).cost_usd is None
    assert read(chat(operation__cost=0.001192)).cost_usd == "0.001192"


def test_values_of_odd_types_are_unknown_not_wrong() -> None:
    call = read(
        chat(
            gen_ai__usage__input_tokens="12",
            gen_ai__usage__output_tokens=-5,
            gen_ai__usage__reasoning_tokens=float("nan"),
            gen_ai__response__time_to_first_chunk="soon",
            gen_ai__is_streaming="False",
            gen_ai__response__finish_reasons='["stop"]',
            http__response__status_code=99999,
            gen_ai__response__model={"a": 1},
        )
    )
    assert call.usage == UsageIn(input_tokens=12, convention="inclusive")
    assert (call.ttft_ms, call.streaming, call.finish_reason, call.http_status) == (None, False, "stop", None)
    assert call.model is None


def test_a_clock_that_ran_backwards_gives_no_latency() -> None:
    assert read(chat(), end_ns=1).latency_ms is None


def test_long_names_are_cut_instead_of_losing_the_call() -> None:
    assert read(chat(app__task="t" * 900)).task == "t" * 256
    params = read(chat(gen_ai__request__stop_sequences="s" * 90_000)).request_params
    assert params == {"stop_sequences": "s" * 4_096}
