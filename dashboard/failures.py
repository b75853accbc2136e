"""Which providers fail how: errors by provider and kind, as bars and as the table of the same numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.ask import ask
from dashboard import by_name
from dashboard import format as fmt
from dashboard.breakdown import MOST, name_of, text
from dashboard.charts import Series
from dashboard.components import Cell, Chart, Column, Row, Table
from dashboard.models import SLOTS
from dashboard.one_call import ERRORS
from dashboard.url_state import UrlState
from polymeter.event import ERROR_TYPES

KINDS: Final = 7
"""Kinds of error that a chart shows one by one."""
COLOURS: Final = {kind: slot for slot, kind in enumerate(ERROR_TYPES[:SLOTS], start=1)}
"""A kind of error has one colour, however often it happens."""
BARS: Final = 10
FAILED: Final = ("status", "error")


@dataclass(frozen=True, slots=True)
class Failures:
    """Errors by provider (most first) and kind (most first)."""

    errors: Mapping[str, Mapping[str, int]]
    calls: Mapping[str, int]
    kinds: tuple[str, ...]

    @property
    def total(self) -> int:
        """All errors."""
        return sum(sum(row.values()) for row in self.errors.values())

    def of(self, provider: str) -> int:
        """A provider's errors."""
        return sum(self.errors[provider].values())


def failures(state: UrlState) -> Failures:
    """Ask for calls and errors by provider and kind: one query."""
    question = state.question("errors", "calls", dimensions=("provider", "error_type"), compare="none", limit=MOST)
    errors: dict[str, dict[str, int]] = {}
    calls: dict[str, int] = {}
    sums: dict[str, int] = {}
    for row in ask(question, now=state.now).rows:
        provider, kind = text(row["provider"]), text(row["error_type"])
        calls[provider] = calls.get(provider, 0) + row["calls"]
        if row["errors"]:
            errors.setdefault(provider, {})[kind] = row["errors"]
            sums[kind] = sums.get(kind, 0) + row["errors"]
    ranked = sorted(errors, key=lambda name: (-sum(errors[name].values()), name))
    kinds = tuple(sorted(sums, key=lambda name: (-sums[name], name)))
    return Failures({name: errors[name] for name in ranked}, calls, kinds)


def kind_name(kind: str) -> str:
    """A kind of error in plain words."""
    return ERRORS.get(kind, kind) or "kind not told"


def chart(state: UrlState, found: Failures) -> Chart:
    """One bar per provider, made of kinds of error."""
    providers = list(found.errors)[:BARS]
    kinds = [_series(state, found, providers, kind) for kind in found.kinds[:KINDS]]
    if rest := found.kinds[KINDS:]:
        kinds.append(_rest(state, found, providers, rest))
    return Chart(
        "failures", "Errors by provider", sentence(found), by_name.stacked(providers, "provider", kinds, fmt.count),
        legend=[Cell(kind.name, kind.link, slot=kind.slot) for kind in kinds],
        note=f"The {BARS} providers with most errors, of {len(found.errors)}." if len(found.errors) > BARS else "",
    )  # fmt: skip


def _series(state: UrlState, found: Failures, providers: list[str], kind: str) -> Series:
    values = [found.errors[provider].get(kind, 0) for provider in providers]
    return Series(kind_name(kind), values, COLOURS.get(kind, 0), state.calls(FAILED, ("error_type", kind)))


def _rest(state: UrlState, found: Failures, providers: list[str], kinds: tuple[str, ...]) -> Series:
    values = [sum(found.errors[provider].get(kind, 0) for kind in kinds) for provider in providers]
    link = state.calls(FAILED, *(("error_type", kind) for kind in kinds))
    return Series(f"Everything else ({len(kinds)})", values, 0, link, rest=True)


def sentence(found: Failures) -> str:
    """Who fails most, and how: "anthropic has 64% of the errors, most of them rate limit"."""
    name = next(iter(found.errors))
    kind, most = max(found.errors[name].items(), key=lambda pair: pair[1])
    share = fmt.share_of(found.of(name), found.total)
    how = f"most of them {kind_name(kind)}" if most * 2 > found.of(name) else f"{kind_name(kind)} most often"
    return f"{name_of(name)} has {share} of the errors, {how}."


def table(state: UrlState, found: Failures) -> Table:
    """A row per provider with errors; every number opens the calls it counts."""
    columns = [Column("Provider", numeric=False), Column("Error rate"), Column("Errors"), Column("of calls")]
    columns += [Column(kind_name(kind)[0].upper() + kind_name(kind)[1:]) for kind in found.kinds]
    rows = [_total(state, found), *(_row(state, found, provider) for provider in found.errors)]
    return Table("Errors by provider and kind", columns, rows)


def _total(state: UrlState, found: Failures) -> Row:
    calls = sum(found.calls.values())
    names = [Cell("All providers"), Cell(fmt.share_of(found.total, calls), state.calls(FAILED))]
    names += [Cell(fmt.count(found.total), state.calls(FAILED), check=f"calls={found.total}")]
    names += [Cell(fmt.count(calls), state.calls(), check=f"calls={calls}")]
    sums = ((kind, sum(row.get(kind, 0) for row in found.errors.values())) for kind in found.kinds)
    parts = [Cell(fmt.count(n), state.calls(FAILED, ("error_type", kind)), check=f"calls={n}") for kind, n in sums]
    return Row([*names, *parts], total=True)


def _row(state: UrlState, found: Failures, provider: str) -> Row:
    here, errors, calls = ("provider", provider), found.of(provider), found.calls[provider]
    widest = max(found.of(name) for name in found.errors)
    cells = [
        Cell(name_of(provider), f"?{state.toggled('provider', provider)}"),
        Cell(fmt.share_of(errors, calls), state.calls(here, FAILED)),
        Cell(fmt.count(errors), state.calls(here, FAILED), bar=100 * errors / widest, check=f"calls={errors}"),
        Cell(fmt.count(calls), state.calls(here), check=f"calls={calls}"),
    ]
    return Row([*cells, *_kinds(state, found, provider)])


def _kinds(state: UrlState, found: Failures, provider: str) -> Iterator[Cell]:
    for kind in found.kinds:
        if number := found.errors[provider].get(kind, 0):
            link = state.calls(("provider", provider), FAILED, ("error_type", kind))
            yield Cell(fmt.count(number), link, check=f"calls={number}")
        else:
            yield Cell("0", tone="neutral")
