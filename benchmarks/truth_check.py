"""Hold the product's answers against the generator's truth: calls, errors and tokens equal, cost to 1e-6 USD.

    gen_calls.py --n 100000 --out DIR
    manage.py import_prices DIR/truth.json                 the generator's price table as a dated price book
    truth_check.py --url URL --key KEY --dir DIR           sends DIR/calls.jsonl, asks POST /api/v1/query, compares

Failed calls are sent without usage, so the truth of tokens is that of the calls that succeeded; it is summed here from
the file. Run it on a project that holds no other calls. Exit code 1 when any figure differs.
"""

import argparse
import json
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from to_native import native

COUNTS = ("calls", "errors", "input_tokens", "cached_input_tokens", "output_tokens")
TOLERANCE_USD = Decimal("0.000001")


def post(args: argparse.Namespace, path: str, body: object) -> dict[str, Any]:
    """POST JSON with the key and return the answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {args.key}"}
    request = urllib.request.Request(args.url + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return dict(json.load(answer))


def generated(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the generator's calls."""
    with (folder / "calls.jsonl").open("rb") as lines:
        yield from map(json.loads, lines)


def expected(folder: Path) -> dict[str, dict[str, Decimal]]:
    """Return the true figures of each served model."""
    truth: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    prices = json.loads((folder / "truth.json").read_text())["models"]
    for call in generated(folder):
        row, failed = truth[call["response_model"]], call["status"] == "error"
        row["calls"] += 1
        row["errors"] += failed
        if failed:
            continue
        price = prices[call["response_model"]]
        fresh = call["input_tokens"] - call["cached_tokens"]
        row["input_tokens"] += call["input_tokens"]
        row["cached_input_tokens"] += call["cached_tokens"]
        row["output_tokens"] += call["output_tokens"]
        parts = ((fresh, "usd_in_1m"), (call["cached_tokens"], "usd_cached_1m"), (call["output_tokens"], "usd_out_1m"))
        row["cost_usd"] += sum((tokens * Decimal(str(price[rate])) for tokens, rate in parts), Decimal(0)) / 1_000_000
    return truth


def send(args: argparse.Namespace) -> None:
    """Send every call in requests of 1,000."""
    calls = (native(call) for call in generated(args.dir))
    while batch := list(islice(calls, 1000)):
        answer = post(args, "/api/v1/calls", {"calls": batch})
        if answer["rejected"]:
            sys.exit(f"refused: {answer['rejected'][0]}")


def answered(args: argparse.Namespace) -> dict[str, dict[str, Decimal]]:
    """Return the product's figures of each served model, over all time."""
    question = {"measures": [*COUNTS, "cost_usd"], "dimensions": ["model"], "limit": 1000}
    rows = post(args, "/api/v1/query", question | {"from": "2020-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"})[
        "rows"
    ]
    return {row["model"]: {name: Decimal(str(row[name] or 0)) for name in (*COUNTS, "cost_usd")} for row in rows}


def differences(truth: dict[str, dict[str, Decimal]], seen: dict[str, dict[str, Decimal]]) -> Iterator[str]:
    """Yield a line for each figure that is not what it should be."""
    for model in sorted(truth.keys() | seen.keys()):
        for name in (*COUNTS, "cost_usd"):
            want, got = truth[model][name], seen.get(model, {}).get(name, Decimal(0))
            if abs(want - got) > (TOLERANCE_USD if name == "cost_usd" else 0):
                yield f"{model} {name}: true {want}, answered {got}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--sent", action="store_true", help="the calls are there already")
    args = parser.parse_args()
    if not args.sent:
        send(args)
    truth, seen = expected(args.dir), answered(args)
    wrong = list(differences(truth, seen))
    total = sum(row["cost_usd"] for row in truth.values())
    print(json.dumps({"models": len(truth), "true_cost_usd": str(total), "differences": wrong}, indent=1))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
