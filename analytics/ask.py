"""Answer a question: the one way from events to figures, for pages, API, CSV, mail and budgets alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from analytics import compile as compiling
from analytics import reach
from analytics.answer import Answer, Freshness, columns, coverage, measures
from analytics.compile import Shape
from analytics.metrics import METRICS, Unit
from analytics.periods import buckets, partners
from analytics.plan import NEVER, Rolled
from analytics.question import MAX_LIMIT, Question, Span
from analytics.receipts import receipt
from analytics.sources import Source, planned
from pricing import snapshot
from store import client

Row = dict[str, Any]


def ask(question: Question, *, now: datetime | None = None, rolled: Rolled | None = None) -> Answer:
    """Answer with one store query, or two when the question compares.

    Rows of time without other dimensions have every bucket: a measure that adds up is 0 where nothing happened.
    `rolled` is for tests; it defaults to what the last rollup pass left.

    Raises:
        StoreError: the event store failed.
    """
    now = now or datetime.now(UTC)
    rolled = rolled or reach.of(question.project_id)
    shape = compiling.shape(question)
    found = _Rows(shape, question.span, rolled, now)
    before = question.comparison(now)
    earlier = _Rows(_open(shape), before, rolled, now, only=found.split()) if before else None
    answer = found.rows
    if earlier and before:
        answer = _joined(question, found.rows, earlier.rows, before)
    return Answer(
        question=question,
        rows=answer,
        totals=found.totals | ({f"{k}_before": v for k, v in earlier.totals.items()} if earlier else {}),
        columns=columns(question),
        freshness=found.freshness,
        coverage=coverage(found.sums) if _about_money(question) else None,
        coverage_before=coverage(earlier.sums) if earlier and _about_money(question) else None,
        truncated=found.truncated,
        before=before,
        receipt=receipt(question, snapshot.current().version),
        sums=found.sums,
    )


def _about_money(question: Question) -> bool:
    return any(METRICS[key].unit == Unit.USD for key in question.measures)


def _open(shape: Shape) -> Shape:
    """The same question with as many rows as there may be."""
    return compiling.shape(replace(shape.question, limit=MAX_LIMIT, compare="none"))


class _Rows:
    """Rows and total of one span."""

    def __init__(
        self, shape: Shape, span: Span, rolled: Rolled, now: datetime, only: Sequence[tuple[str, ...]] = ()
    ) -> None:
        self.shape, self.span, self.now = shape, span, now
        self.plan = planned(shape, span, rolled, now)
        total, found = self._fetch(only)
        self.fresh = total.get("fresh") or (0, None)
        self.sums = _sums(self.shape, total)
        self.totals = measures(shape.question, self.sums)
        self.rows = self._finished(found)
        self.truncated = len(self.rows) > shape.question.limit
        del self.rows[shape.question.limit :]

    def _fetch(self, only: Sequence[tuple[str, ...]]) -> tuple[Row, list[Row]]:
        source = Source(self.shape, self.plan, only)
        self.shape = source.shape
        rows = client.select(source.statement(), project_id=self.shape.question.project_id, **source.params.values)
        if not self.shape.keys:
            return rows[0], rows
        split = [row for row in rows if not row[compiling.TOTAL]]
        return next((row for row in rows if row[compiling.TOTAL]), {}), split

    def _finished(self, rows: list[Row]) -> list[Row]:
        finished = [self._keys(row) | measures(self.shape.question, _sums(self.shape, row)) for row in rows]
        if self.shape.by_hand:
            _sort(finished, self.shape.sort)
        elif self.shape.keys == ["bucket"]:
            finished = self._every_bucket(finished)
        return finished

    def _keys(self, row: Row) -> Row:
        keys: Row = {"bucket": row["bucket"]} if "bucket" in row else {}
        return keys | {one.key: one.spoken(row[f"d{n}"]) for n, one in enumerate(self.shape.dimensions)}

    def _every_bucket(self, rows: list[Row]) -> list[Row]:
        """Put the empty buckets in, unless rows are sorted by something else than time."""
        question = self.shape.question
        if self.shape.sort not in ("bucket", "-bucket"):
            return rows
        known = {row["bucket"]: row for row in rows}
        nothing = measures(question, _sums(self.shape, {}))
        starts = list(buckets(self.span, question.granularity, question.timezone))
        starts = starts[::-1] if self.shape.sort == "-bucket" else starts
        return [known.get(start) or {"bucket": start} | nothing for start in starts[: question.limit + 1]]

    def split(self) -> list[tuple[str, ...]]:
        """The rows' dimensions as stored, when not all rows are here: what the comparison must be limited to."""
        if not self.truncated or not self.shape.dimensions:
            return []
        keys = [one.key for one in self.shape.dimensions]
        return sorted({tuple(_stored(row[key]) for key in keys) for row in self.rows})

    @property
    def freshness(self) -> Freshness:
        rolled, (touched, newest) = self.plan.rolled, self.fresh
        known = [moment for moment in (newest, rolled.newest) if moment is not None and moment > NEVER]
        closed = rolled.closed_to if rolled.closed_to > NEVER else None
        return Freshness(max(known, default=None), self.plan.raw_hours + touched, closed, self.now)


def _stored(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _sums(shape: Shape, row: Mapping[str, Any]) -> Row:
    """Return a row of the store under the names of parts and percentiles."""
    parts = {part.key: row.get(f"s_{part.key}", None if part.nullable else 0) for part in shape.parts}
    return parts | {metric.key: row.get(metric.key) for metric in shape.percentiles}


def _sort(rows: list[Row], sort: str) -> None:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    known = [row for row in rows if row[name] is not None]
    unknown = [row for row in rows if row[name] is None]
    rows[:] = sorted(known, key=lambda row: row[name], reverse=down) + unknown


def _joined(question: Question, rows: list[Row], earlier: list[Row], before: Span) -> list[Row]:
    """Put the earlier measures beside the rows they belong to."""
    pairs = {}
    if question.granularity != "none":
        pairs = partners(question.span, before, question.granularity, question.timezone)
    keyed = {_key(question, row, row.get("bucket")): row for row in earlier}
    nothing = _nothing(question)
    return [
        row | _before(question, keyed.get(_key(question, row, pairs.get(row.get("bucket")))) or nothing)  # type: ignore[arg-type]
        for row in rows
    ]


def _key(question: Question, row: Row, bucket: datetime | None) -> tuple[Any, ...]:
    return (bucket, *(row[key] for key in question.dimensions))


def _before(question: Question, row: Row) -> Row:
    return {f"{key}_before": row[key] for key in question.measures}


def _nothing(question: Question) -> Row:
    return measures(question, _sums(compiling.shape(question), {}))
