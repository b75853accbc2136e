"""POST /api/v1/calls: HTTP in front of accept(). Authenticate, decode, answer; nothing else."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ingest import accept, body, decode, refusals
from ingest.origin import Origin, now_us, product
from projects.http import require_key
from projects.keys import KeyIdentity
from projects.problem import ProblemError

JSON = frozenset({"application/json", "text/json"})
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_encoder = msgspec.json.Encoder()


def origin_of(request: HttpRequest, dialect: str) -> Origin:
    """Return what all calls of this request share."""
    key: KeyIdentity = request.key  # type: ignore[attr-defined]
    name, version = product(request.META.get("HTTP_USER_AGENT", ""))
    return Origin(key.project_id, key.prefix, name, version, dialect, now_us())


@csrf_exempt
@require_key("ingest")
def post_calls(request: HttpRequest) -> HttpResponse:
    """Store 1 to 5,000 calls. Good ones are stored, bad ones come back with their index and reasons.

    Answers 200 once every accepted call is durable and visible; the same request may be sent again at any time.
    """
    origin = origin_of(request, "native")
    try:
        outcome = accept.accept(_items(request), origin)
    except ProblemError as refused:
        refusals.note_request(origin, refused.code)
        return refused.response()
    return HttpResponse(_encoder.encode(outcome), content_type="application/json")


def _items(request: HttpRequest) -> list[decode.Item]:
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind not in JSON and kind not in LINES:
        detail = 'Send application/json with {"calls": [...]}, or application/x-ndjson with one call a line.'
        raise ProblemError(415, "unknown_content_type", "Unknown content type", detail)
    data = body.read(request)
    return decode.lines(data) if kind in LINES else decode.document(data)
