"""What all dialects share: names an application may use for its own facts, and the making of a CallIn."""

from typing import Any, Final

from ingest.dialects.failures import failure
from ingest.dialects.labels import TAGS, tags
from ingest.dialects.span import Span
from ingest.dialects.table import Found, Names, extra
from ingest.dialects.values import duration_ms, text
from ingest.schema import CallIn, ExperimentIn, PromptIn, SenderIn, UsageIn

FIELDS: Final = (
    "task", "feature", "customer_id", "user_id", "session_id", "environment", "team", "agent", "stage", "role",
    "attempt", "group_id", "outcome_id", "fallback_reason", "prompt_name", "prompt_version", "experiment_key",
    "experiment_arm",
)  # fmt: skip
"""Facts of an application that it may state as `polymeter.NAME` or `app.NAME`, whatever dialect its library speaks."""

APP: Final[Names] = {
    **{name: name for name in ("task", "feature", "environment", "team", "stage", "role", "group_id", "outcome_id")},
    "customer": "customer_id",
    "customer.id": "customer_id",
    "tenant.id": "customer_id",
    "enduser.id": "user_id",
    "user.id": "user_id",
    "thread.id": "session_id",
    "session.id": "session_id",
    "deployment.environment": "environment",
    "deployment.environment.name": "environment",
    "prompt.name": "prompt_name",
    "prompt.version": "prompt_version",
    "gen_ai.prompt.name": "prompt_name",
    "gen_ai.prompt.version": "prompt_version",
    "app.prompt": "prompt_name",
    "app.experiment": "experiment_key",
    "app.experiment.key": "experiment_key",
    "app.experiment.variant": "experiment_arm",
    "app.experiment.arm": "experiment_arm",
    "app.user": "user_id",
    "app.customer": "customer_id",
    "app.session": "session_id",
    **{f"app.{name}": name for name in FIELDS},
    **{f"polymeter.{name}": name for name in FIELDS},
}

READ_ELSEWHERE: Final = (
    *TAGS, "metadata", "error.type", "error.message", "http.response.status_code", "http.status_code", "service.name",
    "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
)  # fmt: skip
"""Names that every dialect knows without a table."""


def call(span: Span, found: Found, *, dialect: str, convention: str, operation: str) -> CallIn:
    """Build the call: what its dialect found, and what every span says in the same way."""
    facts, resource = found.call, span.source.resource
    if "environment" not in facts:
        facts["environment"] = text(resource.get("deployment.environment.name", resource.get("deployment.environment")))
    seconds = facts.pop("ttft_seconds", None)
    if seconds is not None:
        facts["ttft_ms"] = seconds
    end = failure(span)
    return CallIn(
        **_with_pairs(facts),
        operation=operation,
        usage=UsageIn(**found.usage, convention=convention) if found.usage else None,
        request_params=found.params or None,
        started_at=span.start_ns // 1000,
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or None,
        latency_ms=duration_ms((span.end_ns - span.start_ns) / 1e6),
        status=end.status,
        error_type=end.error_type,
        http_status=end.http_status,
        error_message=end.message,
        sender=SenderIn(text(resource.get("service.name")), text(resource.get("service.version"))),
        tags=tags(span.attributes),
        extra=extra(span.attributes, found.unknown),
        dialect=dialect,
    )


def _with_pairs(facts: dict[str, Any]) -> dict[str, Any]:
    """Fold names and versions into the objects that a call has for them."""
    name, version = facts.pop("prompt_name", None), facts.pop("prompt_version", None)
    if name or version:
        facts["prompt"] = PromptIn(name, version)
    key, arm = facts.pop("experiment_key", None), facts.pop("experiment_arm", None)
    if key or arm:
        facts["experiment"] = ExperimentIn(key, arm)
    return facts
