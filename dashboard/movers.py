"""What moved the spend: each task's or feature's change, largest first, and the plainest reason for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from analytics.ask import ask
from dashboard.breakdown import MOST, text
from dashboard.url_state import UrlState

SHOWN: Final = 8
MEASURES: Final = ("cost_usd", "calls")


@dataclass(frozen=True, slots=True)
class Mover:
    """One part of the product: spend and calls, now and before."""

    name: str
    spend: Decimal
    spend_before: Decimal
    calls: int
    calls_before: int

    @property
    def step(self) -> Decimal:
        """How much its spend changed."""
        return self.spend - self.spend_before

    @property
    def reason(self) -> str:
        """More or fewer calls, or dearer or cheaper ones, whichever carries more of the change."""
        if not self.calls_before:
            return "new"
        if not self.calls:
            return "no calls now"
        by_volume = (self.calls - self.calls_before) * self.spend_before / self.calls_before
        if abs(by_volume) >= abs(self.step - by_volume):
            return "more calls" if by_volume > 0 else "fewer calls"
        return "dearer calls" if self.step > by_volume else "cheaper calls"


@dataclass(frozen=True, slots=True)
class Movers:
    """The largest movers by `by`, and the change of everything."""

    by: str
    rows: list[Mover]
    step: Decimal
    """The change of the whole spend, whether or not its parts are listed."""

    @property
    def largest(self) -> list[Mover]:
        """The rows a page shows."""
        return self.rows[:SHOWN]

    @property
    def rest(self) -> Decimal:
        """The change that the listed rows do not explain, so that the column adds up to the total."""
        return self.step - sum((one.step for one in self.largest), Decimal(0))


def movers(state: UrlState) -> Movers | None:
    """Ask for spend and calls by feature, by task where no feature is told; None without a comparison."""
    if state.compare == "none":
        return None
    answer = ask(state.question(*MEASURES, dimensions=("feature", "task"), limit=MOST), now=state.now)
    by = "feature" if any(row["feature"] is not None for row in answer.rows) else "task"
    rows = sorted(_grouped(answer.rows, by), key=lambda one: (-abs(one.step), one.name))
    whole = _money(answer.totals["cost_usd"]) - _money(answer.totals.get("cost_usd_before"))
    return Movers(by, [one for one in rows if one.step], whole)


def _grouped(rows: list[dict[str, Any]], by: str) -> Iterator[Mover]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(text(row[by]), []).append(row)
    for name, members in groups.items():
        yield Mover(
            name,
            sum((_money(row["cost_usd"]) for row in members), Decimal(0)),
            sum((_money(row["cost_usd_before"]) for row in members), Decimal(0)),
            sum(row["calls"] for row in members),
            sum(row["calls_before"] for row in members),
        )


def _money(value: Decimal | None) -> Decimal:
    # Only known money moves here; the share without a price is said beside the total.
    return value if value is not None else Decimal(0)
