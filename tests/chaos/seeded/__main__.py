"""`python -m tests.chaos.seeded`: one seed or many, on a control plane of their own."""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from tests.chaos.seeded.play import Outcome, play
from tests.chaos.seeded.script import Script, draw
from tests.chaos.seeded.shrink import shrunk
from tests.cluster.install import ROOT, install
from tests.commit import commit
from tracardi_operator.devcluster import ControlPlane

RECORD: Final = ROOT / "bench" / "chaos.jsonl"


def main() -> int:
    options = _options()
    failed = 0
    with ControlPlane.start() as plane:
        install(plane)
        for seed in range(options.seed, options.seed + options.runs):
            outcome = _play(draw(seed), plane, options.record)
            if outcome.failed:
                failed += 1
                _tell_failure(seed, outcome, plane, shrink=options.shrink)
    print(f"{options.runs} runs, {failed} failed")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--runs", type=int, default=1, help="so many consecutive seeds")
    parser.add_argument("--shrink", action="store_true", help="look for a part of the steps that fails too")
    parser.add_argument("--record", type=Path, help="a file that a line of JSON is added to for each run")
    return parser.parse_args()


def _play(script: Script, plane: ControlPlane, record: Path | None) -> Outcome:
    try:
        outcome = play(script, plane)
    except Exception:
        outcome = Outcome([traceback.format_exc()], steps=len(script.steps))
    faults = sum(outcome.faults.values())
    print(
        f"seed {script.seed}: {'FAILED' if outcome.failed else 'ok'}, {outcome.steps} steps, {faults} faults, "
        f"{outcome.writes} outputs written, {outcome.published} right at the end, settled after "
        f"{outcome.settled:.1f} s, {outcome.seconds:.1f} s in all",
        flush=True,
    )
    if record:
        record.parent.mkdir(exist_ok=True)
        with record.open("a") as file:
            file.write(json.dumps(_line(script, outcome)) + "\n")
    return outcome


def _line(script: Script, outcome: Outcome) -> dict[str, Any]:
    return {
        "seed": script.seed,
        "commit": commit(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "replicas": script.replicas,
        "steps": outcome.steps,
        "faults": dict(sorted(outcome.faults.items())),
        "writes": outcome.writes,
        "published": outcome.published,
        "settled_seconds": round(outcome.settled, 1),
        "seconds": round(outcome.seconds, 1),
        "violations": outcome.violations,
    }


def _tell_failure(seed: int, outcome: Outcome, plane: ControlPlane, *, shrink: bool) -> None:
    print(*outcome.violations[:20], sep="\n")
    script = draw(seed)
    if shrink:
        script = shrunk(script, lambda part: play(part, plane).failed, tell=print)
    print(*(f"{number:3} {step}" for number, step in enumerate(script.steps)), sep="\n")
    print(f"again: make chaos SEED={seed}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
