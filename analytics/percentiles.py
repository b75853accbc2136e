"""Percentiles of times, exact from calls or close from a histogram that rollups keep. SQL only, pure.

The histogram has 160 buckets, 8 an octave, from 1 ms to 17 minutes. Inside a bucket values are taken to lie evenly on
either side of the bucket's own mean, which is kept beside its count; that keeps percentiles of 1,000 calls and more
within 2%. Fewer calls keep their values as well, and are answered exactly.
"""

from collections.abc import Sequence
from typing import Final

BUCKETS: Final = 160
PER_OCTAVE: Final = 8
EXACT_BELOW: Final = 1_000
TIMES: Final = {"latency": "latency_ms", "ttft": "ttft_ms"}
"""What percentiles can be of, and its column in calls."""


def micros(kind: str) -> str:
    """The call's time in whole microseconds."""
    return f"toUInt64(round(assumeNotNull({TIMES[kind]}) * 1000))"


def bucket_number(kind: str) -> str:
    """The bucket of the call's time, from 1."""
    octaves = f"floor(log2(greatest(assumeNotNull({TIMES[kind]}), 1)) * {PER_OCTAVE})"
    return f"toUInt8(least({BUCKETS - 1}, {octaves})) + 1"


def only_at(number: str, value: str) -> str:
    """An array that is 0 but for `value` at place `number`, and no longer than that."""
    return f"arrayPushBack(arrayResize(emptyArrayUInt64(), {number} - 1), toUInt64({value}))"


class Exact:
    """Percentiles of questions that read calls alone: every value takes part."""

    @staticmethod
    def of_calls(kind: str, levels: Sequence[str]) -> list[str]:
        """Aggregate calls of one group."""
        state = f"quantilesExactStateIf({', '.join(levels)})({micros(kind)}, {TIMES[kind]} IS NOT NULL)"
        return [f"{state} AS p_{kind}"]

    @staticmethod
    def merged(kind: str, levels: Sequence[str]) -> list[str]:
        """Aggregate groups."""
        return [f"quantilesExactMerge({', '.join(levels)})(p_{kind}) AS s_{kind}"]

    @staticmethod
    def answer(kind: str, levels: Sequence[str], level: str) -> str:
        """The percentile in ms; NULL when no call told its time."""
        return f"if(s_{kind}_n = 0, NULL, s_{kind}[{levels.index(level) + 1}] / 1000)"


class Histogram:
    """Percentiles of questions that rollups take part in."""

    @staticmethod
    def of_rollup(kind: str) -> list[str]:
        """Aggregate rollup rows of one group: counts, sums in µs, and values while they are few."""
        return [
            f"sumForEach(counts) AS p_{kind}_h",
            f"sumForEach(sums) AS p_{kind}_s",
            f"groupArrayArray({EXACT_BELOW})(times) AS p_{kind}_v",
        ]

    @staticmethod
    def of_calls(kind: str) -> list[str]:
        """The same from calls that are grouped by bucket number, too."""
        return [
            f"{only_at('number', 'count()')} AS p_{kind}_h",
            f"{only_at('number', f'sum({micros(kind)})')} AS p_{kind}_s",
            f"groupArray({EXACT_BELOW})({micros(kind)}) AS p_{kind}_v",
        ]

    @staticmethod
    def nothing(kind: str) -> list[str]:
        """The same of rows that have no part in it."""
        return [f"emptyArrayUInt64() AS p_{kind}_{array}" for array in "hsv"]

    @staticmethod
    def merged(kind: str) -> list[str]:
        """Aggregate groups."""
        return [
            f"sumForEach(p_{kind}_h) AS s_{kind}_h",
            f"sumForEach(p_{kind}_s) AS s_{kind}_s",
            f"groupArrayArray({EXACT_BELOW})(p_{kind}_v) AS s_{kind}_v",
        ]

    @staticmethod
    def answer(kind: str, level: str) -> str:
        """The percentile in ms; NULL when no call told its time."""
        count = f"arraySum(s_{kind}_h)"
        exact = f"arrayElement(arraySort(s_{kind}_v), toUInt64(floor({level} * {count})) + 1)"
        return f"multiIf({count} = 0, NULL, {count} < {EXACT_BELOW}, {exact}, {_between(kind, level)}) / 1000"


def _between(kind: str, level: str) -> str:
    """Interpolate in bucket `i`, whose bounds are `l` and `u` and whose mean is `m`, at the share `f` of its calls.

    A share `w` of the bucket's calls lies evenly below the mean, the rest evenly above: so the mean is the mean.
    """
    h, s = f"s_{kind}_h", f"s_{kind}_s"
    rank = f"({level} * arraySum({h}))"
    value = "if(f < w, l + (m - l) * f / w, m + (u - m) * (f - w) / greatest(1 - w, exp2(-40)))"
    steps = (
        ("w", "(u - m) / greatest(u - l, 1)"),
        ("u", f"if(i = {BUCKETS}, 2 * m - l, exp2(i / {PER_OCTAVE}) * 1000)"),
        ("l", f"if(i = 1, 0, exp2((i - 1) / {PER_OCTAVE}) * 1000)"),
        ("m", f"toFloat64({s}[i]) / greatest({h}[i], 1)"),
        ("f", f"({rank} - arraySum(arraySlice({h}, 1, i - 1))) / greatest({h}[i], 1)"),
        ("i", f"arrayFirstIndex(c -> c > {rank}, arrayCumSum({h}))"),
    )
    for name, sql in steps:
        value = f"arrayMap({name} -> {value}, [{sql}])[1]"
    return value
