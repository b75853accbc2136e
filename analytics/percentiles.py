"""Percentiles of times, exact from calls or close from a histogram that rollups keep. Pure.

The histogram has 128 buckets an octave, from 1 ms to 37 hours: no value in a bucket is further than 0.6% from another,
so no percentile is. Groups of fewer than 1,000 calls keep their values beside it and are answered exactly.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

PER_OCTAVE: Final = 128
BUCKETS: Final = 27 * PER_OCTAVE
EXACT_BELOW: Final = 1_000
TIMES: Final = {"latency": "latency_ms", "ttft": "ttft_ms"}
"""What percentiles can be of, and its column in calls."""


def micros(kind: str) -> str:
    """The call's time in whole microseconds."""
    return f"toUInt64(round(assumeNotNull({TIMES[kind]}) * 1000))"


def bucket_number(kind: str) -> str:
    """The bucket of the call's time, from 1."""
    octaves = f"floor(log2(greatest(assumeNotNull({TIMES[kind]}), 1)) * {PER_OCTAVE})"
    return f"toUInt16(least({BUCKETS - 1}, {octaves}) + 1)"


def known_values(kind: str) -> str:
    """Aggregate: the values of a group in microseconds, as long as they are few."""
    return f"groupArray({EXACT_BELOW})({micros(kind)})"


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
    """What the store tells of one percentile: the bucket that its rank falls into, and the exact value if it has it."""

    calls: int
    bucket: int
    up_to: int
    """Calls up to the end of the bucket."""
    inside: int
    exact: int

    def ms(self, level: str) -> float | None:
        """Return the percentile in ms; None when no call told its time."""
        if not self.calls:
            return None
        if self.calls < EXACT_BELOW:
            return self.exact / 1000
        low = 2.0 ** ((self.bucket - 1) / PER_OCTAVE) if self.bucket > 1 else 0.0
        high = 2.0 ** (self.bucket / PER_OCTAVE)
        share = (float(level) * self.calls - self.up_to + self.inside) / self.inside
        return float(low + (high - low) * share)


class Histogram:
    """Percentiles of questions that rollups take part in: counts of buckets, and values while they are few."""

    @staticmethod
    def columns(kind: str, *, counts: str = "", values: str = "") -> list[str]:
        """The columns that every branch of a statement has; those not given are empty."""
        nothing = "emptyArrayUInt64()"
        return [f"{counts or nothing} AS p_{kind}_h", f"{values or nothing} AS p_{kind}_v"]

    @staticmethod
    def counts() -> str:
        """Aggregate rows of one bucket each (`number`, `inside`) to an array with a place for every bucket."""
        return "groupArrayInsertAt(toUInt64(0))(inside, toUInt32(number - 1))"

    @staticmethod
    def values() -> str:
        """Aggregate values of one group."""
        return f"groupArrayArray({EXACT_BELOW})(times)"

    @staticmethod
    def merged(kind: str) -> list[str]:
        """Aggregate groups."""
        return [f"sumForEach(p_{kind}_h) AS s_{kind}_h", f"groupArrayArray({EXACT_BELOW})(p_{kind}_v) AS s_{kind}_v"]

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
        at = f"{kind}_{level[2:]}"
        place = f"arrayFirstIndex(c -> c > {level} * {kind}_calls, {kind}_up_to) AS {at}"
        exact = f"{kind}_times[toUInt64(floor({level} * {kind}_calls)) + 1]"
        return f"({kind}_calls, {place}, {kind}_up_to[{at}], s_{kind}_h[{at}], {exact})"
