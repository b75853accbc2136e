"""A trace as a tree in time: calls and spans under their parents, in the order in which things began. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dashboard import one_call
from dashboard.one_call import Call

DEEPEST: Final = 12
"""Deeper steps are drawn at this depth: further in there would be no room for their names."""
THINNEST: Final = 0.4
"""Per cent of the width; a step that took no time at all is still seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the waterfall: where its bar begins and how wide it is, in per cent of the trace."""

    id: str
    parent: str
    at: datetime
    took_ms: float | None
    call: Call | None = None
    span: Mapping[str, Any] | None = None
    depth: int = 0
    orphan: bool = False
    """Its parent is named but is not here: it came late, or was never sent."""
    x: float = 0.0
    width: float = 0.0


def steps(trace: Mapping[str, Any]) -> list[Step]:
    """Every call and span of a trace in reading order: parents before children, brothers by time.

    Steps whose parent is missing, or that are each other's parents, stand at the top level: none is ever lost.
    """
    found = [*map(_of_call, trace["calls"]), *map(_of_span, trace["spans"])]
    found.sort(key=lambda step: (step.at, step.id))
    begin, length = _extent(found)
    return [_drawn(step, begin, length) for step in _in_order(found)]


def _of_call(call: Call) -> Step:
    return Step(call["span_id"] or call["id"], call["parent_span_id"] or "", one_call.started(call), call["latency_ms"],
                call=call)  # fmt: skip


def _of_span(span: Mapping[str, Any]) -> Step:
    at = datetime.fromisoformat(span["started_at"])
    return Step(span["span_id"], span["parent_span_id"] or "", at, span["duration_ms"], span=span)


def _in_order(found: Sequence[Step]) -> Iterator[Step]:
    """Walk the tree without recursion: a trace may be one long chain."""
    ids = {step.id for step in found}
    children: dict[str, list[Step]] = {}
    for step in found:
        if step.parent and step.parent != step.id:
            children.setdefault(step.parent, []).append(step)
    roots = [step for step in found if not step.parent or step.parent == step.id or step.parent not in ids]
    walked: set[int] = set()
    yield from _walk(roots, children, walked, ids)
    # What is left are circles: step into each at its first step.
    for step in found:
        if id(step) not in walked:
            yield from _walk([step], children, walked, ids)


def _walk(
    roots: Sequence[Step], children: Mapping[str, Sequence[Step]], walked: set[int], ids: set[str]
) -> Iterator[Step]:
    waiting = [(step, 0) for step in reversed(roots)]
    entered: set[str] = set()
    while waiting:
        step, depth = waiting.pop()
        if id(step) in walked:
            continue
        walked.add(id(step))
        missing = bool(step.parent) and step.parent not in ids
        yield _placed(step, depth, orphan=missing)
        if step.id in entered:  # two steps may carry one id; their children belong to the first
            continue
        entered.add(step.id)
        waiting += [(child, depth + 1) for child in reversed(children.get(step.id, ()))]


def _placed(step: Step, depth: int, *, orphan: bool) -> Step:
    return Step(step.id, step.parent, step.at, step.took_ms, step.call, step.span, min(depth, DEEPEST), orphan)


def _extent(found: Sequence[Step]) -> tuple[datetime, float]:
    """When the trace began, and how many milliseconds it took."""
    begin = min(step.at for step in found)
    end = max(step.at + timedelta(milliseconds=step.took_ms or 0) for step in found)
    return begin, (end - begin) / timedelta(milliseconds=1)


def _drawn(step: Step, begin: datetime, length: float) -> Step:
    after = (step.at - begin) / timedelta(milliseconds=1)
    width = max(THINNEST, 100 * (step.took_ms or 0) / length) if length else 100.0
    x = min(100 * after / length, 100 - THINNEST) if length else 0.0
    return Step(
        step.id, step.parent, step.at, step.took_ms, step.call, step.span, step.depth, step.orphan,
        round(x, 2), round(min(width, 100 - x), 2),
    )  # fmt: skip
