"""What real clients sent is read as expected: every fact that the payload carries, and no call that is none."""

import json
import re
from typing import Any

import pytest

from ingest import dialects
from ingest.schema import CallIn, UsageIn
from tests.ingest.spans import CAPTURES, capture, expectation

WHOLE = sorted(path.name.removesuffix(".expect.json") for path in CAPTURES.glob("*.expect.json"))

COUNTS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cached_tokens": "cached_input_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "reasoning_tokens": "reasoning_tokens",
}
FACTS = {
    "request_model": "requested_model",
    "response_model": "model",
    "streaming": "streaming",
    "status": "status",
    "finish_reason": "finish_reason",
    "session_id": "session_id",
    "user_id": "user_id",
    "provider": "provider",
    "operation": "operation",
}


def plain(value: Any) -> Any:
    return re.sub(r"[^a-z0-9]", "", value.lower()) if isinstance(value, str) else value


def allowed(expected: Any) -> list[Any] | None:
    """The values that are right; None if any is."""
    if isinstance(expected, dict):
        return None if expected.get("any") else [plain(value) for value in expected["allow"]]
    return [plain(expected)]


def wrong(expected: dict[str, Any], call: CallIn) -> list[str]:
    """Every fact of the call that is not as expected."""
    usage = call.usage or UsageIn()
    read = {name: getattr(call, field) for name, field in FACTS.items()}
    read |= {name: getattr(usage, field) for name, field in COUNTS.items()}
    if call.provider is None:  # some libraries never name it, and guessing it from the model would be wrong
        del read["provider"]
    found = [
        f"{name}: {value!r} instead of {right}"
        for name, value in read.items()
        if (right := allowed(expected[name])) is not None and plain(value) not in right
    ]
    for name, texts in (("prompt_contains", call.input), ("response_contains", call.output)):
        if expected[name] and expected[name] not in texts_of(texts):
            found.append(f"{name}: {expected[name]!r} is not in {texts_of(texts)[:80]!r}")
    if expected["full_response_text"] and expected["full_response_text"] not in texts_of(call.output):
        found.append(f"text is not whole: {texts_of(call.output)!r}")
    tools = [{"name": tool["name"], "arguments": tool["arguments"]} for tool in call.tool_calls or []]
    return found if tools == (expected["tool_calls"] or []) else [*found, f"tool calls: {tools}"]


def texts_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize("name", WHOLE)
def test_a_capture_is_read_wholly(name: str) -> None:
    expected = expectation(name)
    read = dialects.read_all(capture(name).spans)
    calls = {span.span_id: call for span, call in read if call is not None}
    assert len(calls) == expected["expected_calls"]
    assert len(read) == expected["total_spans"]
    for one in expected["calls"]:
        [identity] = one["span_ids"]
        assert wrong(one, calls[identity]) == []
        if calls[identity].parent_span_id:
            assert calls[identity].parent_span_id in one["parent_span_ids"]
