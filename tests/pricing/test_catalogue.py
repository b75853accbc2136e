"""The shipped list prices: complete, idempotent, and honest about what they do not know."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from genai_prices.data import providers

from pricing.book import PriceBook
from pricing.catalogue import genai
from pricing.models import BookVersion, ModelName, PriceSheet, Rate
from pricing.names import canonical_provider
from tests.pricing.calls import a_call

pytestmark = pytest.mark.django_db

MILLION = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}


def test_loading_twice_makes_one_version_a_list() -> None:
    call_command("load_catalogue", verbosity=0)
    before = [BookVersion.objects.count(), ModelName.objects.count(), PriceSheet.objects.count(), Rate.objects.count()]
    call_command("load_catalogue", verbosity=0)
    after = [BookVersion.objects.count(), ModelName.objects.count(), PriceSheet.objects.count(), Rate.objects.count()]
    assert before == after
    assert set(BookVersion.objects.values_list("book", flat=True)) == {"genai-prices", "history"}


def test_loading_is_loud_about_what_it_did_and_quiet_when_there_is_nothing_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("load_catalogue")
    assert "prices added" in capsys.readouterr().out
    call_command("load_catalogue")
    assert "up to date" in capsys.readouterr().out


def test_every_model_of_every_provider_is_taken_over() -> None:
    names, sheets = genai.records()
    wanted = {(canonical_provider(provider.id), model.id) for provider in providers for model in provider.models}
    assert {(name.target_provider, name.model) for name in names if name.kind != "fallback"} == wanted
    without_any_price = wanted - {(sheet.provider, sheet.model) for sheet in sheets}
    assert len(wanted) > 2_300
    assert len(without_any_price) < 20
    assert not any(model.endswith(":free") for _, model in without_any_price)


def test_a_model_listed_without_a_price_is_unpriced_and_one_called_free_is_free(catalogue: PriceBook) -> None:
    listed = catalogue.cost(a_call(provider="google", model="gemma-3", usage=MILLION))
    free = catalogue.cost(a_call(provider="openrouter", model="deepseek/deepseek-r1:free", usage=MILLION))
    assert (listed.status, listed.amount) == ("unpriced_model", None)
    assert (free.status, free.amount) == ("priced_exact", Decimal(0))


def test_no_sheet_has_two_rates_for_the_same_thing() -> None:
    _, sheets = genai.records()
    for sheet in sheets:
        keys = [(rate.dimension, rate.above_input_tokens) for rate in sheet.rates]
        assert len(keys) == len(set(keys)), sheet


@pytest.mark.parametrize("model", ["claude-3.5-opus", "claude-3-5-opus", "claude-3.5-opus-20241022"])
def test_a_model_that_never_was_has_no_price_anywhere(catalogue: PriceBook, model: str) -> None:
    for provider in ["", "litellm", *(p.id for p in providers)]:
        for name in (model, f"anthropic/{model}", f"anthropic.{model}-v1:0"):
            costing = catalogue.cost(a_call(provider=provider, model=name, usage=MILLION))
            assert (costing.status, costing.amount) == ("unpriced_model", None), (provider, name)


@pytest.mark.parametrize(
    ("provider", "model", "amount"),
    [
        ("openai", "gpt-4", "90"), ("openai", "gpt-4-turbo", "40"), ("openai", "gpt-4o", "12.5"),
        ("openai", "gpt-4o-2024-11-20", "12.5"), ("openai", "gpt-4o-mini", "0.75"), ("openai", "gpt-4o-2024-05-13", "20"),
        ("anthropic", "claude-3-opus-20240229", "90"), ("anthropic", "claude-3-5-sonnet-20241022", "18"),
        ("anthropic", "claude-3.5-sonnet", "18"), ("anthropic", "claude-3-5-haiku-latest", "4.8"),
        ("gcp.gemini", "gemini-1.5-flash", "0.75"), ("mistral_ai", "open-mistral-7b", "0.5"),
        ("mistral_ai", "mistral-large-2411", "8"), ("groq", "mixtral-8x7b-32768", "0.48"), ("cohere", "command-r", "0.75"),
        ("perplexity", "sonar", "2.012"), ("aws.bedrock", "us.anthropic.claude-3-opus-20240229-v1:0", "90"),
        ("azure", "gpt-4o", "12.5"), ("azure", "azure/gpt-4o", "12.5"), ("openai", "openai/gpt-4o-mini", "0.75"),
        ("google", "models/gemini-1.5-flash", "0.75"), ("vertex_ai", "publishers/google/models/gemini-1.5-flash", "0.75"),
        ("vertex_ai", "claude-3-opus@20240229", "90"), ("", "bedrock/anthropic.claude-3-opus-20240229-v1:0", "90"),
        ("bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-opus-20240229-v1:0", "90"),
        ("litellm", "gemini/gemini-1.5-flash", "0.75"), ("gemini", "gemini/gemini-1.5-flash", "0.75"),
        ("openrouter", "anthropic/claude-3-opus", "90"), ("together_ai", "mistralai/Mistral-7B-Instruct-v0.2", "0.4"),
    ],
)  # fmt: skip
def test_models_people_name_have_their_list_price(catalogue: PriceBook, provider: str, model: str, amount: str) -> None:
    costing = catalogue.cost(a_call(provider=provider, model=model, usage=MILLION))
    assert (costing.status, costing.amount) == ("priced_exact", Decimal(amount))


@pytest.mark.parametrize("model", ["gpt-4o-mini", "claude-3-opus-20240229", "gemini-2.5-pro", "openai/gpt-4o"])
def test_without_a_provider_a_model_sold_by_its_maker_is_priced(catalogue: PriceBook, model: str) -> None:
    assert catalogue.cost(a_call(provider="", model=model, usage=MILLION)).status == "priced_exact"


@pytest.mark.parametrize(
    "model", ["llama-3.1-70b", "gemma-2-9b-it", "gpt-oss-120b", "mixtral-8x7b-32768", "qwen2.5-72b"]
)
def test_without_a_provider_a_model_anyone_may_host_is_not(catalogue: PriceBook, model: str) -> None:
    assert catalogue.cost(a_call(provider="", model=model, usage=MILLION)).status == "unpriced_model"


def test_a_known_model_at_an_unknown_provider_is_not_priced(catalogue: PriceBook) -> None:
    assert catalogue.cost(a_call(provider="my-own-gateway", model="gpt-4o", usage=MILLION)).status == "unpriced_model"


@pytest.mark.parametrize("model", ["gpt-4o-super", "gpt-4o-2024-13-40", "gpt-4", "mistral-8b-of-mine", "gpt4o"])
def test_a_made_up_ending_is_not_the_model(catalogue: PriceBook, model: str) -> None:
    costing = catalogue.cost(a_call(provider="mistral", model=model, usage=MILLION))
    assert costing.status == "unpriced_model"
    if model != "gpt-4":
        assert catalogue.cost(a_call(provider="openai", model=model, usage=MILLION)).status == "unpriced_model"


def test_audio_tokens_of_gpt_4o_audio_preview_are_not_priced_as_text(catalogue: PriceBook) -> None:
    usage = {"input_tokens": 1000, "audio_input_tokens": 1000, "output_tokens": 10}
    silent = catalogue.cost(a_call(provider="openai", model="gpt-4o-audio-preview", usage=usage))
    spoken = catalogue.cost(a_call(provider="openai", model="gpt-audio", usage=usage))
    assert (silent.status, silent.amount, silent.floor) == ("unpriced_dimension", None, Decimal("0.0001"))
    assert spoken.status == "priced_exact"
    assert spoken.amount == Decimal("0.0321")


def test_a_price_per_hour_of_audio_does_not_make_tokens_free(catalogue: PriceBook) -> None:
    call = a_call(provider="openai", model="whisper-1", usage={"requests": 1, "input_tokens": 0, "output_tokens": 0})
    assert catalogue.cost(call).status == "unpriced_dimension"
    assert catalogue.cost(a_call(provider="openai", model="whisper-1")).status == "usage_unknown"


def test_a_fine_tuned_model_has_its_own_rate(catalogue: PriceBook) -> None:
    tuned = catalogue.cost(a_call(provider="openai", model="ft:gpt-4o-mini-2024-07-18:acme::abc", usage=MILLION))
    assert (tuned.status, tuned.amount) == ("priced_exact", Decimal("1.5"))


def test_the_hour_decides_where_a_provider_sells_off_peak(catalogue: PriceBook) -> None:
    at = {hour: a_call(provider="deepseek", model="deepseek-v4-pro", usage=MILLION, at=f"2026-11-25T{hour}:00+00:00")
          for hour in ("00:59", "01:00", "03:59", "04:00")}  # fmt: skip
    costs = {hour: catalogue.cost(call).amount for hour, call in at.items()}
    assert costs["00:59"] == costs["04:00"]
    assert costs["01:00"] == costs["03:59"] == 2 * costs["00:59"]
