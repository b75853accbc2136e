"""JSON schemas of what the API speaks, for the OpenAPI document."""

from typing import Any, Final

from polymeter.event import (
    CACHE_CONVENTIONS,
    COST_STATUSES,
    ERROR_TYPES,
    OPERATIONS,
    PROCESSINGS,
    STATUSES,
    USAGE_FIELDS,
    Limits,
)  # fmt: skip

Schema = dict[str, Any]


def text(description: str = "", **more: Any) -> Schema:
    return {"type": ["string", "null"], **({"description": description} if description else {}), **more}


def number(description: str = "", kind: str = "number") -> Schema:
    return {"type": [kind, "null"], **({"description": description} if description else {})}


def choice(values: tuple[str, ...]) -> Schema:
    return {"type": ["string", "null"], "enum": [*values, None]}


def obj(properties: dict[str, Schema], *, null: bool = False, required: tuple[str, ...] = (), **more: Any) -> Schema:
    kind: Any = ["object", "null"] if null else "object"
    return {"type": kind, "properties": properties, **({"required": list(required)} if required else {}), **more}


def items(of: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": of, **more}


FLAG: Final[Schema] = {"type": ["boolean", "null"]}
MONEY: Final[Schema] = text("USD as decimal text; null is unknown, never 0.", pattern=r"^-?\d+(\.\d+)?$")
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
ANY_OBJECT: Final = obj({}, additionalProperties=True)
ANY: Final[Schema] = {"description": "Text or JSON."}
NAMES: Final = ("name", "version")

USAGE: Final = {name: number(kind="integer") for name in USAGE_FIELDS} | {
    "convention": choice(CACHE_CONVENTIONS)
    | {"description": "inclusive: input_tokens holds cached tokens, too (OpenAI); exclusive: it does not (Anthropic)."},
    "raw": ANY | {"description": "The provider's own usage object."},
}
COMMON: Final[dict[str, Schema]] = {
    "trace_id": text(), "span_id": text(), "parent_span_id": text(),
    "latency_ms": number("From the request to the end of the answer."),
    "ttft_ms": number("From the request to the first token."), "streaming": FLAG,
    "operation": choice(OPERATIONS), "provider": text("Who bills."), "vendor": text("Who made the model."),
    "requested_model": text(), "model": text("The model that served."), "billed_model": text(),
    "region": text(), "tier": text("Service tier served."), "processing": choice(PROCESSINGS),
    "status": choice(STATUSES), "error_type": choice(ERROR_TYPES), "http_status": number(kind="integer"),
    "error_message": text(), "finish_reason": text(),
    "environment": text(), "task": text("The kind of work."), "feature": text("The place in the product."),
    "user_id": text(), "customer_id": text(), "session_id": text(),
    "role": text(), "stage": text(), "attempt": number(kind="integer"), "group_id": text(),
    "fallback_reason": text(), "outcome_id": text(), "agent": text(), "team": text(), "credential": text(),
    "system_fingerprint": text(), "response_id": text(),
    "tags": obj({}, additionalProperties=text(), description=f"At most {Limits.TAGS} keys."),
    "prompt": obj({name: text() for name in NAMES}, null=True),
    "route": obj(
        {name: text() for name in ("name", "version", "type", "branch", "reason")}
        | {"propensity": number(), "overhead_ms": number()}, null=True,
    ),
    "experiment": obj({"key": text(), "arm": text(), "phase": number(kind="integer")}, null=True),
    "cache": obj({"hit": FLAG, "saved_usd": MONEY}, null=True),
    "schema": obj({"id": text(), "ok": FLAG}, null=True),
    "sender": obj({name: text() for name in NAMES}, null=True),
    "request_params": obj({}, null=True, additionalProperties=True),
    "checks": {
        "type": ["array", "null"],
        "items": obj({"type": text(), "name": text(), "value": ANY, "threshold": ANY, "passed": FLAG}),
    },
}  # fmt: skip
TEXTS: Final[dict[str, Schema]] = {
    "input": ANY, "output": ANY, "tool_calls": ANY | {"description": "List of {name, arguments}."},
}  # fmt: skip
LINE: Final = obj(
    {"dimension": {"type": "string"}, "units": {"type": "integer"}, "unit_price": MONEY, "amount": MONEY,
     "price_id": {"type": "integer"}},
    required=("dimension", "units", "unit_price", "amount", "price_id"),
)  # fmt: skip
COST: Final = obj(
    {"amount_usd": MONEY, "status": choice(COST_STATUSES), "floor_usd": MONEY, "ceiling_usd": MONEY,
     "booked_usd": MONEY, "price_book": {"type": "integer"}, "lines": items(LINE)},
    required=("amount_usd", "status", "floor_usd", "ceiling_usd", "lines"),
)  # fmt: skip
CALL: Final = obj(
    {"id": {"type": "string", "format": "uuid"}, "started_at": TIME, **COMMON, "key_id": text(),
     "usage": obj(USAGE | {"flag": text()}, null=True), "cost_usd": MONEY, "cost": COST,
     "extra": obj({}, additionalProperties=True), "dialect": text(), "received_at": TIME, **TEXTS},
    required=("id", "started_at", "status", "usage", "cost"),
)  # fmt: skip
CALLS: Final = obj({"calls": items(CALL), "next": text("Cursor of the next page.")}, required=("calls", "next"))
SPAN: Final = obj(
    {"trace_id": text(), "span_id": text(), "parent_span_id": text(), "name": text(), "kind": text(), "status": text(),
     "status_message": text(), "started_at": TIME, "duration_ms": number(), "sender": text(),
     "attributes": obj({}, additionalProperties=True)},
)  # fmt: skip
TRACE: Final = obj(
    {"trace_id": {"type": "string"}, "started_at": TIME, "latency_ms": number(),
     "cost": obj({"amount_usd": MONEY, "calls": {"type": "integer"}, "unknown_calls": {"type": "integer"}}),
     "calls": items(CALL), "spans": items(SPAN)},
    required=("trace_id", "started_at", "cost", "calls", "spans"),
)  # fmt: skip
INCOMING: Final = obj(
    {"id": text("UUID, and the call's idempotency key; else derived from trace and span id.", format="uuid"),
     "started_at": TIME, "updated_at": {"type": ["string", "null"], "format": "date-time"}, **COMMON,
     "usage": obj(USAGE, null=True), "cost_usd": {"type": ["string", "number", "null"]}, **TEXTS},
    required=("started_at",),
)  # fmt: skip
STORED: Final = obj(
    {"accepted": {"type": "integer"}, "duplicates": {"type": "integer"},
     "rejected": items(obj({"index": {"type": "integer"}, "id": text(), "errors": ANY_OBJECT}))},
    required=("accepted", "duplicates", "rejected"),
)  # fmt: skip
ROW: Final = obj({}, additionalProperties={"type": ["string", "number", "boolean", "null"]})
ANSWER: Final = obj(
    {
        "rows": items(ROW), "totals": ROW,
        "columns": items(obj({"key": {"type": "string"}, "kind": {"type": "string"}})),
        "truncated": {"type": "boolean", "description": "There are more rows than `limit`."},
        "from": TIME, "to": TIME, "compared_with": obj({"from": TIME, "to": TIME}, null=True),
        "freshness": obj(
            {"newest_event": {"type": ["string", "null"]}, "raw_hours": {"type": "integer"},
             "rolled_up_to": {"type": ["string", "null"]}, "as_of": TIME},
        ),
        "coverage": obj(
            {"calls": {"type": "integer"}, "known_calls": {"type": "integer"}, "unbounded_calls": {"type": "integer"},
             "priced_share": number(), "cost_usd": MONEY, "floor_usd": MONEY, "ceiling_usd": MONEY,
             "by_status": obj({}, additionalProperties=obj({"calls": {"type": "integer"}, "cost_usd": MONEY}))},
            null=True,
        ),
        "receipt": {"type": "string", "description": "Equal for the same question on the same price book."},
    },
    required=("rows", "totals", "columns", "freshness", "coverage", "receipt"),
)  # fmt: skip
PROBLEM: Final = obj(
    {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "code": {"type": "string"},
     "detail": {"type": "string", "description": "What is wrong and how to fix it."}},
    required=("type", "title", "status", "code", "detail"), additionalProperties=True,
)  # fmt: skip
