"""What the OpenAPI document says of each address: its words, parameters and answers."""

from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from analytics import calls
from analytics.dimensions import DIMENSIONS, RANGES
from api import schemas
from api.inputs import QueryIn

REFUSALS: Final = {
    401: "No key, or an unknown one.",
    403: "The key lacks the scope.",
    404: "There is none in the key's project.",
    413: "The body is too large.",
    415: "Another content type is needed.",
    422: "Some values cannot be used; `errors` names each.",
    429: "Too fast; come back after Retry-After seconds.",
    503: "Not possible right now; come back after Retry-After seconds.",
}


def answers(good: schemas.Schema, *refusals: int) -> dict[Any, Any]:
    """Return the answers of an address: one good one, and problem documents."""
    refused = {(code, "application/problem+json"): schemas.PROBLEM for code in (400, 401, 403, *refusals, 422, 503)}
    return {(200, "application/json"): good, **refused}


def _parameter(name: str, description: str, kind: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **more)


BODIES: Final = _parameter("bodies", "1 adds input, output and tool_calls.", enum=["0", "1"])
QUERY: Final[dict[str, Any]] = {
    "operation_id": "query",
    "tags": ["read"],
    "summary": "Ask for figures",
    "description": "Measures by dimensions and time over one project's calls: the ledger that every page, export, mail "
    "and budget reads. Unknown is null, never 0; money is decimal text.",
    "request": QueryIn,
    "responses": answers(schemas.ANSWER, 413, 415),
    "examples": [
        OpenApiExample(
            "Spend by model and day",
            {"measures": ["cost_usd", "calls", "latency_p95"], "dimensions": ["model"], "granularity": "day",
             "from": "2026-11-01", "to": "2026-11-08", "compare": "previous"},
            request_only=True,
        )
    ],
}  # fmt: skip
CALLS: Final[dict[str, Any]] = {
    "operation_id": "list_calls",
    "tags": ["read"],
    "summary": "List calls",
    "description": "The calls behind a number. Any dimension is a filter: repeat it for several values; `not.` in "
    "front excludes; an empty value means not set, `tag.<key>` is any tag. `trace_id` looks at all of time.",
    "parameters": [
        _parameter("from", "RFC 3339, or a time or date in the project's zone. Included."),
        _parameter("to", "The same. Not included."),
        _parameter("sort", "Order of the calls.", enum=list(calls.SORTS)),
        OpenApiParameter(
            "limit", {"type": "integer", "minimum": 1, "maximum": calls.MOST_CALLS, "default": 50}, description="Calls."
        ),
        _parameter("cursor", "`next` of the page before, unchanged, with the same other parameters."),
        BODIES,
        *[_parameter(one.key, f"{one.label} is.", many=True) for one in DIMENSIONS.values()],
        *[_parameter(one.key, f"{one.label}.", OpenApiTypes.NUMBER) for one in RANGES.values()],
    ],
    "responses": answers(schemas.CALLS),
}
CALL: Final[dict[str, Any]] = {
    "operation_id": "get_call",
    "tags": ["read"],
    "summary": "One call",
    "description": "With its texts, if the project keeps them, and its cost line by line.",
    "parameters": [OpenApiParameter("call_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="Its id, a UUID.")],
    "responses": answers(schemas.CALL, 404),
}
TRACE: Final[dict[str, Any]] = {
    "operation_id": "get_trace",
    "tags": ["read"],
    "summary": "One trace",
    "description": "Every call and every other span with this trace id, whenever they were.",
    "parameters": [OpenApiParameter("trace_id", OpenApiTypes.STR, OpenApiParameter.PATH), BODIES],
    "responses": answers(schemas.TRACE, 404),
}


def add_ingest(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Describe by hand the two addresses that plain views answer, for the sake of their speed (a schema hook)."""
    result["paths"].setdefault("/api/v1/calls", {})["post"] = _post_calls()
    result["paths"]["/v1/traces"] = {"post": _post_traces()}
    return result


def _refusals(*codes: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schemas.PROBLEM}}
    return {str(code): {"description": REFUSALS.get(code, "Unreadable."), "content": content} for code in codes}


def _post_calls() -> dict[str, Any]:
    body = schemas.obj({"calls": schemas.items(schemas.INCOMING, minItems=1, maxItems=5_000)}, required=("calls",))
    stored = {
        "description": "All accepted is durable.",
        "content": {"application/json": {"schema": schemas.STORED}},
    }
    return {
        "operationId": "post_calls",
        "tags": ["ingest"],
        "summary": "Store calls",
        "description": "1 to 5,000 calls as JSON or NDJSON, plain, gzip or zstd, at most 10 MiB decoded. Answers once "
        "the calls are durable. Sending the same again changes nothing; a bad call does not spoil its batch.",
        "security": [{"key": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": body},
                "application/x-ndjson": {"schema": {"type": "string", "description": "One call a line."}},
            },
        },
        "responses": {"200": stored, **_refusals(400, 401, 403, 413, 415, 422, 429, 503)},
    }


def _post_traces() -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    partial = schemas.obj({"partialSuccess": schemas.obj({}, additionalProperties=True)}, additionalProperties=True)
    return {
        "operationId": "post_traces",
        "tags": ["ingest"],
        "summary": "Store OpenTelemetry spans",
        "description": "OTLP over HTTP, protobuf or JSON, plain or gzip. Spans of model calls become calls; others are "
        "kept for the trace page. A bad span is counted in partial_success and costs only itself.",
        "security": [{"key": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-protobuf": binary,
                "application/json": {"schema": schemas.obj({"resourceSpans": schemas.items({})})},
            },
        },
        "responses": {
            "200": {
                "description": "Stored, in the form of the request.",
                "content": {"application/json": {"schema": partial}, "application/x-protobuf": binary},
            },
            **_refusals(400, 401, 403, 413, 415, 429, 503),
        },
    }
