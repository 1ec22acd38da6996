"""Times cica-graph beside the naive stack, in one run: every process fresh, wall time, interpreter included."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter

from benchmarks.naive import ROOT, Overlap, differences, ours

DAY = date(2012, 6, 13)
NAIVE, FULL = "naive stack", "naive stack with the checks of sets"
FLOOR = "`python -c pass`"
OURS = [
    FLOOR,
    "`check`, cold",
    "`check`, again",
    "`members CICA`, cold",
    "`members CICA`, again",
    "`overlaps CICA`, again",
]
CICA = [sys.executable, "-m", "cica_graph"]
CHECK = [*CICA, "check"]
MEMBERS = [*CICA, "members", "CICA", "--on", DAY.isoformat()]
OVERLAPS = [*CICA, "overlaps", "CICA", "--on", DAY.isoformat()]
STACK = [sys.executable, "-m", "benchmarks.naive", "--json", "--on", DAY.isoformat()]


@dataclass
class Timing:
    """How long one command took, once for each run: wall time, and time on the processor, in seconds."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self, command: list[str], cache: str) -> str:
        """Run the command once more with this cache directory, and return what it printed.

        :raises SystemExit: the command failed, so that its time means nothing.
        """
        before, start = _cpu(), perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"CICA_GRAPH_CACHE": cache}, capture_output=True, text=True, check=False
        )
        self.wall.append(perf_counter() - start)
        self.cpu.append(_cpu() - before)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def _cpu() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def our_round(timings: dict[str, Timing]) -> None:
    """Run each of our commands once: with an empty cache, then again with the cache that the first left."""
    timings[FLOOR].run([sys.executable, "-c", "pass"], "")
    with tempfile.TemporaryDirectory() as cache:
        timings["`check`, cold"].run(CHECK, cache)
        timings["`check`, again"].run(CHECK, cache)
    with tempfile.TemporaryDirectory() as cache:
        timings["`members CICA`, cold"].run(MEMBERS, cache)
        timings["`members CICA`, again"].run(MEMBERS, cache)
        timings["`overlaps CICA`, again"].run(OVERLAPS, cache)


def naive_round(timing: Timing, command: list[str]) -> dict[str, float]:
    """Run the naive stack once; return the seconds of its stages.

    :raises SystemExit: it does not find what cica-graph finds, so that the comparison would not be one.
    """
    answers = json.loads(timing.run(command, ""))
    found = [Overlap(**overlap) for overlap in answers["overlaps"]]
    if not answers["conforms"] or answers["contradictions"] or differences(found, ours(ROOT, DAY)):
        raise SystemExit(f"the {timing.name} does not find what cica-graph finds")
    return dict(answers["seconds"])


def table(timings: list[Timing]) -> str:
    """Return the timings as Markdown; the last columns are shares of the naive stacks' medians."""
    bases = [timing for timing in timings if timing.name in (NAIVE, FULL)]
    heads = ["what", "runs", "min s", "median s", "max s", "CPU s", *(f"of {base.name}" for base in bases)]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for timing in timings:
        numbers = [min(timing.wall), median(timing.wall), max(timing.wall), median(timing.cpu)]
        shares = [f"{median(timing.wall) / median(base.wall):.3f}" for base in bases]
        cells = [timing.name, str(len(timing.wall)), *(f"{n:.2f}" for n in numbers), *shares]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="cica-graph beside the naive stack, in one run.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each of our commands")
    parser.add_argument("--naive-runs", type=int, default=1, help="runs of the naive stack")
    parser.add_argument("--no-sets", action="store_true", help="leave out the naive stack with the checks of sets")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    given = parser.parse_args()

    stacks = {NAIVE: STACK} if given.no_sets else {NAIVE: STACK, FULL: [*STACK, "--sets"]}
    timings = {name: Timing(name) for name in [*OURS, *stacks]}
    stages: dict[str, float] = {}
    for turn in range(max(given.runs, given.naive_runs)):  # in turns, so that a busy minute falls on all alike
        if turn < given.runs:
            our_round(timings)
        if turn < given.naive_runs:
            for name, command in stacks.items():
                stages = naive_round(timings[name], command) | stages

    ran = [timing for timing in timings.values() if timing.wall]
    if given.json:
        print(json.dumps({"timings": {t.name: {"wall": t.wall, "cpu": t.cpu} for t in ran}, "naive": stages}, indent=2))
        return
    print(table(ran))
    print("\n| stage of the naive stack | s |\n| --- | ---: |")
    print("\n".join(f"| {stage} | {seconds:.2f} |" for stage, seconds in stages.items()))


if __name__ == "__main__":
    main()
