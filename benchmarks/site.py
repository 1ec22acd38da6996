"""What the site costs: the shipped data cold, again and after one change; and how it grows with the organizations.

Each build is the command, in a process of its own with an interpreter to start; memory is the peak of that process.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from benchmarks.growth import project
from benchmarks.naive import ROOT

ORGANIZATIONS = 17
OLD, NEW = '"2018-08-15"^^edtf:EDTF ;', '"2018-08-16"^^edtf:EDTF ;'  # when Sri Lanka became a member of CICA


def build(project: Path, out: Path, cache: Path) -> tuple[float, int, int]:
    """Return seconds, pages, and files written anew."""
    command = [str(Path(sys.executable).with_name("cica-graph")), "build", "--project", str(project), "--out", str(out)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CICA_GRAPH_CACHE": str(cache)})
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr)
    found = re.search(r"([\d,]+) pages at .*, ([\d,]+) of them new", done.stderr)
    assert found, done.stderr
    return seconds, int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def shipped(runs: int, folder: Path) -> None:
    """Print the table of the shipped data."""
    own = folder / "project"
    for name in ("data", "ontology", "shapes"):
        shutil.copytree(ROOT / name, own / name)
    cica = own / "data" / "cica.ttl"
    text = cica.read_text("utf-8")
    assert OLD in text
    rows: dict[str, list[tuple[float, int, int]]] = {"cold": [], "again": [], "after one change": []}
    for n in range(runs):
        out, cache = folder / f"out{n}", folder / f"cache{n}"
        rows["cold"].append(build(own, out, cache))
        rows["again"].append(build(own, out, cache))
        cica.write_text(text.replace(OLD, NEW), "utf-8")
        rows["after one change"].append(build(own, out, cache))
        cica.write_text(text, "utf-8")
    print("| build | median s | pages | files written | ms a page |\n| --- | ---: | ---: | ---: | ---: |")
    for name, runs_ in rows.items():
        seconds, (_, pages, files) = median(r[0] for r in runs_), runs_[-1]
        print(f"| {name} | {seconds:.2f} | {pages:,} | {files:,} | {seconds / pages * 1000:.2f} |")


def grown(sizes: list[int], folder: Path) -> None:
    """Print how the cost of a cold build grows with the number of organizations."""
    print("| times the organizations | pages | s | ms a page | peak MB |\n| ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        own = folder / f"grown{size}"
        own.mkdir()
        project(own, organizations=ORGANIZATIONS * size)
        seconds, pages, _ = build(own, folder / f"site{size}", folder / f"cold{size}")
        peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest so far, and they grow
        print(f"| {size} | {pages:,} | {seconds:.1f} | {seconds / pages * 1000:.2f} | {peak:,.0f} |", flush=True)
        shutil.rmtree(folder / f"site{size}")


def main() -> None:
    """Run the measurements that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of the shipped data; 0 for none")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 5, 10, 25, 50])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.runs:
            shipped(chosen.runs, folder)
            print()
        grown(chosen.sizes, folder)


if __name__ == "__main__":
    main()
