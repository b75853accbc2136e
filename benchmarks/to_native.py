"""Convert the calls of gen_calls.py (calls.jsonl) into our own shape: one call a line, ready for POST /api/v1/calls.

    to_native.py CALLS.JSONL OUT.NDJSON [--calls N] [--shift-days D]

The file's `cost_usd` is dropped, so that cost comes from our price book; failed calls are sent without usage, as a
provider that failed reports none. --shift-days moves all starts, for runs that must look like today.
"""

import argparse
import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ERRORS = {
    "rate_limit_exceeded": "rate_limit",
    "timeout": "timeout",
    "server_error": "server_error",
    "overloaded": "server_error",
    "context_length_exceeded": "invalid_request",
    "content_filter": "content_filter",
}


def native(call: dict[str, Any], shift: timedelta = timedelta(0)) -> dict[str, Any]:
    """Return one generated call as a sender of ours would post it; what is None is not sent."""
    prompt, _, version = call["prompt_version"].partition("@")
    told = {
        "trace_id": call["trace_id"],
        "span_id": call["id"],
        "started_at": started_at(call["ts"], shift),
        "latency_ms": call["latency_ms"],
        "ttft_ms": call["ttft_ms"],
        "streaming": call["stream"],
        "operation": call["operation"],
        "provider": call["provider"],
        "requested_model": call["model"],
        "model": call["response_model"],
        "status": call["status"],
        "error_type": ERRORS.get(call["error_type"]),
        "error_message": call["error_type"],
        "http_status": call["http_status"],
        "finish_reason": call["finish_reason"],
        "usage": None if call["status"] == "error" else usage(call),
        "environment": call["environment"],
        "task": call["task"],
        "user_id": call["user"],
        "session_id": call["session"],
        "prompt": {"name": prompt, "version": version},
        "experiment": {"key": call["experiment"], "arm": call["variant"]} if call["experiment"] else None,
        "attempt": 2 if call["fallback_from"] else None,
        "fallback_reason": call["fallback_from"] and f"{call['fallback_from']} failed",
        "request_params": {"temperature": call["temperature"], "max_tokens": call["max_tokens"]},
        "input": [
            {"role": "system", "content": call["system"]},
            {"role": "user", "content": call["prompt"]},
        ],
        "output": call["response"] or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def usage(call: dict[str, Any]) -> dict[str, Any]:
    """Return the counts as the generator means them: cached tokens are part of the input."""
    return {
        "input_tokens": call["input_tokens"],
        "cached_input_tokens": call["cached_tokens"],
        "output_tokens": call["output_tokens"],
        "convention": "inclusive",
    }


def started_at(seconds: float, shift: timedelta) -> str:
    """Return RFC 3339 with the microseconds that the generator wrote."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(seconds * 1_000_000)) + shift
    return moment.isoformat().replace("+00:00", "Z")


def main() -> None:
    """Convert a file, a line at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--calls", type=int, default=None, help="stop after so many")
    parser.add_argument("--shift-days", type=float, default=0.0)
    args = parser.parse_args()
    shift, done = timedelta(days=args.shift_days), 0
    with args.source.open() as source, args.target.open("w") as target:
        for line in islice(source, args.calls):
            target.write(json.dumps(native(json.loads(line), shift), ensure_ascii=False, separators=(",", ":")) + "\n")
            done += 1
    print(f"{done} calls in {args.target}")


if __name__ == "__main__":
    main()
