"""How a call ended, from what spans say about it: class names, provider codes and HTTP statuses."""

import re
from typing import Any, NamedTuple

from ingest.dialects.span import Span
from ingest.dialects.values import integer, text
from ingest.schema import CallIn
from polymeter.event import Limits

BY_STATUS = {
    401: "authentication", 403: "authentication", 408: "timeout", 429: "rate_limit", 499: "client_abort",
    504: "timeout", 524: "timeout",
}  # fmt: skip

BY_WORD = (
    ("ratelimit", "rate_limit"), ("toomanyrequests", "rate_limit"), ("quota", "rate_limit"),
    ("resourceexhausted", "rate_limit"), ("throttl", "rate_limit"),
    ("timeout", "timeout"), ("timedout", "timeout"), ("deadline", "timeout"),
    ("cancel", "client_abort"), ("generatorexit", "client_abort"), ("abort", "client_abort"),
    ("connection", "connection"), ("connecterror", "connection"), ("networkerror", "connection"),
    ("readerror", "connection"), ("remoteprotocol", "connection"), ("socket", "connection"), ("econn", "connection"),
    ("authentication", "authentication"), ("permission", "authentication"), ("unauthorized", "authentication"),
    ("unauthenticated", "authentication"), ("forbidden", "authentication"), ("apikey", "authentication"),
    ("contentfilter", "content_filter"), ("contentpolicy", "content_filter"), ("safety", "content_filter"),
    ("refusal", "refusal"),
    ("outputparser", "invalid_output"), ("jsondecode", "invalid_output"), ("unexpectedmodelbehavior", "invalid_output"),
    ("badrequest", "invalid_request"), ("invalidrequest", "invalid_request"), ("invalidargument", "invalid_request"),
    ("notfound", "invalid_request"), ("unprocessable", "invalid_request"), ("contextlength", "invalid_request"),
    ("internalserver", "server_error"), ("servererror", "server_error"), ("overloaded", "server_error"),
    ("unavailable", "server_error"), ("internalerror", "server_error"),
)  # fmt: skip
"""Part of an error's name, in lower case without punctuation: its class. The first match counts."""

_STATUS_IN_TEXT = re.compile(r"\b(?:error code|status code|status|http)\D{0,3}([45]\d\d)\b", re.IGNORECASE)


class Failure(NamedTuple):
    """The four facts about an end; all None but `status` when the call went well or nothing is known."""

    status: str | None
    error_type: str | None
    http_status: int | None
    message: str | None


def failure(span: Span) -> Failure:
    """Read status, error type, exception event and HTTP status of a span."""
    attributes = span.attributes
    http = _http_status(attributes.get("http.response.status_code", attributes.get("http.status_code")))
    name = text(attributes.get("error.type"))
    if not span.failed and name is None:
        return Failure("ok", None, http, None)
    event = span.event("exception")
    exception = event.attributes if event else {}
    kind = name or text(exception.get("exception.type")) or ""
    words = _words(exception.get("exception.message")) or _words(attributes.get("error.message")) or span.status_message
    http = http or _status_named(kind, words)
    error_type = classify(kind, http, words)
    status = "cancelled" if error_type == "client_abort" else "error"
    return Failure(status, error_type, http, _sentence(kind, words))


def told_failed(call: CallIn, message: Any) -> None:
    """Mark a call as failed by the sender's own word, where the span's status does not say so."""
    if call.status != "ok":
        return
    words = _words(message)
    call.http_status = call.http_status or _status_named("", words)
    call.error_type = classify("", call.http_status, words)
    call.status = "cancelled" if call.error_type == "client_abort" else "error"
    call.error_message = words[: Limits.ERROR_MESSAGE_CHARS] or None


def classify(kind: str, http: int | None, message: str = "") -> str:
    """Return the error class of the vocabulary. A name beats a status, a status beats the message."""
    plain = re.sub(r"[^a-z0-9]", "", kind.lower())
    for word, error_type in BY_WORD:
        if word in plain:
            return error_type
    if http is not None and http in BY_STATUS:
        return BY_STATUS[http]
    if http is not None and http >= 400:
        return "server_error" if http >= 500 else "invalid_request"
    return _by_message(message)


def _by_message(message: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", message[:300].lower())
    return next((error_type for word, error_type in BY_WORD if word in plain), "other")


def _status_named(kind: str, message: str) -> int | None:
    """The HTTP status, when it is only in the error's name or text."""
    if kind.isdigit() and 400 <= int(kind) <= 599:
        return int(kind)
    found = _STATUS_IN_TEXT.search(message)
    return int(found[1]) if found else None


def _sentence(kind: str, words: str) -> str | None:
    """The message, led by the error's own name: our class is coarser than what the sender knew."""
    sentence = words if not kind or kind in words else f"{kind}: {words}" if words else kind
    return sentence[: Limits.ERROR_MESSAGE_CHARS] or None


def _http_status(value: Any) -> int | None:
    status = integer(value)
    return status if status is not None and 100 <= status <= 599 else None


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""
