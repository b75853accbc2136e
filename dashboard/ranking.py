"""A table of things by their figures: sorted by link, in pages, the total first and everything else last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from analytics.answer import Answer
from dashboard import format as fmt
from dashboard.breakdown import name_of, slots_of, text
from dashboard.components import Cell, Column, Row, Table, delta, written
from dashboard.figures import Extra, exact
from dashboard.format import MoneyColumn, Number
from dashboard.url_state import UrlState, label_of

ROWS: Final = 25
Values = Mapping[str, Any]


def nothing(value: Number) -> Extra:
    """The calls of the row, all of them."""
    return ()


@dataclass(frozen=True, slots=True)
class Measured:
    """One column of figures. `name` is its word in `sort=`; `csv` its header in a file."""

    name: str
    label: str
    csv: str
    unit: str
    value: Callable[[Values], Number | None]
    calls: Callable[[Number], Extra] = nothing
    adds: bool = False
    """Rows of it add up to the total."""
    check: str = ""
    """The measure that a test compares with the calls behind the cell."""


def measure(key: str, *, scale: int = 1) -> Callable[[Values], Number | None]:
    """Read one measure of a row."""

    def value(row: Values) -> Number | None:
        found: Number | None = row[key]
        return found if found is None or scale == 1 else found * scale

    return value


@dataclass(frozen=True)
class Ranking:
    """The rows of one answer as a table. `dimensions` name a row; the first one has the colours."""

    state: UrlState
    answer: Answer
    dimensions: tuple[str, ...]
    columns: Sequence[Measured]
    caption: str
    drill: Callable[[str], str] = field(default=lambda value: "")
    """The address behind the name of a row."""

    @cached_property
    def sort(self) -> tuple[str, bool]:
        """The column to sort by, and whether its largest values come first."""
        wanted = self.state.shown.get("sort", "")
        name = wanted.removeprefix("-")
        known = {*self.dimensions, *(column.name for column in self.columns)}
        return (name, wanted.startswith("-")) if name in known else (self.columns[0].name, True)

    @cached_property
    def rows(self) -> list[Values]:
        """All rows in order; those of `find=` only, when the page asks for some."""
        wanted = self.state.find.strip().lower()
        found = [row for row in self.answer.rows if wanted in self._words(row)]
        name, down = self.sort
        if name in self.dimensions:
            return sorted(found, key=lambda row: text(row[name]).lower(), reverse=down)
        value = next(column.value for column in self.columns if column.name == name)
        known = [row for row in found if value(row) is not None]
        known.sort(key=lambda row: value(row) or 0, reverse=down)
        return known + [row for row in found if value(row) is None]

    def _words(self, row: Values) -> str:
        return " ".join(name_of(text(row[one])) for one in self.dimensions).lower()

    @cached_property
    def page(self) -> int:
        """Which page of rows is shown, from 1."""
        return max(1, min(int(self.state.shown.get("page", "1")), self.pages))

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-len(self.rows) // ROWS))

    @property
    def shown(self) -> list[Values]:
        """The rows of this page."""
        return self.rows[(self.page - 1) * ROWS : self.page * ROWS]

    @cached_property
    def _slots(self) -> Mapping[str, int]:
        first = self.dimensions[0]
        return slots_of(self.state, first, [text(row[first]) for row in self.answer.rows])

    @cached_property
    def _money(self) -> dict[str, MoneyColumn]:
        """One precision per column of money."""
        listed = [*self.shown, self.answer.totals]
        columns = [column for column in self.columns if column.unit == "usd"]
        return {column.name: fmt.money_column(column.value(row) for row in listed) for column in columns}

    @property
    def has_change(self) -> bool:
        """There is something to compare with."""
        return self.state.compare != "none"

    def table(self, export: str) -> Table:
        """The page of rows as a table."""
        rows = [self._total(), *(self._row(row) for row in self.shown), *self._rest()]
        columns = list(self._header())
        return Table(self.caption, columns, rows, self._note(), export, self.previous, self.next)

    def _header(self) -> Iterator[Column]:
        for name in self.dimensions:
            yield self._column(name, label_of(name), numeric=False)
        for column in self.columns:
            unit = f"{fmt.NBSP}($)" if column.unit == "usd" else ""
            yield self._column(column.name, f"{column.label}{unit}")
        if self.has_change:
            yield Column("Change of spend")

    def _column(self, name: str, label: str, *, numeric: bool = True) -> Column:
        by, down = self.sort
        ahead = f"-{name}" if numeric else name
        wanted = (name if down else f"-{name}") if by == name else ahead
        order = ("descending" if down else "ascending") if by == name else ""
        return Column(label, numeric, f"?{self.state.query(sort=wanted, page=None)}", order)  # type: ignore[arg-type]

    def _total(self) -> Row:
        everything = f"All {len(self.answer.rows):,}{'+' if self.answer.truncated else ''}"
        blanks = [Cell("") for _ in self.dimensions[1:]]
        cells = [self._cell(column, self.answer.totals, (), bar=False) for column in self.columns]
        change = [self._change(self.answer.totals, ())] if self.has_change else []
        return Row([Cell(everything, self.state.calls()), *blanks, *cells, *change], total=True)

    def _row(self, row: Values) -> Row:
        extra = tuple((name, text(row[name])) for name in self.dimensions)
        first, *others = extra
        names = [Cell(name_of(first[1]), self.drill(first[1]), first[1], slot=self._slots.get(first[1], 0))]
        names += [Cell(name_of(value), f"?{self.state.toggled(name, value)}") for name, value in others]
        cells = [self._cell(column, row, extra, bar=True) for column in self.columns]
        return Row([*names, *cells, *([self._change(row, extra)] if self.has_change else [])])

    def _cell(self, column: Measured, row: Values, extra: Extra, *, bar: bool) -> Cell:
        value = column.value(row)
        if value is None:
            return Cell(fmt.UNKNOWN, title=_why_unknown(column, row))
        money = self._money.get(column.name)
        shown = money.text(value) if money else written(value, column.unit)
        width = self._width(column, value) if bar and column.name == self.sort[0] else None
        href = self.state.calls(*extra, *column.calls(value))
        check = f"{column.check}={value}" if column.check else ""
        return Cell(shown, href, exact(value, column.unit), bar=width, check=check)

    def _width(self, column: Measured, value: Number) -> float:
        largest = max((float(column.value(row) or 0) for row in self.answer.rows), default=0.0)
        return max(0.0, min(100.0, float(value) / largest * 100)) if largest else 0.0

    def _change(self, row: Values, extra: Extra) -> Cell:
        """How spend moved; opens the calls it is compared with."""
        if row["calls"] + (row.get("calls_before") or 0) < fmt.FEW:
            return Cell("few calls", tone="neutral")
        found = delta(row["cost_usd"], row.get("cost_usd_before"), unit="usd", better="lower")
        if found.text == fmt.UNKNOWN:
            return Cell(fmt.UNKNOWN, title="One of the two spends is not known.")
        before = self.state.comparison
        times = self.state.times(before.start, before.end) if before else []
        return Cell(
            f"{found.arrow} {found.text}".strip(), self.state.calls(*extra, *times), found.spoken, tone=found.tone
        )

    def _rest(self) -> Iterator[Row]:
        """What the listed rows leave of the total."""
        left = len(self.answer.rows) - len(self.shown)
        if left <= 0 and not self.answer.truncated:
            return
        number = f"{left:,}{'+' if self.answer.truncated else ''}"
        further = self.state.query(page=str(self.page % self.pages + 1))
        onward = further if self.pages > 1 else self.state.without("find", "page")
        cells = [self._left(column) for column in self.columns]
        blanks = [Cell("") for _ in self.dimensions[1:]] + cells + ([Cell("")] if self.has_change else [])
        yield Row([Cell(f"Everything else ({number})", f"?{onward}", slot=0), *blanks])

    def _left(self, column: Measured) -> Cell:
        total = column.value(self.answer.totals)
        if not column.adds or total is None:
            return Cell("")
        rest = _exact(total) - sum((_exact(column.value(row) or 0) for row in self.shown), Decimal(0))
        money = self._money.get(column.name)
        return Cell(money.text(rest) if money else written(rest, column.unit), title=exact(rest, column.unit))

    def _note(self) -> str:
        found = len(self.rows)
        if not found:
            return f"None of {len(self.answer.rows):,} match “{self.state.find}”."
        first = (self.page - 1) * ROWS + 1
        return f"{first:,} to {first + len(self.shown) - 1:,} of {found:,}"

    @property
    def previous(self) -> str:
        """The page before this one."""
        return f"?{self.state.query(page=str(self.page - 1))}" if self.page > 1 else ""

    @property
    def next(self) -> str:
        """The page after this one."""
        return f"?{self.state.query(page=str(self.page + 1))}" if self.page < self.pages else ""

    def csv(self) -> tuple[list[str], Iterator[list[Any]]]:
        """Header and all rows as raw values; what did not fit into the answer is one last row."""
        header = [*self.dimensions, *(column.csv for column in self.columns)]
        if self.has_change:
            header.append("spend_before_usd")
        return header, self._raw()

    def _raw(self) -> Iterator[list[Any]]:
        for row in self.rows:
            before = [row.get("cost_usd_before")] if self.has_change else []
            yield [*(row[name] for name in self.dimensions), *(column.value(row) for column in self.columns), *before]
        if self.answer.truncated:
            blanks = [None] * (len(self.dimensions) - 1)
            change = [None] if self.has_change else []
            yield ["Everything else", *blanks, *map(self._unlisted, self.columns), *change]

    def _unlisted(self, column: Measured) -> Number | None:
        """What an answer with too many rows left out, for a column that adds up."""
        total = column.value(self.answer.totals)
        if not column.adds or total is None:
            return None
        return _exact(total) - sum((_exact(column.value(row) or 0) for row in self.answer.rows), Decimal(0))


def _exact(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _why_unknown(column: Measured, row: Values) -> str:
    if column.unit == "usd" and row.get("calls"):
        return "No call here has a known cost: its model has no price, or its usage is not known."
    return "No call here tells it."
