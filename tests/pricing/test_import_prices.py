"""People's own price files: three shapes, strict reading, one version per change, old receipts unharmed."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pricing import snapshot
from pricing.models import BookVersion, PriceSheet
from pricing.pricefile import read
from pricing.records import PriceError, unit_price
from tests.pricing.calls import a_call, book_now, newest

MILLION = {"input_tokens": 1_000_000, "cached_input_tokens": 500_000, "output_tokens": 1_000_000}
ONE = {"provider": "acme", "model": "one", "per_million": {"input": 2, "output": 8}}


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document))
    return path


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "acme.json", {"models": [ONE]})
    call_command("import_prices", str(file))
    call_command("import_prices", str(file))
    assert "nothing changed" in capsys.readouterr().out
    assert list(BookVersion.objects.values_list("book", flat=True)) == ["acme"]


@pytest.mark.django_db
def test_a_changed_file_retires_what_changed_and_keeps_the_rest(tmp_path: Path) -> None:
    two = {**ONE, "model": "two"}
    call_command("import_prices", str(write(tmp_path / "acme.json", {"models": [ONE, two]})))
    kept = PriceSheet.objects.get(model="two").pk
    call_command(
        "import_prices", str(write(tmp_path / "acme.json", {"models": [{**ONE, "per_million": {"input": 1}}, two]}))
    )
    assert PriceSheet.objects.filter(model="one").count() == 2
    assert PriceSheet.objects.get(model="two").pk == kept
    assert PriceSheet.objects.get(model="one", retired_in=None).introduced_in_id == newest()


@pytest.mark.django_db
def test_an_old_version_of_the_book_gives_the_old_receipt(tmp_path: Path) -> None:
    call_command("import_prices", str(write(tmp_path / "acme.json", {"models": [ONE]})))
    old = newest()
    call_command(
        "import_prices", str(write(tmp_path / "acme.json", {"models": [{**ONE, "per_million": {"input": 1}}]}))
    )
    call = a_call(usage={"input_tokens": 1_000_000, "output_tokens": 0})
    assert snapshot.at_version(old).cost(call).amount == Decimal(2)
    assert snapshot.at_version(newest()).cost(call).amount == Decimal(1)
    assert snapshot.at_version(old - 1).cost(call).status == "unpriced_model"


@pytest.mark.django_db
def test_going_back_to_an_earlier_price_is_a_version_too(tmp_path: Path) -> None:
    for price in (2, 1, 2):
        call_command(
            "import_prices", str(write(tmp_path / "a.json", {"models": [{**ONE, "per_million": {"input": price}}]}))
        )
    assert BookVersion.objects.count() == 3
    assert book_now().cost(a_call(usage={"input_tokens": 1_000_000})).amount == Decimal(2)


@pytest.mark.django_db
def test_a_generators_price_table_is_a_price_file(tmp_path: Path) -> None:
    truth = {
        "seed": 7,
        "models": {
            "gemini-2.5-flash": {"provider": "gcp.gemini", "usd_in_1m": 0.3, "usd_cached_1m": 0.075, "usd_out_1m": 2.5, "quality": 0.8},
        },
        "totals_by_model": {},
    }  # fmt: skip
    call_command("import_prices", str(write(tmp_path / "truth.json", truth)))
    costing = book_now().cost(a_call(provider="google", model="gemini-2.5-flash", usage=MILLION))
    assert costing.amount == Decimal("0.15") + Decimal("0.0375") + Decimal("2.5")


@pytest.mark.django_db
def test_a_table_of_prices_by_model_is_a_price_file(tmp_path: Path) -> None:
    table = {"_note": {"alias": None}, "gpt-4o-mini": {"input": 0.15, "cache_read": 0.075, "output": 0.60}}
    call_command("import_prices", str(write(tmp_path / "prices.json", table)))
    for provider, model in (("openai", "gpt-4o-mini"), ("azure", "gpt-4o-mini-2024-07-18"), ("", "gpt-4o-mini")):
        costing = book_now().cost(a_call(provider=provider, model=model, usage=MILLION))
        assert costing.amount == Decimal("0.7125")


@pytest.mark.django_db
def test_prices_written_as_floats_are_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    file.write_text('{"models": [{"provider": "acme", "model": "one", "per_million": {"input": 0.1, "output": 0.3}}]}')
    call_command("import_prices", str(file))
    assert book_now().cost(a_call(usage={"input_tokens": 3, "output_tokens": 1})).amount == Decimal("0.0000006")


@pytest.mark.django_db
def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_prices", str(write(tmp_path / "acme.json", {"models": [ONE]})), "--dry-run")
    assert "1 prices under 1 names; not imported" in capsys.readouterr().out
    assert BookVersion.objects.count() == 0


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "JSON object"),
        ({"models": []}, "at least one model"),
        ({"models": [1]}, "models[0]: give an object"),
        ({"models": [{"provider": "acme"}]}, "models[0].model"),
        ({"models": [{**ONE, "per_milion": {}}]}, "per_milion is not known here"),
        ({"models": [{**ONE, "per_million": {"inptu": 1}}]}, "inptu is not known here"),
        ({"models": [{**ONE, "per_million": {"input": "cheap"}}]}, "models[0].per_million.input: 'cheap' is not a number"),
        ({"models": [{**ONE, "per_million": {"input": -1}}]}, "from 0 on"),
        ({"models": [{**ONE, "per_million": {"input": "NaN"}}]}, "from 0 on"),
        ({"models": [{**ONE, "per_million": {"input": "0.0000000000001"}}]}, "more than 18 decimal places"),
        ({"models": [{**ONE, "per_request": "0.0000000000000000001"}]}, "more than 18 decimal places"),
        ({"models": [{**ONE, "valid_from": "yesterday"}]}, "models[0].valid_from"),
        ({"models": [{**ONE, "valid_from": "2026-02-01", "valid_to": "2026-01-01"}]}, "must be after valid_from"),
        ({"models": [{**ONE, "mode": "sloped"}]}, "models[0].mode"),
        ({"models": [{**ONE, "processing": "bulk"}]}, "models[0].processing"),
        ({"models": [{**ONE, "match": "fuzzy"}]}, "models[0].match"),
        ({"models": [{**ONE, "aliases": "uno"}]}, "models[0].aliases"),
        ({"models": [{**ONE, "above": [{"per_million": {"input": 1}}]}]}, "models[0].above[0].input_tokens"),
        ({"models": [{**ONE, "mode": "marginal", "above": [{"input_tokens": 5, "per_million": {"output": 1}}]}]}, "input side only"),
        ({"models": [ONE, ONE]}, "two entries hold from the same moment"),
        ({"layer": "list", "models": [ONE]}, "layer: use one of"),
        ({"currency": "EUR", "models": [ONE]}, "currency"),
        ({"models": {"one": {"provider": "acme"}}}, "models.one"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_place_and_the_reason(document: Any, words: str) -> None:
    with pytest.raises(PriceError) as refused:
        read(json.dumps(document), "bad")
    assert words in str(refused.value)


@pytest.mark.django_db
def test_the_command_says_which_file_was_refused_and_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text("{")
    with pytest.raises(CommandError, match=r"bad\.json: Not JSON"):
        call_command("import_prices", str(file))
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_prices", str(tmp_path / "absent.json"))
    assert BookVersion.objects.count() == 0


def test_a_unit_price_is_exact_or_refused() -> None:
    assert unit_price(Decimal("0.15"), 1_000_000, "x") == Decimal("0.00000015")
    assert unit_price(Decimal("5E+1"), 1_000_000, "x") == Decimal("0.00005")
    for price, per in (("1", 3), ("1e-19", 1), ("1e30", 1), ("Infinity", 1)):
        with pytest.raises(PriceError):
            unit_price(Decimal(price), per, "x")
