"""What the pages of figures share: their head, their states with nothing to show, and parts that fail alone."""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers

from analytics.answer import Answer, Freshness
from dashboard import arrivals, filter_bar
from dashboard import format as fmt
from dashboard.components import Banner, Empty
from dashboard.filter_bar import FilterBar
from dashboard.made import Made, made
from dashboard.request_state import remember, state_of
from dashboard.url_state import UrlState
from projects.models import Project
from store.client import StoreError

log = logging.getLogger(__name__)
P = ParamSpec("P")
STALE: Final = timedelta(hours=3)
"""Rollups this far behind are worth a line; figures stay right, they are read from calls."""
TIMED_OUT: Final = (159, 160)
"""ClickHouse's codes for a query that ran too long."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The store did not answer: what to say, the words to find in the log, and where to try again."""

    words: str
    reference: str
    retry: str
    """The whole page once more."""
    part: str = ""
    """Only the part that failed, in its place."""
    shorter: str = ""
    """The same page over less time, when time was what it took."""


@dataclass(frozen=True, slots=True)
class Head:
    """Title, the answer in one sentence, freshness, and what stands in the way of the rest."""

    title: str
    bar: FilterBar
    sentence: str = ""
    fresh: str = ""
    banners: Sequence[Banner] = ()
    empty: Empty | None = None
    failure: Failure | None = None
    made: Made | None = None

    @property
    def ready(self) -> bool:
        """There are figures to show."""
        return self.empty is None and self.failure is None


@dataclass(frozen=True)
class ResultsPage:
    """The least a page of figures has; pages add their own fields."""

    state: UrlState
    head: Head
    extra: dict[str, Any] = field(default_factory=dict)


def show(request: HttpRequest, name: str, page: ResultsPage) -> HttpResponse:
    """Render the page, or only its results when htmx asks; a failed one says so in its status."""
    whole = not request.headers.get("HX-Request") or bool(request.headers.get("HX-History-Restore-Request"))
    template = "dashboard/page.html" if whole else f"dashboard/_{name}.html"
    failed = page.head.failure is not None
    response = render(
        request, template, {"page": page, "results": f"dashboard/_{name}.html"}, status=503 if failed else 200
    )
    if failed:
        response.headers["X-Fragment"] = "error"
    return remember(response, page.state)


def head(
    title: str,
    state: UrlState,
    room: str,
    answer: Answer | None,
    *,
    sentence: str = "",
    export: str = "",
    empty: Empty | None = None,
    partial: bool = True,
) -> Head:
    """The head of a page that has its answer, or (with `empty`) the reason why there is nothing in it.

    `partial` says in a line what has no price; a page that says it elsewhere leaves it out.
    """
    bar = filter_bar.bar(state, room, export=export)
    if answer is None:
        return Head(title, bar)
    if answer.coverage and state.window.open and not state.filters:
        arrivals.note_unpriced(state.project_id, unpriced_calls(answer.coverage) > 0)
    lines = () if empty else [*(_partial(answer, state) if partial else ()), *_stale(answer)]
    how = None if empty else made(answer, state)
    return Head(title, bar, sentence, fresh_words(answer, state), lines, empty, made=how)


def failed(title: str, state: UrlState, room: str, exc: StoreError) -> Head:
    """The head of a page whose answer did not come."""
    found = failure(exc, f"?{state.query()}", shorter=f"?{state.with_period('7d')}")
    return replace(head(title, state, room, None), failure=found)


def failure(exc: StoreError, retry: str, *, part: str = "", shorter: str = "") -> Failure:
    """Log a store's refusal under a short reference, and say what happened and what to try in words."""
    reference = secrets.token_hex(2)
    log.error("ref %s: the event store did not answer: %s", reference, exc)
    if exc.code in TIMED_OUT:
        return Failure("This took longer than 15 s.", reference, retry, part, shorter)
    return Failure("The event store did not answer.", reference, retry, part)


def part(
    view: Callable[Concatenate[HttpRequest, Project, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Project, P], HttpResponse]:
    """Make a part of a page fail alone: an error card in its place, marked so that htmx swaps it in."""

    @wraps(view)
    def guarded(request: HttpRequest, project: Project, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, project, *args, **kwargs)
        except StoreError as exc:
            page, state = "/".join(request.path.split("/")[:4]) + "/", state_of(request, project)
            shorter = f"{page}?{state.with_period('7d')}"
            found = failure(exc, f"{page}?{state.query()}", part=request.get_full_path(), shorter=shorter)
            response = show_part(request, "dashboard/_failed.html", found, status=503)
            response.headers["X-Fragment"] = "error"
            return response

    return guarded


def show_part(request: HttpRequest, template: str, page: object, *, status: int = 200) -> HttpResponse:
    """Render a part for htmx, or with the frame around it for a browser without scripts."""
    whole = not request.headers.get("HX-Request")
    context = {"page": page, "results": template}
    response = render(request, "dashboard/part.html" if whole else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def fresh_words(answer: Answer, state: UrlState) -> str:
    """How current and how well known: "Data to 14:05 UTC · 3 s behind · 99.4% priced"."""
    parts = [*_data_to(answer.freshness, state)]
    coverage = answer.coverage
    if coverage and coverage["priced_share"] is not None:
        parts.append(f"{fmt.share(coverage['priced_share'])} priced")
    return " · ".join(parts)


def _data_to(freshness: Freshness, state: UrlState) -> list[str]:
    newest = freshness.newest_event
    if newest is None:
        return []
    behind = max(0.0, (freshness.as_of - newest).total_seconds())
    local, now = newest.astimezone(state.tz), state.now.astimezone(state.tz)
    clock = f"{local:%H:%M}" if local.date() == now.date() else fmt.moment(newest, state.tz, state.now)
    words = f"{fmt.lag(behind)} behind" if behind < 60 else f"the last call came in {fmt.lag(behind)} ago"
    return [f"Data to {clock} {state.zone}", words]


def _partial(answer: Answer, state: UrlState) -> list[Banner]:
    """What of the total is not known."""
    coverage = answer.coverage
    if not coverage or not (unpriced := unpriced_calls(coverage)):
        return []
    words = f"{fmt.share_of(unpriced, coverage['calls'])} of calls have no price; the total is a floor."
    return [Banner(words, "info", "See them", state.calls(*UNPRICED))]


def _stale(answer: Answer) -> list[Banner]:
    """Rollups that are far behind: figures stay right, for they are read from calls, but pages get slower."""
    rolled = answer.freshness.rolled_up_to
    if rolled is None or answer.freshness.as_of - rolled <= STALE:
        return []
    behind = fmt.lag((answer.freshness.as_of - rolled).total_seconds())
    words = f"Rollups are {behind} behind. Figures are complete; pages are slower until they catch up."
    return [Banner(words, "warn")]


UNPRICED: Final = (("cost_status", "unpriced_model"), ("cost_status", "unpriced_dimension"))


def unpriced_calls(coverage: dict[str, Any]) -> int:
    """How many calls have no price."""
    by_status = coverage["by_status"]
    return sum(by_status[status]["calls"] for _, status in UNPRICED if status in by_status)


def room_url(project_slug: str, room: str) -> str:
    """The address of a room, or nothing while it does not exist."""
    try:
        return reverse(f"dashboard:{room}", args=[project_slug])
    except NoReverseMatch:
        return ""
