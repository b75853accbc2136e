"""Setup: three steps of which each is real, and a page that turns live when the first call arrives."""

import json
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone

from dashboard import snippets
from projects import keys
from projects.models import ApiKey, AuditEntry, Membership, Project, Role
from store import client as store_client
from tests.analytics.events import a_call, put
from tests.dashboard.conftest import Fetch
from tests.dashboard.test_pages import words

SECRET = re.compile(r"pm_[A-Za-z0-9_-]{43}")


@pytest.fixture
def editor(person: Any) -> None:
    Membership.objects.filter(user=person).update(role=Role.EDITOR)


def post(client: Client, project: Project, nonce: str) -> str:
    response = client.post(f"/p/{project.slug}/setup/", {"nonce": nonce}, follow=True)
    return response.content.decode()


@pytest.mark.usefixtures("editor")
class TestKey:
    def test_it_is_made_shown_once_and_stands_in_the_code(
        self, fetch: Fetch, signed_in_client: Client, project: Project
    ) -> None:
        html = post(signed_in_client, project, "n1")
        found = set(SECRET.findall(html))

        assert len(found) == 1
        identity = keys.identify(found.pop())
        assert identity is not None
        assert (identity.project_id, identity.scopes) == (project.pk, {"ingest", "read"})
        assert snippets.PLACEHOLDER not in html
        assert not SECRET.search(fetch("setup/"))
        assert AuditEntry.objects.get(project=project).action == "key.created"

    def test_a_double_click_makes_one_key(self, signed_in_client: Client, project: Project) -> None:
        post(signed_in_client, project, "n1")
        html = post(signed_in_client, project, "n1")

        assert ApiKey.objects.filter(project=project).count() == 1
        assert "This key was made already" in html

    def test_a_viewer_makes_none(self, fetch: Fetch, signed_in_client: Client, project: Project, person: Any) -> None:
        Membership.objects.filter(user=person).update(role=Role.VIEWER)

        assert signed_in_client.post(f"/p/{project.slug}/setup/", {"nonce": "n"}).status_code == 403
        assert not ApiKey.objects.exists()
        assert "Create key" not in fetch("setup/")
        assert "Only editors and owners can make keys." in words(fetch("setup/"))


class TestWaiting:
    def test_it_asks_every_two_seconds_and_stops_when_a_call_is_there(
        self, signed_in_client: Client, project: Project
    ) -> None:
        url = f"/p/{project.slug}/setup/waiting/"
        before = signed_in_client.get(url)
        one = a_call(project.pk, timezone.now() - timedelta(days=40), model="gpt-4o-mini")
        put([one])
        after = signed_in_client.get(url)

        assert before.status_code == 200
        assert b'hx-trigger="every 2s"' in before.content
        assert b"Refused so far: nothing." in before.content
        assert after.status_code == 286
        assert b"every 2s" not in after.content
        assert f"/p/{project.slug}/calls/{one['call_id']}/".encode() in after.content
        assert b"gpt-4o-mini" in after.content
        assert after.headers["Cache-Control"].startswith("max-age=0")

    def test_what_was_refused_is_said_meanwhile(self, fetch: Fetch, project: Project) -> None:
        now = timezone.now()
        apps.get_model("ingest", "Refusal").objects.create(
            project=project, reason="status", sender="x", count=3, first_at=now, last_at=now,
            example={"field": "status", "id": "1", "why": "<b>'okay' is not known."},
        )  # fmt: skip

        html = fetch("setup/waiting/")

        assert "status <b>'okay' is not known. 3 ×" in words(html.replace("&lt;b&gt;", "‹b›")).replace("‹b›", "<b>")
        assert "<b>" not in html

    def test_a_store_that_is_away_is_asked_again(self, fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "EVENTS_URL", "clickhouse://127.0.0.1:9")
        store_client.connections.reset()
        try:
            html = fetch("setup/waiting/")
        finally:
            monkeypatch.undo()
            store_client.connections.reset()

        assert "The event store does not answer; asking again" in html
        assert 'hx-trigger="every 2s"' in html

    def test_calls_of_other_projects_are_not_ours(self, fetch: Fetch, project: Project) -> None:
        put([a_call(project.pk + 700_000)])

        assert "Waiting for your first call" in fetch("setup/waiting/")


class TestPage:
    def test_it_names_this_server_in_every_way_to_send(self, fetch: Fetch) -> None:
        html = unescape(fetch("setup/"))

        for way in snippets.ways("http://testserver", ""):
            for step in way.steps:
                assert step.code in html
        assert html.count("http://testserver") >= 4

    def test_one_way_is_shown_and_each_has_its_address(self, fetch: Fetch) -> None:
        html = fetch("setup/?way=python")

        assert re.search(r'id="way-curl" hidden', html)
        assert not re.search(r'id="way-python" hidden', html)

    def test_the_steps_alone_for_the_pages_of_an_empty_project(
        self, signed_in_client: Client, project: Project
    ) -> None:
        html = signed_in_client.get(f"/p/{project.slug}/setup/", headers={"HX-Request": "true"}).content

        assert html.lstrip().startswith(b'<div class="stack" id="setup-steps">')

    def test_a_project_with_calls_says_so(self, fetch: Fetch, project: Project) -> None:
        put([a_call(project.pk)])

        assert "Calls arrive in this project." in words(fetch("setup/"))

    def test_strangers_see_nothing(self, fetch: Fetch, person: Any) -> None:
        Membership.objects.filter(user=person).delete()

        for path in ("setup/", "setup/waiting/"):
            fetch(path, status=404)


def test_the_python_to_copy_is_python() -> None:
    for way in snippets.ways("https://polymeter.example", "pm_key"):
        for step in way.steps:
            if "import" in step.code.split("\n")[0]:
                compile(step.code, step.label, "exec")


def test_the_shell_to_copy_is_shell_and_holds_json() -> None:
    (curl,) = next(way for way in snippets.ways("http://x", "pm_key") if way.name == "curl").steps
    echo = curl.code.replace("curl ", f"{shlex.quote(sys.executable)} -c 'import sys; print(sys.argv[-1])' ", 1)

    body = subprocess.run(["bash", "-c", echo], capture_output=True, text=True, check=True).stdout

    assert json.loads(body)["calls"][0]["started_at"].endswith("Z")
