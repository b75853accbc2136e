"""The calls behind a number: a page of them, one, a whole trace, or all of them as a stream."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from analytics import call as spoken
from analytics.ask import ask
from analytics.cursor import Cursor, read
from analytics.question import Filter, Question, Span
from analytics.where import EPOCH, Params, conditions, instant, micros, within
from store import client

SORTS: Final = ("-started_at", "started_at", "-cost", "-latency")
FLIPPED: Final = {"-started_at": "started_at", "started_at": "-started_at", "-cost": "cost", "-latency": "latency"}
VALUES: Final = {"cost": ("cost_current", "Decimal(38, 18)"), "latency": ("latency_ms", "Float64")}
MOST_CALLS: Final = 1_000
PROJECT: Final = "project_id = {project_id:UInt32}"
KEYS: Final = (
    "SELECT ts, call_id, toString({value}) AS value FROM calls_live WHERE {where} ORDER BY {order} LIMIT {limit}"
)
ROWS: Final = "SELECT * FROM calls_live WHERE {project} AND (ts, call_id) IN ({keys})"
BODIES: Final = (
    "SELECT call_id, input, output, tool_calls FROM bodies_live WHERE {project} AND (ts, call_id) IN ({keys})"
)
ONE: Final = "SELECT * FROM calls_live WHERE {project} AND call_id = {{call_id:UUID}} LIMIT 1"
OF_TRACE: Final = "SELECT * FROM {table} WHERE {project} AND trace_id = {{trace_id:String}} ORDER BY ts LIMIT {limit}"
MOST_OF_TRACE: Final = 10_000
AHEAD: Final = timedelta(days=2)
"""No call starts further ahead of now: ingest refuses it."""
FIRST_LOOKS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""The newest (or oldest) calls are looked for in short pieces first; reading all of a month to find 50 is slow."""

Call = dict[str, Any]
Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls in order, and the cursors of the next and the previous page (None: there is none)."""

    calls: list[Call]
    next: str | None
    previous: str | None = None


def page(
    project_id: int,
    filters: Sequence[Filter],
    span: Span | None,
    *,
    sort: str = "-started_at",
    limit: int = 50,
    cursor: str | None = None,
    backwards: bool = False,
    bodies: bool = False,
) -> CallPage:
    """Return one page of calls. Without a span (and always for a `trace_id` filter) all of time is looked at.

    `backwards` gives the page that ends just before the cursor, in the same order.

    Raises:
        ValueError: sort, limit or cursor cannot be used.
    """
    if sort not in SORTS:
        raise ValueError(f"sort: {sort!r} is not one of {', '.join(SORTS)}.")
    if not 1 <= limit <= MOST_CALLS:
        raise ValueError(f"limit: use a whole number from 1 to {MOST_CALLS}.")
    after = read(cursor, sort) if cursor else None
    backwards = backwards and after is not None
    order = FLIPPED[sort] if backwards else sort
    found = _keys(project_id, filters, _scope(filters, span), order, limit + 1, after)
    more = len(found) > limit
    keys = found[:limit][::-1] if backwards else found[:limit]
    calls = _fetch(project_id, keys, bodies=bodies)
    ahead = _cursor(keys[-1], sort) if keys and (more or backwards) else None
    behind = _cursor(keys[0], sort) if keys and (more if backwards else after) else None
    return CallPage(calls, ahead, behind)


def neighbours(
    project_id: int, filters: Sequence[Filter], span: Span, call: Call, *, sort: str = "-started_at"
) -> tuple[str | None, str | None]:
    """Return the ids of the calls before and after this one in the order `sort`; None at the ends."""
    value = {"cost": call["cost"]["amount_usd"], "latency": call["latency_ms"]}.get(_name(sort))
    at = Cursor(sort, None if value is None else str(value), _start_us(call), uuid.UUID(call["id"]))
    before, after = (_keys(project_id, filters, span, order, 1, at) for order in (FLIPPED[sort], sort))
    return (str(before[0]["call_id"]) if before else None, str(after[0]["call_id"]) if after else None)


def _start_us(call: Call) -> int:
    return micros(datetime.fromisoformat(call["started_at"]))


def _name(sort: str) -> str:
    return sort.removeprefix("-")


def _scope(filters: Sequence[Filter], span: Span | None) -> Span | None:
    """A trace is found whenever it was: its filter looks at all time."""
    return None if _of_traces(filters) else span


def _of_traces(filters: Sequence[Filter]) -> bool:
    return any(wanted.dimension == "trace_id" and not wanted.negated and wanted.values != ("",) for wanted in filters)


def _cursor(key: Mapping[str, Any], sort: str) -> str:
    value = key["value"] if _name(sort) in VALUES else None
    return Cursor(sort, value, micros(key["ts"]), key["call_id"]).text()


def _keys(
    project_id: int, filters: Sequence[Filter], span: Span | None, sort: str, limit: int, after: Cursor | None
) -> list[dict[str, Any]]:
    """Return start, id and sorting value of the next calls; fetching rows by key afterwards is much faster."""
    found: list[dict[str, Any]] = []
    for piece in _looks(filters, span, sort, after):
        found += _keys_within(project_id, filters, piece, sort, limit - len(found), after)
        if len(found) >= limit:
            break
    return found


def _looks(filters: Sequence[Filter], span: Span | None, sort: str, after: Cursor | None) -> Iterator[str]:
    """Conditions on the start to look by, one after the other until there are enough calls."""
    if _name(sort) in VALUES or (span is None and (sort != "-started_at" or _of_traces(filters))):
        yield within([span]) if span else "1"
    elif span is None:
        yield from _newest(datetime.now(UTC) + AHEAD if after is None else _moment(after) + timedelta.resolution)
    else:
        yield from (within([piece]) for piece in _pieces(span, sort, after))


def _newest(end: datetime) -> Iterator[str]:
    """Growing pieces back from `end`, the last of them open."""
    for length in FIRST_LOOKS:
        yield within([Span(end - length, end)])
        end -= length
    yield f"ts < {instant(end)}"


def _moment(cursor: Cursor) -> datetime:
    return EPOCH + timedelta(microseconds=cursor.ts_us)


def _pieces(span: Span, sort: str, after: Cursor | None) -> Iterator[Span]:
    """Cut the span into growing pieces from the end where the page begins."""
    down = sort.startswith("-")
    start, end = span.start, span.end
    if after and down:
        end = min(end, _moment(after) + timedelta.resolution)
    elif after:
        start = max(start, _moment(after))
    for length in (*FIRST_LOOKS, end - start):
        if start >= end:
            return
        piece = Span(max(start, end - length), end) if down else Span(start, min(end, start + length))
        yield piece
        start, end = (start, piece.start) if down else (piece.end, end)


def _keys_within(
    project_id: int, filters: Sequence[Filter], look: str, sort: str, limit: int, after: Cursor | None
) -> list[dict[str, Any]]:
    params = Params()
    where = [PROJECT, f"({look})", *conditions(filters, params)]
    where += [_after(after, sort, params)] if after else []
    column = VALUES[_name(sort)][0] if _name(sort) in VALUES else "ts"
    sql = KEYS.format(value=column, where=" AND ".join(where), order=_order(sort), limit=limit)
    return client.select(sql, project_id=project_id, **params.values)


def _order(sort: str) -> str:
    """Calls without a value come last, so they come first on the way back."""
    way, nulls = ("DESC", "LAST") if sort.startswith("-") else ("ASC", "FIRST")
    first = [f"{VALUES[_name(sort)][0]} {way} NULLS {nulls}"] if _name(sort) in VALUES else []
    return ", ".join([*first, f"ts {way}", f"call_id {way}"])


def _after(cursor: Cursor, sort: str, params: Params) -> str:
    """SQL that is true for calls behind the cursor in the order `sort`: the cursor's own, or its reverse."""
    down = sort.startswith("-")
    sign = "<" if down else ">"
    ts = f"fromUnixTimestamp64Micro({cursor.ts_us}, 'UTC')"
    behind = f"(ts, call_id) {sign} ({ts}, {params.bind(cursor.call_id, 'UUID')})"
    if _name(sort) not in VALUES:
        return behind
    column, kind = VALUES[_name(sort)]
    if cursor.value is None:
        return f"({column} IS NULL AND {behind})" if down else f"({column} IS NOT NULL OR {behind})"
    value = params.bind(cursor.value, kind)
    last = f" OR {column} IS NULL" if down else ""
    return f"({column} {sign} {value} OR ({column} = {value} AND {behind}){last})"


def _fetch(project_id: int, keys: Sequence[Mapping[str, Any]], *, bodies: bool) -> list[Call]:
    """Return whole calls in the order of their keys."""
    if not keys:
        return []
    rows = _by_key(ROWS, project_id, keys)
    texts = _by_key(BODIES, project_id, keys) if bodies else {}
    found = [rows[key["call_id"]] for key in keys if key["call_id"] in rows]
    return [spoken.call(row, texts.get(row["call_id"], {}) if bodies else None) for row in found]


def _by_key(sql: str, project_id: int, keys: Sequence[Mapping[str, Any]]) -> dict[uuid.UUID, dict[str, Any]]:
    literal = ", ".join(f"({instant(key['ts'])}, toUUID('{key['call_id']}'))" for key in keys)
    rows = client.select(sql.format(project=PROJECT, keys=literal), project_id=project_id)
    return {row["call_id"]: row for row in rows}


def one(project_id: int, call_id: uuid.UUID | str, *, bodies: bool = True) -> Call | None:
    """Return the call with this id, whenever it was; None if the project has none."""
    wanted = call_id if isinstance(call_id, uuid.UUID) else uuid.UUID(call_id)
    rows = client.select(ONE.format(project=PROJECT), project_id=project_id, call_id=wanted)
    if not rows:
        return None
    texts = _by_key(BODIES, project_id, rows) if bodies else {}
    return spoken.call(rows[0], texts.get(rows[0]["call_id"], {}) if bodies else None)


def trace(project_id: int, trace_id: str, *, bodies: bool = False) -> dict[str, Any] | None:
    """Return everything of a trace: its calls, its other spans, and what it cost; None if there is nothing."""
    sql = OF_TRACE.format(table="calls_live", project=PROJECT, limit=MOST_OF_TRACE)
    calls = client.select(sql, project_id=project_id, trace_id=trace_id)
    sql = OF_TRACE.format(table="spans_live", project=PROJECT, limit=MOST_OF_TRACE)
    spans = client.select(sql, project_id=project_id, trace_id=trace_id)
    if not calls and not spans:
        return None
    texts = _by_key(BODIES, project_id, calls) if bodies and calls else {}
    return {
        "trace_id": trace_id,
        **_extent(calls, spans),
        "cost": _cost_of(calls),
        "calls": [spoken.call(row, texts.get(row["call_id"], {}) if bodies else None) for row in calls],
        "spans": [spoken.span(row) for row in spans],
    }


def _extent(calls: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """When the trace began and how long it took, from the first start to the last end."""
    times = [(row["ts"], row["latency_ms"]) for row in calls] + [(row["ts"], row["duration_ms"]) for row in spans]
    start = min(ts for ts, _ in times)
    ends = [ts + timedelta(milliseconds=took) for ts, took in times if took is not None]
    took = (max(ends) - start) / timedelta(milliseconds=1) if ends else None
    return {"started_at": spoken.instant(start), "latency_ms": took}


def _cost_of(calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of known costs, null when no call's is known, and how many are not."""
    known = [row["cost_current"] for row in calls if row["cost_current"] is not None]
    amount = spoken.plain(sum(known)) if known or not calls else None
    return {"amount_usd": amount, "calls": len(calls), "unknown_calls": len(calls) - len(known)}


def count(project_id: int, filters: Sequence[Filter], span: Span) -> int:
    """Return how many calls `page` would list in all."""
    scope = _scope(filters, span)
    if scope is not None:
        calls: int = ask(Question(project_id, scope, ("calls",), filters=tuple(filters))).totals["calls"]
        return calls
    params = Params()
    where = " AND ".join([PROJECT, *conditions(filters, params)])
    sql = f"SELECT count() AS calls FROM calls_live WHERE {where}"
    found: int = client.select(sql, project_id=project_id, **params.values)[0]["calls"]
    return found


def values(project_id: int, dimension: str, span: Span, *, limit: int = 200) -> list[tuple[Any, int]]:
    """Return the values that a dimension has in the span with their calls, most frequent first; None is "not set"."""
    answer = ask(Question(project_id, span, ("calls",), (dimension,), limit=limit))
    return [(row[dimension], row["calls"]) for row in answer.rows]


def stream(
    project_id: int, filters: Sequence[Filter], span: Span, *, sort: str = "started_at", limit: int | None = None
) -> Iterator[Call]:
    """Yield all calls that `page` would list, without their receipts and without ever holding them all; for files."""
    params, scope = Params(), _scope(filters, span)
    where = [PROJECT, *([f"({within([scope])})"] if scope else []), *conditions(filters, params)]
    sql = f"SELECT * FROM calls_live WHERE {' AND '.join(where)} ORDER BY {_order(sort)}"
    for row in client.stream(sql + (f" LIMIT {limit}" if limit else ""), project_id=project_id, **params.values):
        yield spoken.call(row, receipt=False)
