"""Where a question's rows come from: calls, and the rollups of clean hours and days. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from analytics.compile import Shape, statement
from analytics.dimensions import RANGES, dimension, level
from analytics.parts import BOOKED, nothing
from analytics.percentiles import EXACT_BELOW, TIMES, Exact, Histogram, bucket_number, known_values
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
        branches = [self._of_calls([*self._sums(), *self._times()], self._spans_of_calls())]
        branches += [self._times_of_calls(kind) for kind in self.shape.kinds]
        for size in self._sizes():
            sums = [f"sum({part.key}) AS p_{part.key}" for part in self.shape.parts]
            branches.append(self._of_rollup(f"calls_{size}", size, [*sums, *self._times()], ["calls > 0"]))
            for kind in self.shape.kinds:
                branches += [self._histograms_of_rollup(kind, size), self._values_of_rollup(kind, size)]
        return "\n     UNION ALL ".join(branches)

    def _sizes(self) -> list[str]:
        return [size for size in ("hourly", "daily") if self._spans(size)]

    def _spans(self, size: str) -> Sequence[Any]:
        return self.plan.hours if size == "hourly" else self.plan.days

    # What calls give

    def _of_calls(self, columns: list[str], spans: str, by: Sequence[str] = (), told: Sequence[str] = ()) -> str:
        keys = [f"{column(one, self.params)} AS d{n}" for n, one in enumerate(self.shape.dimensions)]
        keys += self._bucket("ts")
        where = [PROJECT, f"({spans})", *self._conditions(), *told]
        return _grouped([*keys, *columns], "calls_live", where, [*self.shape.keys, *by])

    def _times_of_calls(self, kind: str) -> str:
        """Histogram and values of calls: first by bucket, too, then those of a group together."""
        inner = [f"{bucket_number(kind)} AS number", "count() AS inside", f"{known_values(kind)} AS times"]
        buckets = self._of_calls(inner, self._spans_of_calls(), ["number"], [f"{TIMES[kind]} IS NOT NULL"])
        return self._together(kind, buckets, values=Histogram.values())

    def _together(self, kind: str, buckets: str, values: str = "") -> str:
        columns = [*self.shape.keys, *self._none(), *self._times(kind, counts=Histogram.counts(), values=values)]
        return _grouped(columns, f"({buckets})", ["1"], self.shape.keys)

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

    def _histograms_of_rollup(self, kind: str, size: str) -> str:
        table = f"times_{size} FINAL ARRAY JOIN numbers AS number, counts AS count"
        columns = [*self._rolled_keys(), "number", "sum(count) AS inside"]
        buckets = _grouped(columns, table, self._times_where(kind, size), [*self.shape.keys, "number"])
        return self._together(kind, buckets)

    def _values_of_rollup(self, kind: str, size: str) -> str:
        """Values of the small groups. Most of the rollup is values: PREWHERE reads only those that are needed."""
        where = self._times_where(kind, size)
        keys = ", ".join(["1", *self._rolled_keys(named=False)])
        small = f"SELECT {keys} FROM times_{size} FINAL WHERE {' AND '.join(where)}"
        few = f"({keys}) IN ({small} GROUP BY {keys} HAVING sum(n) < {EXACT_BELOW})"
        columns = [*self._rolled_keys(), *self._none(), *self._times(kind, values=Histogram.values())]
        return _grouped(columns, f"times_{size} FINAL", [*where, few], self.shape.keys, "PREWHERE")

    def _times_where(self, kind: str, size: str) -> list[str]:
        return self._rolled_where(size, [f"kind = '{kind}'", f"level = {self._level()}"])

    def _of_rollup(self, table: str, size: str, columns: list[str], of: list[str]) -> str:
        conditions = self._rolled_where(size, of)
        return _grouped([*self._rolled_keys(), *columns], f"{table} FINAL", conditions, self.shape.keys)

    def _rolled_keys(self, *, named: bool = True) -> list[str]:
        keys = [f"{one.sql} AS d{n}" for n, one in enumerate(self.shape.dimensions)] + self._bucket("start")
        return keys if named else [key.rpartition(" AS ")[0] for key in keys]

    def _rolled_where(self, size: str, of: list[str]) -> list[str]:
        touched = "touched.1" if size == "hourly" else "touched.2"
        zone = [f"zone = '{self.plan.rolled.zone}'"] if size == "daily" else []
        span = f"({within(self._spans(size), 'start')})"
        return [PROJECT, *zone, span, f"NOT has({touched}, start)", *self._conditions(), *of]

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

    def _none(self) -> list[str]:
        return [f"{nothing(part)} AS p_{part.key}" for part in self.shape.parts]

    def _times(self, kind: str = "", **columns: str) -> list[str]:
        """Columns of one kind, and empty ones of the other, in the order every branch has."""
        kinds = self.shape.kinds
        return [sql for one in kinds for sql in Histogram.columns(one, **(columns if one == kind else {}))]

    def _level(self) -> int:
        """The rollup of times with the fewest rows that carries what is split and filtered by."""
        question = self.shape.question
        return level({*question.dimensions, *(wanted.dimension for wanted in question.filters)})

    def _touched(self) -> str:
        zone = self.plan.rolled.zone
        days = f"[toStartOfDay(hour, '{zone}'), toStartOfDay(hour + 3599, '{zone}')]" if self.plan.days else "[hour]"
        return TOUCHED.format(project=PROJECT, since=instant(self.plan.rolled.since), days=days)


def _grouped(columns: list[str], table: str, conditions: list[str], by: list[str], where: str = "WHERE") -> str:
    group = f"\n        GROUP BY {', '.join(by)}" if by else ""
    return f"""
          SELECT {", ".join(columns)}
            FROM {table}
           {where} {" AND ".join(conditions)}{group}"""
