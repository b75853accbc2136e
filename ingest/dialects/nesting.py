"""No call is counted twice inside one request: of nested spans that are all calls, one stays a call.

The rules, in order:
1. The innermost call span is the call. Client libraries and frameworks that wrap it repeat its usage.
2. An outer call span becomes a plain span of the trace, like an agent.
3. What the inner call does not know is filled in from the outer, when the outer wraps exactly one call: libraries often
   have the usage inside and the texts outside. When it wraps several and none knows its usage, the last one that went
   well takes the outer's usage.
4. A tool between the two ends the nesting: what a tool asks is another request, made after the outer was answered.
"""

from collections.abc import Callable

from ingest.dialects.span import Span
from ingest.schema import CallIn

IsTool = Callable[[Span], bool]
Read = tuple[Span, CallIn | None]
"""A span and, if it is one, its call."""

DEPTH = 64
"""Ancestors looked at; deeper traces are taken as not nested."""

NOT_FILLED = (
    "id",
    "span_id",
    "parent_span_id",
    "trace_id",
    "started_at",
    "updated_at",
    "latency_ms",
    "status",
    "dialect",
)


def resolve(read: list[Read], is_tool: IsTool) -> list[Read]:
    """Return the same spans with wrapper calls turned into plain spans."""
    if sum(1 for _, call in read if call is not None) < 2:
        return read
    at = {(span.trace_id, span.span_id): index for index, (span, _) in enumerate(read)}
    outer_of = {
        index: outer
        for index, (_, call) in enumerate(read)
        if call is not None and (outer := _enclosing(index, read, at, is_tool)) is not None
    }
    return _demote(read, outer_of) if outer_of else read


def _enclosing(index: int, read: list[Read], at: dict[tuple[str, str], int], is_tool: IsTool) -> int | None:
    """Return the nearest ancestor that is a call, unless a tool stands between."""
    span = read[index][0]
    for _ in range(DEPTH):
        parent = at.get((span.trace_id, span.parent_span_id))
        if parent is None or parent == index:
            return None
        span, call = read[parent]
        if call is not None:
            return parent
        if is_tool(span):
            return None
    return None


def _demote(read: list[Read], outer_of: dict[int, int]) -> list[Read]:
    """Fill inner calls from the outside in, so that facts pass through every layer."""
    layers = {index: _layers(index, outer_of) for index in outer_of}
    wrapped: dict[int, list[int]] = {}
    for index, depth in layers.items():
        if depth < DEPTH:  # deeper is a circle of parents, where nobody is outside
            wrapped.setdefault(outer_of[index], []).append(index)
    for outer in sorted(wrapped, key=lambda index: layers.get(index, 0)):
        _pass_on(read[outer][1], [read[inner][1] for inner in sorted(wrapped[outer], key=_by_time(read))])
    return [(span, None if index in wrapped else call) for index, (span, call) in enumerate(read)]


def _layers(index: int, outer_of: dict[int, int]) -> int:
    """How many calls enclose this one."""
    depth = 0
    while index in outer_of and depth < DEPTH:
        index, depth = outer_of[index], depth + 1
    return depth


def _by_time(read: list[Read]) -> Callable[[int], tuple[int, str]]:
    return lambda index: (read[index][0].start_ns, read[index][0].span_id)


def _pass_on(outer: CallIn | None, inner: list[CallIn | None]) -> None:
    calls = [call for call in inner if call is not None]
    if outer is None or not calls:
        return
    if len(calls) == 1:
        fill(calls[0], outer)
    elif all(call.usage is None for call in calls):
        well = [call for call in calls if call.status == "ok"]
        if well:
            well[-1].usage = outer.usage


def fill(call: CallIn, other: CallIn) -> None:
    """Give a call the facts of another telling of the same request that it lacks."""
    for name in CallIn.__struct_fields__:
        if name not in NOT_FILLED and getattr(call, name) is None:
            setattr(call, name, getattr(other, name))
