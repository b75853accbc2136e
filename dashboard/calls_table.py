"""A page of calls as a table, and as rows of a file. The calls come from `analytics`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from dashboard import format as fmt
from dashboard import one_call
from dashboard.breakdown import name_of, slots_of
from dashboard.components import Cell, Column, Row, Table
from dashboard.format import MoneyColumn
from dashboard.one_call import Call, call_url
from dashboard.url_state import UrlState

SORTS: Final = {"-time": "-started_at", "time": "started_at", "-cost": "-cost", "-latency": "-latency"}
"""The word in the address and what `analytics` calls it."""
DEFAULT: Final = "-time"
ORDERS: Final = {"-time": "Newest", "-cost": "Dearest", "-latency": "Slowest", "time": "Oldest"}
LEAST_DECIMALS: Final = 5
"""Most calls cost less than a cent; fewer decimals would show them as "less than"."""
FILE: Final = (
    "id", "started_at", "provider", "model", "requested_model", "operation", "task", "feature", "environment",
    "status", "error_type", "http_status", "finish_reason", "fallback_reason", "input_tokens", "output_tokens",
    "latency_ms", "ttft_ms", "cost_usd", "cost_status", "user_id", "customer_id", "session_id", "trace_id", "group_id",
    "attempt",
)  # fmt: skip


def sort_of(state: UrlState) -> str:
    """The order the address asks for; the newest first when it names none we know."""
    wanted = state.shown.get("sort", DEFAULT)
    return wanted if wanted in SORTS else DEFAULT


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are written: the money of the page, the colours, whose page it is, and who answered instead."""

    money: MoneyColumn
    slots: Mapping[str, int]
    here: str
    answers: Mapping[str, str]


def table(
    state: UrlState,
    calls: Sequence[Call],
    caption: str,
    *,
    sortable: bool = True,
    here: str = "",
    answers: Mapping[str, str] | None = None,
) -> Table:
    """The calls in their order. `here` is the id of the call whose page this is; `answers` says which model gave the
    answer of a group after one of its calls had failed."""
    money = MoneyColumn(max(LEAST_DECIMALS, fmt.money_column(one_call.cost(call) for call in calls).decimals))
    slots = slots_of(state, "model", [call["model"] or "" for call in calls])
    look = Look(money, slots, here, answers or {})
    rows = [_row(state, call, look) for call in calls]
    return Table(caption, list(_header(state, sortable=sortable)), rows)


def _header(state: UrlState, *, sortable: bool) -> Iterator[Column]:
    yield _column(state, f"Time ({state.zone})", "time", sortable=sortable, numeric=False)
    yield Column("Model", numeric=False)
    yield Column("Feature or task", numeric=False)
    yield Column("In → out tokens")
    yield _column(state, "Latency", "latency", sortable=sortable)
    yield _column(state, f"Cost{fmt.NBSP}($)", "cost", sortable=sortable)
    yield Column("Outcome", numeric=False)


def _column(state: UrlState, label: str, name: str, *, sortable: bool, numeric: bool = True) -> Column:
    if not sortable:
        return Column(label, numeric)
    current = sort_of(state)
    order: Literal["", "ascending", "descending"] = ""
    if current.removeprefix("-") == name:
        order = "descending" if current.startswith("-") else "ascending"
    wanted = "time" if current == f"-{name}" == DEFAULT else f"-{name}"
    return Column(label, numeric, f"?{state.query(sort=wanted, cursor=None)}", order)


def _row(state: UrlState, call: Call, look: Look) -> Row:
    model, (dimension, value) = call["model"] or "", one_call.place(call)
    slot, asked = look.slots.get(model, 0), one_call.model_note(call)
    task = call["task"] if dimension == "feature" and call["task"] else ""
    cells = [
        _when(state, call, look.here),
        Cell(name_of(model), _narrow(state, "model", model), model, slot, sub=asked),
        Cell(name_of(value), _narrow(state, dimension, value), dimension, sub=task),
        Cell(one_call.arrow(call)),
        Cell(fmt.duration(call["latency_ms"])),
        _cost(call, look.money),
        _outcome(call, look),
    ]
    return Row(cells)


def _outcome(call: Call, look: Look) -> Cell:
    words, tone = one_call.outcome(call)
    note = one_call.outcome_note(call)
    if call["status"] == "error" and (answered := look.answers.get(call["group_id"] or "")):
        note = f"{note} → {answered}".strip()
    return Cell(words, title=call["error_message"] or "", tone=tone, sub=note)


def _when(state: UrlState, call: Call, here: str) -> Cell:
    moment = one_call.started(call)
    words = fmt.moment(moment, state.tz, state.now, seconds=True)
    if call["id"] == here:
        return Cell(words, sub="this call")
    return Cell(words, call_url(state.slug, call["id"], state.query()), f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC")


def _narrow(state: UrlState, dimension: str, value: str) -> str:
    """This list, of that model or task only; nothing when it is so already."""
    if any(one.dimension == dimension and one.values == (value,) and not one.negated for one in state.filters):
        return ""
    return state.calls((dimension, value))


def _cost(call: Call, money: MoneyColumn) -> Cell:
    amount = one_call.cost(call)
    words = one_call.cost_words(call)
    if amount is None:
        return Cell(fmt.UNKNOWN, title=f"Not known: {words}.")
    return Cell(money.text(amount), title=f"{call['cost']['amount_usd']} USD, {words}")


def file_rows(calls: Iterable[Call]) -> Iterator[list[Any]]:
    """The same calls as raw values in the order of FILE."""
    for call in calls:
        told = call | {
            "started_at": one_call.started(call),
            "input_tokens": one_call.tokens_in(call),
            "output_tokens": one_call.tokens_out(call),
            "cost_usd": one_call.cost(call),
            "cost_status": call["cost"]["status"],
        }
        yield [told[name] for name in FILE]


def newest(calls: Sequence[Call]) -> datetime | None:
    """When the newest of these calls began."""
    return max((one_call.started(call) for call in calls), default=None)
