"""Test of a store's engine: queries with known answers, at several sizes.

The test adds sample memberships to a separate graph, runs each kind of query that this package uses, and removes the
graph. The expected answers are computed from the same memberships.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CG, GRAPH, ID
from cica_graph.store import folder_store, quirks, verdicts
from cica_graph.store.engine import Engine
from cica_graph.store.remote import RemoteEngine
from cica_graph.store.store import day_literal, is_address, value

SIZES: Final = (1_000, 10_000, 100_000)  # approximate numbers of statements
SCRATCH: Final = ox.NamedNode(GRAPH + "scratch")
DAY: Final = date(2012, 6, 13)
_EACH: Final = 4  # approximate number of statements of one membership
_SEED: Final = 26

Row = tuple[str, ...]
Answer = Counter[Row]


@dataclass(frozen=True)
class SampleMembership:
    """A sample membership."""

    name: str
    member: str
    organization: str
    start: date
    end: date | None

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the statements about the membership."""
        membership = ox.NamedNode(f"{ID}membership/{self.name}")
        values: dict[str, ox.NamedNode | ox.Literal] = {
            "member": ox.NamedNode(self.member),
            "organization": ox.NamedNode(self.organization),
            "latestStart": day_literal(self.start),
        }
        if self.end is not None:
            values["earliestEnd"] = day_literal(self.end)
        for name, term in values.items():
            yield ox.Triple(membership, ox.NamedNode(CG + name), term)


@dataclass(frozen=True)
class JobResult:
    """Result of one job at one size.

    :ivar seconds: time that the engine took.
    :ivar wrong: description of the error in the answer; empty if the answer is correct.
    """

    job: str
    statements: int
    seconds: float
    wrong: str


def sample_memberships(statements: int) -> list[SampleMembership]:
    """Return memberships with about this number of statements.

    Some members join the same organization again, so the queries for pairs have to count distinct members.
    """
    dice = random.Random(_SEED)
    count = statements // _EACH
    organizations = max(4, round((2.8 * count) ** 0.5))
    members = [f"{ID}state/{n}" for n in range(200)]
    made = list[SampleMembership]()
    while len(made) < count:
        organization = f"{ID}org/{len(made) % organizations}"
        start = date(dice.randint(1945, 2011), dice.randint(1, 12), dice.randint(1, 28))
        end = date(start.year + dice.randint(1, 60), 12, 31) if dice.random() < 0.9 else None
        made.append(SampleMembership(str(len(made)), dice.choice(members), organization, start, end))
    return made


def check(where: str, sizes: Sequence[int] = SIZES) -> Iterator[JobResult]:
    """Yield the result of each job, size by size, at a store: an address, or a directory.

    The results for an address are saved. From then on, queries that need a job with a wrong answer are refused.

    :raises UsageError: the store cannot be written.
    """
    if not is_address(where):
        folder_store.open_engine(Path(where))
        with tempfile.TemporaryDirectory() as folder:
            yield from _at(_Embedded(Path(folder)), sizes)
        return
    remote, wrong = RemoteEngine(where, unchecked=True), dict[str, str]()
    for outcome in _at(_Remote(remote), sizes):
        if outcome.wrong:
            wrong.setdefault(outcome.job, f"{outcome.wrong}, with {outcome.statements:,} statements")
        yield outcome
    verdicts.save(where, verdicts.Verdicts(remote.server, wrong))


@dataclass(frozen=True)
class _Remote:
    engine: RemoteEngine

    @contextmanager
    def holding(self, triples: list[ox.Triple]) -> Iterator[Engine]:
        """Yield an engine with the statements in the scratch graph, and drop the graph at the end."""
        drop = f"DROP SILENT GRAPH {SCRATCH}"
        try:
            self.engine.update(drop)
        except UsageError as error:
            raise UsageError(
                f"the check needs to write the graph {SCRATCH.value}, but the server refuses it: {error}"
            ) from error
        try:
            size = quirks.engine_kind(self.engine.server).batch
            for start in range(0, len(triples), size):
                self.engine.add(SCRATCH, triples[start : start + size])
            yield self.engine
        finally:
            self.engine.update(drop)


@dataclass(frozen=True)
class _Embedded:
    folder: Path

    @contextmanager
    def holding(self, triples: list[ox.Triple]) -> Iterator[Engine]:
        """Yield an engine with the statements in the scratch graph."""
        store = ox.Store(str(self.folder / str(len(triples))))
        store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, SCRATCH) for t in triples)
        yield store


def _at(place: _Remote | _Embedded, sizes: Sequence[int]) -> Iterator[JobResult]:
    for size in sizes:
        memberships = sample_memberships(size)
        triples = [triple for membership in memberships for triple in membership.triples()]
        with place.holding(triples) as engine:
            for job, query, expected in _jobs(memberships):
                start = perf_counter()
                wrong = _wrong(engine, query, expected)
                yield JobResult(job, len(triples), perf_counter() - start, wrong)


def _wrong(engine: Engine, query: str, expected: Answer) -> str:
    try:
        rows = engine.query(query, default_graph=[SCRATCH], named_graphs=[])
    except UsageError as error:
        return str(error)
    assert isinstance(rows, ox.QuerySolutions)
    names = [v.value for v in rows.variables]
    found = Counter(tuple("" if row[n] is None else value(row[n]) for n in names) for row in rows)
    if found == expected:
        return ""
    if len(expected) == 1 and len(found) == 1:
        return f"{next(iter(found))[-1]} instead of {next(iter(expected))[-1]}"
    right = (found & expected).total()
    return f"{right:,} of {expected.total():,} rows are correct, and {found.total() - right:,} are wrong"


def _jobs(memberships: list[SampleMembership]) -> Iterator[tuple[str, str, Answer]]:
    """Yield each job with its query and the expected answer."""
    of = defaultdict[str, list[SampleMembership]](list)
    for m in memberships:
        of[m.organization].append(m)
    members = {organization: {m.member for m in those} for organization, those in of.items()}
    one, two = (ox.NamedNode(name) for name in sorted(of)[:2])
    mine = of[one.value]

    def bound(name: str, **values: ox.NamedNode | ox.Literal) -> str:
        return queries.shipped("check", name).bind(**values)

    def row(m: SampleMembership) -> Row:
        return m.start.isoformat(), m.end.isoformat() if m.end else ""

    yield (
        "lookup",
        bound("lookup", organization=one),
        Counter((f"{ID}membership/{m.name}", m.member, *row(m)) for m in mine),
    )
    yield (
        "one day",
        bound("day", organization=one, asOf=day_literal(DAY)),
        Counter((m.member,) for m in mine if m.end and m.start <= DAY <= m.end),
    )
    yield "reading", bound("reading"), Counter((m.member, m.organization, *row(m)) for m in memberships)
    shared = len(members[one.value] & members[two.value])
    yield "one pair", bound("pair", organization=one, other=two), Counter([(str(shared),)])
    yield "tallies", bound("tallies"), Counter((name, str(len(those))) for name, those in members.items())
    pairs = {(a, b): len(members[a] & members[b]) for a, b in combinations(sorted(members), 2)}
    pairs = {pair: count for pair, count in pairs.items() if count}
    yield "all pairs", bound("pairs"), Counter((*pair, str(count)) for pair, count in pairs.items())
    yield "number of pairs", bound("pairs-number"), Counter([(str(len(pairs)),)])
