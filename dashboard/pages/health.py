"""Data health: what arrives and from whom, what is refused and why, how fresh and how well known it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashboard import format as fmt
from dashboard import nothing
from dashboard.arrivals import SKEWED_MS, STALE, Arrivals, SenderLine, arrivals
from dashboard.breakdown import name_of, slots_of, text
from dashboard.components import Banner, Cell, Column, Row, Table, Tile
from dashboard.known import Known, known
from dashboard.receipt import FLAGS
from dashboard.request_state import state_of
from dashboard.results import UNPRICED, Head, ResultsPage, failed, head, show, unpriced_calls
from dashboard.url_state import UrlState
from projects.access import project_page
from projects.models import Project
from store.client import StoreError

ROOM: Final = "data-health"
PARTIAL: Final = "data_health"
UNTOLD: Final = ("cost_status", "usage_unknown")


@dataclass(frozen=True)
class HealthPage(ResultsPage):
    """Freshness, senders, refusals, and what is not known."""

    tiles: Sequence[Tile] = ()
    notes: Sequence[Banner] = ()
    senders: Table | None = None
    refusals: Sequence[Any] = ()
    unpriced: Table | None = None
    doubtful: Table | None = None
    clocks: Table | None = None
    differences: Sequence[Any] = ()
    known: Known | None = None


@require_GET
@vary_on_headers("HX-Request")
@project_page()
def health(request: HttpRequest, project: Project) -> HttpResponse:
    """The page, or only its results."""
    state = replace(state_of(request, project), compare="none")
    try:
        return show(request, PARTIAL, _page(project, state))
    except StoreError as exc:
        return show(request, PARTIAL, HealthPage(state, _bare(failed("Data health", state, ROOM, exc))))


def _page(project: Project, state: UrlState) -> HealthPage:
    found = arrivals(project, state.question("calls", "cost_usd"), state.now)
    empty = nothing.explain(state, found.whole)
    if empty and not found.refusals:
        return HealthPage(state, _bare(head("Data health", state, ROOM, found.whole, empty=empty)))
    coverage = found.whole.coverage if found.whole.totals["calls"] else None
    return HealthPage(
        state,
        _bare(head("Data health", state, ROOM, found.whole, sentence=_sentence(state, found), partial=False)),
        tiles=list(_tiles(state, found)),
        notes=list(_notes(state, found)),
        senders=_senders(state, found),
        refusals=found.refusals,
        unpriced=_unpriced(state, found),
        doubtful=_doubtful(state, found),
        clocks=_clocks(found),
        differences=found.differences,
        known=known(coverage, state) if coverage else None,
    )


def _bare(top: Head) -> Head:
    """The head without comparisons: what arrives is compared with nothing."""
    return replace(top, bar=replace(top.bar, comparisons=[]))


def _sentence(state: UrlState, found: Arrivals) -> str:
    """What needs attention, or that nothing does."""
    refused = sum(one.last_at >= state.now - timedelta(days=1) for one in found.refusals)
    unpriced = unpriced_calls(found.whole.coverage) if found.whole.coverage else 0
    parts = []
    if refused:
        kinds = "calls were refused for one reason" if refused == 1 else f"calls were refused for {refused} reasons"
        parts.append(f"{kinds} in the last day")
    if unpriced:
        parts.append(f"{fmt.plural(unpriced, 'call')} {'has' if unpriced == 1 else 'have'} no price")
    if found.skewed:
        parts.append(f"the clock of {found.skewed[0].sender or 'a sender'} is ahead")
    if found.differences:
        parts.append("the nightly check found and repaired a difference")
    if not parts:
        return "Everything that was sent arrived, and all of it is priced."
    words = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"{words[0].upper()}{words[1:]}."


def _tiles(state: UrlState, found: Arrivals) -> Iterator[Tile]:
    fresh, coverage, calls = found.freshness, found.whole.coverage or {}, found.whole.totals["calls"]
    newest = fresh.newest_event
    since = fmt.lag((state.now - newest).total_seconds()) if newest and newest <= state.now else "0 s"
    exact = f"{newest:%Y-%m-%d %H:%M:%S} UTC" if newest else ""
    yield Tile("Since the newest call", since if newest else fmt.UNKNOWN, state.calls(), exact)
    yield _rolled(state, found)
    yield Tile("Calls", fmt.count(calls), state.calls(), fmt.exact_count(calls), check=f"calls={calls}")
    unpriced = unpriced_calls(coverage) if coverage else 0
    yield _share("Without a price", unpriced, calls, state.calls(*UNPRICED))
    untold = coverage.get("by_status", {}).get("usage_unknown", {}).get("calls", 0)
    yield _share("Usage unknown", untold, calls, state.calls(UNTOLD))
    received = sum(line.received or 0 for line in found.senders)
    again = sum(line.duplicates or 0 for line in found.senders)
    yield Tile(
        "Sent more than once", fmt.share_of(again, received), title=f"{again:,} of {received:,} received, ever",
        note="counted once all the same" if again else "",
    )  # fmt: skip


def _rolled(state: UrlState, found: Arrivals) -> Tile:
    """How far rollups reach: the hour today, the day before that."""
    rolled, raw = found.freshness.rolled_up_to, fmt.plural(found.freshness.raw_hours, "hour")
    if rolled is None:
        return Tile("Rolled up to", "not yet", note=f"{raw} read from calls")
    local, now = rolled.astimezone(state.tz), state.now.astimezone(state.tz)
    shown = f"{local:%H:%M}" if local.date() == now.date() else fmt.day(local, now)
    return Tile("Rolled up to", shown, title=f"{rolled:%Y-%m-%d %H:%M} UTC", note=f"{raw} read from calls")


def _when(moment: datetime, state: UrlState) -> str:
    return fmt.ago(moment, state.now) or fmt.moment(moment, state.tz, state.now)


def _share(label: str, part: int, whole: int, href: str) -> Tile:
    shown = fmt.share_of(part, whole) if whole else fmt.UNKNOWN
    return Tile(
        label, shown, href if part else "", f"{part:,} of {whole:,} calls", check=f"calls={part}" if part else ""
    )


def _notes(state: UrlState, found: Arrivals) -> Iterator[Banner]:
    for clock in found.skewed:
        ahead = fmt.duration(clock.ahead_ms)
        yield Banner(
            f"{clock.sender or 'A sender'} sends calls that end up to {ahead} in the future. Set its clock.", "warn"
        )
    if found.rolled and found.rolled.finished_at and state.now - found.rolled.finished_at > STALE:
        behind = fmt.lag((state.now - found.rolled.finished_at).total_seconds())
        yield Banner(f"Rollups were last made {behind} ago. Figures stay complete; pages get slower.", "warn")


def _senders(state: UrlState, found: Arrivals) -> Table | None:
    if not found.senders:
        return None
    columns = [Column("Sender", numeric=False), Column("How", numeric=False), Column("Key", numeric=False)]
    columns += [Column("A minute, last hour"), Column("Calls of this period"), Column("Received ever")]
    columns += [Column("Sent twice"), Column("Last heard")]
    return Table("Senders", columns, [_sender(state, one) for one in found.senders])


def _sender(state: UrlState, one: SenderLine) -> Row:
    here = ("sender", one.name)
    rate = one.last_hour / 60
    shown = "0" if not rate else "<0.1" if rate < 0.05 else f"{rate:,.1f}" if rate < 10 else fmt.count(round(rate))
    hour = state.times(state.now - timedelta(hours=1), state.now + timedelta(minutes=1))
    again = fmt.UNKNOWN if one.duplicates is None else fmt.share_of(one.duplicates, one.received or 0)
    link = state.calls(here) if one.calls else ""
    return Row(
        [
            Cell(name_of(one.name), link, sub=one.version),
            Cell(one.dialect or fmt.UNKNOWN),
            Cell(f"{one.key}…" if one.key else fmt.UNKNOWN),
            Cell(shown, state.calls(here, *hour) if one.last_hour else "", f"{one.last_hour:,} calls in the last hour"),
            Cell(fmt.count(one.calls), link, check=f"calls={one.calls}" if one.calls else ""),
            Cell(fmt.count(one.received), title="duplicates included"),
            Cell(again),
            Cell(_when(one.last_at, state) if one.last_at else fmt.UNKNOWN),
        ]
    )


def _unpriced(state: UrlState, found: Arrivals) -> Table | None:
    rows = found.unpriced.rows
    if not rows:
        return None
    columns = [Column("Model", numeric=False), Column("Provider", numeric=False), Column("Calls"), Column("Tokens in")]
    slots = slots_of(state, "model", [text(row["model"]) for row in rows])
    return Table(
        "Models without a price", [*columns, Column("Tokens out")], [_model(state, row, slots) for row in rows[:50]]
    )


def _model(state: UrlState, row: dict[str, Any], slots: Any) -> Row:
    model, provider = text(row["model"]), text(row["provider"])
    link = state.calls(("model", model), ("provider", provider), *UNPRICED)
    return Row(
        [
            Cell(name_of(model), link, model, slots.get(model, 0)),
            Cell(name_of(provider)),
            Cell(fmt.count(row["calls"]), link, check=f"calls={row['calls']}"),
            Cell(fmt.count(row["input_tokens"])),
            Cell(fmt.count(row["output_tokens"])),
        ]
    )


def _doubtful(state: UrlState, found: Arrivals) -> Table | None:
    rows = found.doubtful.rows
    if not rows:
        return None
    columns = [Column("What is doubtful", numeric=False), Column("Model", numeric=False), Column("Calls")]
    listed = []
    for row in rows[:50]:
        flag, model = text(row["usage_flag"]), text(row["model"])
        link = state.calls(("usage_flag", flag), ("model", model))
        cells = [Cell(flag.replace("_", " "), link, FLAGS.get(flag, "")), Cell(name_of(model))]
        listed.append(Row([*cells, Cell(fmt.count(row["calls"]), link, check=f"calls={row['calls']}")]))
    return Table("Calls whose counts are doubtful", columns, listed)


def _clocks(found: Arrivals) -> Table | None:
    if not found.clocks:
        return None
    columns = [
        Column("Sender", numeric=False),
        Column("Calls, last day"),
        Column("Came in after"),
        Column("Clock ahead by"),
    ]
    rows = [
        Row(
            [
                Cell(name_of(one.sender)),
                Cell(fmt.count(one.calls)),
                Cell(fmt.duration(max(0.0, one.delay_ms)), title="half of its calls, counted from their end"),
                Cell(_ahead(one.ahead_ms), tone="bad" if (one.ahead_ms or 0) > SKEWED_MS else "neutral"),
            ]
        )
        for one in found.clocks
    ]
    return Table("Clocks and delay", columns, rows)


def _ahead(ms: float | None) -> str:
    return "not ahead" if ms is None else fmt.duration(ms)
