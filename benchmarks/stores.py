"""Times a graph of many memberships in each store: filling it, and asking it what commands ask.

``python -m benchmarks.stores DIR|URL ...``; memory is always measured beside. What stores hold of cica-graph is
replaced. The answers must be the same everywhere.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks import growth
from cica_graph import Graph
from cica_graph.graph import open_store, readings
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project
from cica_graph.store.load import fill
from cica_graph.store.store import Store

JOBS: dict[str, Callable[[Graph], object]] = {
    "members of one organization": lambda g: g.members("ORG7", on=growth.DAY),
    "overlaps of one": lambda g: g.overlaps("ORG7", on=growth.DAY),
    "overlaps by year, 1990 to 2014": lambda g: list(g.overlaps_by_year("ORG7", since=1990, until=2014)),
    "audit": lambda g: g.audit(),
    "reading everything": lambda g: len(g.store.copy().quads()),
}


def measure(places: list[str], organizations: int) -> str:
    """Return the table of seconds, a column for each store.

    :raises SystemExit: two stores give different answers.
    """
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        growth.project(Path(directory), organizations=organizations, members=growth.MEMBERS)
        built = build.graph(Project.at(Path(directory)))
        answers: dict[str, object] = {}
        for place in ("", *places):
            seconds = columns.setdefault(place or "memory", {})
            if place:
                fill(place, Store())  # so that what it may hold from the last time is not found to be the same
                start = perf_counter()
                fill(place, built.store, readings())
                seconds["filling"] = perf_counter() - start
            for job, ask in JOBS.items():
                start = perf_counter()
                found = ask(open_store(place) if place else Graph(built))
                seconds[job] = perf_counter() - start
                if answers.setdefault(job, found) != found:
                    raise SystemExit(f"{place} answers {job!r} otherwise than memory")
    lines = [f"| | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for job in ("filling", *JOBS):
        cells = (f"{s[job]:.2f}" if job in s else "" for s in columns.values())
        lines.append(f"| {job} | {' | '.join(cells)} |")
    count = answers["reading everything"]
    return "\n".join(
        [f"{organizations * growth.MEMBERS:,} memberships, {count:,} statements in named graphs.", "", *lines]
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="A graph of many memberships in each store.")
    parser.add_argument("places", nargs="*", metavar="DIR|URL")
    parser.add_argument("--organizations", type=int, default=469, help="of 32 members each")
    given = parser.parse_args()
    print(measure(given.places, given.organizations))


if __name__ == "__main__":
    main()
