"""Times cica-graph beside the naive stack, in one run: every process fresh, wall time, interpreter included."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.naive import ROOT, Overlap, differences, ours

DAY = date(2012, 6, 13)
NAIVE, FULL = "naive stack", "naive stack with the checks of sets"
COLD = "`check`, cold"
PYTHON = [sys.executable, "-W", "ignore"]
CICA = [*PYTHON, "-m", "cica_graph"]
CHECK = [*CICA, "check"]
MEMBERS = [*CICA, "members", "CICA", "--on", DAY.isoformat()]
OVERLAPS = [*CICA, "overlaps", "CICA", "--on", DAY.isoformat()]
STACK = [*PYTHON, "-m", "benchmarks.naive", "--json", "--on", DAY.isoformat()]


@dataclass(frozen=True)
class Timing:
    """How long one command took, once for each run, in seconds."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one of the runs."""
        return median(self.seconds)


def clock(command: list[str], cache: str) -> tuple[float, str]:
    """Run a command with its own cache directory; return its wall time and what it printed.

    :raises SystemExit: the command failed, so that its time means nothing.
    """
    start = perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"CICA_GRAPH_CACHE": cache}, capture_output=True, text=True, check=False
    )
    seconds = perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def ours_cold(name: str, command: list[str], runs: int) -> Timing:
    """Time a command that finds an empty cache each time."""
    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            seconds.append(clock(command, cache)[0])
    return Timing(name, tuple(seconds))


def ours_warm(name: str, command: list[str], runs: int) -> Timing:
    """Time a command whose work is in the cache already."""
    with tempfile.TemporaryDirectory() as cache:
        clock(command, cache)
        return Timing(name, tuple(clock(command, cache)[0] for _ in range(runs)))


def naive(name: str, command: list[str], runs: int) -> tuple[Timing, dict[str, float]]:
    """Time the naive stack; return the seconds of its stages in the last run too.

    :raises SystemExit: it does not find what cica-graph finds, so that the comparison would not be one.
    """
    seconds, stages = [], dict[str, float]()
    for _ in range(runs):
        taken, printed = clock(command, os.devnull)
        seconds.append(taken)
        answers = json.loads(printed)
        stages = answers["seconds"]
        found = [Overlap(**overlap) for overlap in answers["overlaps"]]
        if not answers["conforms"] or answers["contradictions"] or differences(found, ours(ROOT, DAY)):
            raise SystemExit(f"the {name} does not find what cica-graph finds")
    return Timing(name, tuple(seconds)), stages


def table(timings: list[Timing]) -> str:
    """Return the timings as Markdown; the last two columns are shares of the naive stack's medians."""
    by_name = {timing.name: timing for timing in timings}
    bases = [by_name[name] for name in (NAIVE, FULL) if name in by_name]
    heads = ["what", "runs", "min s", "median s", "max s", *(f"of {base.name}" for base in bases)]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for timing in timings:
        numbers = [f"{n:.2f}" for n in (min(timing.seconds), timing.median, max(timing.seconds))]
        shares = [f"{timing.median / base.median:.3f}" for base in bases]
        lines.append(f"| {' | '.join([timing.name, str(len(timing.seconds)), *numbers, *shares])} |")
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="cica-graph beside the naive stack, in one run.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each of our commands")
    parser.add_argument("--naive-runs", type=int, default=1, help="runs of the naive stack")
    parser.add_argument("--no-sets", action="store_true", help="leave out the naive stack with the checks of sets")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    given = parser.parse_args()

    timings = [Timing("`python -c pass`", tuple(clock([*PYTHON, "-c", "pass"], "")[0] for _ in range(given.runs)))]
    timings.append(ours_cold(COLD, CHECK, given.runs))
    timings.append(ours_warm("`check`, again", CHECK, given.runs))
    timings.append(ours_cold("`members CICA`, cold", MEMBERS, given.runs))
    timings.append(ours_warm("`members CICA`, again", MEMBERS, given.runs))
    timings.append(ours_warm("`overlaps CICA`, again", OVERLAPS, given.runs))
    stages: dict[str, float] = {}
    for name, command in [(NAIVE, STACK), (FULL, [*STACK, "--sets"])][: 1 if given.no_sets else 2]:
        timing, took = naive(name, command, given.naive_runs)
        timings.append(timing)
        stages |= {stage: seconds for stage, seconds in took.items() if stage not in stages}

    if given.json:
        print(json.dumps({"timings": {t.name: t.seconds for t in timings}, "naive": stages}, indent=2))
        return
    print(table(timings))
    print("\n| stage of the naive stack | s |\n| --- | ---: |")
    print("\n".join(f"| {stage} | {seconds:.2f} |" for stage, seconds in stages.items()))


if __name__ == "__main__":
    main()
