"""A part that dies is started again alone."""

import httpx
import pytest

from tests.services.launcher import Launcher
from tests.services.loopback import wait_until

PARTS = ("store", "web", "worker", "beat")


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back_and_the_others_stay(running: Launcher, name: str) -> None:
    wait_until(running.ready, "ready")
    parts = {part: running.await_part(part) for part in PARTS}

    parts[name].kill()

    def back() -> bool:
        found = running.part(name)
        return found is not None and found.pid != parts[name].pid

    wait_until(back, f"{name} is back")
    wait_until(running.ready, "ready again")
    assert f"{name} ended (signal SIGKILL); starting it again" in running.output
    for other in set(PARTS) - {name}:
        assert parts[other].is_running(), f"{other} should not have been touched"


def test_requests_wait_for_a_restarting_web_instead_of_being_refused(running: Launcher) -> None:
    wait_until(running.ready, "ready")

    running.await_part("web").kill()
    answer = httpx.get(f"{running.url}/healthz", timeout=30)

    assert answer.status_code == 200


def test_a_killed_web_process_is_replaced_without_a_restart_of_web(running: Launcher) -> None:
    wait_until(running.ready, "ready")
    web = running.await_part("web")

    web.children()[0].kill()

    wait_until(lambda: len(web.children()) == 2, "two web processes again")
    assert running.ready()


def test_it_is_not_ready_while_the_store_does_not_answer(running: Launcher) -> None:
    wait_until(running.ready, "ready")
    store = running.await_part("store")

    store.suspend()
    try:
        answer = httpx.get(f"{running.url}/readyz", timeout=60)
    finally:
        store.resume()

    assert answer.status_code == 503
    assert "event_store" in answer.json()["reasons"]
    wait_until(running.ready, "ready again")
