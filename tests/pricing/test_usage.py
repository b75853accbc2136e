"""Usage is taken apart without losing or doubling a token, and put together again in the sender's words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.usage import UsageVector, disjoint, input_total, output_total, spoken
from store.schema import USAGE

CASES = json.loads((Path(__file__).parents[1] / "golden" / "usage.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_golden_usage(case: dict[str, Any]) -> None:
    vector, flag = disjoint(**case["usage"])
    assert vector == UsageVector(**case["vector"])
    assert flag == case["flag"]
    assert (input_total(vector), output_total(vector)) == (case["input_total"], case["output_total"])


def test_the_vector_has_the_columns_of_a_stored_call() -> None:
    assert UsageVector._fields == tuple(column.name for column in USAGE)


count = st.none() | st.integers(0, 5000)


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, Any]:
    """Usage in which every part fits into its whole, in either convention."""
    read, writes, audio, image = (draw(count) for _ in range(4))
    long = draw(st.none() | st.integers(0, writes or 0))
    reasoning, audio_out = draw(count), draw(count)
    convention = draw(st.sampled_from([None, "inclusive", "exclusive"]))
    rest = draw(st.integers(0, 5000))
    cache = 0 if convention == "exclusive" else (read or 0) + (writes or 0)
    return {
        "input_tokens": rest + cache + (audio or 0) + (image or 0),
        "cached_input_tokens": read,
        "cache_write_tokens": writes if long is None else writes or 0,
        "cache_write_1h_tokens": long,
        "output_tokens": draw(st.integers(0, 5000)) + (reasoning or 0) + (audio_out or 0),
        "reasoning_tokens": reasoning,
        "audio_input_tokens": audio,
        "audio_output_tokens": audio_out,
        "image_input_tokens": image,
        "requests": draw(count),
        "web_searches": draw(count),
        "convention": convention,
    }


@given(consistent())
def test_what_was_told_can_be_told_back(usage: dict[str, Any]) -> None:
    vector, flag = disjoint(**usage)
    told = {key: value for key, value in usage.items() if key != "convention"}
    assert flag == ""
    assert spoken(vector, usage["convention"]) == told


@given(consistent())
def test_no_token_is_lost_or_counted_twice(usage: dict[str, Any]) -> None:
    vector, _ = disjoint(**usage)
    cache = (usage["cached_input_tokens"] or 0) + (usage["cache_write_tokens"] or 0)
    read = usage["input_tokens"] + (cache if usage["convention"] == "exclusive" else 0)
    assert input_total(vector) == read
    assert output_total(vector) == usage["output_tokens"]


any_usage = st.fixed_dictionaries(
    dict.fromkeys(("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "audio_input_tokens", "audio_output_tokens", "image_input_tokens", "requests", "web_searches", "cache_write_5m_tokens"), count)
    | {"convention": st.sampled_from([None, "inclusive", "exclusive"])}
)  # fmt: skip


@given(any_usage)
def test_no_count_is_ever_negative_and_unknown_wholes_stay_unknown(usage: dict[str, Any]) -> None:
    vector, flag = disjoint(**usage)
    assert all(value is None or value >= 0 for value in vector)
    assert (vector.input_uncached is None) == (usage["input_tokens"] is None)
    assert (vector.output_text is None) == (usage["output_tokens"] is None)
    assert flag in ("", "contradiction", "assumed_ttl", "estimated")


@given(st.integers(0, 50), st.integers(51, 500), st.integers(0, 20), st.integers(21, 90))
def test_contradicting_counts_are_told_back_as_they_came(fresh: int, cached: int, output: int, reasoning: int) -> None:
    usage = {
        "input_tokens": fresh,
        "cached_input_tokens": cached,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
    }
    vector, flag = disjoint(**usage, convention="inclusive")
    told = spoken(vector, "inclusive", flag)
    assert flag == "contradiction"
    assert {key: told[key] for key in usage} == usage
