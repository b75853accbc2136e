"""Kill -9 at random moments under load, hundreds of times, and count what is missing or counted twice afterwards.

    kill_bench.py [--kills store=100,web=50,everything=50] [--seed 1] [--data DIR]

Starts the whole product (store, two web processes, worker, beat) on an empty directory, sends from four connections
that repeat each batch until it is acknowledged, and kills in random order: `store`, `web` (sometimes one process,
sometimes the one that looks after them) or `everything`, the launcher included. At the end every acknowledged call must
be in the list exactly once and as last told, and the sums of calls and tokens must be exact, from calls and from
rollups. Prints one JSON object; exits with 1 if anything is wrong.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.ingest.kills import TARGETS, Onslaught
from tests.services.launcher import launchers

LISTS = ("missing", "unknown", "different", "wrong answers")


def order(text: str, seed: int) -> list[str]:
    """Return the kills of `store=100,web=50` in random order."""
    wanted = {name: int(count) for name, _, count in (part.partition("=") for part in text.split(","))}
    if unknown := set(wanted) - set(TARGETS):
        raise SystemExit(f"--kills: {', '.join(sorted(unknown))} is not one of {', '.join(TARGETS)}.")
    kills = [name for name, count in wanted.items() for _ in range(count)]
    random.Random(seed).shuffle(kills)
    return kills


def main() -> int:
    """Run, report, and say by the exit code whether nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", default="store=100,web=50,everything=50")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="an empty directory; by default one that is removed afterwards")
    args = parser.parse_args()
    kills, began = order(args.kills, args.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-bench-") as scratch, launchers(args.data or Path(scratch)) as make:
        onslaught = Onslaught(make, seed=args.seed)
        onslaught.run(kills, say=lambda line: print(line, file=sys.stderr, flush=True))
        report = onslaught.report()
        sums = {"calls": onslaught.sums(), "rollups": onslaught.sums("hour"), "expected": onslaught.expected()}
    wrong = any(report[name] for name in (*LISTS, "doubled")) or len({str(value) for value in sums.values()}) != 1
    counts = {name: len(report[name]) for name in LISTS}
    print(json.dumps(report | counts | {"sums": sums, "seconds": round(time.monotonic() - began), "ok": not wrong}))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
