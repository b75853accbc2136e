"""Requests and answers as providers shape them, which some libraries keep whole: OpenAI chat, responses, Anthropic."""

from typing import Any

from ingest.dialects.messages import Message
from ingest.dialects.values import json, text
from ingest.schema import CallIn


def add_facts(result: CallIn, raw: dict[str, Any]) -> None:
    """Fill in what only the answer as received holds."""
    result.response_id = result.response_id or text(raw.get("id"))
    result.tier = result.tier or text(raw.get("service_tier"))
    result.system_fingerprint = result.system_fingerprint or text(raw.get("system_fingerprint"))
    first = _first(raw.get("choices"))
    result.finish_reason = result.finish_reason or text(first.get("finish_reason")) or text(raw.get("stop_reason"))


def prompt(asked: Any) -> Any:
    """The messages of a request, or the request itself if it has none."""
    return asked.get("messages", asked.get("input", asked)) if isinstance(asked, dict) else asked


def made(raw: Any) -> Any:
    """The messages of an answer: of its choices, of one message, or the answer as it is."""
    if isinstance(raw, dict) and isinstance(raw.get("choices"), list):
        return [plain(choice.get("message")) for choice in raw["choices"] if isinstance(choice, dict)]
    if isinstance(raw, dict) and "role" in raw:
        return [plain(raw)]
    return [plain(item) for item in raw] if isinstance(raw, list) else raw


def plain(message: Any) -> Any:
    """A message in our shape: OpenAI wraps each tool call in a `function`."""
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return message
    short: Message = {"role": message["role"], "content": message.get("content")}
    calls = [_tool_call(call) for call in message.get("tool_calls") or [] if isinstance(call, dict)]
    return {**short, "tool_calls": calls} if calls else short


def _tool_call(call: dict[str, Any]) -> dict[str, Any]:
    inner = call.get("function")
    named = inner if isinstance(inner, dict) else call
    short = {"name": named.get("name"), "arguments": json(named.get("arguments", named.get("args")))}
    return {"id": call["id"], **short} if call.get("id") else short


def _first(items: Any) -> dict[str, Any]:
    found = items[0] if isinstance(items, list) and items else None
    return found if isinstance(found, dict) else {}
