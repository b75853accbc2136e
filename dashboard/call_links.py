"""From one call to others: those like it, the attempts of its group, the one before and after."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from analytics import calls as stored
from analytics.question import Filter, Span
from dashboard import one_call
from dashboard.calls_table import SORTS, sort_of
from dashboard.one_call import Call
from dashboard.url_state import UrlState, label_of

MOST_SEARCHED: Final = timedelta(days=7)
"""Groups of calls that lie further apart than this are not searched for: it would read too much for a hint."""
AROUND: Final = timedelta(days=1)
"""Attempts of one group are at most this far apart."""
MOST: Final = 50
ALIKE: Final = (
    ("model", "task", "feature"),
    ("prompt", "prompt_version"),
    ("model", "status", "error_type"),
    ("customer_id",),
    ("user_id",),
    ("session_id",),
    ("experiment", "arm"),
    ("outcome_id",),
)


def alike(slug: str, call: Call) -> Iterator[tuple[str, str]]:
    """Links to calls like this one, as (words, address); only what the call tells."""
    values = facts(call)
    for names in ALIKE:
        known = [(name, values[name]) for name in names if values[name]]
        if known and known[0][0] == names[0]:
            query = "&".join(f"{name}={quote(value, safe='')}" for name, value in known)
            words = _listed([label_of(name).lower() for name, _ in known])
            yield f"Same {words}", f"/p/{slug}/calls/?period=28d&{query}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def facts(call: Call) -> dict[str, str]:
    """What the call tells, under the names that calls are filtered by."""
    prompt, experiment = call["prompt"] or {}, call["experiment"] or {}
    plain = ("model", "task", "feature", "status", "error_type", "customer_id", "user_id", "session_id", "outcome_id")
    return {name: call[name] or "" for name in plain} | {
        "prompt": prompt.get("name") or "",
        "prompt_version": prompt.get("version") or "",
        "experiment": experiment.get("key") or "",
        "arm": experiment.get("arm") or "",
    }


def together(project_id: int, call: Call) -> tuple[str, Sequence[Call]]:
    """The calls that gave one answer together, oldest first, and what holds them together; only this one: nothing."""
    for words, name in (("group", "group_id"), ("trace", "trace_id")):
        if not call[name]:
            continue
        at = one_call.started(call)
        span = Span(at - AROUND, at + AROUND)
        found = stored.page(project_id, [Filter(name, (call[name],))], span, sort="started_at", limit=MOST).calls
        if len(found) > 1:
            return words, found
    return "", ()


def answers(project_id: int, calls: Sequence[Call]) -> dict[str, str]:
    """For the groups in which one of these calls failed: the model that answered in the end."""
    failed = [call for call in calls if call["status"] == "error" and call["group_id"]]
    if not failed:
        return {}
    times = [one_call.started(call) for call in failed]
    span = Span(min(times) - AROUND, max(times) + AROUND)
    if span.length > MOST_SEARCHED:
        return {}
    groups = tuple({call["group_id"] for call in failed})
    found = stored.page(project_id, [Filter("group_id", groups), Filter("status", ("ok",))], span, limit=MOST).calls
    return {call["group_id"]: call["model"] or "" for call in reversed(found)}


def beside(state: UrlState, call: Call) -> tuple[str, str]:
    """Addresses of the calls before and after this one in the list that it was opened from; empty at its ends."""
    before, after = stored.neighbours(
        state.project_id, state.filters, state.span, call, sort=SORTS[sort_of(state)]
    )  # fmt: skip
    query = state.without("cursor")
    return tuple(one_call.call_url(state.slug, one, query) if one else "" for one in (before, after))  # type: ignore[return-value]
