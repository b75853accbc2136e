"""Send calls to a running server for minutes and report stored calls a second, latency, CPU and disk.

    sustained_ingest.py --url http://127.0.0.1:8000 --key KEY --file calls.ndjson --kind native --seconds 300 --pid PID
    sustained_ingest.py ... --kind otlp --file calls.otlp --rate 2000

The file is streamed, never held in memory: `native` is one call a line (benchmarks/to_native.py makes it), `otlp` is
the length-delimited file of gen_calls.py. CPU seconds are those of the process tree under --pid (the launcher), from
the first request until every acknowledged call is visible; the sender's own CPU is reported beside it. Units: seconds,
milliseconds, bytes, calls.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import struct
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

TICKS = os.sysconf("SC_CLK_TCK")
ROUTES = {"native": ("/api/v1/calls", "application/x-ndjson"), "otlp": ("/v1/traces", "application/x-protobuf")}


def native_bodies(stream: IO[bytes], batch: int) -> Iterator[tuple[bytes, int]]:
    """Yield (body, calls) of `batch` lines each."""
    while lines := list(itertools.islice(stream, batch)):
        yield b"".join(lines), len(lines)


def otlp_bodies(stream: IO[bytes], batch: int) -> Iterator[tuple[bytes, int]]:
    """Yield (body, calls) of one stored message each; the file decides how many calls that is (`batch`)."""
    while len(head := stream.read(4)) == 4:
        yield stream.read(struct.unpack(">I", head)[0]), batch


@dataclass
class Tally:
    """What the senders saw. Written under the lock only."""

    acked: int = 0
    duplicates: int = 0
    retried: int = 0
    failed: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sender:
    """Several keep-alive connections that share one stream of bodies and one pace."""

    def __init__(self, args: argparse.Namespace, bodies: Iterator[tuple[bytes, int]]) -> None:
        self.args, self.bodies, self.tally = args, bodies, Tally()
        self.url = urllib.parse.urlsplit(args.url)
        path, content_type = ROUTES[args.kind]
        self.path = path
        self.headers = {"Content-Type": content_type, "Authorization": f"Bearer {args.key}"}
        self.begun = time.perf_counter()
        self.planned = 0

    def run(self) -> float:
        """Send until the time is over or the file ends; return the seconds it took."""
        threads = [threading.Thread(target=self._connection) for _ in range(self.args.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - self.begun

    def _next(self) -> tuple[bytes, int] | None:
        with self.tally.lock:
            if time.perf_counter() - self.begun > self.args.seconds:
                return None
            body = next(self.bodies, None)
            due = self.begun + (self.planned / self.args.rate if self.args.rate else 0)
            self.planned += body[1] if body else 0
        time.sleep(max(0.0, due - time.perf_counter()))
        return body

    def _connection(self) -> None:
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=60)
        while (item := self._next()) is not None:
            self._deliver(connection, *item)
        connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, body: bytes, calls: int) -> None:
        for attempt in range(60):
            began = time.perf_counter()
            try:
                connection.request("POST", self.path, body, self.headers)
                answer = connection.getresponse()
                status, text = answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status, text = 0, repr(error).encode()
            if status == 200:
                self._acknowledged(calls, text, (time.perf_counter() - began) * 1000)
                return
            with self.tally.lock:
                self.tally.retried += 1
                key = f"{status} {text[:80].decode(errors='replace')}"
                self.tally.errors[key] = self.tally.errors.get(key, 0) + 1
            if status not in (0, 429, 502, 503, 504):
                break
            time.sleep(min(2.0, 0.05 * 2**attempt))
        with self.tally.lock:
            self.tally.failed += calls

    def _acknowledged(self, calls: int, text: bytes, ms: float) -> None:
        answer = json.loads(text) if self.args.kind == "native" else {}
        with self.tally.lock:
            self.tally.acked += calls - len(answer.get("rejected", ()))
            self.tally.duplicates += answer.get("duplicates", 0)
            self.tally.latencies_ms.append(ms)


def tree(root: int) -> list[int]:
    """Return root and every process below it that is alive now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(pid := todo.pop())
        todo += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """CPU of the tree and of the children it has reaped."""
    total = 0
    for pid in tree(root):
        try:
            total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        except OSError:
            continue
    return total / TICKS


def pss_bytes(root: int) -> int:
    """Proportional memory of the tree."""
    total = 0
    for pid in tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def disk_bytes(folder: str | None) -> int:
    """What `du` would say of the folder, in bytes."""
    if folder is None:
        return 0
    total = 0
    for root, _, names in os.walk(folder):  # parts come and go under it: os.walk passes over what has gone
        for name in names:
            with contextlib.suppress(OSError):
                total += os.stat(os.path.join(root, name)).st_blocks * 512
    return total


def visible_calls(args: argparse.Namespace) -> int:
    """Ask the product itself how many calls it has, over all time."""
    url = urllib.parse.urlsplit(args.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    question = {"measures": ["calls"], "from": "2020-01-01T00:00:00Z", "to": "2029-01-01T00:00:00Z"}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {args.key}"}
    connection.request("POST", "/api/v1/query", json.dumps(question), headers)
    answer = json.loads(connection.getresponse().read())
    return int(answer["rows"][0]["calls"]) if answer.get("rows") else 0


def percentile(values: list[float], share: float) -> float | None:
    """Return the value below which `share` of the values lie."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


def watch(pid: int, data: str | None, stop: threading.Event, peaks: dict[str, int]) -> None:
    """Sample memory and disk every five seconds until told to stop."""
    while not stop.wait(5):
        peaks["pss"] = max(peaks["pss"], pss_bytes(pid))
        peaks["disk"] = max(peaks["disk"], disk_bytes(data))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--kind", choices=tuple(ROUTES), default="native")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0, help="calls a second; 0 sends as fast as it can")
    parser.add_argument("--skip", type=int, default=0, help="bodies at the head of the file to leave out")
    parser.add_argument("--pid", type=int, required=True, help="the launcher")
    parser.add_argument("--data-dir")
    args = parser.parse_args()
    with open(args.file, "rb", buffering=1 << 20) as stream:
        make = native_bodies if args.kind == "native" else otlp_bodies
        print(json.dumps(measure(args, itertools.islice(make(stream, args.batch), args.skip, None)), indent=1))


def measure(args: argparse.Namespace, bodies: Iterator[tuple[bytes, int]]) -> dict[str, object]:
    """Run the load and return the figures."""
    before, cpu, own = visible_calls(args), cpu_seconds(args.pid), time.process_time()
    peaks, stop = {"pss": pss_bytes(args.pid), "disk": 0}, threading.Event()
    threading.Thread(target=watch, args=(args.pid, args.data_dir, stop, peaks), daemon=True).start()
    sender = Sender(args, bodies)
    took = sender.run()
    own = time.process_time() - own
    seen, lag = settle(args, before + sender.tally.acked - sender.tally.duplicates)
    stop.set()
    tally, used = sender.tally, cpu_seconds(args.pid) - cpu
    return {
        "kind": args.kind,
        "seconds": round(took, 1),
        "acknowledged": tally.acked,
        "acknowledged_per_s": round(tally.acked / took),
        "visible": seen - before,
        "stored_per_s": round((seen - before) / (took + lag)),
        "lag_s": round(lag, 2),
        "request_ms_p50_p99": [percentile(tally.latencies_ms, 0.5), percentile(tally.latencies_ms, 0.99)],
        "server_cpu_s_per_1000": round(used * 1000 / max(1, seen - before), 4),
        "sender_cpu_s_per_1000": round(own * 1000 / max(1, tally.acked), 4),
        "peak_pss_mb": round(peaks["pss"] / 1e6),
        "peak_disk_bytes_per_call": round(peaks["disk"] / max(1, seen)),
        "duplicates": tally.duplicates,
        "retried_requests": tally.retried,
        "failed_calls": tally.failed,
        "errors": dict(list(tally.errors.items())[:5]),
    }


def settle(args: argparse.Namespace, want: int) -> tuple[int, float]:
    """Poll until `want` calls are visible, at most a minute; return (seen, seconds waited)."""
    began = time.perf_counter()
    while (seen := visible_calls(args)) < want and time.perf_counter() - began < 60:
        time.sleep(0.2)
    return seen, time.perf_counter() - began


if __name__ == "__main__":
    main()
