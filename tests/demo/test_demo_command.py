"""`manage.py demo` loads once, goes on after an interruption, and says what it does."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import islice
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingest.demo import load, traffic, world
from ingest.models import Sender
from ingest.schema import CallIn
from projects.models import AuditEntry, Organisation, Project
from store import client

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quiet_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fiftieth of the traffic."""
    monkeypatch.setattr(world, "FLOWS_A_DAY", 30)


@pytest.fixture
def demo(db: None, project_id: int) -> Project:
    roof = Organisation.objects.create(name="Acme")
    return Project.objects.create(id=project_id, organisation=roof, slug="demo", name="Demo shop", is_demo=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("demo", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def stored(project: Project) -> dict[str, Any]:
    sql = (
        "SELECT count() AS calls, uniqExact(call_id) AS ids, max(ts) AS last FROM calls_live "
        "WHERE project_id = {project_id:UInt32} AND ts > {since:DateTime64(6)}"
    )
    [row] = client.select(sql, project_id=project.pk, since=datetime.now(UTC) - timedelta(days=40))
    return row


def test_it_loads_a_month_and_says_how_far_it_is(demo: Project) -> None:
    said = run()
    found = stored(demo)
    assert f"Loaded {found['calls']:,} demo calls of 30 days" in said
    assert "30/30 days" in said
    assert found["calls"] == found["ids"] > 1_000
    assert found["last"] <= datetime.now(UTC)
    demo.refresh_from_db()
    assert demo.first_call_at is not None
    assert [(sender.name, sender.calls) for sender in Sender.objects.filter(project=demo)] == [
        (world.SENDER, found["calls"])
    ]
    assert list(AuditEntry.objects.filter(project=demo).values_list("action", flat=True).order_by("pk")) == [
        load.STARTED,
        load.LOADED,
    ]


def test_a_second_start_loads_nothing(demo: Project) -> None:
    run()
    before = stored(demo)
    assert run() == "Demo traffic is loaded already.\n"
    assert stored(demo) == before


def test_an_interrupted_load_is_finished_with_the_same_calls(demo: Project) -> None:
    list(islice(load.load(demo), 15))
    assert not load.is_loaded(demo)
    run()
    assert load.is_loaded(demo)
    assert AuditEntry.objects.filter(project=demo, action=load.STARTED).count() == 1
    entry = AuditEntry.objects.get(project=demo, action=load.LOADED)
    assert stored(demo)["calls"] == stored(demo)["ids"] == (entry.after or {})["calls"]


def test_it_names_the_project_that_is_missing(db: None) -> None:
    with pytest.raises(CommandError, match="no demo project"):
        run()
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        run("--project", "nowhere")


def month(now: datetime) -> list[list[CallIn]]:
    return [calls for calls, _ in traffic.days(now)]


def test_the_same_day_always_gives_the_same_calls() -> None:
    assert month(NOW) == month(NOW)


def test_later_on_the_same_day_there_is_only_more_of_today() -> None:
    early, late = month(NOW), month(NOW + timedelta(hours=5))
    assert early[:-1] == late[:-1]
    assert early[-1] == late[-1][: len(early[-1])]
    assert len(late[-1]) > len(early[-1])


def test_calls_come_in_the_order_of_time_and_spans_have_ids_of_their_own() -> None:
    for calls, spans in traffic.days(NOW):
        starts = [int(call.started_at or 0) for call in calls]
        assert starts == sorted(starts)
        ids = [(call.trace_id, call.span_id) for call in calls] + [(span.trace_id, span.span_id) for span in spans]
        assert len(set(ids)) == len(ids)
        parents = {(span.trace_id, span.span_id) for span in spans}
        assert all((call.trace_id, call.parent_span_id) in parents for call in calls if call.parent_span_id)
