"""Every number we show, defined once: its sums, its unit, which way is good, and what an empty hour means. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any, Final

Sums = Mapping[str, Any]


class Unit(StrEnum):
    USD = "usd"
    COUNT = "count"
    TOKENS = "tokens"
    MS = "ms"
    RATIO = "ratio"
    """0.0 to 1.0; pages show per cent."""
    PER_SECOND = "per_second"


class Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure. `value` makes it from the sums named in `parts`."""

    key: str
    label: str
    unit: Unit
    better: Better
    parts: tuple[str, ...]
    value: Callable[[Sums], Any]
    additive: bool
    """True: an empty bucket is a real zero. False: it is a gap in the line."""
    meaning: str
    kind: str = ""
    """`latency` or `ttft` when this is a percentile, which sums cannot give."""
    level: str = ""
    """The percentile as a fraction, for instance 0.95."""
    adds: tuple[str, ...] = ()
    """The sums it is the sum of, so that the store can sort by it; empty for everything computed here."""


def _sum(*names: str) -> Callable[[Sums], Any]:
    """Add the known sums; None when calls exist but none knew any of them."""

    def value(sums: Sums) -> Any:
        known = [sums[name] for name in names if sums[name] is not None]
        if known:
            return sum(known[1:], start=known[0])
        return None if sums["calls"] else 0

    return value


def _money(name: str) -> Callable[[Sums], Decimal | None]:
    def value(sums: Sums) -> Decimal | None:
        amount: Decimal | None = sums[name]
        if amount is None:
            return None if sums["calls"] else Decimal(0)
        return amount

    return value


def money_ratio(amount: Decimal | None, count: int) -> Decimal | None:
    """Divide money in Decimal, with more digits than any sum has."""
    if amount is None or not count:
        return None
    with localcontext() as context:
        context.prec = 60
        return (amount / count).quantize(Decimal(1).scaleb(-24)).normalize()


def _ratio(top: str, bottom: str, scale: float = 1.0) -> Callable[[Sums], float | None]:
    def value(sums: Sums) -> float | None:
        if not sums[bottom] or sums[top] is None:
            return None
        return float(sums[top]) / float(sums[bottom]) * scale

    return value


def _count(key: str, label: str, better: Better, meaning: str, *parts: str) -> Metric:
    names = parts or (key,)
    return Metric(
        key, label, Unit.COUNT, better, tuple(dict.fromkeys(("calls", *names))), _sum(*names), True, meaning, adds=names
    )


def _tokens(key: str, label: str, meaning: str, *parts: str, unit: Unit = Unit.TOKENS) -> Metric:
    return Metric(key, label, unit, Better.NEITHER, ("calls", *parts), _sum(*parts), True, meaning, adds=parts)


def _usd(key: str, label: str, part: str, meaning: str) -> Metric:
    return Metric(key, label, Unit.USD, Better.LOWER, ("calls", part), _money(part), True, meaning, adds=(part,))


def _percentile(kind: str, name: str, percent: int) -> Metric:
    key = f"{kind}_p{percent}"
    meaning = f"{percent}% of the calls that tell it took no longer. Exact below 1,000 calls, within 0.6% above."
    level = f"0.{percent}"
    return Metric(key, f"{name} p{percent}", Unit.MS, Better.LOWER, (f"{kind}_n",), lambda sums: sums[key], False,
                  meaning, kind=kind, level=level)  # fmt: skip


def _mean(kind: str, name: str) -> Metric:
    parts = (f"{kind}_us", f"{kind}_n")
    return Metric(f"{kind}_avg", f"{name} average", Unit.MS, Better.LOWER, parts, _ratio(*parts, scale=0.001), False,
                  "Mean over the calls that tell it.")  # fmt: skip


INPUT: Final = ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "audio_in", "image_in")
OUTPUT: Final = ("output_text", "reasoning", "audio_out", "image_out")

METRICS: Final = {
    metric.key: metric
    for metric in (
        _count("calls", "Calls", Better.NEITHER, "Calls that started in the span, each counted once."),
        _count("errors", "Errors", Better.LOWER, "Calls with status error. Cancelled calls are not errors."),
        Metric(
            "error_rate", "Error rate", Unit.RATIO, Better.LOWER, ("calls", "errors"), _ratio("errors", "calls"),
            False, "Errors divided by calls.",
        ),
        _usd(
            "cost_usd", "Spend", "cost",
            "Sum of the known costs at the project's current prices. Empty when no call's cost is known; the unknown "
            "ones are counted in unpriced_calls and usage_unknown_calls.",
        ),
        _usd("cost_floor_usd", "Spend, at least", "cost_floor", "Known costs plus the least the unknown ones cost."),
        _usd(
            "cost_ceiling_usd", "Spend, at most", "cost_ceiling",
            "Known costs plus the most the unknown ones cost, where that is bounded; coverage counts the unbounded.",
        ),
        Metric(
            "cost_per_call_usd", "Cost per call", Unit.USD, Better.LOWER, ("calls", "known_calls", "cost"),
            lambda sums: money_ratio(sums["cost"], sums["known_calls"]),
            False, "Known cost divided by the calls whose cost is known.",
        ),
        _count(
            "unpriced_calls", "Calls without a price", Better.LOWER,
            "Calls of a model, or with a kind of token, that has no price. Their cost is unknown, not 0.",
            "n_unpriced_model", "n_unpriced_dimension",
        ),
        _count(
            "usage_unknown_calls", "Calls with unknown usage", Better.LOWER,
            "Calls that may have cost something but did not tell their tokens.", "n_usage_unknown",
        ),
        _tokens(
            "input_tokens", "Input tokens",
            "All tokens read: uncached, cached, written to the cache, audio and images.", *INPUT,
        ),
        _tokens("cached_input_tokens", "Cached input tokens", "Tokens read from the provider's cache.", "cache_read"),
        _tokens(
            "cache_write_tokens", "Cache write tokens",
            "Tokens written to the provider's cache, for 5 minutes or an hour.", "cache_write_5m", "cache_write_1h",
        ),
        _tokens("cache_write_1h_tokens", "Cache write tokens, 1 h", "Those kept for an hour.", "cache_write_1h"),
        _tokens("output_tokens", "Output tokens", "All tokens written: text, reasoning, audio, images.", *OUTPUT),
        _tokens("reasoning_tokens", "Reasoning tokens", "Output tokens spent on reasoning.", "reasoning"),
        _tokens("audio_input_tokens", "Audio input tokens", "Audio tokens read.", "audio_in"),
        _tokens("audio_output_tokens", "Audio output tokens", "Audio tokens written.", "audio_out"),
        _tokens("image_input_tokens", "Image input tokens", "Image tokens read.", "image_in"),
        _tokens("requests", "Billed requests", "Requests billed one by one.", "requests", unit=Unit.COUNT),
        _tokens("web_searches", "Web searches", "Searches that the provider bills.", "web_search", unit=Unit.COUNT),
        *[_percentile("latency", "Latency", percent) for percent in (50, 95, 99)],
        _mean("latency", "Latency"),
        *[_percentile("ttft", "Time to first token", percent) for percent in (50, 95)],
        _mean("ttft", "Time to first token"),
        Metric(
            "tokens_per_second", "Tokens per second", Unit.PER_SECOND, Better.HIGHER, ("timed_tokens", "timed_us"),
            _ratio("timed_tokens", "timed_us", scale=1_000_000.0), False,
            "Output tokens of successful calls divided by their time from the first token (or the start, when that is "
            "unknown) to the end.",
        ),
        Metric(
            "users", "Users", Unit.COUNT, Better.HIGHER, ("users",), lambda sums: sums["users"], False,
            "Different users, to within about 1%. Users of two hours do not add up, so an empty hour is a gap.",
        ),
    )
}  # fmt: skip


def metric(key: str) -> Metric:
    """Return the measure named `key`.

    Raises:
        ValueError: there is no such measure.
    """
    if found := METRICS.get(key):
        return found
    raise ValueError(f"{key!r} is not a measure. Use one of {', '.join(METRICS)}.")
