"""Kill parts at random moments while calls come in; then nothing acknowledged is missing and nothing is counted twice.

    python -m benchmarks.kill9 --store 100 --web 50 --all 50 --senders 4

Starts an instance of its own. Each sender posts batches of new calls, repeats a batch until it is acknowledged, and
now and then repeats one that was acknowledged before, as senders do whose answer got lost. Web runs in two processes
and the rollup job runs all the time. At the end the calls are listed one by one and counted through the ledger.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.services.launcher import KEY, Launcher, launchers
from tests.services.loopback import wait_until

BATCH = 40
TASK = "kill9"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@dataclass
class Senders:
    """Threads that send until told to stop, and what was acknowledged to them."""

    url: str
    seed: int
    acknowledged: set[str] = field(default_factory=set)
    repeats: int = 0
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, count: int) -> None:
        for number in range(count):
            thread = threading.Thread(target=self._run, args=(random.Random(self.seed + number),))
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Let every sender get its last batch acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=180)
            assert not thread.is_alive(), "a sender never got its batch acknowledged"

    def _run(self, rng: random.Random) -> None:
        sent: list[list[dict[str, Any]]] = []
        while not self._stop.is_set():
            batch = list(calls(rng, BATCH))
            self._until_acknowledged(batch)
            sent.append(batch)
            if rng.random() < 0.2:
                self._until_acknowledged(rng.choice(sent))

    def _until_acknowledged(self, batch: list[dict[str, Any]]) -> None:
        while not self._acknowledged(batch):
            with self._lock:
                self.repeats += 1
            time.sleep(0.05)
        with self._lock:
            self.acknowledged.update(call["id"] for call in batch)

    def _acknowledged(self, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = httpx.post(f"{self.url}/api/v1/calls", json={"calls": batch}, headers=HEADERS, timeout=20)
        except httpx.TransportError:
            return False
        if answer.status_code not in {200, 429, 503}:
            with self._lock:
                self.problems.append(f"{answer.status_code}: {answer.text[:200]}")
        if answer.status_code != 200:
            return False
        counts = answer.json()
        if counts["accepted"] + counts["duplicates"] != len(batch):
            with self._lock:
                self.problems.append(f"counted {counts} of {len(batch)}")
        return True


def calls(rng: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """New calls of the last hours, so that closed hours become dirty while the job runs."""
    for _ in range(count):
        yield {
            "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            "started_at": (datetime.now(UTC) - timedelta(seconds=rng.uniform(0, 6 * 3600))).isoformat(),
            "provider": "openai",
            "model": "gpt-4o-mini",
            "task": TASK,
            "status": "ok",
            "latency_ms": rng.randrange(100, 5000),
            "usage": {"input_tokens": rng.randrange(1, 4000), "output_tokens": 100},
        }


def kill(launcher: Launcher, target: str, rng: random.Random) -> Launcher:
    """Kill one part, or everything, with -9 at a random moment; return the launcher that runs afterwards."""
    time.sleep(rng.uniform(0.3, 2.0))
    if target == "all":
        launcher.process.kill()
        launcher = launcher.again()
        launcher.await_ready()
        return launcher
    part = launcher.await_part(target)
    processes = [part, *part.children()] if target == "web" else [part]
    rng.choice(processes).kill()
    if rng.random() < 0.5:  # half of the time the next blow falls before everything stands again
        wait_until(launcher.ready, "ready again", 60)
    return launcher


def check(url: str, senders: Senders) -> dict[str, Any]:
    """Compare what is stored with what was acknowledged; AssertionError where they differ."""
    stored = Counter(listed(url))
    missing = senders.acknowledged - stored.keys()
    twice = [call_id for call_id, times in stored.items() if times > 1]
    assert not senders.problems, senders.problems[:5]
    assert not missing, f"{len(missing)} acknowledged calls are missing"
    assert not twice, f"{len(twice)} calls are listed twice"
    counted = ledger(url)
    assert counted == len(stored), f"the ledger counts {counted}, the list holds {len(stored)}"
    return {"acknowledged": len(senders.acknowledged), "stored": len(stored), "repeats": senders.repeats}


def listed(url: str) -> Iterator[str]:
    """Every stored call's id, page by page."""
    cursor: str | None = None
    while True:
        params = {"task": TASK, "limit": "1000"} | ({"cursor": cursor} if cursor else {})
        page = httpx.get(f"{url}/api/v1/calls", params=params, headers=HEADERS, timeout=60).raise_for_status().json()
        yield from (call["id"] for call in page["calls"])
        cursor = page["next"]
        if not cursor:
            return


def ledger(url: str) -> int:
    """How many calls the query endpoint counts, rollups included."""
    now = datetime.now(UTC)
    question = {
        "measures": ["calls"],
        "filters": {"task": [TASK]},
        "from": (now - timedelta(days=2)).isoformat(),
        "to": (now + timedelta(hours=1)).isoformat(),
    }
    answer = httpx.post(f"{url}/api/v1/query", json=question, headers=HEADERS, timeout=60).raise_for_status()
    return int(answer.json()["rows"][0]["calls"])


def run(data_dir: Path, targets: list[str], *, senders: int, seed: int) -> dict[str, Any]:
    """One campaign: start, send, kill, check."""
    rng = random.Random(seed)
    with launchers(data_dir) as make:
        launcher = make(DEMO_KEY=KEY, WEB_WORKERS="2")
        launcher.await_ready()
        threads = Senders(launcher.url, seed)
        threads.start(senders)
        try:
            for target in targets:
                launcher = kill(launcher, target, rng)
        finally:
            wait_until(launcher.ready, "ready at the end", 60)
            threads.finish()
        return check(launcher.url, threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for target in ("store", "web", "all"):
        parser.add_argument(f"--{target}", type=int, default=2, help=f"how often to kill {target}")
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20261125)
    args = parser.parse_args()
    targets = ["store"] * args.store + ["web"] * args.web + ["all"] * args.all
    random.Random(args.seed).shuffle(targets)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="polymeter-kill9-") as home, suppress(KeyboardInterrupt):
        found = run(Path(home) / "data", targets, senders=args.senders, seed=args.seed)
        print(f"{len(targets)} kills in {time.monotonic() - began:.0f} s: {found}; nothing missing, nothing twice")
        sys.exit(0)


if __name__ == "__main__":
    main()
