"""Errors as RFC 9457 problem documents: a stable code for the machine, a sentence with the fix for the developer."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


def document(status: int, code: str, title: str, detail: str, **extra: Any) -> dict[str, Any]:
    """Return the members of a problem document."""
    return {"type": f"/docs/api#{code}", "title": title, "status": status, "code": code, "detail": detail, **extra}


def problem(
    status: int, code: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any
) -> HttpResponse:
    """Return a problem answer; `extra` members go into the document beside the five standard ones."""
    body = json.dumps(document(status, code, title, detail, **extra), cls=DjangoJSONEncoder, ensure_ascii=False)
    # What is refused is quoted, and it may hold half a surrogate pair.
    raw = body.encode(errors="replace")
    return HttpResponse(raw, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


class ProblemError(Exception):
    """A refusal that may be raised anywhere below an API view; it becomes a problem answer."""

    def __init__(
        self, status: int, code: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers, self.extra = dict(headers or {}), extra

    def response(self) -> HttpResponse:
        """Return the answer this refusal stands for."""
        return problem(self.status, self.code, self.title, self.detail, headers=self.headers, **self.extra)
