"""Builders for the pricing tests: a call to price, and a book made from a price file."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pricing import snapshot
from pricing.book import PriceBook
from pricing.cost import Billable
from pricing.models import BookVersion
from pricing.pricefile import read
from pricing.publish import publish
from pricing.usage import UNKNOWN, UsageVector, disjoint

NOW = "2026-11-25T12:00:00+00:00"


def micros(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1_000_000)


def a_call(**changes: Any) -> Billable:
    """A good call to acme/one; `usage` as a sender states it, `at` as text."""
    usage: UsageVector = UNKNOWN
    flag = ""
    if "usage" in changes:
        usage, flag = disjoint(**changes.pop("usage"))
    if "at" in changes:
        changes["at_us"] = micros(changes.pop("at"))
    if isinstance(changes.get("reported_usd"), str):
        changes["reported_usd"] = Decimal(changes["reported_usd"])
    base = Billable(
        provider="acme", model="one", region="", tier="", processing="", at_us=micros(NOW), usage=usage,
        reported_usd=None, status="ok", error_type="", http_status=200, max_output_tokens=None, delivered_chars=0,
        usage_flag=flag,
    )  # fmt: skip
    return base._replace(**changes)


def publish_file(
    text: str, name: str = "test", layers: tuple[str, ...] = ("override", "contract", "list", "history")
) -> int:
    """Publish a price file and return the version of the book after it."""
    publish(read(text, name, layers=layers))
    return newest()


def newest() -> int:
    return BookVersion.objects.order_by("-id").values_list("id", flat=True).first() or 0


def book_now() -> PriceBook:
    return snapshot.at_version(newest())
