"""docs/numbers.md, made from the tables that make the numbers, so that it cannot be out of date. Pure."""

from typing import Final

from analytics.dimensions import DIMENSIONS, RANGES
from analytics.metrics import METRICS, Better, Metric

HEAD: Final = """# What every number means

Made by `manage.py numbers` from `analytics/metrics.py` and `analytics/dimensions.py`; a test compares. Tiles, charts,
tables, CSV, mail and the API read the same table, so they cannot disagree.

- A value that nobody told is unknown (`null`, a dash on pages), never 0. A sum over calls of which none knows the value
  is unknown as well; a sum over no calls at all is 0.
- Money is exact decimal arithmetic to 18 places; nothing is rounded before it is shown. Beside every cost stands how
  well it is known: calls with a known cost, least and most, calls by cost status (`coverage` in the API).
- A call belongs to the moment it started. Spans are half-open. Days, weeks (from Monday) and months are those of the
  time zone of the question, with days of 23 and 25 hours and zones off by half an hour exact.
- Percentiles of fewer than 1,000 calls are exact: the value at place floor(p × n) of the sorted times. Above, where
  rollups answer, they may come from a histogram with 64 buckets an octave: within 0.6% for times of 1 ms and more.
- Rollups answer only for closed hours that have not changed since they were made; everything else is read from the
  calls. `freshness` says how many hours that were.

## Measures

| key | name | unit | better | empty hour | meaning |
|---|---|---|---|---|---|
"""
SPLITS: Final = """
## Dimensions

Every one can split and filter. An empty value in a filter means "not set". *Rolled up* ones answer fast over any
span (with percentiles, too, where it says so); all others are read from the calls.

| key | name | rolled up |
|---|---|---|
"""
TAIL: Final = """| `tag.<key>` | Tag | no |

## Limits as filters

| key | name |
|---|---|
"""
BETTER: Final = {Better.LOWER: "less", Better.HIGHER: "more", Better.NEITHER: "—"}
UNITS: Final = {"usd": "USD", "ms": "ms", "ratio": "0 to 1", "per_second": "a second"}


def document() -> str:
    """Return the page."""
    rows = "".join(_measure(metric) for metric in METRICS.values())
    splits = "".join(
        f"| `{one.key}` | {one.label} | {_rolled(one.rolled, one.timed)} |\n" for one in DIMENSIONS.values()
    )
    limits = "".join(f"| `{limit.key}` | {limit.label} |\n" for limit in RANGES.values())
    return HEAD + rows + SPLITS + splits + TAIL + limits


def _measure(metric: Metric) -> str:
    unit = UNITS.get(metric.unit, str(metric.unit))
    empty = "0" if metric.additive else "a gap"
    return f"| `{metric.key}` | {metric.label} | {unit} | {BETTER[metric.better]} | {empty} | {metric.meaning} |\n"


def _rolled(rolled: bool, timed: bool) -> str:
    return ("yes, with percentiles" if timed else "yes") if rolled else "no"
