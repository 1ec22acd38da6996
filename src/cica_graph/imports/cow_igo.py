"""Importer of the Correlates of War data on intergovernmental organizations, version 3.

A membership is a run of years of one status that no cell interrupts. If the cell before the run has another status, the
membership starts in the first year of the run. If the cells before have no data, it starts between the last cell with
another status and the first year of the run, and is stated as that range (``[1945..1991]``): a state that enters the
state system in 1991 did not necessarily join in 1991. If there is no such cell, and the organization was not founded
after the data begin, no start is stated, and the first year of the run attests the membership. The same rules apply
to ends.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TextIO

import pyoxigraph as ox

from cica_graph.files import atomic
from cica_graph.files.table_writer import TableWriter
from cica_graph.imports.concordance import NO_CONCORDANCE, Concordance, JoinedOrganization
from cica_graph.imports.cow_igo_cells import (
    ABSENT,  # fmt: skip
    ASSOCIATE,  # fmt: skip
    FULL,  # fmt: skip
    MISSING,  # fmt: skip
    NONE,  # fmt: skip
    OBSERVER,  # fmt: skip
    OUTSIDE,  # fmt: skip
    Cells,  # fmt: skip
    Organization,  # fmt: skip
    read,  # fmt: skip
)
from cica_graph.imports.cow_igo_coverage import CoveredYears, SystemYears, coverage
from cica_graph.imports.membership_writer import (
    NOT_STATED,
    GraphFile,
    MembershipRecord,
    Source,
    Statement,
    edtf,
    plain,
    said,
)
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress, share
from cica_graph.model.terms import CG, ID, RDF_TYPE
from cica_graph.store.store import Store

NAMES: Final = ("cow-igo.ttl", "cow-igo-disagreements.tsv")
COLUMNS: Final = ("ionum", "organization", "ccode", "state", "year")  # and one for each layout
ROLES: Final = {FULL: "member", ASSOCIATE: "associate", OBSERVER: "observer"}
SOURCE: Final = Source(
    slug="cow-igo",
    title="Correlates of War: Intergovernmental Organizations, version 3.0",
    licence=NOT_STATED,
    rights="free to use with version and citation; no licence is stated",
    page="https://correlatesofwar.org/data-sets/igos/",
    version="3.0",
    citation=(
        "Pevehouse, Jon C.W., Timothy Nordstrom, Roseanne W. McManus, Anne Spencer Jamison (2020): Tracking "
        "organizations in the world: The Correlates of War IGO Version 3.0 datasets. Journal of Peace Research "
        "57(3), 492-503. doi:10.1177/0022343319881175"
    ),
)
_PREFIXES: Final = {
    "cow": ID + "membership/cow/", "cow-doc": SOURCE.section(""), "cow-org": ID + "org/cow/",
    "cow-state": ID + "state/cow/", "cow-situation": ID + "situation/cow/",
}  # fmt: skip
# A state without a cell does not interrupt a run, but a year in which the organization did not exist does.
_RUN: Final = re.compile(b"|".join(b"%c(?:%c*%c)*" % (status, ABSENT, status) for status in ROLES))
_STATUS: Final = bytes(code if code in ROLES else NONE for code in range(256))
_SILENT: Final = frozenset((MISSING, OUTSIDE, ABSENT))
_WORDS: Final = {
    "state-year": {OUTSIDE: "no row", ABSENT: "-1"}, "igo-year": {OUTSIDE: "-1", ABSENT: "no row"},
}  # fmt: skip
_DIGITS: Final = {NONE: "0", FULL: "1", ASSOCIATE: "2", OBSERVER: "3", MISSING: "-9"}


@dataclass(frozen=True)
class CowActors:
    """The states and organizations of the project by COW number: ccode and ionum.

    :ivar joined: the organizations of the concordance.
    :ivar copy_of: IRI of the source of the project that has the same data, or empty.
    """

    states: Mapping[int, str]
    organizations: Mapping[int, str]
    joined: Mapping[int, JoinedOrganization] = field(default_factory=dict)
    copy_of: str = ""

    @classmethod
    def of(cls, store: Store, concordance: Concordance = NO_CONCORDANCE) -> CowActors:
        """Read the numbers of a graph, ``cg:cow``; a number that two things share is ignored."""
        numbers, kinds = defaultdict[int, set[str]](set), defaultdict[str, set[str]](set)
        for t in store.triples():
            if isinstance(t.subject, ox.NamedNode) and isinstance(t.object, ox.NamedNode | ox.Literal):
                if t.predicate.value == CG + "cow" and t.object.value.isdecimal():
                    numbers[int(t.object.value)].add(t.subject.value)
                elif t.predicate.value == RDF_TYPE:
                    kinds[t.subject.value].add(t.object.value.removeprefix(CG))
        found: dict[str, dict[int, str]] = {"State": {}, "Organization": {}}
        for kind, iris in found.items():
            for number, things in numbers.items():
                fitting = [iri for iri in things if kind in kinds[iri]]
                if len(fitting) == 1:
                    iris[number] = fitting[0]
        declared = {n: o.iri for n, o in concordance.by_cow.items() if o.declared} | found["Organization"]
        return cls(found["State"], declared, concordance.by_cow, concordance.copies.get(SOURCE.slug, ""))

    def state(self, ccode: int) -> str:
        """Return the IRI of a state: ours, or one of the dataset's own."""
        return self.states.get(ccode, f"{ID}state/cow/{ccode}")

    def organization(self, ionum: int) -> str:
        """Return the IRI of an organization: the project's, that of the concordance, or one of the dataset's own."""
        if ionum in self.organizations:
            return self.organizations[ionum]
        return self.joined[ionum].iri if ionum in self.joined else f"{ID}org/cow/{ionum}"


@dataclass(frozen=True, slots=True)
class Run:
    """A membership as the cells show it.

    :ivar number: which run of this state in this organization, from 1.
    :ivar first: the first year of the status.
    :ivar last: the last year of the status.
    :ivar begun: the first year in which it may have begun, None when that is not known.
    :ivar ended: the last year in which it may have ended, None when that is not known.
    """

    ionum: int
    ccode: int
    number: int
    status: int
    first: int
    last: int
    begun: int | None
    ended: int | None

    def record(self, known: CowActors) -> MembershipRecord:
        """Return the membership that the run makes."""
        start, end = _set(self.begun, self.first), _set(self.last, self.ended)
        attested = [str(year) for year, text in ((self.first, start), (self.last, end)) if text is None]
        return MembershipRecord(
            iri=f"{ID}membership/cow/{self.ionum}-{self.ccode}-{self.number}",
            member=known.state(self.ccode),
            organization=known.organization(self.ionum),
            number=self.number,
            role=ROLES[self.status],
            start=start,
            end=end,
            attested=tuple(dict.fromkeys(attested)),
        )


def _set(first: int | None, last: int | None) -> str | None:
    if first is None or last is None:
        return None
    return str(first) if first == last else f"[{first}..{last}]"


def runs(cells: Cells) -> Iterator[Run]:
    """Yield the spells of a file, in the order of its layout."""
    years = cells.years
    lives, pauses = _lives(cells, years), _pauses(cells, years)
    for ionum, ccode, series in cells.series(years):
        if ionum in pauses:
            series = bytes(NONE if paused else cell for cell, paused in zip(series, pauses[ionum], strict=True))
        for number, found in enumerate(_RUN.finditer(series), 1):
            # The same status on the other side of a gap contradicts nothing: the membership may have continued.
            before, after, harmless = found.start() - 1, found.end(), _SILENT | {found[0][0]}
            while before >= 0 and series[before] in harmless:
                before -= 1
            while after < len(years) and series[after] in harmless:
                after += 1
            begun, ended = lives[ionum]
            yield Run(
                ionum, ccode, number, found[0][0], years[found.start()], years[found.end() - 1],
                years[before + 1] if before >= 0 else begun, years[after - 1] if after < len(years) else ended,
            )  # fmt: skip


def _lives(cells: Cells, years: range) -> dict[int, tuple[int | None, int | None]]:
    """Return the first and last year of each organization, from the dataset and its rows; None if it is not known."""
    silent = bytes((OUTSIDE, ABSENT))
    firsts, lasts = dict[int, int](), dict[int, int]()
    for ionum, _, series in cells.series(years):
        if heard := series.strip(silent):
            first = years[series.index(heard)]
            firsts[ionum] = min(first, firsts.get(ionum, first))
            lasts[ionum] = max(years[len(series.rstrip(silent)) - 1], lasts.get(ionum, years[0]))
    lives = {}
    for ionum, organization in cells.organizations.items():
        first, last = firsts.get(ionum, years[-1]), lasts.get(ionum, years[0])
        begun = min(first, organization.start or first) if organization.start or first > years[0] else None
        # An organization with rows up to the last year of the file has no end, even if the dataset gives one.
        ended = max(last, organization.end) if organization.end and last < years[-1] else None
        lives[ionum] = begun, ended
    return lives


def _pauses(cells: Cells, years: range) -> dict[int, bytes]:
    """Return a flag for each year in which an organization did not exist, although it did before and after.

    In such a year, a state of the file has the code for that, or the organization has no row.
    """
    exists, absent = defaultdict[int, int](int), defaultdict[int, int](int)
    has_row = bytes(code not in (ABSENT, OUTSIDE) for code in range(256))
    is_absent = bytes(code == ABSENT for code in range(256))
    for ionum, _, series in cells.series(years):
        exists[ionum] |= int.from_bytes(series.translate(has_row), "big")
        absent[ionum] |= int.from_bytes(series.translate(is_absent), "big")
    found = {}
    for ionum, flags in exists.items():
        rows = flags.to_bytes(len(years), "big")
        paused = bytearray((absent[ionum] & ~flags).to_bytes(len(years), "big"))
        first, last = rows.find(1), rows.rfind(1)
        paused[: first + 1], paused[last:] = bytes(first + 1), bytes(len(years) - last)
        if first >= 0 and any(paused):
            found[ionum] = bytes(paused)
    return found


@dataclass(frozen=True)
class CowOutcome:
    """The result of an import.

    :ivar memberships: how many memberships were written.
    :ivar organizations: how many organizations they are of.
    :ivar states: how many states are members.
    :ivar ours: how many of the organizations and of the states are the project's.
    :ivar vague: how many memberships have a start or an end in years without data.
    :ivar differing: how many cells differ in a membership, None for one file.
    :ivar one_sided: how many cells with a membership are in only one of the two files.
    """

    cells: Cells
    memberships: int
    organizations: int
    states: int
    ours: tuple[int, int]
    vague: int
    differing: int | None = None
    one_sided: int = 0


def convert(paths: Sequence[Path], known: CowActors, out: Path, *, on_progress: OnProgress | None = None) -> CowOutcome:
    """Read a file, or one of each layout, and write :data:`NAMES` to a directory, all or none.

    The memberships are those of the first file. The second is compared with it: each cell in which they differ in
    a membership is a row of the second output.

    :raises UsageError: no such file, a header that is of neither layout, or two files of one layout.
    :raises ValidationFailed: there are rows that cannot be read.
    """
    if len(paths) > 2:
        raise UsageError("give one file, or one of each layout; the second is compared with the first")
    files = [read(path, share(on_progress, number, len(paths))) for number, path in enumerate(paths)]
    if len({file.layout for file in files}) < len(files):
        raise UsageError(
            f"{paths[0]} and {paths[1]} are both {files[0].layout}; the second file must have the other layout"
        )
    out.mkdir(parents=True, exist_ok=True)
    with atomic.text_files(*(out / name for name in NAMES[: len(files)])) as (graph, *table):
        outcome = _write(graph, files[0], known)
        if len(files) == 1:
            return outcome
        differing, one_sided = _disagreements(table[0], files[0], files[1])
        return replace(outcome, differing=differing, one_sided=one_sided)


def _write(file: TextIO, cells: Cells, known: CowActors) -> CowOutcome:
    source = replace(SOURCE, copy_of=known.copy_of)
    graph = GraphFile(file, source, "Memberships according to the Correlates of War project", _PREFIXES)
    section = SOURCE.section(cells.layout)
    graph.section(section, f"{cells.layout} format 3: {cells.path.name}")
    found = list(runs(cells))
    states, organizations = sorted({r.ccode for r in found}), sorted({r.ionum for r in found})
    system, covered = coverage(cells)
    last_years = {years.ccode: years.last for years in system}
    for ccode in sorted({*states, *last_years}):
        if ccode not in known.states:
            ended = last_years.get(ccode, cells.years[-1]) < cells.years[-1]
            graph.thing(
                known.state(ccode), "cg:State", ("skos:prefLabel", said(cells.states[ccode])), ("cg:cow", str(ccode)),
                *((("cg:end", edtf(str(last_years[ccode]))),) if ended else ()),
                ("dcterms:source", graph.iri(section)),
            )  # fmt: skip
    lives = _lives(cells, cells.years)
    for ionum in sorted({*organizations, *(years.ionum for years in covered)}):
        if ionum not in known.organizations:
            _organization(graph, known, ionum, cells.organizations[ionum], lives[ionum], section)
    for run in found:
        graph.membership(run.record(known), [section])
    _coverage(graph, known, system, covered, section)
    return CowOutcome(
        cells, len(found), len(organizations), len(states),
        (sum(n in known.organizations for n in organizations), sum(n in known.states for n in states)),
        sum(run.begun != run.first or (run.ended != run.last and run.last < cells.years[-1]) for run in found),
    )  # fmt: skip


def _organization(
    graph: GraphFile, known: CowActors, ionum: int, organization: Organization, life: tuple[int | None, int | None],
    section: str,
) -> None:  # fmt: skip
    joined, years = known.joined.get(ionum), zip(("cg:start", "cg:end"), life, strict=True)
    graph.thing(
        known.organization(ionum), "cg:Organization",
        ("skos:notation", plain(joined.acronym if joined else organization.acronym)),
        ("skos:prefLabel", said(joined.name if joined else organization.name)), ("cg:cow", str(ionum)),
        *((name, edtf(str(year))) for name, year in years if year), ("dcterms:source", graph.iri(section)),
    )  # fmt: skip


def _coverage(
    graph: GraphFile, known: CowActors, system: Sequence[SystemYears], covered: Sequence[CoveredYears], section: str
) -> None:
    """Write the years for which the data name every member, and the years of the states in the state system.

    The data have some associates and observers but do not have all of them, so only full members are covered.
    """
    population, base = SOURCE.section("state-system"), ID + "situation/cow/"
    graph.section(population, "States of the state system, by the years for which the data speak of them")

    def period(first: int, last: int) -> tuple[Statement, Statement]:
        return ("cg:start", edtf(str(first))), ("cg:end", edtf(str(last)))

    for ccode, first, last in system:
        state = ("cg:lifeOf", graph.iri(known.state(ccode)))
        source = ("dcterms:source", graph.iri(population))
        graph.thing(f"{base}life-{ccode}-{first}", "cg:Lifetime", state, *period(first, last), source)
    for ionum, first, last, unknown in covered:
        graph.thing(
            f"{base}coverage-{ionum}-{first}", "cg:Coverage",
            ("cg:covers", graph.iri(known.organization(ionum))), ("cg:coversRole", "c:member"), *period(first, last),
            ("cg:among", graph.iri(population)),
            *([("cg:unknownAmong", graph.iri(population))] if unknown is None else ()),
            *(("cg:unknownFor", graph.iri(known.state(ccode))) for ccode in unknown or ()),
            ("dcterms:source", graph.iri(section)),
        )  # fmt: skip


def _disagreements(file: TextIO, here: Cells, there: Cells) -> tuple[int, int]:
    """Write each cell in which one of two files has a status and the other another, and count them."""
    row = TableWriter(file, [*COLUMNS, here.layout, there.layout], delimiter="\t").write
    years = range(min(here.years[0], there.years[0]), max(here.years[-1], there.years[-1]) + 1)
    words = [_DIGITS | _WORDS[cells.layout] for cells in (here, there)]
    others = {(ionum, ccode): series for ionum, ccode, series in there.series(years)}
    differing = one_sided = 0
    for ionum, ccode, mine in here.series(years):
        yours = others.get((ionum, ccode), mine)
        if mine.translate(_STATUS) == yours.translate(_STATUS):
            continue
        for year, a, b in zip(years, mine, yours, strict=True):
            if a != b and (a in ROLES or b in ROLES):
                told = words[0][a], words[1][b]
                one_sided += "no row" in told
                differing += "no row" not in told
                row((ionum, here.organizations[ionum].acronym, ccode, here.states[ccode], year, *told))
    return differing, one_sided
