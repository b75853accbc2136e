"""Answers as JSON: money as decimal text, times in UTC, null for unknown."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.answer import Answer
from analytics.call import plain


def answer(found: Answer) -> dict[str, Any]:
    """Return the answer as the API gives it."""
    return {
        "rows": [_spoken(row) for row in found.rows],
        "totals": _spoken(found.totals),
        "columns": found.columns,
        "truncated": found.truncated,
        "from": _value(found.question.span.start),
        "to": _value(found.question.span.end),
        "compared_with": found.before and {"from": _value(found.before.start), "to": _value(found.before.end)},
        "freshness": _spoken(found.freshness.as_dict()),
        "coverage": found.coverage and _spoken(found.coverage),
        "receipt": found.receipt,
    }


def _spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return _spoken(value) if isinstance(value, Mapping) else value
