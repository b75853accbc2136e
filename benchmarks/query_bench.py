"""Time the questions of our pages through the public API of a running server. Standard library only.

    query_bench.py http://127.0.0.1:8000 KEY [--from ISO --to ISO] [--rounds 20] [--user u-000017] [--label TEXT]

The questions are those that the dashboards of other tools send (percentiles, cost and errors by hour and model, a
header and lists), each through POST /api/v1/query or GET /api/v1/calls, and "overview": those of one Overview
page, one after the other. Prints one JSON object: per question the first answer (cold), median and p95 of the rounds in
milliseconds, the size of the answer, and how many hours were read from calls instead of rollups. Nothing is cached.
"""

import argparse
import json
import statistics
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

Ask = Callable[[], dict[str, Any]]
BY_HOUR = {"granularity": "hour"}
PERCENTILES = ["latency_p50", "latency_p95", "latency_p99"]


class Server:
    """A running server and a key with the scope `read`."""

    def __init__(self, base: str, key: str, start: str, end: str) -> None:
        self.base, self.key, self.span = base.rstrip("/"), key, {"from": start, "to": end}
        self.bytes = 0

    def _send(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.base + path, data, headers), timeout=120) as answer:
            text = answer.read()
        self.bytes = len(text)
        found: dict[str, Any] = json.loads(text)
        return found

    def query(self, *measures: str, **more: Any) -> Ask:
        body = {"measures": list(measures), **self.span, "timezone": "UTC", **more}
        return lambda: self._send("/api/v1/query", body)

    def calls(self, **parameters: Any) -> Ask:
        path = "/api/v1/calls?" + urllib.parse.urlencode({**self.span, **parameters}, doseq=True)
        return lambda: self._send(path, None)


def questions(server: Server, user: str) -> dict[str, Ask]:
    """Return the questions by name."""
    ask = server.query
    return {
        "header: calls, cost, p50, p99": ask("calls", "cost_usd", "latency_p50", "latency_p99"),
        "latency percentiles by hour": ask(*PERCENTILES, **BY_HOUR),
        "cost by model": ask("cost_usd", "calls", dimensions=["model"]),
        "error rate by hour": ask("calls", "errors", "error_rate", **BY_HOUR),
        "cost by hour": ask("cost_usd", **BY_HOUR),
        "tokens by hour": ask("input_tokens", "output_tokens", **BY_HOUR),
        "percentiles by model": ask("calls", *PERCENTILES, "ttft_p50", "ttft_p95", dimensions=["model"]),
        "error classes by provider": ask("calls", dimensions=["provider", "error_type"], filters={"status": "error"}),
        "cost by task, compared": ask("cost_usd", "calls", dimensions=["task"], compare="previous"),
        "raw: cost of one user by day": ask("cost_usd", "calls", granularity="day", filters={"user_id": user}),
        "raw: dearest users": ask("cost_usd", "calls", dimensions=["user_id"], limit=20),
        "raw: users by day": ask("users", granularity="day"),
        "raw: percentiles of one finish reason": ask(*PERCENTILES, filters={"finish_reason": "length"}),
        "latest 30": server.calls(limit=30),
        "latest 30 of one user": server.calls(limit=30, user_id=user),
        "dearest 30": server.calls(limit=30, sort="-cost"),
        "slowest 30": server.calls(limit=30, sort="-latency"),
        "overview": overview(server),
    }


def overview(server: Server) -> Ask:
    """The questions of a whole Overview page: at most six store queries."""
    tiles = server.query("cost_usd", "calls", "cost_per_call_usd", "latency_p95", "error_rate", compare="previous")
    trend = server.query("cost_usd", "calls", "latency_p95", "error_rate", granularity="day")
    spend = server.query("cost_usd", dimensions=["model"], granularity="day")
    movers = server.query("cost_usd", "calls", dimensions=["feature"], compare="previous", limit=20)

    def page() -> dict[str, Any]:
        answers = [one() for one in (tiles, trend, spend, movers)]
        return {"freshness": {"raw_hours": max(answer["freshness"]["raw_hours"] for answer in answers)}}

    return page


def timed(server: Server, ask: Ask, rounds: int) -> dict[str, Any]:
    """Ask a first time and then so many times again."""
    times, answer = [], {}
    for _ in range(rounds + 1):
        start = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - start) * 1000)
    warm = sorted(times[1:] or times)
    return {
        "first_ms": round(times[0], 1),
        "median_ms": round(statistics.median(warm), 1),
        "p95_ms": round(warm[min(len(warm) - 1, int(len(warm) * 0.95))], 1),
        "bytes": server.bytes,
        "raw_hours": answer.get("freshness", {}).get("raw_hours"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("key")
    parser.add_argument("--from", dest="start", default="2026-01-01T00:00:00Z")
    parser.add_argument("--to", dest="end", default="2026-01-15T00:00:00Z")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--user", default="u-000017")
    parser.add_argument("--only", default="", help="questions whose name holds this text")
    parser.add_argument("--label", default="")
    options = parser.parse_args()
    server = Server(options.base, options.key, options.start, options.end)
    wanted = {n: a for n, a in questions(server, options.user).items() if options.only in n}
    found = {name: timed(server, ask, options.rounds) for name, ask in wanted.items()}
    print(json.dumps({"label": options.label, "rounds": options.rounds, "questions": found}, indent=1))


if __name__ == "__main__":
    main()
