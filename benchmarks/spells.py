"""Times the spells engine beside SPARQL and beside self-merges of data frames, in one run, on the same store.

``years``: all pairs of organizations in each year, by every way, from the store to the numbers; they must be the same.
``day``: a million triples, 3.8 million pairs of organizations on one day.
``growth``: each job on ten times as many triples as before, and the exponent of its cost.

Seconds on the processor stand beside those on the clock, since a machine that does other things too stretches the
latter. Whoever was a full member on the last day of a year counts, for certain and possibly, as everywhere.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from resource import RLIMIT_AS, RUSAGE_SELF, getrusage, setrlimit
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyoxigraph as ox

from benchmarks import growth
from benchmarks.naive import ROOT
from cica_graph import queries
from cica_graph.memberships import arrays
from cica_graph.memberships.arrays import Counts
from cica_graph.model.terms import CG, CONCEPT, ID, XSD_DATE
from cica_graph.pipeline.steps import bound, derive, load, reason, settle
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store, snapshot_graph

COW = ROOT.parent / "shared" / "facts" / "cow" / "igo_membership_spells_long.csv"
YEARS = range(1816, 2015)
SEED = 20121
MEMORY = 12 << 30  # bytes that one measurement of growth may ask for
Numbers = Counts | Iterable[tuple[Any, Any, Any]]  # a matrix, or rows of two organizations and a count
ValidationFailed = tuple[Numbers, Numbers]


@dataclass(frozen=True)
class Run:
    """One membership by years, as Correlates of War has them."""

    member: str
    organization: str
    role: str
    first: int
    last: int


def correlates_of_war(path: Path) -> list[Run]:
    """Read the spells derived from Correlates of War."""
    role = {"1": "member", "2": "associate", "3": "observer"}
    with path.open(encoding="utf-8") as file:
        return [
            Run(r["ccode"], r["ionum"], role[r["status_code"]], int(r["first_year"]), int(r["last_year"]))
            for r in csv.DictReader(file)
        ]


def made_up(seed: int = SEED) -> list[Run]:
    """Make as many spells, of as many members in as many organizations, over the same years, more in later ones."""
    dice = random.Random(seed)
    runs = []
    for _ in range(18_927):
        first = 2014 - int(198 * dice.random() ** 3)
        last = 2014 if dice.random() < 0.7 else dice.randint(first, 2014)
        runs.append(Run(str(dice.randrange(210)), str(dice.randrange(534)), "member", first, last))
    return runs


def statements(runs: Iterable[Run]) -> Iterator[str]:
    """Yield the N-Triples that the steps of the build would have made of the runs; 2014 has no end."""
    for number, run in enumerate(runs):
        yield from membership(
            number, f"state/{run.member}", f"org/{run.organization}", run.role,
            date(run.first, 1, 1), date(run.first, 12, 31),
            date(run.last, 1, 1) if run.last < YEARS[-1] else date(run.last, 12, 31),
            date(run.last, 12, 31) if run.last < YEARS[-1] else None,
        )  # fmt: skip


def membership(number: int, member: str, organization: str, role: str, *bounds: date | None) -> Iterator[str]:
    """Yield one membership with its bounds, which give all its answers: eight or nine triples."""
    spell = f"<{ID}membership/{number}>"
    yield f"{spell} <{CG}standing> {spell} .\n"
    yield f"{spell} <{CG}member> <{ID}{member}> .\n"
    yield f"{spell} <{CG}organization> <{ID}{organization}> .\n"
    for prop in ("role", "inRole"):
        yield f"{spell} <{CG}{prop}> <{CONCEPT}{role}> .\n"
    for name, day in zip(("earliestStart", "latestStart", "earliestEnd", "latestEnd"), bounds, strict=True):
        if day is not None:
            yield f'{spell} <{CG}{name}> "{day}"^^<{XSD_DATE}> .\n'


def store_of(lines: Iterable[str]) -> Store:
    """Return a store of N-Triples."""
    store = Store()
    store.restore("".join(lines).encode())
    return store


# ---- All pairs in each year, by every way -------------------------------------------------------
# Each way yields, for each year, what is certain and what is at most so, in the form in which it comes.


def engine(store: Store) -> Iterator[ValidationFailed]:
    """Read the memberships once; then compare arrays and multiply matrices."""
    members = arrays.read(store).in_role("member")
    for year in YEARS:
        held = members.during(arrays.year(year))
        yield arrays.shared_counts(held.certain), arrays.shared_counts(held.possible)


def sparql(store: Store) -> Iterator[ValidationFailed]:
    """Take the snapshot of each year, and join it with itself by the quickest query that was found."""
    query = queries.read("pairs", (ROOT / "benchmarks" / "pairs.rq").read_text("utf-8"))
    for day in (date(year, 12, 31) for year in YEARS):
        derive.snapshot(store, day)
        sure, maybe = (
            store.select_columns(query.bind(snapshot=snapshot_graph(day), link=ox.NamedNode(CG + link)))
            for link in ("memberOf", "possiblyMemberOf")
        )
        store.remove_graph(snapshot_graph(day))  # else the engine passes over it in every year that follows
        yield zip(*sure, strict=True), zip(*maybe, strict=True)


def polars(store: Store) -> Iterator[ValidationFailed]:
    """Take those of the year from a frame of whole numbers, join them with themselves on the member, and count."""
    import polars as pl

    frame = pl.DataFrame(_numbers(store))
    for day in (date(year, 12, 31).toordinal() for year in YEARS):
        found = []
        for began, ended in _BOUNDS:
            alive = frame.lazy().filter((pl.col(began) <= day) & (day <= pl.col(ended)))
            alive = alive.select("member", "organization").unique()
            pairs = alive.join(alive, on="member", suffix="_2").group_by("organization", "organization_2").len()
            found.append(pairs.collect())
        yield found[0].iter_rows(), found[1].iter_rows()


def pandas(store: Store) -> Iterator[ValidationFailed]:
    """Do the same with pandas."""
    import pandas as pd

    frame = pd.DataFrame(_numbers(store))
    for day in (date(year, 12, 31).toordinal() for year in YEARS):
        found = []
        for began, ended in _BOUNDS:
            alive = frame[(frame[began] <= day) & (day <= frame[ended])][["member", "organization"]].drop_duplicates()
            pairs = alive.merge(alive, on="member", suffixes=("", "_2"))
            found.append(pairs.groupby(["organization", "organization_2"], sort=False).size().reset_index())
        yield found[0].itertuples(index=False), found[1].itertuples(index=False)


_BOUNDS = (("latest_start", "earliest_end"), ("earliest_start", "latest_end"))  # certain, and at most


def _numbers(store: Store) -> dict[str, Any]:
    """Return the memberships in whole numbers, as the engine reads them: the frames are spared the texts."""
    return {
        name: column
        for name, column in vars(arrays.read(store).in_role("member").memberships).items()
        if name != "role"
    }


WAYS: Mapping[str, Callable[[Store], Iterator[ValidationFailed]]] = {
    "spells engine": engine,
    "polars, self-merge by year": polars,
    "pandas, self-merge by year": pandas,
    "SPARQL, snapshot and the quickest query found": sparql,
}


@dataclass
class Spent:
    """Seconds on the clock and on the processor, of all threads together."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Add what the block takes."""
        wall, cpu = perf_counter(), process_time()
        yield
        self.wall, self.cpu = self.wall + perf_counter() - wall, self.cpu + process_time() - cpu


def compare(runs: Iterable[Run], ways: Iterable[str]) -> dict[str, Spent]:
    """Time each way on a store of its own, and compare its numbers with those of the first, year by year.

    :raises SystemExit: two ways give different numbers.
    """
    lines = list(statements(runs))
    spent: dict[str, Spent] = {}
    reference: dict[tuple[int, int], bytes] = {}
    for way in ways:
        store = store_of(lines)
        axis = arrays.read(store).organizations
        place: dict[object, int] = {name: at for at, name in enumerate(axis)} | {at: at for at in range(len(axis))}
        clock, found = Spent(), WAYS[way](store)
        for year in YEARS:
            with clock():
                both = next(found)
            for which, counts in enumerate(both):
                digest = hashlib.sha256(_upper(counts, place).tobytes()).digest()
                if reference.setdefault((year, which), digest) != digest:
                    raise SystemExit(f"{way} gives other numbers for {year} than the ways before it")
        spent[way] = clock
        print(f"{way}: {clock.wall:.2f} s", file=sys.stderr, flush=True)
    return spent


def _upper(counts: Numbers, place: Mapping[object, int]) -> Counts:
    """Return the counts of each two organizations once, the pair as the engine orders it."""
    if isinstance(counts, np.ndarray):
        return np.triu(counts, 1)
    matrix = np.zeros((len(place) // 2,) * 2, np.int32)
    for one, two, count in counts:
        matrix[place[one], place[two]] = count
    return np.triu(matrix, 1)


def years(data: Path | None) -> str:
    """Return the table of all pairs in each year, by every way."""
    runs = correlates_of_war(data) if data else made_up()
    spent = compare(runs, WAYS)
    best = spent["spells engine"]
    lines = ["| way | wall s | CPU s | times the wall s | times the CPU s |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {way} | {s.wall:.2f} | {s.cpu:.2f} | {s.wall / best.wall:.0f} | {s.cpu / best.cpu:.0f} |"
        for way, s in spent.items()
    ]
    what = f"{len(runs):,} spells of {data.name if data else f'the generator, seed {SEED}'}, {len(YEARS)} years"
    return "\n".join([f"{what}: the same numbers by every way.", "", *lines])


# ---- One day, a million triples -----------------------------------------------------------------


def day(organizations: int = 1950, members: int = 200, each: int = 70) -> str:
    """Return what it takes to count all pairs on one day from a store of a million triples, and its parts."""
    store = store_of(at_random(organizations, members, each))
    reading, counting = Spent(), Spent()
    with reading():
        engine = arrays.read(store).in_role("member")
    with counting():
        held = engine.during(arrays.on(growth.DAY))
        sure, maybe = arrays.shared_counts(held.certain), arrays.shared_counts(held.possible)
    return "\n".join(
        [
            f"{len(store.triples()):,} triples; {np.count_nonzero(maybe):,} of {sure.size:,} pairs share a member.",
            "",
            "| | wall s | CPU s |",
            "| --- | ---: | ---: |",
            f"| reading | {reading.wall:.2f} | {reading.cpu:.2f} |",
            f"| counting | {counting.wall:.2f} | {counting.cpu:.2f} |",
        ]
    )


def at_random(organizations: int, members: int, each: int, seed: int = SEED) -> Iterator[str]:
    """Yield the N-Triples of organizations that have so many of the members each."""
    dice = random.Random(seed)
    for organization in range(organizations):
        for number, member in enumerate(dice.sample(range(members), each)):
            first = date(dice.randint(1900, 2011), dice.randint(1, 12), 1)
            yield from membership(
                organization * each + number, f"state/{member}", f"org/{organization}", "member",
                first, first, date(2014, 12, 31), date(2014, 12, 31) if dice.random() < 0.2 else None,
            )  # fmt: skip


# ---- Growth ---------------------------------------------------------------------------------------

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
JOBS = ("load", "bound", "settle", "rules", "snapshot", "reading", "all pairs")
PEOPLE = 997  # members to choose from: a prime, so that growth.project never takes one twice


def shape(triples: int) -> tuple[int, int]:
    """Return how many organizations of how many members make so many stated triples.

    Both grow as the square root, from 1,950 organizations for a million, so that the pairs are as the triples.
    """
    organizations = round(1950 * math.sqrt(triples / 1e6))
    return organizations, round(triples / 8.8 / organizations)


def build(triples: int) -> Iterator[str]:
    """Yield the jobs of the build, each while it is done, on a project of so many stated triples."""
    organizations, members = shape(triples)
    with tempfile.TemporaryDirectory() as directory:
        growth.project(Path(directory), organizations=organizations, members=members, states=PEOPLE)
        project = Project.at(Path(directory))
        yield "load"
        store, _ = load.load(project.graph_files)
    yield "bound"
    store.add_quads(bound.bound(store)[0])
    yield "settle"
    store.add_quads(settle.settled(store))
    yield "rules"
    reason.reason(store)
    yield "done"


def answer(triples: int) -> Iterator[str]:
    """Yield the jobs of the answers for one day, each while it is done, on the same number of memberships."""
    organizations, members = shape(triples)
    store = store_of(at_random(organizations, PEOPLE, members))
    yield "snapshot"
    derive.snapshot(store, growth.DAY)
    yield "reading"
    engine = arrays.read(store).in_role("member")
    yield "all pairs"
    held = engine.during(arrays.on(growth.DAY))
    arrays.shared_counts(held.certain), arrays.shared_counts(held.possible)
    yield "done"


def measure(jobs: Iterator[str]) -> None:
    """Print each job with its seconds on the processor and the peak memory so far, as soon as it is done."""
    setrlimit(RLIMIT_AS, (MEMORY, MEMORY))
    job, start = next(jobs), process_time()
    for following in jobs:
        peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"job": job, "s": process_time() - start, "MB": peak}), flush=True)
        job, start = following, process_time()


def grow(sizes: list[int]) -> str:
    """Return the table of growth; each size is measured in processes of its own."""
    measured: dict[int, dict[str, dict[str, float]]] = {}
    for size in sizes:
        measured[size] = {}
        for part in ("build", "answer"):
            command = [sys.executable, "-m", "benchmarks.spells", "growth", "--measure", part, "--sizes", str(size)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode > 0 and "MemoryError" not in done.stderr:
                raise SystemExit(done.stderr)
            for line in done.stdout.splitlines():
                row = json.loads(line)
                measured[size][row.pop("job")] = row
    return growth_table(measured)


def growth_table(measured: Mapping[int, Mapping[str, Mapping[str, float]]]) -> str:
    """Return the measurements as Markdown: seconds, and bytes a triple, with their exponents.

    An exponent is the slope of the line through the logarithms, by least squares: of all sizes, and of the last two.
    """
    sizes = sorted(measured)
    lines = ["| | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent | of the last step |"]
    lines.append("| --- |" + " ---: |" * (len(sizes) + 2))
    for unit, of, scale in (("s", "{job}, s", 1.0), ("MB", "{job}, peak bytes a triple", 1e6)):
        for job in JOBS:
            found = [(size, measured[size][job][unit]) for size in sizes if job in measured[size]]
            values = {size: much * scale / (size if unit == "MB" else 1) for size, much in found}
            cells = [f"{values[n]:,.{2 if unit == 's' else 0}f}" if n in values else "out of memory" for n in sizes]
            slopes = [_slope(found), _slope(found[-2:])]
            lines.append(f"| {' | '.join([of.format(job=job), *cells, *(f'{k:.2f}' for k in slopes)])} |")
    return "\n".join(lines)


def _slope(points: list[tuple[int, float]]) -> float:
    """Return the exponent k of much ~ size^k, which is not a number for a single point."""
    if len(points) < 2:
        return math.nan
    sizes, much = np.log([size for size, _ in points]), np.log([max(value, 1e-6) for _, value in points])
    return float(np.polyfit(sizes, much, 1)[0])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="The spells engine beside SPARQL and beside data frames.")
    what = parser.add_subparsers(dest="what", required=True)
    by_year = what.add_parser("years", help="all pairs in each of 199 years, by every way")
    by_year.add_argument("--data", type=Path, default=COW if COW.exists() else None, help="spells by years, as CSV")
    what.add_parser("day", help="all pairs on one day, from a million triples")
    growing = what.add_parser("growth", help="each job on more and more triples")
    growing.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="stated triples")
    growing.add_argument("--measure", choices=("build", "answer"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.what == "years":
        print(years(given.data))
    elif given.what == "day":
        print(day())
    elif given.measure:
        measure({"build": build, "answer": answer}[given.measure](given.sizes[0]))
    else:
        print(grow(sorted(given.sizes)))


if __name__ == "__main__":
    main()
