"""Messages of a chat in one shape, whichever convention wrote them: role, content, tool calls."""

from typing import Any

from ingest.dialects.values import json

Message = dict[str, Any]


def from_parts(value: Any, instructions: Any = None) -> Any:
    """OpenTelemetry messages, a JSON string of {role, parts}, as {role, content}; other text stays as it is."""
    raw = json(value)
    system = json(instructions)
    messages = [_message(item) for item in raw] if isinstance(raw, list) else raw
    if not system:
        return messages
    lead = _message({"role": "system", "parts": system}) if isinstance(system, list) else _system(system)
    return [lead, *messages] if isinstance(messages, list) else [lead] if messages is None else messages


def _system(text: Any) -> Message:
    return {"role": "system", "content": text}


def _message(raw: Any) -> Any:
    if not isinstance(raw, dict) or not isinstance(raw.get("parts"), list):
        return raw
    message: Message = {"role": raw.get("role", "")}
    parts = raw["parts"]
    if len(parts) == 1 and _is(parts[0], "text") and isinstance(parts[0].get("content"), str):
        message["content"] = parts[0]["content"]  # nearly every message
        return message
    calls = [_tool_call(part) for part in parts if _is(part, "tool_call")]
    rest = [part for part in parts if not _is(part, "tool_call")]
    message["content"] = _content(rest)
    if calls:
        message["tool_calls"] = calls
    return message


def _is(part: Any, kind: str) -> bool:
    return isinstance(part, dict) and part.get("type") == kind


def _content(parts: list[Any]) -> Any:
    """Plain text when the parts are only text; the parts themselves otherwise."""
    texts = [part.get("content", part.get("text")) for part in parts if _is(part, "text")]
    if len(texts) < len(parts) or not all(isinstance(text, str) for text in texts):
        return parts
    return "\n".join(texts) if texts else None


def _tool_call(part: dict[str, Any]) -> dict[str, Any]:
    call = {"name": part.get("name"), "arguments": json(part.get("arguments"))}
    return {"id": part["id"], **call} if part.get("id") else call


def answer(messages: Any) -> Any:
    """The output as people read it: the text of a lone answer, else the messages."""
    if isinstance(messages, list) and len(messages) == 1:
        only = messages[0]
        if isinstance(only, dict) and isinstance(only.get("content"), str) and "tool_calls" not in only:
            return only["content"]
    return messages


def tool_calls(messages: Any) -> list[Any] | None:
    """Every tool that the answer asks for."""
    found = [
        call
        for message in messages or []
        if isinstance(message, dict) and isinstance(message.get("tool_calls"), list)
        for call in message["tool_calls"]
    ]
    return found or None


def finish_reason(value: Any) -> Any:
    """The finish reason inside OpenTelemetry output messages."""
    raw = json(value)
    first = raw[0] if isinstance(raw, list) and raw else None
    return first.get("finish_reason") if isinstance(first, dict) else None
