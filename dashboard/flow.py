"""Which model was asked for, which one served, and which calls were fallbacks: two tables with bars."""

from collections.abc import Sequence
from typing import Any, Final

from analytics.ask import ask
from dashboard import format as fmt
from dashboard.breakdown import name_of, slots_of, text
from dashboard.components import Cell, Column, Row, Table
from dashboard.one_call import ERRORS
from dashboard.url_state import UrlState

SHOWN: Final = 25
ASKED: Final = ("requested_model", "model")
WHY: Final = ("fallback_reason", "model")


def served(state: UrlState) -> Table | None:
    """Requested → served, those that differ first; None when nobody told which model was asked for."""
    answer = ask(state.question("calls", "errors", dimensions=ASKED, compare="none"), now=state.now)
    told = [row for row in answer.rows if row["requested_model"] is not None]
    if not told:
        return None
    rows = sorted(told, key=lambda row: (row["requested_model"] == row["model"], -row["calls"]))
    columns = [Column("Asked for", numeric=False), Column("Served by", numeric=False), Column("Calls")]
    columns += [Column("Share of calls"), Column("Errors")]
    whole = answer.totals["calls"]
    return Table("Requested and served models", columns, _served(state, rows[:SHOWN], whole), _left(rows))


def _served(state: UrlState, rows: Sequence[dict[str, Any]], whole: int) -> list[Row]:
    slots = slots_of(state, "model", [text(row["model"]) for row in rows])
    widest = max(row["calls"] for row in rows)
    return [_flow(state, row, slots.get(text(row["model"]), 0), whole, widest) for row in rows]


def _flow(state: UrlState, row: dict[str, Any], slot: int, whole: int, widest: int) -> Row:
    asked, got = text(row["requested_model"]), text(row["model"])
    both = (("requested_model", asked), ("model", got))
    errors = Cell("0", tone="neutral")
    if row["errors"]:
        errors = Cell(fmt.count(row["errors"]), state.calls(*both, ("status", "error")), check=f"calls={row['errors']}")
    return Row(
        [
            Cell(name_of(asked), state.calls(("requested_model", asked))),
            Cell(name_of(got) if got != asked else "the same", state.calls(*both), got, slot),
            Cell(
                fmt.count(row["calls"]), state.calls(*both), bar=100 * row["calls"] / widest,
                check=f"calls={row['calls']}",
            ),
            Cell(fmt.share_of(row["calls"], whole)),
            errors,
        ]
    )  # fmt: skip


def fallbacks(state: UrlState) -> Table | None:
    """Why calls were made instead of others, and who answered them; None without any."""
    answer = ask(state.question("calls", dimensions=WHY, compare="none"), now=state.now)
    rows = [row for row in answer.rows if row["fallback_reason"] is not None]
    if not rows:
        return None
    columns = [Column("Because of", numeric=False), Column("Answered by", numeric=False), Column("Calls")]
    columns.append(Column("Share of calls"))
    slots = slots_of(state, "model", [text(row["model"]) for row in rows])
    widest, whole = max(row["calls"] for row in rows), answer.totals["calls"]
    return Table(
        "Fallbacks", columns, [_because(state, row, slots, widest, whole) for row in rows[:SHOWN]], _left(rows)
    )


def _because(state: UrlState, row: dict[str, Any], slots: Any, widest: int, whole: int) -> Row:
    why, got = text(row["fallback_reason"]), text(row["model"])
    both = (("fallback_reason", why), ("model", got))
    calls = row["calls"]
    return Row(
        [
            Cell(ERRORS.get(why, why), state.calls(("fallback_reason", why))),
            Cell(name_of(got), state.calls(*both), got, slots.get(got, 0)),
            Cell(fmt.count(calls), state.calls(*both), bar=100 * calls / widest, check=f"calls={calls}"),
            Cell(fmt.share_of(calls, whole)),
        ]
    )


def _left(rows: Sequence[object]) -> str:
    return f"The first {SHOWN} of {len(rows)}." if len(rows) > SHOWN else ""
