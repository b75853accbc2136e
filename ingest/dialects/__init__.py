"""Dialects of telemetry: what a span must carry to be a call, and how to read it.

A dialect is one module with NAME, CONVENTION (is cached input part of input?), its own table of attribute names,
`is_call(span)`, `not_a_call(span)` (our word for a span that surely is none) and `read(span)`. To add one, write the
module and name it in DIALECTS, the more specific first.
"""

import logging
from typing import Protocol

from ingest.dialects import genai, langfuse, mlflow, openinference, vercel
from ingest.dialects.nesting import Read, fill, resolve
from ingest.dialects.span import Span
from ingest.schema import CallIn

log = logging.getLogger(__name__)


class Dialect(Protocol):
    """What a module here provides."""

    NAME: str
    CONVENTION: str

    def not_a_call(self, span: Span) -> str | None: ...

    def is_call(self, span: Span) -> bool: ...

    def read(self, span: Span) -> CallIn: ...


DIALECTS: tuple[Dialect, ...] = (langfuse, mlflow, vercel, genai, openinference)
"""In order of trust: of a span that speaks two, the first is read and the second fills what it lacks."""


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
    """Our word for a span that some dialect says is no call; that beats another's claim that it is."""
    for dialect in DIALECTS:
        if (known := dialect.not_a_call(span)) is not None:
            return known
    return None
