"""Where a question's rows come from: calls, and the rollups of clean hours and days. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from analytics.compile import Shape, statement
from analytics.dimensions import RANGES, dimension, level
from analytics.parts import BOOKED, nothing
from analytics.percentiles import Exact, Mixed
from analytics.periods import bucket_sql
from analytics.plan import Plan, Rolled, plan
from analytics.question import Span
from analytics.where import Params, column, conditions, instant, within

PROJECT: Final = "project_id = {project_id:UInt32}"
TOUCHED: Final = """
    SELECT (groupUniqArray(hour), groupUniqArrayArray({days}), max(newest))
      FROM (
            SELECT toStartOfHour(ts) AS hour, max(ingested_at) AS newest
              FROM calls
             WHERE {project} AND ingested_at >= {since}
          GROUP BY hour
         UNION ALL
            SELECT hour, toDateTime64(0, 3, 'UTC') AS newest
              FROM dirty_hours
             WHERE {project} AND marked_at >= {since}
           )"""
"""Hours, and days of the rollup's zone, that changed since the last pass: calls came in (old versions and tombstones
included) or they were marked. And when the newest call came in. One value, so that it is made once in a statement."""


def planned(shape: Shape, span: Span, rolled: Rolled, now: datetime) -> Plan:
    """Return where the answer about a span comes from."""
    if can_roll(shape):
        return plan(span, shape.question.granularity, shape.question.timezone, rolled, now)
    return Plan((), (), (span,), rolled)


def can_roll(shape: Shape) -> bool:
    """True if rollups carry everything that the question asks, splits and filters by."""
    question = shape.question
    names = [wanted.dimension for wanted in question.filters]
    if question.price_book != "current" or any(name in RANGES for name in names):
        return False
    used = [*shape.dimensions, *(dimension(name) for name in names)]
    carried = all(one.timed if shape.percentiles else one.rolled for one in used)
    return carried and all(part.rolled for part in shape.parts)


class Source:
    """Builds the SQL that gives a question's rows, its values kept in `params`."""

    def __init__(self, shape: Shape, plan: Plan, only: Sequence[tuple[str, ...]] = ()) -> None:
        self.shape = replace(shape, exact=plan.from_calls)
        self.plan, self.only = plan, list(only)
        self.params = Params()

    def statement(self) -> str:
        """Return the whole statement; its column `fresh` holds how many rolled hours were read from calls after all,
        and when the newest call came in."""
        rolled = within([*self.plan.hours, *self.plan.days], "h")
        fresh = f"(arrayCount(h -> {rolled}, touched.1), touched.3) AS fresh"
        return statement(self.shape, self.sql(), named=[f"({self._touched()}) AS touched"], extra=[fresh])

    def sql(self) -> str:
        """Rows of calls alone, or of everything the plan names, one after the other."""
        if self.shape.exact:
            percentiles = [sql for kind in self.shape.kinds for sql in Exact.of_calls(kind, self.shape.levels(kind))]
            return self._of_calls([*self._sums(), *percentiles], within(self.plan.calls))
        times = [sql for kind in self.shape.kinds for sql in Mixed.of_calls(kind)]
        branches = [self._of_calls([*self._sums(), *times], self._spans_of_calls())]
        for size in self._sizes():
            sums = [f"sum({part.key}) AS p_{part.key}" for part in self.shape.parts]
            branches.append(self._of_rollup(f"calls_{size}", size, [*sums, *self._times("")], ["calls > 0"]))
            branches += [self._times_of_rollup(kind, size) for kind in self.shape.kinds]
        return "\n     UNION ALL ".join(branches)

    def _sizes(self) -> list[str]:
        return [size for size in ("hourly", "daily") if self._spans(size)]

    def _spans(self, size: str) -> Sequence[Any]:
        return self.plan.hours if size == "hourly" else self.plan.days

    # What calls give

    def _of_calls(self, columns: list[str], spans: str) -> str:
        keys = [f"{column(one, self.params)} AS d{n}" for n, one in enumerate(self.shape.dimensions)]
        keys += self._bucket("ts")
        return _grouped([*keys, *columns], "calls_live", [PROJECT, f"({spans})", *self._conditions()], self.shape.keys)

    def _sums(self) -> list[str]:
        if self.shape.question.price_book != "booked":
            return [f"{part.sql} AS p_{part.key}" for part in self.shape.parts]
        return [f"{BOOKED.get(part.key) or part.sql.replace('cost_current', 'cost_booked')} AS p_{part.key}"
                for part in self.shape.parts]  # fmt: skip

    def _spans_of_calls(self) -> str:
        """The plan's spans of calls, and what changed in its rolled spans since the last pass."""
        spans = [within(self.plan.calls)]
        if self.plan.hours:
            spans.append(f"({within(self.plan.hours)}) AND toStartOfHour(ts) IN (touched.1)")
        if self.plan.days:
            day = f"toStartOfDay(ts, '{self.plan.rolled.zone}')"
            spans.append(f"({within(self.plan.days)}) AND {day} IN (touched.2)")
        return " OR ".join(spans)

    # What rollups give

    def _times_of_rollup(self, kind: str, size: str) -> str:
        columns = [f"{nothing(part)} AS p_{part.key}" for part in self.shape.parts] + self._times(kind)
        return self._of_rollup(f"times_{size}", size, columns, [f"kind = '{kind}'", f"level = {self._level()}"])

    def _of_rollup(self, table: str, size: str, columns: list[str], of: list[str]) -> str:
        keys = [f"{one.sql} AS d{n}" for n, one in enumerate(self.shape.dimensions)] + self._bucket("start")
        touched = "touched.1" if size == "hourly" else "touched.2"
        zone = [f"zone = '{self.plan.rolled.zone}'"] if size == "daily" else []
        span = f"({within(self._spans(size), 'start')})"
        where = [PROJECT, *zone, span, f"NOT has({touched}, start)", *self._conditions(), *of]
        return _grouped([*keys, *columns], f"{table} FINAL", where, self.shape.keys)

    def _times(self, kind: str) -> list[str]:
        """Columns of one kind, and empty ones of the other, in the order every branch has."""
        kinds = self.shape.kinds
        return [sql for one in kinds for sql in (Mixed.of_rollup(one) if one == kind else Mixed.nothing(one))]

    # What is the same for both

    def _bucket(self, time: str) -> list[str]:
        question = self.shape.question
        if question.granularity == "none":
            return []
        return [f"{bucket_sql(question.granularity, question.timezone, time)} AS bucket"]

    def _conditions(self) -> list[str]:
        question = self.shape.question
        cost = "cost_booked" if question.price_book == "booked" else "cost_current"
        found = conditions(question.filters, self.params, cost)
        if self.only:
            split = ", ".join(f"toString({column(one, self.params)})" for one in self.shape.dimensions)
            kind = f"Array(Tuple({', '.join(['String'] * len(self.shape.dimensions))}))"
            found.append(f"tuple({split}) IN {self.params.bind(self.only, kind)}")
        return found

    def _level(self) -> int:
        """The rollup of times with the fewest rows that carries what is split and filtered by."""
        question = self.shape.question
        return level({*question.dimensions, *(wanted.dimension for wanted in question.filters)})

    def _touched(self) -> str:
        zone = self.plan.rolled.zone
        days = f"[toStartOfDay(hour, '{zone}'), toStartOfDay(hour + 3599, '{zone}')]" if self.plan.days else "[hour]"
        return TOUCHED.format(project=PROJECT, since=instant(self.plan.rolled.since), days=days)


def _grouped(columns: list[str], table: str, where: list[str], by: list[str]) -> str:
    group = f"\n        GROUP BY {', '.join(by)}" if by else ""
    return f"""
          SELECT {", ".join(columns)}
            FROM {table}
           WHERE {" AND ".join(where)}{group}"""
