"""Percentiles of times, exact from calls or close from a histogram that rollups keep. Pure.

The histogram has 160 buckets, 8 an octave, from 1 ms to 17 minutes. Inside a bucket values are taken to lie evenly on
either side of the bucket's own mean, which is kept beside its count; that keeps percentiles of 1,000 calls and more
within 2%. Fewer calls keep their values as well, and are answered exactly.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

BUCKETS: Final = 160
PER_OCTAVE: Final = 8
EXACT_BELOW: Final = 1_000
TIMES: Final = {"latency": "latency_ms", "ttft": "ttft_ms"}
"""What percentiles can be of, and its column in calls."""


def micros(kind: str) -> str:
    """The call's time in whole microseconds."""
    return f"toUInt64(round(assumeNotNull({TIMES[kind]}) * 1000))"


def bucket_number(kind: str) -> str:
    """The bucket of the call's time, from 1; 0 when the call does not tell it."""
    octaves = f"floor(log2(greatest(assumeNotNull({TIMES[kind]}), 1)) * {PER_OCTAVE})"
    return f"if({TIMES[kind]} IS NULL, 0, toUInt8(least({BUCKETS - 1}, {octaves})) + 1)"


def only_at(number: str, value: str) -> str:
    """An array that is 0 but for `value` at place `number`, and no longer than that; empty for place 0."""
    filled = f"arrayPushBack(arrayResize(emptyArrayUInt64(), {number} - 1), toUInt64({value}))"
    return f"if({number} = 0, emptyArrayUInt64(), {filled})"


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


class Rank(NamedTuple):
    """What the store tells of one percentile of a histogram: the bucket that its rank falls into, and the value itself
    when it is exact."""

    calls: int
    bucket: int
    up_to: int
    """Calls up to the end of the bucket."""
    inside: int
    micros: int
    """Sum of the bucket's times."""
    exact: int

    def ms(self, level: str) -> float | None:
        """Return the percentile in ms; None when no call told its time."""
        if not self.calls:
            return None
        if self.calls < EXACT_BELOW:
            return self.exact / 1000
        share = (float(level) * self.calls - (self.up_to - self.inside)) / self.inside
        return _between(self.bucket, share, self.micros / self.inside) / 1000


def _between(bucket: int, share: float, mean: float) -> float:
    """Return the time at `share` of a bucket's calls. A share `split` of them lies evenly below the mean, the rest
    evenly above: so the mean is the mean."""
    low = 2 ** ((bucket - 1) / PER_OCTAVE) * 1000 if bucket > 1 else 0.0
    high = 2 ** (bucket / PER_OCTAVE) * 1000 if bucket < BUCKETS else 2 * mean - low
    mean = min(max(mean, low), high)
    split = (high - mean) / (high - low) if high > low else 1.0
    if share < split:
        return low + (mean - low) * share / split
    return mean + (high - mean) * (share - split) / (1 - split) if split < 1 else mean


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
        number = bucket_number(kind)
        return [
            f"{only_at(number, 'count()')} AS p_{kind}_h",
            f"{only_at(number, f'sum({micros(kind)})')} AS p_{kind}_s",
            f"groupArrayIf({EXACT_BELOW})({micros(kind)}, {TIMES[kind]} IS NOT NULL) AS p_{kind}_v",
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
    def names(kind: str) -> list[str]:
        """Expressions that `rank` refers to."""
        return [
            f"arraySum(s_{kind}_h) AS {kind}_calls",
            f"arrayCumSum(s_{kind}_h) AS {kind}_up_to",
            f"if({kind}_calls < {EXACT_BELOW}, arraySort(s_{kind}_v), emptyArrayUInt64()) AS {kind}_times",
        ]

    @staticmethod
    def rank(kind: str, level: str) -> str:
        """A tuple in the order of Rank."""
        at = f"arrayFirstIndex(c -> c > {level} * {kind}_calls, {kind}_up_to)"
        exact = f"{kind}_times[toUInt64(floor({level} * {kind}_calls)) + 1]"
        return f"({kind}_calls, {at} AS {kind}_{level[2:]}, " + ", ".join(
            [*(f"{array}[{kind}_{level[2:]}]" for array in (f"{kind}_up_to", f"s_{kind}_h", f"s_{kind}_s")), exact]
        ) + ")"  # fmt: skip
