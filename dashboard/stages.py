"""What each stage of a trace did, took and cost, adding up to the whole trace to the last stored digit. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard import format as fmt
from dashboard import one_call
from dashboard.breakdown import name_of
from dashboard.components import Cell, Column, Row, Table
from dashboard.one_call import Call
from dashboard.receipt import dollars

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """The calls of one stage, role, model and provider."""

    key: Key
    calls: Sequence[Call]

    @property
    def cost(self) -> Decimal | None:
        """The sum of what is known; None when nothing is."""
        known = [amount for call in self.calls if (amount := one_call.cost(call)) is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def unknown(self) -> int:
        """Calls whose cost is not known."""
        return sum(one_call.cost(call) is None for call in self.calls)

    @property
    def took_ms(self) -> float | None:
        """Time spent in these calls, one after the other."""
        known = [call["latency_ms"] for call in self.calls if call["latency_ms"] is not None]
        return sum(known) if known else None


def stages(calls: Sequence[Call]) -> list[Stage]:
    """Group the calls of a trace in the order in which each stage began."""
    groups: dict[Key, list[Call]] = {}
    for call in sorted(calls, key=one_call.started):
        named = (call["stage"] or call["task"] or "", call["role"] or "", call["model"] or "", call["provider"] or "")
        groups.setdefault(named, []).append(call)
    return [Stage(key, members) for key, members in groups.items()]


def table(calls: Sequence[Call], slots: Mapping[str, int], whole: Mapping[str, Any]) -> Table:
    """The stages as a table; its first row is the trace's own cost, which the rows below add up to."""
    columns = [Column("Stage", numeric=False), Column("Model", numeric=False), Column("Provider", numeric=False)]
    columns += [Column("Calls"), Column("Time taken"), Column("Tokens in"), Column("Tokens out"), Column("Cost")]
    columns += [Column("Status", numeric=False)]
    rows = [_total(calls, whole), *_rows(stages(calls), slots)]
    return Table("Cost of each stage", columns, rows)


def _total(calls: Sequence[Call], whole: Mapping[str, Any]) -> Row:
    everything = Stage(("", "", "", ""), calls)
    amount = None if whole["amount_usd"] is None else Decimal(whole["amount_usd"])
    cells = [Cell("Whole trace"), Cell(""), Cell(""), *_figures(everything, amount, whole["unknown_calls"])]
    return Row([*cells, Cell(_status(calls)[0])], total=True)


def _figures(one: Stage, amount: Decimal | None, unknown: int) -> list[Cell]:
    return [
        Cell(f"{len(one.calls):,}"),
        Cell(fmt.duration(one.took_ms)),
        Cell(_tokens(one.calls, one_call.tokens_in)),
        Cell(_tokens(one.calls, one_call.tokens_out)),
        _money(amount, unknown),
    ]


def _rows(found: Sequence[Stage], slots: Mapping[str, int]) -> Iterator[Row]:
    for one in found:
        stage, role, model, provider = one.key
        words, tone = _status(one.calls)
        names = [
            Cell(name_of(stage), sub=role),
            Cell(name_of(model), slot=slots.get(model, 0)),
            Cell(name_of(provider)),
        ]
        yield Row([*names, *_figures(one, one.cost, one.unknown), Cell(words, tone=tone)])


def _money(amount: Decimal | None, unknown: int) -> Cell:
    title = f"{fmt.plural(unknown, 'call')} without a known cost" if unknown else "to the last stored digit"
    if amount is None:
        return Cell(fmt.UNKNOWN, title=title)
    return Cell(dollars(amount), title=title, sub=f"+ {unknown} unknown" if unknown else "")


def _tokens(calls: Sequence[Call], count: Any) -> str:
    known = [value for call in calls if (value := count(call)) is not None]
    return fmt.count(sum(known)) if known else fmt.UNKNOWN


def _status(calls: Sequence[Call]) -> tuple[str, str]:
    failed = [call for call in calls if call["status"] != "ok"]
    if not failed:
        return "ok", "neutral"
    if len(calls) == 1:
        return one_call.outcome(calls[0])
    return f"{len(failed)} of {len(calls)} failed", "bad"
