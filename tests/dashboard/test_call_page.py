"""One call: its words, its receipt to the last digit, its texts for those who may read them, and its kin."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from dashboard import call_links, one_call, receipt, texts
from projects.models import Membership, Project, Role
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.test_calls_page import count_of
from tests.dashboard.test_pages import words

DaysAgo = Callable[[float], datetime]
EVIL = '<script>alert("x")</script>'


def put_body(row: dict[str, Any], **texts: Any) -> None:
    """Store the texts of a call as receiving does."""
    stored = {name: value if isinstance(value, str) else json.dumps(value) for name, value in texts.items()}
    keys = {name: [row[name]] for name in ("project_id", "ts", "call_id", "version", "is_deleted", "keep_days")}
    body = {name: [stored.get(name, "")] for name in ("input", "output", "tool_calls")}
    store_client.insert("bodies", keys | body, token=uuid.uuid4().hex)


@pytest.fixture
def one(project: Project, days_ago: DaysAgo) -> dict[str, Any]:
    """A call that tells everything."""
    row = a_call(
        project.pk, days_ago(0.2), model="gpt-4o", requested_model="gpt-4o", task="reply", feature="helpdesk",
        latency_ms=2310.0, ttft_ms=310.0, user_id="u 1", customer_id="acme", session_id="s&1", prompt_name="reply",
        prompt_version="12", experiment_key="faq", experiment_arm="B", tags={"plan": "pro"}, trace_id="t1",
        group_id="g1", cost="0.0084", role="primary", stage="draft", route_name="main",
    )  # fmt: skip
    put([row])
    return row


def path_of(row: dict[str, Any]) -> str:
    return f"calls/{row['call_id']}/"


def test_it_says_in_one_sentence_what_happened(fetch: Fetch, one: dict[str, Any]) -> None:
    text = words(fetch(path_of(one)))

    assert "gpt-4o answered a helpdesk call in 2.31 s for $0.0084." in text
    assert "first token after 310 ms" in text
    assert "Prompt name reply Prompt version 12" in text


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"status": "error", "error_type": "rate_limit"}, "m failed a call with rate limit after 1.00 s for $0.010."),
        ({"status": "cancelled", "cost": None}, "A call to m was cancelled after 1.00 s; its cost is not known."),
        ({"cost": "0"}, "m answered a call in 1.00 s at no cost."),
        ({"latency_ms": None, "model": ""}, "not set answered a call for $0.010."),
    ],
)
def test_the_sentence_fits_what_happened(
    fetch: Fetch, project: Project, days_ago: DaysAgo, told: dict[str, Any], sentence: str
) -> None:
    row = a_call(project.pk, days_ago(0), **({"model": "m"} | told))
    put([row])

    assert sentence in words(fetch(path_of(row)))


def test_calls_like_this_are_calls_like_this(fetch: Fetch, one: dict[str, Any], project: Project) -> None:
    put([a_call(project.pk, one["ts"], model="other")])
    html = fetch(path_of(one))
    links = [unescape(href) for href in re.findall(r'<a href="(/p/[^"]+/calls/\?[^"]+)"', html)]

    assert len(links) >= 7
    for href in links:
        assert count_of(fetch(href.split("/", 3)[3])) == 1, href


def test_previous_and_next_follow_the_list_it_was_opened_from(
    fetch: Fetch, project: Project, days_ago: DaysAgo
) -> None:
    at = days_ago(0.3)
    rows = [
        a_call(project.pk, at + timedelta(seconds=n), cost=str(n % 3), feature="faq" if n != 2 else "other")
        for n in range(5)
    ]
    put(rows)

    def beside(query: str, row: dict[str, Any]) -> list[int]:
        html = fetch(f"{path_of(row)}?{query}")
        found = re.findall(r'<a class="button" href="/p/[^/]+/calls/([0-9a-f-]{36})/[^"]*" rel="(prev|next)"', html)
        ids = [str(other["call_id"]) for other in rows]
        return [ids.index(one) for one, _ in found]

    assert beside("period=7d", rows[3]) == [4, 2]
    assert beside("feature=faq", rows[3]) == [4, 1]
    assert beside("sort=time", rows[3]) == [2, 4]
    assert beside("sort=-cost", rows[4]) == [2, 1]
    assert beside("period=7d", rows[4]) == [3]
    assert beside("", rows[3]) == []


def test_the_calls_that_answered_together_are_listed(fetch: Fetch, one: dict[str, Any], project: Project) -> None:
    put([a_call(project.pk, one["ts"] + timedelta(seconds=3), model="backup", group_id="g1", role="backup")])
    put([a_call(project.pk, one["ts"], model="stranger", group_id="g2")])

    text = words(fetch(path_of(one)))

    assert "The same group, attempt by attempt" in text
    assert "backup" in text
    assert "stranger" not in text


class TestTexts:
    MESSAGES = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": EVIL}, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "look"}}]},
    ]

    def test_messages_are_bubbles_and_hostile_text_stays_text(self, fetch: Fetch, one: dict[str, Any]) -> None:
        put_body(one, input=self.MESSAGES, output=EVIL, tool_calls=[{"name": "look", "arguments": '{"q": 1}'}])

        html = fetch(path_of(one))

        assert "<script>alert" not in html
        assert html.count("&lt;script&gt;alert") >= 3  # input, output and raw JSON
        assert 'class="bubble system"' in html
        assert 'class="bubble user"' in html
        assert "Be kind." in html

    def test_a_text_that_was_cut_says_so(self, fetch: Fetch, one: dict[str, Any]) -> None:
        put_body(one, input="abc… [cut: 3 of 9,000 bytes kept]")

        text = words(fetch(path_of(one)))

        assert "the first 3 of 9,000 bytes were kept" in text

    @pytest.mark.parametrize(
        ("role", "hides", "reads"),
        [("viewer", False, True), ("viewer", True, False), ("editor", True, True), ("owner", True, True)],
    )
    def test_who_may_read_them(
        self, fetch: Fetch, one: dict[str, Any], project: Project, person: Any, role: str, hides: bool, reads: bool
    ) -> None:
        put_body(one, input="the secret prompt", output="the secret answer")
        Project.objects.filter(pk=project.pk).update(hides_texts=hides)
        Membership.objects.filter(user=person).update(role=Role(role))

        html = fetch(path_of(one))

        assert ("the secret prompt" in html) is reads
        assert ("the secret answer" in html) is reads
        assert ("Only editors and owners of this project can read" in html) is not reads

    def test_without_texts_the_page_says_why(self, fetch: Fetch, one: dict[str, Any]) -> None:
        assert "No texts were kept for this call" in fetch(path_of(one))

    @pytest.mark.parametrize(
        ("body", "bubbles"),
        [
            ("plain", [("user", "plain")]),
            (["a", "b"], [("user", "a"), ("user", "b")]),
            ({"messages": [{"role": "user", "content": "hi"}]}, [("user", "hi")]),
            ({"role": "model", "parts": [{"text": "hi"}]}, [("model", "hi")]),
            ([{"name": "look", "arguments": {"q": 1}}], [("look", '{\n  "q": 1\n}')]),
            ([{"name": "look", "arguments": "not json"}], [("look", "not json")]),
            ({"answer": 4}, [("user", '{\n  "answer": 4\n}')]),
            ([1, None, {}], [("user", "1"), ("user", "null"), ("user", "{}")]),
            ([{"role": "user", "content": ""}], [("user", "")]),
        ],
    )
    def test_any_shape_is_read(self, body: Any, bubbles: list[tuple[str, str]]) -> None:
        found = texts.said("Input", body, "user")

        assert found
        assert [(one.role, one.text) for one in found.bubbles] == bubbles

    def test_nothing_is_nothing(self) -> None:
        assert texts.said("Input", None, "user") is None
        assert texts.said("Input", "", "user") is None

    def test_a_very_long_conversation_says_how_much_is_left_out(self) -> None:
        found = texts.said("Input", [{"role": "user", "content": str(n)} for n in range(250)], "user")

        assert found
        assert (len(found.bubbles), found.left_out) == (200, 50)


class TestReceipt:
    def a_receipt(self, **cost: Any) -> receipt.Receipt:
        told = {
            "amount_usd": "0.00316125", "status": "priced_exact", "floor_usd": "0.00316125", "booked_usd": "0.00316125",
            "ceiling_usd": "0.00316125", "price_book": 2, "lines": [],
        }  # fmt: skip
        return receipt.receipt({"cost": told | cost, "usage": {"flag": None}})

    @pytest.mark.django_db
    def test_lines_are_units_times_price_and_add_up(self) -> None:
        lines = [
            {"dimension": "input_uncached", "units": 313, "unit_price": "0.0000025", "amount": "0.0007825", "price_id": 0},
            {"dimension": "cache_read", "units": 383, "unit_price": "0.00000125", "amount": "0.00047875", "price_id": 0},
            {"dimension": "output_text", "units": 190, "unit_price": "0.00001", "amount": "0.0019", "price_id": 0},
            {"dimension": "web_search", "units": 1, "unit_price": None, "amount": None, "price_id": 0},
        ]  # fmt: skip

        found = self.a_receipt(lines=lines)

        assert [(one.units, one.price, one.amount) for one in found.lines] == [
            ("313", "$2.50 / 1M", "$0.0007825"),
            ("383", "$1.25 / 1M", "$0.00047875"),
            ("190", "$10.00 / 1M", "$0.0019"),
            ("1", "—", "—"),
        ]
        assert found.total == "$0.00316125"
        assert found.amount == "$0.0032"
        assert found.bounds == ""

    @pytest.mark.django_db
    @pytest.mark.parametrize("status", receipt.STATUSES)
    def test_every_status_is_explained(self, status: str) -> None:
        assert len(self.a_receipt(status=status).status) > 30

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("floor", "ceiling", "words"),
        [
            ("0.001", "0.004", "It cost at least $0.001 and at most $0.004."),
            ("0", "0.004", "It cost at most $0.004."),
            ("0.001", None, "It cost at least $0.001."),
            ("0", None, "Nothing tells how much it may have cost."),
        ],
    )
    def test_an_unknown_cost_has_bounds_where_they_are_known(self, floor: str, ceiling: str | None, words: str) -> None:
        found = self.a_receipt(amount_usd=None, status="usage_unknown", floor_usd=floor, ceiling_usd=ceiling)

        assert (found.amount, found.bounds) == ("—", words)

    @pytest.mark.parametrize(
        ("amount", "text"), [("0", "$0.00"), ("2.5", "$2.50"), ("10", "$10.00"), ("1E-18", "$0.000000000000000001")]
    )
    def test_money_is_written_to_the_last_digit(self, amount: str, text: str) -> None:
        assert receipt.dollars(Decimal(amount)) == text


def test_tokens_that_a_cache_touched_belong_to_the_input_in_either_convention() -> None:
    usage = {"input_tokens": 10, "cached_input_tokens": 4, "cache_write_tokens": None, "output_tokens": 3}

    assert one_call.tokens_in({"usage": usage | {"convention": "inclusive"}}) == 10
    assert one_call.tokens_in({"usage": usage | {"convention": "exclusive"}}) == 14
    assert one_call.tokens_in({"usage": None}) is None


@pytest.mark.parametrize(
    ("trace_id", "path"),
    [
        ("t1", "/p/s/traces/t1/"),
        ("a/b c?#é", "/p/s/traces/a%2Fb%20c%3F%23%C3%A9/"),
        ("..", "/p/s/calls/?trace_id=.."),
        ("a/../b", "/p/s/calls/?trace_id=a%2F..%2Fb"),
        ("a//b", "/p/s/calls/?trace_id=a%2F%2Fb"),
        ("a/", "/p/s/calls/?trace_id=a%2F"),
    ],
)
def test_any_text_can_be_the_id_of_a_trace(trace_id: str, path: str) -> None:
    assert one_call.trace_url("s", trace_id) == path


def test_groups_far_apart_are_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_links.stored, "page", lambda *given, **more: pytest.fail("asked the store"))
    calls = [{"status": "error", "group_id": "g", "started_at": f"2026-{month:02}-01T00:00:00Z"} for month in (1, 6)]

    assert call_links.answers(1, calls) == {}
    assert call_links.answers(1, [{"status": "ok", "group_id": "g"}]) == {}


def test_an_unknown_call_is_not_found(signed_in_client: Client, project: Project) -> None:
    assert signed_in_client.get(f"/p/{project.slug}/calls/{uuid.uuid4()}/").status_code == 404
    assert signed_in_client.get(f"/p/{project.slug}/calls/not-an-id/").status_code == 404
