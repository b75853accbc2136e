"""A question as one statement: what to group by, what to sum, how to sort and cut. Pure.

Rows come from sources.py as keys, `p_` sums and `p_` percentile columns; merged here they are called `s_`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.dimensions import Dimension, dimension
from analytics.metrics import METRICS, Metric, Unit
from analytics.parts import COVERAGE, PARTS, Part
from analytics.percentiles import Exact, Mixed, answer
from analytics.question import MAX_LIMIT, Question

TOTAL: Final = "total"
"""Column that is 1 in the one row about everything the question asks for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a question needs of the store, worked out once."""

    question: Question
    dimensions: tuple[Dimension, ...]
    parts: tuple[Part, ...]
    percentiles: tuple[Metric, ...]
    exact: bool = True
    """Percentiles come from calls alone, each value counted; False: rollups take part."""

    @property
    def keys(self) -> list[str]:
        """Names of the columns rows are grouped by."""
        split = [f"d{number}" for number in range(len(self.dimensions))]
        return split + (["bucket"] if self.question.granularity != "none" else [])

    @property
    def kinds(self) -> list[str]:
        """`latency`, `ttft` or both, if percentiles of them are asked for."""
        return sorted({metric.kind for metric in self.percentiles})

    def levels(self, kind: str) -> list[str]:
        """The percentiles asked of one kind, as fractions."""
        return [metric.level for metric in self.percentiles if metric.kind == kind]

    @property
    def sort(self) -> str:
        """What rows are sorted by: as asked, else by time, else by the first measure, largest first."""
        by_time = self.question.granularity != "none"
        return self.question.sort or ("bucket" if by_time else f"-{self.question.measures[0]}")

    @property
    def by_hand(self) -> bool:
        """True when only the finished measures can be sorted by, such as a cost per call."""
        wanted = METRICS.get(self.sort.removeprefix("-"))
        return wanted is not None and not wanted.adds and not wanted.kind and wanted.key != "users"

    @property
    def limit(self) -> int:
        """Rows to fetch: those wanted, the total, and one more to know whether there are more."""
        return (MAX_LIMIT if self.by_hand else self.question.limit) + 2


def shape(question: Question) -> Shape:
    """Return the sums and percentiles that the question's measures and its coverage are made of."""
    metrics = [METRICS[key] for key in question.measures]
    names = ["calls", *(part for metric in metrics for part in metric.parts)]
    if any(metric.unit == Unit.USD for metric in metrics):
        names += COVERAGE
    return Shape(
        question,
        tuple(dimension(key) for key in question.dimensions),
        tuple(PARTS[name] for name in dict.fromkeys(names)),
        tuple(metric for metric in metrics if metric.kind),
    )


def statement(shape: Shape, source: str, *, named: Sequence[str] = (), extra: Sequence[str] = ()) -> str:
    """Return the statement over `source`, which may refer to the expressions `named`; `extra` are further columns."""
    columns = [f"s_{part.key}" for part in shape.parts]
    for metric in shape.percentiles:
        columns.append(f"{answer(metric.kind, shape.levels(metric.kind), metric.level)} AS {metric.key}")
    way = Exact if shape.exact else Mixed
    names = [*named, *(name for kind in shape.kinds for name in way.named(kind, shape.levels(kind)))]
    return f"""
    {"WITH" if names else ""} {", ".join(names)}
  SELECT {", ".join([TOTAL, *shape.keys, *columns, *extra])}
    FROM ({_merged(shape, source)}
         )
ORDER BY {", ".join([f"{TOTAL} DESC", *_order(shape)])}
   LIMIT {shape.limit}"""


def _merged(shape: Shape, source: str) -> str:
    """Merge rows of the same keys, and all rows into the total."""
    keys = shape.keys
    columns = [f"grouping({keys[0]}) AS {TOTAL}" if keys else f"1 AS {TOTAL}", *keys]
    columns += [f"{part.merge}(p_{part.key}) AS s_{part.key}" for part in shape.parts]
    for kind in shape.kinds:
        columns += Exact.merged(kind, shape.levels(kind)) if shape.exact else Mixed.merged(kind)
    group = f"GROUP BY GROUPING SETS (({', '.join(keys)}), ())" if keys else ""
    return f"""
    SELECT {", ".join(columns)}
      FROM ({source}
           )
     {group}
    HAVING s_calls > 0 OR {TOTAL} = 1"""


def _order(shape: Shape) -> list[str]:
    name, way = shape.sort.removeprefix("-"), "DESC" if shape.sort.startswith("-") else "ASC"
    first = f"{_sortable(shape, name)} {way} NULLS LAST"
    return [first, *(key for key in shape.keys if key != name)]


def _sortable(shape: Shape, name: str) -> str:
    if shape.by_hand:
        return "-s_calls"
    if metric := METRICS.get(name):
        return " + ".join(_known(PARTS[part]) for part in metric.adds) or (name if metric.kind else f"s_{name}")
    return "bucket" if name == "bucket" else f"d{shape.question.dimensions.index(name)}"


def _known(part: Part) -> str:
    return f"ifNull(s_{part.key}, 0)" if part.nullable and part.type.startswith("Nullable(U") else f"s_{part.key}"
