"""Kill -9 under load: senders that retry, a killer, and the check that nothing acknowledged is missing or doubled.

Used by test_kill.py with a handful of kills and by benchmarks/kill_bench.py with hundreds.
"""

import contextlib
import itertools
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil

from tests.services.launcher import Launch, Launcher
from tests.services.loopback import wait_until

KEY = "a-key-that-senders-use-under-fire"
BATCH = 20
UPDATES = 6
"""Calls of a batch that tell more of an earlier call; half of them also move its start."""
TARGETS = ("store", "web", "everything")


@dataclass
class Told:
    """What one call must look like once everything acknowledged is there."""

    started_at: datetime
    output_tokens: int
    feature: str


@dataclass
class Sender:
    """One connection that sends batches and repeats each until it is acknowledged."""

    number: int
    url: str
    stop: threading.Event
    acked: dict[str, Told] = field(default_factory=dict)
    batches: int = 0
    retries: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        chance = random.Random(self.number)
        steps = itertools.count(1)
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
            while not self.stop.is_set():
                batch = dict(self._batch(chance, next(steps)))
                self._deliver(client, list(batch.values()))
                for call_id, call in batch.items():
                    self.acked[call_id] = told(call, self.acked.get(call_id))

    def _batch(self, chance: random.Random, step: int) -> Iterator[tuple[str, dict[str, Any]]]:
        for call_id in chance.sample(sorted(self.acked), min(UPDATES, len(self.acked))):
            before = self.acked[call_id]
            moved = timedelta(seconds=chance.choice([0, 0, -90, 400]))
            yield (
                call_id,
                {
                    "id": call_id,
                    "started_at": (before.started_at + moved).isoformat(),
                    "updated_at": datetime.now(UTC).isoformat(),
                    "feature": f"step {step}",
                    "output": f"a longer answer at step {step}",
                },
            )
        for _ in range(BATCH - UPDATES):
            call_id = str(uuid.UUID(int=chance.getrandbits(128)))
            started = datetime.now(UTC) - timedelta(seconds=chance.randrange(7200))
            yield (
                call_id,
                {
                    "id": call_id,
                    "started_at": started.isoformat(),
                    "updated_at": started.isoformat(),
                    "latency_ms": chance.randrange(50, 5000),
                    "provider": "openai",
                    "model": "gpt-4o-mini",
                    "status": "ok",
                    "usage": {"input_tokens": 100, "output_tokens": chance.randrange(1, 500)},
                    "feature": "step 0",
                    "input": "question " * 30,
                    "output": "answer",
                },
            )

    def _deliver(self, client: httpx.Client, calls: list[dict[str, Any]]) -> None:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = client.post("/api/v1/calls", json={"calls": calls})
                if answer.status_code == 200:
                    self.batches += 1
                    if answer.json()["rejected"]:
                        self.wrong.append(answer.text)
                    return
                if answer.status_code not in (429, 502, 503, 504):
                    self.wrong.append(f"{answer.status_code} {answer.text}")
            self.retries += 1
            time.sleep(0.1)


def told(call: dict[str, Any], before: Told | None) -> Told:
    """Return what is known of a call after this one was acknowledged."""
    tokens = call["usage"]["output_tokens"] if "usage" in call else before.output_tokens if before else 0
    return Told(datetime.fromisoformat(call["started_at"]), tokens, call["feature"])


class Onslaught:
    """A launcher under load and under fire."""

    def __init__(self, launch: Launch, *, senders: int = 4, seed: int = 1) -> None:
        self._launch = launch
        self._chance = random.Random(seed)
        self.launcher = self._start()
        self._stop = threading.Event()
        self.senders = [Sender(number, self.launcher.url, self._stop) for number in range(senders)]
        self._threads = [threading.Thread(target=sender.run) for sender in self.senders]
        self.killed = dict.fromkeys(TARGETS, 0)

    def _start(self, **settings: str) -> Launcher:
        launcher = self._launch(DEMO_KEY=KEY, WEB_WORKERS="2", **settings)
        launcher.await_ready()
        return launcher

    def run(self, targets: list[str], say: Callable[[str], None] = lambda _: None) -> None:
        """Send throughout, and kill each target in turn at a random moment."""
        for thread in self._threads:
            thread.start()
        try:
            for number, target in enumerate(targets, 1):
                time.sleep(self._chance.uniform(0.2, 1.5))
                self._kill(target)
                self.killed[target] += 1
                wait_until(self.launcher.ready, f"ready after killing {target}", 120)
                say(f"{number}/{len(targets)} {target} {sum(len(sender.acked) for sender in self.senders)} calls")
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(120)

    def _kill(self, target: str) -> None:
        if target == "everything":
            port = self.launcher.port
            for process in self.launcher.family():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self.launcher.process.wait()
            self.launcher = self._start(PORT=str(port))
            return
        part = self.launcher.await_part(target)
        # Of web sometimes one process, sometimes the one that looks after them.
        victims = [part, *part.children()] if target == "web" else [part]
        with contextlib.suppress(psutil.NoSuchProcess):
            self._chance.choice(victims).kill()
        time.sleep(0.05)

    @property
    def acked(self) -> dict[str, Told]:
        """Everything that was acknowledged."""
        return {call_id: told for sender in self.senders for call_id, told in sender.acked.items()}

    def report(self) -> dict[str, Any]:
        """Compare what readers see with what was acknowledged; every list is empty if all is well."""
        seen = list(self._seen())
        by_id = {call["id"]: call for call in seen}
        acked = self.acked
        return {
            "kills": self.killed,
            "acknowledged": len(acked),
            "retries": sum(sender.retries for sender in self.senders),
            "missing": [call_id for call_id in acked if call_id not in by_id],
            "doubled": len(seen) - len(by_id),
            "unknown": [call_id for call_id in by_id if call_id not in acked],
            "different": [
                call_id for call_id in acked if call_id in by_id and not same(acked[call_id], by_id[call_id])
            ],
            "wrong answers": [text for sender in self.senders for text in sender.wrong],
        }

    def _seen(self) -> Iterator[dict[str, Any]]:
        cursor = ""
        with self._reader() as client:
            while True:
                answer = client.get("/api/v1/calls", params=SPAN | {"limit": "1000", "bodies": "1", "cursor": cursor})
                answer.raise_for_status()
                page = answer.json()
                yield from page["calls"]
                if not (cursor := page["next"] or ""):
                    return

    def _reader(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.launcher.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60, trust_env=False
        )

    def sums(self, granularity: str = "none") -> dict[str, int]:
        """Return calls and tokens as the ledger adds them up."""
        question = SPAN | {"measures": ["calls", "output_tokens"], "granularity": granularity}
        with self._reader() as client:
            answer = client.post("/api/v1/query", json=question)
        answer.raise_for_status()
        rows = answer.json()["rows"]
        return {name: sum(int(row[name] or 0) for row in rows) for name in ("calls", "output_tokens")}

    def expected(self) -> dict[str, int]:
        """Return what the sums must be."""
        return {"calls": len(self.acked), "output_tokens": sum(told.output_tokens for told in self.acked.values())}


def same(told: Told, call: dict[str, Any]) -> bool:
    """True if a call looks as its sender last told it."""
    usage, started = call["usage"], datetime.fromisoformat(call["started_at"])
    text = "answer" if told.feature == "step 0" else f"a longer answer at {told.feature}"
    return (started, usage["output_tokens"], call["feature"], call["output"]) == (
        told.started_at,
        told.output_tokens,
        told.feature,
        text,
    )


NOW = datetime.now(UTC)
SPAN = {"from": (NOW - timedelta(days=2)).isoformat(), "to": (NOW + timedelta(days=1)).isoformat()}
