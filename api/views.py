"""The read API: parse, ask, answer. Every question is about the project of the key."""

import uuid
from typing import ClassVar, Final, cast

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import calls
from analytics.ask import ask
from api import answers, described, inputs
from projects.keys import KeyIdentity
from projects.problem import ProblemError
from store.client import StoreError


class Reading(APIView):
    """A view for keys with the scope `read`; a store that does not answer is a 503 with a time to come back."""

    scope: ClassVar[str] = "read"

    @property
    def project_id(self) -> int:
        key = cast(KeyIdentity, self.request.auth)
        return key.project_id

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, StoreError):
            exc = _unavailable(exc)
        return super().handle_exception(exc)


TOO_MUCH: Final = {
    159: ("too_slow", "Too slow", "This question reads too much to answer in time."),
    241: ("too_much", "Too much at once", "This question needs more memory than one may use."),
}


def _unavailable(error: StoreError) -> ProblemError:
    """A question that asks too much would fail again; the store's absence passes."""
    if error.code in TOO_MUCH:
        code, title, why = TOO_MUCH[error.code]
        detail = f"{why} Shorten its span, or ask for fewer dimensions."
        return ProblemError(503, code, title, detail, headers={"Retry-After": "60"})
    detail = "The event store does not answer right now. Nothing is lost; send the same request again in a few seconds."
    return ProblemError(503, "store_unavailable", "Event store unavailable", detail, headers={"Retry-After": "5"})


class Query(Reading):
    """POST /api/v1/query: measures x dimensions x filters x time, from the one ledger every page reads."""

    @extend_schema(**described.QUERY)
    def post(self, request: Request) -> Response:
        return Response(answers.answer(ask(inputs.question(self.project_id, request.data))))


class Calls(Reading):
    """GET /api/v1/calls: the calls themselves, newest first unless told otherwise."""

    @extend_schema(**described.CALLS)
    def get(self, request: Request) -> Response:
        wanted = inputs.list_of_calls(self.project_id, request.query_params)
        with inputs.refusing("cursor"):
            page = calls.page(
                self.project_id, wanted.filters, wanted.span,
                sort=wanted.sort, limit=wanted.limit, cursor=wanted.cursor, bodies=wanted.bodies,
            )  # fmt: skip
        return Response({"calls": page.calls, "next": page.next})


class Call(Reading):
    """GET /api/v1/calls/{id}: one call with its texts and its receipt."""

    @extend_schema(**described.CALL)
    def get(self, request: Request, call_id: str) -> Response:
        inputs.refuse_others(request.query_params)
        found = calls.one(self.project_id, _uuid(call_id))
        if found is None:
            raise Http404("There is no call with this id in the project of your key.")
        return Response(found)


class Trace(Reading):
    """GET /api/v1/traces/{trace_id}: everything that answered one request of the product."""

    @extend_schema(**described.TRACE)
    def get(self, request: Request, trace_id: str) -> Response:
        inputs.refuse_others(request.query_params, "bodies")
        found = calls.trace(self.project_id, trace_id, bodies=inputs.flag(request.query_params, "bodies"))
        if found is None:
            raise Http404("There is no trace with this id in the project of your key.")
        return Response(found)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404(f"{text!r} is no id of a call; ids are UUIDs.") from None
