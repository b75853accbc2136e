"""Percentiles of times: exact from calls, or from rollups that keep few times whole and many as a histogram. Pure.

The histogram has 64 buckets an octave, from 1 ms to 37 hours. A bucket stands for the middle of its times, so nothing
is further than 0.6% from where it was. Rollup rows of fewer than 1,000 calls keep the times themselves, and groups made
of such rows alone are answered exactly.
"""

from collections.abc import Sequence
from typing import Final

PER_OCTAVE: Final = 64
BUCKETS: Final = 27 * PER_OCTAVE
EXACT_BELOW: Final = 1_000
TIMES: Final = {"latency": "latency_ms", "ttft": "ttft_ms"}
"""What percentiles can be of, and its column in calls."""
LONGEST_KEPT: Final = 2**32
"""Times from here on (71 minutes, in microseconds) are only kept in the histogram."""
NO_VALUES: Final = "emptyArrayUInt32()"
NO_BUCKETS: Final = "CAST([], 'Array(Tuple(UInt16, UInt64))')"


def micros(kind: str) -> str:
    """The call's time in whole microseconds."""
    return f"toUInt64(round(assumeNotNull({TIMES[kind]}) * 1000))"


def bucket_number(kind: str) -> str:
    """The bucket of the call's time, from 1."""
    octaves = f"floor(log2(greatest(assumeNotNull({TIMES[kind]}), 1)) * {PER_OCTAVE})"
    return f"toUInt16(least({BUCKETS - 1}, {octaves}) + 1)"


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
    def named(kind: str, levels: Sequence[str]) -> list[str]:
        """Expressions that `answer` refers to."""
        return [f"s_{kind} AS {kind}_us"]


class Mixed:
    """Percentiles of questions that rollups take part in: values `_v`, and buckets with their counts `_h`."""

    @staticmethod
    def of_calls(kind: str) -> list[str]:
        """Aggregate calls of one group."""
        told, time = f"{TIMES[kind]} IS NOT NULL", micros(kind)
        short = f"groupArrayIf(toUInt32({time}), {told} AND {time} < {LONGEST_KEPT})"
        long = f"groupArrayIf(({bucket_number(kind)}, toUInt64(1)), {told} AND {time} >= {LONGEST_KEPT})"
        return [f"{short} AS p_{kind}_v", f"{long} AS p_{kind}_h"]

    @staticmethod
    def of_rollup(kind: str) -> list[str]:
        """Aggregate rollup rows of one group."""
        return [f"groupArrayArray(times) AS p_{kind}_v", f"groupArrayArray(buckets) AS p_{kind}_h"]

    @staticmethod
    def nothing(kind: str) -> list[str]:
        """The same of rows that have no part in it."""
        return [f"{NO_VALUES} AS p_{kind}_v", f"{NO_BUCKETS} AS p_{kind}_h"]

    @staticmethod
    def merged(kind: str) -> list[str]:
        """Aggregate groups."""
        return [f"groupArrayArray(p_{kind}_{part}) AS s_{kind}_{part}" for part in "vh"]

    @staticmethod
    def named(kind: str, levels: Sequence[str]) -> list[str]:
        """Expressions that `answer` refers to: percentiles of values alone, and of values and buckets by weight."""
        v, h, wanted = f"s_{kind}_v", f"s_{kind}_h", ", ".join(levels)
        # By weight the value at place ceil(level x n) is taken, else the one after floor(level x n): a hair more makes
        # them the same where level x n is whole.
        by_weight = ", ".join(f"{level}00000001" for level in levels)
        middle = f"toUInt64(exp2((b.1 - 1 / 2) / {PER_OCTAVE}) * 1000)"
        values = f"arrayConcat(CAST({v}, 'Array(UInt64)'), arrayMap(b -> {middle}, {h}))"
        weights = f"arrayConcat(arrayWithConstant(length({v}), toUInt64(1)), {h}.2)"
        exact = f"arrayReduce('quantilesExact({wanted})', if(empty({h}), {v}, {NO_VALUES}))"
        close = (
            f"arrayReduce('quantilesExactWeighted({by_weight})', if(empty({h}), emptyArrayUInt64(), {values}), "
            f"if(empty({h}), emptyArrayUInt64(), {weights}))"
        )
        return [f"if(empty({h}), CAST({exact}, 'Array(UInt64)'), {close}) AS {kind}_us"]


def answer(kind: str, levels: Sequence[str], level: str) -> str:
    """The percentile in ms; NULL when no call told its time."""
    return f"if(s_{kind}_n = 0, NULL, {kind}_us[{levels.index(level) + 1}] / 1000)"
