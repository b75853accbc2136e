"""What to copy to send a first call, for each way of sending, with the real address and key. Pure."""

from dataclasses import dataclass
from typing import Final

PLACEHOLDER: Final = "YOUR_KEY"
"""Stands where the key goes until one is made."""


@dataclass(frozen=True, slots=True)
class Step:
    """One block to copy."""

    label: str
    code: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to send: a name for its address, a label and what to do."""

    name: str
    label: str
    words: str
    steps: tuple[Step, ...]


CURL: Final = """\
curl {base}/api/v1/calls \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"calls": [{{
    "started_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
    "provider": "openai", "model": "gpt-4o-mini", "task": "hello",
    "latency_ms": 840, "usage": {{"input_tokens": 120, "output_tokens": 42}}
  }}]}}'"""

REQUESTS: Final = """\
import time
from datetime import datetime, timezone

import requests

POLYMETER = "{base}/api/v1/calls"
KEY = "{key}"

started, began = datetime.now(timezone.utc), time.perf_counter()
# ... call your model here; take the counts from its answer ...
call = {{
    "started_at": started.isoformat(),
    "latency_ms": (time.perf_counter() - began) * 1000,
    "provider": "openai",
    "model": "gpt-4o-mini",
    "task": "hello",
    "usage": {{"input_tokens": 120, "output_tokens": 42}},
    "input": [{{"role": "user", "content": "Say hello."}}],
    "output": "Hello!",
}}
answer = requests.post(
    POLYMETER, json={{"calls": [call]}}, headers={{"Authorization": f"Bearer {{KEY}}"}}, timeout=10
)
print(answer.status_code, answer.json())"""

HTTPX: Final = REQUESTS.replace("import requests", "import httpx").replace("requests.post(", "httpx.post(")

INSTALL: Final = """\
pip install openai openinference-instrumentation-openai \\
  opentelemetry-distro opentelemetry-exporter-otlp-proto-http"""
"""OpenTelemetry's own instrumentation works too, but skips itself without a word when one of its parts is missing."""

ENVIRONMENT: Final = """\
export OTEL_SERVICE_NAME="my-service"
export OTEL_EXPORTER_OTLP_ENDPOINT="{base}"
export OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20{key}"
export OTEL_TRACES_EXPORTER="otlp" OTEL_METRICS_EXPORTER="none" OTEL_LOGS_EXPORTER="none\""""

RUN: Final = "opentelemetry-instrument python my_service.py"


def ways(base: str, key: str) -> tuple[Way, ...]:
    """Every way to send to the server at `base` with `key`."""

    def filled(text: str) -> str:
        return text.format(base=base, key=key or PLACEHOLDER)

    return (
        Way("curl", "curl", "Paste this into a terminal. It sends one call that you can look at right away.",
            (Step("Send one call", filled(CURL)),)),
        Way("python", "Python", "After each call to a model, send what it came to.",
            (Step("With requests", filled(REQUESTS)), Step("With httpx", filled(HTTPX)))),
        Way("opentelemetry", "OpenTelemetry", "A service that uses the openai client sends by itself once it is "
            "instrumented. Nothing in its code changes.",
            (Step("Install the instrumentation", INSTALL), Step("Say where to send", filled(ENVIRONMENT)),
             Step("Start the service with it", RUN))),
    )  # fmt: skip
