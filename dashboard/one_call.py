"""A call of the API in the words of pages: its address, its tokens, its outcome. Pure."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from dashboard import format as fmt
from dashboard.components import Tone
from dashboard.known import WORDS

Call = dict[str, Any]

ERRORS: Final = {
    "rate_limit": "rate limit",
    "server_error": "server error",
    "invalid_request": "invalid request",
    "content_filter": "content filter",
    "invalid_output": "invalid output",
    "client_abort": "given up by the caller",
}
"""How a page writes error types that are not plain words."""


def call_url(slug: str, call_id: str, query: str = "") -> str:
    """The page of a call; `query` is the list it was opened from."""
    return f"/p/{slug}/calls/{call_id}/" + (f"?{query}" if query else "")


def trace_url(slug: str, trace_id: str) -> str:
    """The page of a trace. Its id is any text; one that a browser would take for a step in a path is a filter."""
    if not trace_id.strip("./") or "//" in trace_id or "/." in f"/{trace_id}" or trace_id.endswith("/"):
        return f"/p/{slug}/calls/?trace_id={quote(trace_id, safe='')}"
    return f"/p/{slug}/traces/{quote(trace_id, safe='')}/"


def started(call: Call) -> datetime:
    """When it began."""
    return datetime.fromisoformat(call["started_at"])


def cost(call: Call) -> Decimal | None:
    """What it cost; None when that is not known."""
    amount = call["cost"]["amount_usd"]
    return None if amount is None else Decimal(amount)


def cost_words(call: Call) -> str:
    """How well the cost is known, in a few words."""
    words, _ = WORDS.get(call["cost"]["status"] or "", ("not known", ""))
    return words


def tokens_in(call: Call) -> int | None:
    """Every token that was read. Some providers count cached tokens apart; they belong to it all the same."""
    usage = call["usage"]
    if usage is None:
        return None
    names = ["input_tokens"]
    if usage["convention"] == "exclusive":
        names += ["cached_input_tokens", "cache_write_tokens"]
    known = [usage[name] for name in names if usage[name] is not None]
    return sum(known) if known else None


def tokens_out(call: Call) -> int | None:
    """Every token that was written."""
    found: int | None = call["usage"]["output_tokens"] if call["usage"] else None
    return found


def place(call: Call) -> tuple[str, str]:
    """Where in the product it was made, as (dimension, value): its feature, else its task."""
    return ("feature", call["feature"]) if call["feature"] else ("task", call["task"] or "")


def outcome(call: Call) -> tuple[str, Tone]:
    """What came of it: "ok", "timeout", "cancelled"."""
    if call["status"] == "ok":
        return "ok", "neutral"
    if call["status"] == "cancelled":
        return "cancelled", "neutral"
    kind = call["error_type"] or "error"
    return ERRORS.get(kind, kind), "bad"


def outcome_note(call: Call) -> str:
    """What else there is to say about its outcome, short: the HTTP status, a fallback, an answer that was cut."""
    if call["status"] == "error" and call["http_status"]:
        return str(call["http_status"])
    if call["fallback_reason"]:
        return f"fallback: {ERRORS.get(call['fallback_reason'], call['fallback_reason'])}"
    return "cut at the limit" if call["finish_reason"] in {"length", "max_tokens"} else ""


def model_note(call: Call) -> str:
    """The model that was asked for, when another one served."""
    asked = call["requested_model"]
    return f"asked for {asked}" if asked and asked != call["model"] else ""


def arrow(call: Call) -> str:
    """Tokens in and out: "1,204 → 318"."""
    read, written = tokens_in(call), tokens_out(call)
    return fmt.UNKNOWN if read is None and written is None else f"{fmt.count(read)} → {fmt.count(written)}"
