"""One thing, one colour: given by first appearance, kept by the job, never moved by a filter."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard import colours, tasks
from dashboard.colours import Seen, assign
from dashboard.models import ColourSlot
from projects.models import Project
from tests.analytics.events import a_call, put

WEEK = datetime(2026, 11, 2, tzinfo=UTC)


def a_name(name: str, cost: float = 1, *, weeks: int = 0, calls: int = 1) -> Seen:
    return Seen(name, (cost, calls), WEEK + timedelta(weeks=weeks))


def test_colours_go_by_first_appearance() -> None:
    names = [a_name("late", 9, weeks=3), a_name("early", 1), a_name("middle", 5, weeks=1)]

    assert assign({}, names) == {"early": 1, "middle": 2, "late": 3}


def test_only_the_eight_largest_have_a_colour() -> None:
    names = [a_name(f"m{size}", size) for size in range(1, 12)]

    given = assign({}, names)

    assert set(given) == {f"m{size}" for size in range(4, 12)}
    assert sorted(given.values()) == list(range(1, 9))


def test_a_kept_colour_stays_when_others_grow_larger() -> None:
    names = [a_name("old", 0.1), *(a_name(f"m{size}", size) for size in range(1, 9))]

    given = assign({"old": 3}, names)

    assert given["old"] == 3
    assert "m1" not in given
    assert sorted(given.values()) == list(range(1, 9))


def test_a_name_not_seen_for_90_days_gives_its_colour_back() -> None:
    assert assign({"gone": 1, "here": 2}, [a_name("here"), a_name("new", weeks=1)]) == {"here": 2, "new": 1}


def test_models_without_a_price_are_ranked_by_their_calls() -> None:
    names = [a_name(f"m{calls}", 0, calls=calls) for calls in range(1, 10)]

    assert "m1" not in assign({}, names)


@pytest.fixture(autouse=True)
def _forget() -> None:
    cache.clear()


def test_the_job_keeps_what_pages_already_show(project: Project, days_ago: Callable[[float], datetime]) -> None:
    put([a_call(project.pk, days_ago(20), model="b"), a_call(project.pk, days_ago(1), model="a", cost="5")])
    before = dict(colours.slots(project.pk, "model", timezone.now()))

    changed = tasks.keep_colours()

    assert before == {"b": 1, "a": 2}
    assert dict(ColourSlot.objects.filter(project=project, dimension="model").values_list("name", "slot")) == before
    assert changed >= 2
    assert tasks.keep_colours() == 0


def test_a_new_first_appearance_does_not_move_kept_colours(
    project: Project, days_ago: Callable[[float], datetime]
) -> None:
    put([a_call(project.pk, days_ago(1), model="a")])
    tasks.keep_colours()
    put([a_call(project.pk, days_ago(40), model="earlier", cost="9")])
    cache.clear()

    assert colours.slots(project.pk, "model", timezone.now()) == {"a": 1, "earlier": 2}


def test_people_have_no_colours_of_their_own(project: Project) -> None:
    assert colours.slots(project.pk, "user_id", timezone.now()) == {}


def test_a_page_reads_colours_and_never_writes_them(project: Project, days_ago: Callable[[float], datetime]) -> None:
    put([a_call(project.pk, days_ago(1), model="a")])

    colours.slots(project.pk, "model", timezone.now())

    assert not ColourSlot.objects.exists()
