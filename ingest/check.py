"""What makes one call storable: every rule with the sentence that says its fix.

Instants become microseconds and ids of people become text in place, so that nothing is read twice.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from ingest.moments import HINT, BadMoment, microseconds
from ingest.schema import CallIn, ExperimentIn, RouteIn, UsageIn
from polymeter.event import CACHE_CONVENTIONS, ERROR_TYPES, OPERATIONS, PROCESSINGS, STATUSES, USAGE_FIELDS, Limits

Errors = dict[str, list[str]]

NAMES = (
    "trace_id", "span_id", "parent_span_id", "response_id", "provider", "vendor", "requested_model", "model",
    "billed_model", "region", "tier", "finish_reason", "environment", "task", "feature", "role", "stage",
    "group_id", "fallback_reason", "outcome_id", "agent", "team", "credential", "system_fingerprint", "user_id",
    "customer_id", "session_id",
)  # fmt: skip
COUNTS = (*USAGE_FIELDS, "cache_write_5m_tokens")
LONGEST_MS = 10**12
JSON_BYTES = 64 * 1024
SMALL_COUNT = 65_535
FUTURE_US = Limits.FUTURE_SECONDS * 1_000_000

_names: Callable[[CallIn], tuple[Any, ...]] = attrgetter(*NAMES)
_counts: Callable[[UsageIn], tuple[int | None, ...]] = attrgetter(*COUNTS)
_operations, _statuses, _error_types = frozenset(OPERATIONS), frozenset(STATUSES), frozenset(ERROR_TYPES)
_processings, _conventions = frozenset(PROCESSINGS), frozenset(CACHE_CONVENTIONS)


def errors(call: CallIn, now_us: int, *, native: bool) -> Errors | None:
    """Return what is wrong with a call, field by field, or None. Native senders write instants as text."""
    found: Errors = {}
    _people(call)
    if max(map(len, filter(None, _names(call))), default=0) > Limits.NAME_CHARS:
        _long_names(call, NAMES, "", found)
    _words(call, found)
    _numbers(call, found)
    _moments(call, now_us, native, found)
    if call.usage is not None:
        _usage(call.usage, found)
    if call.tags is not None:
        _tags(call.tags, found)
    _nested(call, found)
    return found or None


def _people(call: CallIn) -> None:
    if type(call.user_id) is int:
        call.user_id = str(call.user_id)
    if type(call.customer_id) is int:
        call.customer_id = str(call.customer_id)
    if type(call.session_id) is int:
        call.session_id = str(call.session_id)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _long_names(holder: Any, names: Iterable[str], prefix: str, found: Errors) -> None:
    for name in names:
        if (length := _length(getattr(holder, name))) > Limits.NAME_CHARS:
            why = f"Has {length:,} characters; {Limits.NAME_CHARS} are the most. Send a short name, not a text."
            found.setdefault(prefix + name, []).append(why)


def _words(call: CallIn, found: Errors) -> None:
    if call.operation and call.operation not in _operations:
        found["operation"] = [_one_of(call.operation, OPERATIONS)]
    if call.status and call.status not in _statuses:
        found["status"] = [_one_of(call.status, STATUSES)]
    if call.error_type and call.error_type not in _error_types:
        found["error_type"] = [
            _one_of(call.error_type, ERROR_TYPES) + " Put the provider's own words in error_message."
        ]
    if call.processing and call.processing not in _processings:
        found["processing"] = [_one_of(call.processing, PROCESSINGS)]


def _one_of(value: str, allowed: Iterable[str]) -> str:
    return f"{value[:40]!r} is not known. Use one of {', '.join(allowed)}."


def _numbers(call: CallIn, found: Errors) -> None:
    for name, value in (("latency_ms", call.latency_ms), ("ttft_ms", call.ttft_ms)):
        if value is not None and not 0 <= value <= LONGEST_MS:  # also true for NaN
            found[name] = [f"{value} is no duration. Send milliseconds, 0 or more, or leave it out if unknown."]
    if call.http_status is not None and not 100 <= call.http_status <= 599:
        found["http_status"] = [f"{call.http_status} is no HTTP status. Send 100 to 599, or leave it out."]
    if call.attempt is not None and not 0 <= call.attempt <= SMALL_COUNT:
        found["attempt"] = [f"{call.attempt} is out of range. Send 0 to {SMALL_COUNT:,}."]


def _moments(call: CallIn, now_us: int, native: bool, found: Errors) -> None:
    """Both instants; a start is required, and neither may lie more than a day ahead."""
    if call.started_at is None:
        found["started_at"] = ["Is required: when the call began, RFC 3339 with a zone, such as 2026-11-25T09:30:00Z."]
    else:
        call.started_at = _moment("started_at", call.started_at, now_us, native, found)
    if call.updated_at is not None:
        call.updated_at = _moment("updated_at", call.updated_at, now_us, native, found)


def _moment(name: str, value: str | int | float, now_us: int, native: bool, found: Errors) -> int:
    if native and not isinstance(value, str):
        # A bare number could be seconds, milliseconds or microseconds: a guess would be wrong by a factor.
        found[name] = [f"{value} is a number. {HINT}"]
        return 0
    try:
        at_us = microseconds(value)
    except BadMoment as bad:
        found[name] = [str(bad)]
        return 0
    if at_us > now_us + FUTURE_US:
        found[name] = [f"{value} is more than 24 hours ahead. Check the sender's clock and its zone."]
    return at_us


def _usage(usage: UsageIn, found: Errors) -> None:
    told = [count for count in _counts(usage) if count]
    if told and (min(told) < 0 or max(told) > Limits.COUNT):
        for name in COUNTS:
            count = getattr(usage, name)
            if count is not None and not 0 <= count <= Limits.COUNT:
                found[f"usage.{name}"] = [f"{count} is out of range. Send 0 to {Limits.COUNT:,}; null if unknown."]
    if usage.convention and usage.convention not in _conventions:
        why = " inclusive: input_tokens holds cached tokens too (OpenAI); exclusive: it does not (Anthropic)."
        found["usage.convention"] = [_one_of(usage.convention, CACHE_CONVENTIONS) + why]


def _tags(tags: dict[str, Any], found: Errors) -> None:
    if len(tags) > Limits.TAGS:
        found["tags"] = [f"Has {len(tags)} tags; {Limits.TAGS} are the most. Keep those you will filter by."]
    for key, value in tags.items():
        if not key or len(key) > Limits.TAG_KEY_CHARS:
            found[f"tags.{key[:40]}"] = [f"The name of a tag has 1 to {Limits.TAG_KEY_CHARS} characters."]
        elif isinstance(value, str):
            if len(value) > Limits.TAG_VALUE_CHARS:
                why = f"Has {len(value):,} characters; {Limits.TAG_VALUE_CHARS} are the most. Texts go into input."
                found[f"tags.{key}"] = [why]
        elif not isinstance(value, (int, float, type(None))):
            found[f"tags.{key}"] = ["Send text, a number, true or false; lists and objects cannot be filtered by."]


def _nested(call: CallIn, found: Errors) -> None:
    if call.prompt is not None:
        _long_names(call.prompt, ("name", "version"), "prompt.", found)
    if call.experiment is not None:
        _experiment(call.experiment, found)
    if call.route is not None:
        _route(call.route, found)
    if call.schema is not None:
        _long_names(call.schema, ("id",), "schema.", found)
    if call.sender is not None:
        _long_names(call.sender, ("name", "version"), "sender.", found)


def _experiment(experiment: ExperimentIn, found: Errors) -> None:
    _long_names(experiment, ("key", "arm"), "experiment.", found)
    phase = experiment.phase
    if phase is not None and not 0 <= phase <= SMALL_COUNT:
        found["experiment.phase"] = [f"{phase} is out of range. Send 0 to {SMALL_COUNT:,}."]


def _route(route: RouteIn, found: Errors) -> None:
    _long_names(route, ("name", "version", "type", "branch"), "route.", found)
    if route.propensity is not None and not 0 <= route.propensity <= 1:
        found["route.propensity"] = [f"{route.propensity} is no probability. Send 0 to 1."]
    if route.overhead_ms is not None and not 0 <= route.overhead_ms <= LONGEST_MS:
        found["route.overhead_ms"] = [f"{route.overhead_ms} is no duration. Send milliseconds, 0 or more."]
