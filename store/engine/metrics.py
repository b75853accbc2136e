"""Counters of the store process in Prometheus' text format."""

import threading
import time
from collections import defaultdict
from typing import Final

HELP: Final = {
    "polymeter_store_requests_total": "Statements by lane and outcome.",
    "polymeter_store_seconds_total": "Seconds spent on statements by lane, waiting included.",
    "polymeter_store_inserted_rows_total": "Rows written by inserts.",
    "polymeter_store_inserted_bytes_total": "Bytes of inserts as received.",
    "polymeter_store_cancelled_total": "Statements stopped because their client went away.",
}


class Metrics:
    """Thread-safe counters that only grow."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, dict[str, float]] = {name: defaultdict(float) for name in HELP}
        self._started = time.time()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        key = ",".join(f'{label}="{value}"' for label, value in labels.items())
        with self._lock:
            self._values[name][key] += amount

    def text(self, idle: dict[str, int]) -> str:
        """Return everything; `idle` counts the free connections of each lane."""
        lines = [f"polymeter_store_start_time_seconds {self._started:.3f}"]
        lines += [f'polymeter_store_idle_connections{{lane="{lane}"}} {count}' for lane, count in idle.items()]
        with self._lock:
            for name, values in self._values.items():
                lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} counter"]
                lines += [f"{name}{{{key}}} {value:g}" for key, value in values.items()]
        return "\n".join(lines) + "\n"
