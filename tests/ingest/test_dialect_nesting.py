"""Nested spans that all are calls are one cost; agents and tools keep their children."""

from ingest import dialects
from ingest.dialects.span import Span
from ingest.schema import CallIn
from tests.ingest.spans import chat, span

KIND = "openinference.span.kind"


def calls(*spans: Span) -> dict[int, CallIn]:
    """Calls by number of their span, in whatever order the spans came."""
    read = dialects.read_all(list(spans))
    assert len(read) == len(spans)
    backwards = {one.span_id: call for one, call in dialects.read_all(list(reversed(spans)))}
    assert backwards == {one.span_id: call for one, call in read}
    return {int(one.span_id, 16): call for one, call in read if call is not None}


def test_the_inner_call_counts_and_takes_what_only_the_outer_knows() -> None:
    outer = span({KIND: "LLM", "llm.token_count.prompt": 10, "input.value": "hello", "user.id": "u"}, number=1)
    inner = span(chat(gen_ai__usage__input_tokens=10), number=2, parent=1)
    found = calls(outer, inner)
    assert list(found) == [2]
    assert (found[2].input, found[2].user_id, found[2].parent_span_id) == ("hello", "u", f"{1:016x}")


def test_a_wrapper_of_several_calls_is_no_call() -> None:
    outer = span(chat(gen_ai__usage__input_tokens=30, gen_ai__input__messages='"sum"'), number=1)
    steps = [span(chat(gen_ai__usage__input_tokens=10 + n), number=n, parent=1) for n in (2, 3)]
    found = calls(outer, *steps)
    assert sorted(found) == [2, 3]
    assert all(call.input is None for call in found.values())


def test_when_no_step_knows_its_usage_the_last_that_went_well_takes_the_wrapper_s() -> None:
    outer = span(chat(gen_ai__usage__input_tokens=30), number=1)
    failed = span(chat(), number=2, parent=1, status=2)
    well = span(chat(), number=3, parent=1)
    found = calls(outer, failed, well)
    assert found[2].usage is None
    assert found[3].usage is not None
    assert found[3].usage.input_tokens == 30


def test_three_layers_are_one_call() -> None:
    spans = [
        span(chat(app__task="triage"), number=1),
        span({KIND: "LLM", "input.value": "hello"}, number=2, parent=1),
        span(chat(gen_ai__usage__input_tokens=5), number=3, parent=2),
    ]
    found = calls(*spans)
    assert list(found) == [3]
    assert (found[3].task, found[3].input) == ("triage", "hello")


def test_plain_spans_between_do_not_hide_the_wrapper() -> None:
    found = calls(
        span(chat(), number=1), span({"http.method": "POST"}, number=2, parent=1), span(chat(), number=3, parent=2)
    )
    assert list(found) == [3]


def test_what_a_tool_asks_is_another_request() -> None:
    tool = span({"gen_ai.operation.name": "execute_tool"}, number=2, parent=1)
    found = calls(span(chat(), number=1), tool, span(chat(), number=3, parent=2))
    assert sorted(found) == [1, 3]


def test_calls_of_one_agent_stay_apart() -> None:
    agent = span({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 99}, number=1)
    found = calls(agent, span(chat(), number=2, parent=1), span(chat(), number=3, parent=1))
    assert sorted(found) == [2, 3]


def test_spans_of_different_traces_never_nest() -> None:
    other = span(chat(), number=2, parent=1, trace_id="f" * 32)
    assert sorted(calls(span(chat(), number=1), other)) == [1, 2]


def test_a_circle_of_parents_ends_and_loses_no_call() -> None:
    assert sorted(calls(span(chat(), number=1, parent=2), span(chat(), number=2, parent=1))) == [1, 2]
    assert list(calls(span(chat(), number=1, parent=1))) == [1]


def test_kinds_of_plain_spans_are_named() -> None:
    assert dialects.kind(span({KIND: "RETRIEVER"})) == "retriever"
    assert dialects.kind(span({"gen_ai.operation.name": "invoke_agent"})) == "agent"
    assert dialects.kind(span({"http.method": "POST"})) == "http"
    assert dialects.kind(span({})) == "span"
