"""A span as every dialect sees it, whichever encoding it came in."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Attributes = dict[str, Any]
"""Values are str, int, float, bool, bytes, None, or lists and dicts of these."""

ERROR = 2
"""Status code of a failed span (opentelemetry.proto.trace.v1.Status)."""


class Event(NamedTuple):
    """Something that happened inside a span."""

    name: str
    at_ns: int
    attributes: Attributes


@dataclass(slots=True)
class Source:
    """Who sent a span: one object for all spans of a scope."""

    resource: Attributes = field(default_factory=dict)
    scope: str = ""
    scope_version: str = ""


@dataclass(slots=True)
class Span:
    """Ids are lower-case hex, empty when absent; times are nanoseconds since 1970, 0 when absent."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    attributes: Attributes
    events: list[Event]
    source: Source

    def event(self, name: str) -> Event | None:
        """Return the first event of this name."""
        return next((event for event in self.events if event.name == name), None)

    @property
    def failed(self) -> bool:
        return self.status == ERROR


class Unfit(ValueError):
    """One span that cannot be stored; the text is the reason its sender reads."""


class Broken(ValueError):
    """A body that is not the encoding it claims to be."""


class Batch(NamedTuple):
    """The spans of one request and why others were refused."""

    spans: list[Span]
    refused: list[str]


def check(span: Span) -> Span:
    """Refuse a span without the facts that place it: ids and a start."""
    if len(span.trace_id) != 32 or len(span.span_id) != 16 or not int(span.trace_id, 16) or not int(span.span_id, 16):
        raise Unfit("trace_id must be 16 bytes and span_id 8 bytes, not all zero")
    if span.start_ns <= 0:
        raise Unfit("start_time_unix_nano is missing")
    return span
