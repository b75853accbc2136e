"""Microseconds to take usage apart and to price a call, and what loading the price book costs.

    manage.py shell < benchmarks/price_bench.py        (on a database with the catalogue loaded)

Target: book.cost at most 10 microseconds a call on one core. Units: microseconds a call, seconds, MiB.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal

from pricing import snapshot
from pricing.cost import Billable
from pricing.usage import disjoint

ROUNDS = 200_000
AT = 1_795_608_000_000_000
CASES = {
    "gpt-4o, cached input": (
        "openai",
        "gpt-4o",
        {"input_tokens": 2006, "cached_input_tokens": 1920, "output_tokens": 300},
    ),
    "gemini-2.5-pro, past the line": ("google", "gemini-2.5-pro", {"input_tokens": 250_000, "output_tokens": 900}),
    "claude-opus-4-5, cache writes": (
        "anthropic",
        "claude-opus-4-5",
        {"input_tokens": 5, "cached_input_tokens": 9000, "cache_write_tokens": 1253, "output_tokens": 700,
         "convention": "exclusive"},
    ),
    "sonar, request fee": ("perplexity", "sonar", {"input_tokens": 1000, "output_tokens": 10}),
    "claude-3.5-opus, unpriced": ("anthropic", "claude-3.5-opus", {"input_tokens": 1000, "output_tokens": 10}),
}  # fmt: skip


def a_call(provider: str, model: str, usage: dict[str, int | str], reported: Decimal | None = None) -> Billable:
    vector, flag = disjoint(**usage)  # type: ignore[arg-type]
    return Billable(provider, model, "", "", "", AT, vector, reported, "ok", "", 200, None, 0, flag)


def microseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(ROUNDS):
        work()
    return (time.process_time() - start) / ROUNDS * 1e6


def load() -> tuple[float, float]:
    snapshot.forget()
    start = time.perf_counter()
    snapshot.current()
    seconds = time.perf_counter() - start
    snapshot.forget()
    tracemalloc.start()
    snapshot.current()
    used = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    return seconds, used


def report() -> None:
    seconds, used = load()
    book = snapshot.current()
    sys.stdout.write(f"load version {book.version}: {seconds:.3f} s, {used:.1f} MiB\n")
    for name, (provider, model, usage) in CASES.items():
        call = a_call(provider, model, usage)
        apart = microseconds(lambda usage=usage: disjoint(**usage))
        priced = microseconds(lambda call=call: book.cost(call))
        sys.stdout.write(f"{name:32} disjoint {apart:5.2f} us   cost {priced:5.2f} us   {book.cost(call).status}\n")


report()
