"""A part that dies is started again alone."""

import httpx
import pytest

from tests.launcher.conftest import Launch
from tests.services.loopback import wait_until


@pytest.mark.parametrize("name", ["store", "web", "worker", "beat"])
def test_a_killed_part_comes_back_and_the_others_stay(launch: Launch, name: str) -> None:
    launcher = launch()
    launcher.await_ready()
    parts = {part: launcher.await_part(part) for part in ("store", "web", "worker", "beat")}

    parts[name].kill()

    def back() -> bool:
        found = launcher.part(name)
        return found is not None and found.pid != parts[name].pid

    wait_until(back, f"{name} is back")
    wait_until(launcher.ready, "ready again")
    assert f"{name} ended (signal SIGKILL); starting it again" in launcher.output
    for other in parts.keys() - {name}:
        assert parts[other].is_running(), f"{other} should not have been touched"


def test_requests_wait_for_a_restarting_web_instead_of_being_refused(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()

    launcher.await_part("web").kill()
    answer = httpx.get(f"{launcher.url}/healthz", timeout=30)

    assert answer.status_code == 200


def test_it_is_not_ready_while_the_store_is_down(launch: Launch) -> None:
    launcher = launch()
    launcher.await_ready()
    store = launcher.await_part("store")

    store.suspend()
    try:
        answer = httpx.get(f"{launcher.url}/readyz", timeout=60)
    finally:
        store.resume()

    assert answer.status_code == 503
    assert "event_store" in answer.json()["reasons"]
    wait_until(launcher.ready, "ready again")
