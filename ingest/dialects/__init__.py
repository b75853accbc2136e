"""Dialects of telemetry: what a span must carry to be a call, and how to read it.

A dialect is one module with NAME, CONVENTION (is cached input part of input?), `is_call(span)`, `read(span)` and its
own table of attribute names. To add one, write the module and name it in DIALECTS, the more specific first.
"""

import logging
from typing import Protocol

from ingest.dialects import genai, openinference
from ingest.dialects.nesting import Read, fill, resolve
from ingest.dialects.span import Span
from ingest.dialects.values import text
from ingest.schema import CallIn

log = logging.getLogger(__name__)


class Dialect(Protocol):
    """What a module here provides."""

    NAME: str
    CONVENTION: str

    def is_call(self, span: Span) -> bool: ...

    def read(self, span: Span) -> CallIn: ...


DIALECTS: tuple[Dialect, ...] = (genai, openinference)
"""In order of trust: of a span that speaks two, the first is read and the second fills what it lacks."""

NEVER_CALLS = {
    "invoke_agent": "agent", "create_agent": "agent", "invoke_workflow": "workflow", "execute_tool": "tool",
    "execute_task": "task", "chain": "chain", "workflow": "workflow", "AGENT": "agent", "CHAIN": "chain",
    "TOOL": "tool", "RETRIEVER": "retriever", "RERANKER": "reranker", "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator", "PROMPT": "prompt",
}  # fmt: skip
"""Operations and kinds that are never calls, whatever usage they carry, and our word for the span's kind."""


def read_all(spans: list[Span]) -> list[Read]:
    """Return each span with its call, or None for what is not a call; nested tellings are counted once."""
    return resolve([(span, _read_or_keep(span)) for span in spans], lambda span: kind(span) == "tool")


def _read_or_keep(span: Span) -> CallIn | None:
    """A span that a dialect fails on is kept as a plain span: it must cost neither its batch nor itself."""
    try:
        return read(span)
    except Exception:
        log.exception("dialect.failed scope=%s name=%s", span.source.scope[:80], span.name[:80])
        return None


def read(span: Span) -> CallIn | None:
    """Return the call that a span stands for."""
    if _never(span):
        return None
    spoken = [dialect for dialect in DIALECTS if dialect.is_call(span)]
    if not spoken:
        return None
    call = spoken[0].read(span)
    for dialect in spoken[1:]:
        if call.usage is None or call.input is None or (call.output is None and call.status == "ok"):
            fill(call, dialect.read(span))
    return call


def kind(span: Span) -> str:
    """What a span that is not a call did: agent, tool, retriever, http, the wrapper of a call, or plainly span."""
    if known := _never(span):
        return known
    attributes = span.attributes
    if "http.request.method" in attributes or "http.method" in attributes:
        return "http"
    if "db.system" in attributes or "db.system.name" in attributes:
        return "database"
    return "wrapper" if any(dialect.is_call(span) for dialect in DIALECTS) else "span"


def _never(span: Span) -> str | None:
    attributes = span.attributes
    operation = text(attributes.get("gen_ai.operation.name"))
    stated = text(attributes.get(openinference.KIND))
    return NEVER_CALLS.get(operation or "") or NEVER_CALLS.get(stated or "")
