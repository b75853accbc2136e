"""POST /api/v1/calls as senders meet it: what is stored, what is answered, and every refusal with its fix."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import zstandard
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingest import accept as accepting
from ingest import refusals, senders
from ingest.derive import Derivation
from ingest.models import Refusal
from ingest.models import Sender as SenderRow
from polymeter.event import Limits
from projects import keys
from projects.models import Project
from store.writer import Writer
from tests.ingest.conftest import Sender, a_call


def test_a_call_is_stored_as_it_was_sent(sender: Sender) -> None:
    call = a_call(tags={"plan": "gold", "seats": 3, "beta": True}, user_id=42, prompt={"name": "reply", "version": 7})

    assert sender.post(call) == {"accepted": 1, "duplicates": 0, "rejected": []}

    stored = sender.one()
    assert str(stored["call_id"]) == call["id"]
    assert stored["ts"] == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert (stored["latency_ms"], stored["status"], stored["model"]) == (1200.5, "ok", "gpt-4o-mini")
    assert (stored["input_uncached"], stored["output_text"], stored["cache_read"]) == (100, 20, None)
    assert stored["tags"] == {"plan": "gold", "seats": "3", "beta": "true"}
    assert (stored["user_id"], stored["prompt_version"], stored["vendor"]) == ("42", "7", "openai")
    assert (stored["sender_name"], stored["sender_version"], stored["dialect"]) == ("shop-backend", "3.1", "native")
    assert stored["key_id"] == sender.secret[:10]
    (texts,) = sender.texts()
    assert (texts["input"], texts["output"], texts["tool_calls"]) == (call["input"], call["output"], "")


def test_the_same_call_again_is_a_duplicate_whatever_the_spelling(sender: Sender) -> None:
    call = a_call(started_at="2026-11-02T12:00:00Z", tags={"a": "1", "b": "2"})
    again = dict(reversed(list(call.items()))) | {"started_at": "2026-11-02T13:00:00.000+01:00"}

    assert sender.post(call)["accepted"] == 1
    assert sender.post(again) == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert len(sender.stored()) == 1


def test_the_same_call_twice_in_one_request_is_one(sender: Sender) -> None:
    call = a_call()
    assert sender.post(call, call, a_call()) == {"accepted": 2, "duplicates": 1, "rejected": []}
    assert len(sender.stored()) == 2


def test_other_content_under_the_same_id_is_a_new_version_and_null_never_erases(sender: Sender) -> None:
    first = a_call(feature="inbox", error_message=None, latency_ms=None, usage=None, output=None, status=None)
    then = {"id": first["id"], "started_at": first["started_at"], "latency_ms": 900, "usage": {"output_tokens": 7}}

    assert sender.post(first)["accepted"] == 1
    assert sender.post(then) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert sender.post(first)["duplicates"] == 1

    stored = sender.one()
    assert (stored["feature"], stored["model"], stored["latency_ms"]) == ("inbox", "gpt-4o-mini", 900)
    assert (stored["output_text"], stored["status"]) == (7, "ok")
    assert sender.texts()[0]["input"] == first["input"]


def test_a_moved_start_leaves_one_call_and_its_texts(sender: Sender) -> None:
    call = a_call()
    sender.post(call)
    moved = {"id": call["id"], "started_at": "2026-11-02T11:15:00Z", "updated_at": "2026-11-02T13:00:00Z"}

    assert sender.post(moved)["accepted"] == 1

    stored = sender.one()
    assert stored["ts"] == datetime(2026, 11, 2, 11, 15, tzinfo=UTC)
    assert stored["task"] == "support_reply"
    (texts,) = sender.texts()
    assert (texts["ts"], texts["input"]) == (stored["ts"], call["input"])


def test_an_id_is_made_of_trace_and_span_else_of_the_content(sender: Sender) -> None:
    traced = a_call(trace_id="t1", span_id="s1") | {"id": None}
    untraced = a_call() | {"id": None}

    sender.post(traced, untraced)
    assert sender.post(traced, untraced)["duplicates"] == 2
    sender.post(traced | {"feature": "inbox"}, untraced | {"feature": "inbox"})

    assert len(sender.stored()) == 3, "other content without an id is another call; with trace and span it is not"


def test_lines_gzip_zstd_and_deflate_are_read(sender: Sender) -> None:
    lines = b"\n".join(json.dumps(a_call()).encode() for _ in range(3)) + b"\n\n"
    document = json.dumps({"calls": [a_call()]}).encode()

    answers = [
        sender.raw(lines, "application/x-ndjson; charset=utf-8"),
        sender.raw(gzip.compress(document), **{"Content-Encoding": "gzip"}),
        sender.raw(zstandard.compress(document), **{"Content-Encoding": "zstd"}),
    ]

    assert [answer.json() for answer in answers] == [  # type: ignore[attr-defined]
        {"accepted": 3, "duplicates": 0, "rejected": []},
        {"accepted": 1, "duplicates": 0, "rejected": []},
        {"accepted": 0, "duplicates": 1, "rejected": []},
    ]


def test_every_member_of_a_compressed_body_is_read_and_a_cut_one_is_refused(sender: Sender) -> None:
    one, two = (json.dumps(a_call()).encode() + b"\n" for _ in range(2))
    for encoding, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        headers = {"Content-Encoding": encoding}
        whole = compress(one) + compress(two)

        assert sender.raw(whole[:-6], "application/x-ndjson", **headers).status_code == 400
        answer = sender.raw(whole, "application/x-ndjson", **headers)
        assert sum(answer.json()[name] for name in ("accepted", "duplicates")) == 2, encoding  # type: ignore[attr-defined]
        assert sender.raw(compress(b"") * 101, "application/x-ndjson", **headers).status_code == 400
    assert len(sender.stored()) == 2


def test_half_a_surrogate_pair_spoils_no_answer_and_no_check(sender: Sender) -> None:
    checked = a_call(checks=[{"type": "\ud800", "name": "tone", "value": 0.5}])
    bad = a_call(id="\ud800", latency_ms="fast", tags={"\ud800": []})

    answer = sender.post(checked, bad)

    assert answer["accepted"] == 1
    (rejected,) = answer["rejected"]
    assert (rejected["id"], set(rejected["errors"])) == ("\ufffd", {"latency_ms", "tags.\ufffd"})
    (check,) = json.loads(sender.one()["checks"])
    assert (check["type"], check["name"], check["value"]) == ("\ufffd", "tone", 0.5)


def test_money_keeps_all_its_places_whatever_its_size(sender: Sender) -> None:
    sender.post(a_call(cost_usd="99999999999.1234567890123456785", cache={"saved_usd": "123456789012.5"}))
    stored = sender.one()
    assert str(stored["cost_current"]) == "99999999999.123456789012345678"
    assert str(stored["cache_saved_usd"]).startswith("123456789012.5")


def test_a_limit_beyond_all_sense_bounds_nothing_and_spoils_no_neighbour(sender: Sender) -> None:
    cut = a_call(usage={"input_tokens": 5}, status="cancelled", request_params={"max_tokens": 10**28})
    assert sender.post(cut, a_call())["accepted"] == 2
    ceilings = {str(row["call_id"]): row["cost_ceiling"] for row in sender.stored()}
    assert ceilings[cut["id"]] is None


def test_one_bad_call_rejects_only_itself(sender: Sender) -> None:
    bad = a_call(usage={"input_tokens": -1}, status="okay", latency_ms="fast")
    answer = sender.post(a_call(), bad, a_call())

    assert (answer["accepted"], len(sender.stored())) == (2, 2)
    (rejected,) = answer["rejected"]
    assert (rejected["index"], rejected["id"]) == (1, bad["id"])
    assert set(rejected["errors"]) == {"latency_ms", "usage.input_tokens", "status"}
    assert rejected["errors"]["latency_ms"] == ["Send a number, not text; leave it out if unknown."]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("status", {"status": "okay"}),
        ("operation", {"operation": "dream"}),
        ("error_type", {"error_type": "RateLimitError"}),
        ("processing", {"processing": "later"}),
        ("http_status", {"http_status": 42}),
        ("latency_ms", {"latency_ms": -1}),
        ("latency_ms", {"latency_ms": float("nan")}),
        ("ttft_ms", {"ttft_ms": True}),
        ("attempt", {"attempt": -1}),
        ("started_at", {"started_at": None}),
        ("started_at", {"started_at": "yesterday"}),
        ("started_at", {"started_at": "2026-11-02T12:00:00"}),
        ("started_at", {"started_at": "1969-12-31T23:59:59Z"}),
        ("started_at", {"started_at": "2099-01-01T00:00:00Z"}),
        ("started_at", {"started_at": 1762084800}),
        ("updated_at", {"updated_at": "soon"}),
        ("id", {"id": "call-1"}),
        ("id", {"id": 7}),
        ("model", {"model": "m" * 257}),
        ("user_id", {"user_id": "u" * 257}),
        ("prompt.name", {"prompt": {"name": "p" * 257}}),
        ("route.propensity", {"route": {"propensity": 1.5}}),
        ("experiment.phase", {"experiment": {"phase": -1}}),
        ("usage.input_tokens", {"usage": {"input_tokens": -5}}),
        ("usage.input_tokens", {"usage": {"input_tokens": 1.5}}),
        ("usage.output_tokens", {"usage": {"output_tokens": 2**31}}),
        ("usage.convention", {"usage": {"convention": "both"}}),
        ("usage.raw", {"usage": {"raw": {"x": "y" * 70_000}}}),
        ("cost_usd", {"cost_usd": "free"}),
        ("cost_usd", {"cost_usd": -1}),
        ("cache.saved_usd", {"cache": {"saved_usd": "lots"}}),
        ("tags", {"tags": {str(n): "x" for n in range(33)}}),
        ("tags.deep", {"tags": {"deep": {"a": 1}}}),
        ("tags.long", {"tags": {"long": "x" * 257}}),
        ("request_params", {"request_params": {"stop": "x" * 70_000}}),
    ],
)
def test_every_wrong_field_is_named_with_a_sentence(sender: Sender, field: str, wrong: dict[str, Any]) -> None:
    errors = sender.rejected(**wrong)
    assert list(errors) == [field]
    assert all(why.endswith(".") for why in errors[field])


def test_unknown_fields_are_ignored(sender: Sender) -> None:
    assert sender.post(a_call(brand_new_field={"a": 1}))["accepted"] == 1


def test_contradicting_usage_is_flagged_not_refused(sender: Sender) -> None:
    sender.post(a_call(usage={"input_tokens": 10, "cached_input_tokens": 40, "convention": "inclusive"}))
    assert sender.one()["usage_flag"] == "contradiction"


def test_an_error_is_seen_even_if_the_status_was_not_told(sender: Sender) -> None:
    sender.post(a_call(status=None, http_status=529), a_call(status=None, error_type="timeout"), a_call(status=None))
    assert sorted(call["status"] for call in sender.stored()) == ["error", "error", "ok"]


def test_half_a_surrogate_pair_is_replaced_not_refused(sender: Sender) -> None:
    body = json.dumps({"calls": [a_call(input="cut \ud83d here", user_id="\udc00")]}).encode()
    assert sender.raw(body).json()["accepted"] == 1  # type: ignore[attr-defined]
    assert sender.texts()[0]["input"] == "cut \ufffd here"
    assert sender.one()["user_id"] == "\ufffd"


def test_json_texts_are_kept_as_json_and_long_texts_are_cut_with_a_mark(sender: Sender) -> None:
    messages = [{"role": "user", "content": "hi"}]
    sender.post(a_call(input=messages, output="é" * Limits.TEXT_BYTES))
    (texts,) = sender.texts()
    assert texts["input"] == '[{"role":"user","content":"hi"}]'
    assert len(texts["output"].encode()) <= Limits.TEXT_BYTES
    assert texts["output"].endswith(f"of {2 * Limits.TEXT_BYTES:,} bytes kept]")


def test_costs_stated_by_the_provider_stay_exact(sender: Sender) -> None:
    sender.post(a_call(cost_usd="0.000123456789012345"), a_call(cost_usd=0.1))
    assert sorted(str(call["provider_cost_usd"]) for call in sender.stored()) == [
        "0.000123456789012345",
        "0.100000000000000000",
    ]


def test_an_answer_from_the_callers_own_cache_costs_nothing(sender: Sender) -> None:
    sender.post(a_call(cache={"hit": True, "saved_usd": "0.01"}))
    stored = sender.one()
    assert (stored["cost_status"], stored["cost_current"], str(stored["cache_saved_usd"])[:4]) == ("free", 0, "0.01")


@pytest.mark.parametrize(
    ("status", "code", "data", "kind", "headers"),
    [
        (401, "missing_key", b"{}", "application/json", {"Authorization": ""}),
        (401, "unknown_key", b"{}", "application/json", {"Authorization": "Bearer pm_nobody_knows_this_one"}),
        (415, "unknown_content_type", b"{}", "text/plain", {}),
        (415, "unknown_encoding", b"{}", "application/json", {"Content-Encoding": "br"}),
        (400, "broken_encoding", b"{}", "application/json", {"Content-Encoding": "gzip"}),
        (400, "broken_encoding", gzip.compress(b"{}")[:-9], "application/json", {"Content-Encoding": "gzip"}),
        (400, "broken_encoding", b"{}", "application/json", {"Content-Encoding": "zstd"}),
        (400, "malformed", b'{"calls": [', "application/json", {}),
        (400, "malformed", b"[" * 200_000, "application/json", {}),
        (422, "no_calls", b"[]", "application/json", {}),
        (422, "no_calls", b'{"calls": []}', "application/json", {}),
        (422, "no_calls", b"\n\n", "application/x-ndjson", {}),
        (422, "too_many_calls", json.dumps({"calls": [{}] * 5_001}).encode(), "application/json", {}),
        (413, "too_large", b" " * (Limits.BODY_BYTES + 1), "application/json", {}),
    ],
)
def test_every_refused_request_says_its_fix(
    sender: Sender, status: int, code: str, data: bytes, kind: str, headers: dict[str, str]
) -> None:
    answer = sender.raw(data, kind, **headers)
    problem = json.loads(answer.content)
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["detail"].endswith(".")


def test_a_zip_bomb_is_refused_while_it_inflates(sender: Sender) -> None:
    bomb = bytes(200 * 1024 * 1024)
    for encoding, data in (("gzip", gzip.compress(bomb, 1)), ("zstd", zstandard.compress(bomb))):
        answer = sender.raw(data, **{"Content-Encoding": encoding})
        assert (answer.status_code, json.loads(answer.content)["code"]) == (413, "too_large")


def test_a_key_without_the_scope_is_403(sender: Sender) -> None:
    project = Project.objects.get(pk=sender.project_id)
    _, sender.secret = keys.create(project, name="reader", scopes=["read"])
    assert sender.raw(b"{}").status_code == 403


def test_another_method_is_405(sender: Sender) -> None:
    answer = sender._client.delete("/api/v1/calls", headers={"Authorization": f"Bearer {sender.secret}"})
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_all_rejected_is_still_200(sender: Sender) -> None:
    answer = sender.post({}, {"started_at": "x"})
    assert (answer["accepted"], [item["index"] for item in answer["rejected"]]) == (0, [0, 1])


def test_a_bad_line_rejects_only_itself(sender: Sender) -> None:
    data = json.dumps(a_call()).encode() + b"\n{oops\n[1]\n" + json.dumps(a_call()).encode()
    answer = sender.raw(data, "application/x-ndjson").json()  # type: ignore[attr-defined]
    assert (answer["accepted"], [item["index"] for item in answer["rejected"]]) == (2, [1, 2])


def test_a_full_queue_is_429_for_who_filled_it_and_503_for_the_others(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Writer(Derivation(), queue_bytes=10_000)
    monkeypatch.setattr(slow, "_ensure_thread", lambda: None)  # nothing is taken out
    monkeypatch.setattr(accepting, "writer", lambda: slow)
    document = json.dumps({"calls": [a_call()]}).encode()

    slow._admit(sender.project_id, 4_500)
    mine = sender.raw(document)
    slow._by_project.clear()
    slow._bytes = 9_500
    other = sender.raw(document)

    assert [(answer.status_code, json.loads(answer.content)["code"]) for answer in (mine, other)] == [
        (429, "too_fast"),
        (503, "busy"),
    ]
    assert mine.headers["Retry-After"] == other.headers["Retry-After"] == "2"
    assert sender.stored() == []
    slow._reset()


def test_a_warm_request_asks_the_control_plane_nothing(sender: Sender) -> None:
    sender.post(a_call())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        sender.post(*[a_call() for _ in range(50)], a_call(status="okay"))
    assert [query["sql"] for query in queries] == []


def test_refusals_and_senders_are_counted_for_data_health(sender: Sender) -> None:
    bad = a_call(status="okay", tags={"x": [1]})
    sender.post(a_call(), bad, a_call(sender={"name": "sdk", "version": "1"}))
    sender.post(a_call(status="okay"))
    sender.raw(b"{}", "text/plain")
    refusals.flush()
    senders.flush()

    rows = Refusal.objects.filter(project_id=sender.project_id)
    assert {(row.reason, row.count, row.sender) for row in rows} == {
        ("status", 2, "shop-backend 3.1"),
        ("tags", 1, "shop-backend 3.1"),
        ("unknown_content_type", 1, "shop-backend 3.1"),
    }
    assert rows.get(reason="tags").example["id"] == bad["id"]
    heard = SenderRow.objects.filter(project_id=sender.project_id)
    assert {(row.name, row.version, row.calls) for row in heard} == {("shop-backend", "3.1", 1), ("sdk", "1", 1)}
