"""A price book: one immutable version of all prices, with the answers it has already found (pure)."""

from collections.abc import Iterable
from typing import Final

from pricing import cost
from pricing.cost import Billable, Costing, Line
from pricing.match import Catalogue, Found, Name, Sheet

_REMEMBERED: Final = 20_000
"""Names come from senders, so what is remembered about them is bounded."""


class PriceBook:
    """Prices as of one version. Safe to share between threads: nothing but the memory of lookups changes."""

    def __init__(self, version: int, names: Iterable[Name], sheets: Iterable[Sheet]) -> None:
        self.version = version
        self._catalogue = Catalogue(names, sheets)
        self._found: dict[tuple[str, str, str, str, str], Found] = {}

    def cost(self, call: Billable) -> Costing:
        """What the call cost by this book, and how well that is known."""
        sheet, gap = self._lookup(call)
        return cost.cost(call, sheet, gap, self.version)

    def lines(self, call: Billable) -> list[Line]:
        """The receipt of the call, line by line."""
        sheet, gap = self._lookup(call)
        return cost.lines(call, sheet, cost.cost(call, sheet, gap, self.version))

    def sheet(self, call: Billable) -> Sheet | None:
        """The price record that applies to the call, if there is one."""
        return self._lookup(call)[0]

    def _lookup(self, call: Billable) -> tuple[Sheet | None, str]:
        found = self._found.get(call[:5])
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[call[:5]] = self._catalogue.find(*call[:5])
        return found.at(call.at_us)
