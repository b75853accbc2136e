"""What callers may ask: the body of a query and the parameters of a list, checked and turned into questions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.http import QueryDict
from rest_framework import serializers

from analytics import calls
from analytics.dimensions import DIMENSIONS, RANGES, TAG
from analytics.metrics import METRICS
from analytics.question import (
    COMPARISONS,
    GRANULARITIES,
    MAX_DIMENSIONS,
    MAX_LIMIT,
    MAX_MEASURES,
    PRICE_BOOKS,
    Filter,
    Question,
    Span,
    check_zone,
    filters,
)  # fmt: skip
from api import times
from projects.models import Project

LIST_PARAMETERS: Final = ("from", "to", "limit", "cursor", "sort", "bodies")


@contextmanager
def refusing(field: str = "") -> Iterator[None]:
    """Turn a ValueError into a 422 that names the field: the sentence's own "field: ..." or else `field`."""
    try:
        yield
    except ValueError as exc:
        name, colon, rest = str(exc).partition(": ")
        known = colon and " " not in name
        raise serializers.ValidationError({name if known else field: [rest if known else str(exc)]}) from exc


def zone_of(project_id: int) -> str:
    """Return the project's time zone, in which days are meant when nothing else is said."""
    return Project.objects.filter(pk=project_id).values_list("timezone", flat=True).first() or "UTC"


class QueryIn(serializers.Serializer[Any]):
    """The body of POST /api/v1/query."""

    measures = serializers.ListField(
        child=serializers.ChoiceField(choices=list(METRICS)), min_length=1, max_length=MAX_MEASURES
    )
    dimensions = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=MAX_DIMENSIONS, default=list,
        help_text=f"{', '.join(DIMENSIONS)} or tag.<key>.",
    )  # fmt: skip
    filters = serializers.DictField(
        default=dict,
        help_text='{"model": ["gpt-4o"], "not": {"task": ["internal"]}}; several values mean any of them, "" means not '
        f"set. Also {', '.join(RANGES)} with one number.",
    )
    granularity = serializers.ChoiceField(choices=GRANULARITIES, default="none")
    timezone = serializers.CharField(max_length=64, required=False, help_text="IANA zone; default: the project's.")
    compare = serializers.ChoiceField(choices=COMPARISONS, default="none")
    sort = serializers.CharField(
        max_length=80, default="", allow_blank=True,
        help_text="A measure or dimension of the query, or bucket; '-' in front for descending.",
    )  # fmt: skip
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=1_000)
    price_book = serializers.ChoiceField(choices=PRICE_BOOKS, default="current")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the two fields whose names Python keeps for itself."""
        help_text = "RFC 3339; a time without offset is in `timezone`. Half-open: from <= start < to."
        ends = {
            name: serializers.CharField(max_length=64, required=False, help_text=help_text) for name in ("from", "to")
        }
        return {**super().get_fields(), **ends}

    def to_internal_value(self, data: Any) -> Any:
        """Refuse what nobody here knows, instead of answering another question than was meant."""
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(sorted(self.fields))
            raise serializers.ValidationError({name: [f"Unknown parameter. Known are {known}."] for name in unknown})
        return super().to_internal_value(data)


def question(project_id: int, body: Any) -> Question:
    """Return the question that a body asks.

    Raises:
        ValidationError: something in it cannot be used; it says what, field by field.
    """
    checked = QueryIn(data=body)
    checked.is_valid(raise_exception=True)
    told = checked.validated_data
    zone = told.get("timezone") or zone_of(project_id)
    with refusing("timezone"):
        check_zone(zone)
    with refusing("from"):
        span = times.span(told.get("from"), told.get("to"), zone, datetime.now(UTC))
    with refusing("filters"):
        wanted = filters(told["filters"])
    with refusing("dimensions"):
        return Question(
            project_id=project_id,
            span=span,
            measures=tuple(told["measures"]),
            dimensions=tuple(told["dimensions"]),
            filters=wanted,
            timezone=zone,
            **{name: told[name] for name in ("granularity", "compare", "sort", "limit", "price_book")},
        )


@dataclass(frozen=True, slots=True)
class ListIn:
    """The parameters of GET /api/v1/calls."""

    filters: tuple[Filter, ...]
    span: Span | None
    sort: str
    limit: int
    cursor: str | None
    bodies: bool


def list_of_calls(project_id: int, query: QueryDict) -> ListIn:
    """Return what a query string asks for; without `from` and `to` all of time is looked at."""
    _refuse_unknown(query)
    found: list[Filter] = []
    for name in query:
        if name not in LIST_PARAMETERS:
            with refusing(name):
                found.append(Filter(name.removeprefix("not."), tuple(query.getlist(name)), name.startswith("not.")))
    span = None
    if "from" in query or "to" in query:
        with refusing("from"):
            span = _span(project_id, query)
    sort = query.get("sort", "-started_at")
    if sort not in calls.SORTS:
        raise serializers.ValidationError({"sort": [f"Use one of {', '.join(calls.SORTS)}."]})
    limit = _whole(query, "limit", 50, calls.MOST_CALLS)
    return ListIn(tuple(found), span, sort, limit, query.get("cursor") or None, flag(query, "bodies"))


def _span(project_id: int, query: QueryDict) -> Span:
    """An open end is now; an open start is the beginning, as far as one question may reach."""
    zone = zone_of(project_id)
    end = times.moment("to", str(query["to"]), zone) if query.get("to") else datetime.now(UTC) + times.DEFAULT_LENGTH
    start = times.moment("from", str(query["from"]), zone) if query.get("from") else end - times.LONGEST
    return Span(start, end)


def _refuse_unknown(query: QueryDict) -> None:
    for name in query:
        plain = name.removeprefix("not.")
        if name not in LIST_PARAMETERS and plain not in DIMENSIONS and plain not in RANGES and not TAG.fullmatch(plain):
            known = ", ".join([*LIST_PARAMETERS, *DIMENSIONS, *RANGES, "tag.<key>", "not.<dimension>"])
            raise serializers.ValidationError({name: [f"Unknown parameter. Known are {known}."]})


def _whole(query: QueryDict, name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= most):
        raise serializers.ValidationError({name: [f"Use a whole number from 1 to {most}."]})
    return int(text)


def flag(query: QueryDict, name: str) -> bool:
    """Read a switch that is off unless it says 1 or true."""
    text = query.get(name, "0")
    if text not in ("0", "1", "true", "false"):
        raise serializers.ValidationError({name: ["Use 1 or 0."]})
    return text in ("1", "true")


def refuse_others(query: QueryDict, *known: str) -> None:
    """Refuse parameters that an address does not have."""
    for name in query:
        if name not in known:
            names = ", ".join(known) or "none"
            raise serializers.ValidationError({name: [f"Unknown parameter. Known here: {names}."]})
