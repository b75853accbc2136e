"""What a call said and answered, as bubbles: hostile text that is only ever shown, never run. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

CUT: Final = re.compile(r"… \[cut: ([\d,]+) of ([\d,]+) bytes kept\]\Z")
"""The mark that receiving leaves where a text was too long to keep whole."""
LONG: Final = 2_000
"""A bubble with more characters than this is folded."""
MOST: Final = 200
"""Bubbles of one text; what is beyond is in the raw JSON."""
ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function", "model")


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. `code` is shown in a fixed width."""

    role: str
    text: str
    code: bool = False

    @property
    def folded(self) -> bool:
        """Too long to be read in passing."""
        return len(self.text) > LONG

    @property
    def beginning(self) -> str:
        """The first words, for the fold."""
        first = " ".join(self.text[:160].split())
        return f"{first[:120]}…" if len(first) > 120 else first

    @property
    def size(self) -> str:
        """How long it is."""
        return f"{len(self.text):,} characters"


@dataclass(frozen=True, slots=True)
class Said:
    """One side of a call: what went in, what came out, or which tools were called."""

    title: str
    bubbles: Sequence[Bubble]
    cut: str = ""
    """How much was kept of a text that was too long."""
    left_out: int = 0


def said(title: str, body: Any, role: str) -> Said | None:
    """Read one body; None when none was kept."""
    if body is None or body == "":
        return None
    cut = ""
    if isinstance(body, str) and (mark := CUT.search(body)):
        cut = f"This text was cut when it came in: the first {mark[1]} of {mark[2]} bytes were kept."
        body = body[: mark.start()]
    bubbles = list(_bubbles(body, role))
    return Said(title, bubbles[:MOST], cut, max(0, len(bubbles) - MOST))


def _bubbles(body: Any, role: str) -> Iterator[Bubble]:
    if isinstance(body, str):
        yield Bubble(role, body)
    elif isinstance(body, list):
        for item in body:
            yield from _message(item, role)
    elif isinstance(body, dict) and isinstance(body.get("messages"), list):
        for item in body["messages"]:
            yield from _message(item, role)
    else:
        yield from _message(body, role)


def _message(item: Any, role: str) -> Iterator[Bubble]:
    """One entry of a list: a message with a role, a part of one, a tool call, or anything else as JSON."""
    if isinstance(item, str):
        yield Bubble(role, item)
        return
    if not isinstance(item, dict):
        yield Bubble(role, pretty(item), code=True)
        return
    named = str(item.get("role") or role)[:40]
    if "content" in item or "parts" in item:
        yield from _content(item.get("content", item.get("parts")), named)
        for call in item.get("tool_calls") or []:
            yield Bubble(named, pretty(call), code=True)
        return
    if isinstance(item.get("name"), str) and "arguments" in item:
        yield Bubble(item["name"][:80], _arguments(item["arguments"]), code=True)
        return
    yield from _content(item, named)


def _content(content: Any, role: str) -> Iterator[Bubble]:
    if isinstance(content, str):
        yield Bubble(role, content)
    elif isinstance(content, list):
        for part in content:
            yield from _content(part, role)
    elif isinstance(content, dict) and isinstance(content.get("text"), str):
        yield Bubble(role, content["text"])
    elif content is not None:
        yield Bubble(role, pretty(content), code=True)


def _arguments(value: Any) -> str:
    if not isinstance(value, str):
        return pretty(value)
    try:
        return pretty(json.loads(value))
    except (ValueError, RecursionError):
        return value


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
