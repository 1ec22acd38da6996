"""Importer of the CIA World Factbook's field "International organization participation".

A snapshot is a table (a row for each country and organization) or the country files of
https://github.com/factbook/factbook.json, in which the field is a list: ``ADB, APEC, CICA (observer), ...``. Brackets
contain the status; without brackets it is member. There are no dates: a snapshot attests memberships on its day only.
"""

from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TextIO

from cica_graph.files import atomic
from cica_graph.files.bounded import read_file
from cica_graph.files.external_sort import Row, Sorter
from cica_graph.files.table_reader import BadRow, TableReader, invalid_text, open_table
from cica_graph.files.table_writer import TableWriter
from cica_graph.imports.concordance import NO_CONCORDANCE, Concordance, JoinedOrganization
from cica_graph.imports.membership_writer import GraphFile, MembershipRecord, Source, plain, said
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate, NotFound, UsageError
from cica_graph.model.names import Names
from cica_graph.model.normalise import caseless
from cica_graph.model.progress import OnProgress, share
from cica_graph.model.terms import ID, PREFIXES, local

LEFT_OUT: Final = "factbook-left-out.tsv"
COLUMNS: Final = ("file", "line", "reason", "country", "organization", "status")
MOST_DAYS: Final = 100  # snapshots of one import; each is a file
CLOSED: Final = date(2026, 2, 4)  # the publisher had closed the Factbook by this day; a later copy is the same edition
MAX_BYTES: Final = 16 << 20  # of a country file; the largest real ones have 200 KB
_FIELD: Final = "International organization participation"
_ITEM: Final = re.compile(r"\s*([^,;()]+?)\s*(?:\(([^()]*)\)|\(([^,;()]*))?\s*(?:[,;]|$)")
_ACTOR, _SPELL = range(2)  # kinds of rows to be sorted, in the order of the file
_CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True)
class FactbookEntry:
    """That a snapshot lists a country as taking part in an organization.

    :ivar line: counted from 1; 0 in a country file.
    :ivar country: code of the Factbook (GEC), such as ``kz``.
    :ivar iso3: ISO 3166-1 alpha-3 code, empty when none is given or known.
    :ivar organization: the abbreviation.
    :ivar statuses: the content of the brackets, one text for each pair.
    """

    line: int
    day: date
    country: str
    iso3: str
    organization: str
    statuses: tuple[str, ...]


@cache
def _countries() -> Mapping[str, tuple[str, str]]:
    """Return alpha-3 code and name of each country by its GEC code."""
    return {row["gec"]: (row["iso3"], row["name"]) for row in _shipped("factbook-states.csv")}


@cache
def _statuses() -> Mapping[str, Mapping[str, str]]:
    """Return the role of each status, or the reason why it is not a role."""
    return {row["status"]: row for row in _shipped("factbook-statuses.csv")}


def _shipped(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(files("cica_graph.imports").joinpath(name).read_text("utf-8").splitlines())


def items(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the abbreviations of a list, each with the content of its brackets; a closing bracket may be missing."""
    text = re.sub(r"<[^>]*>", " ", html.unescape(text))
    for found in _ITEM.finditer(text):
        status = found[2] if found[2] is not None else found[3] or ""
        if name := " ".join(found[1].split()):
            yield name, tuple(s for s in (" ".join(status.split()),) if s)


def entries(path: Path, as_of: date | None, on_progress: OnProgress | None = None) -> Iterator[FactbookEntry | BadRow]:
    """Yield what a file lists. ``as_of`` is the day of a file that does not say its own.

    :raises UsageError: no such file, no such columns, or no day.
    """
    if path.suffix == ".json":
        yield from _country_file(path, as_of)
        return
    with open_table(path, on_progress) as rows:
        yield from _rows(rows, as_of)


def _rows(rows: TableReader, as_of: date | None) -> Iterator[FactbookEntry | BadRow]:
    gec, organization = rows.column("gec_code"), rows.column("org_abbreviation")
    iso3, status, day = (
        rows.column(name) if name in rows.header else None for name in ("iso3", "status", "snapshot_date")
    )
    if day is None and as_of is None:
        raise UsageError(f"{rows.path} has no column 'snapshot_date'; say with --as-of for which day it speaks")
    for row in rows.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        country, listed, code, said_status, said_day = (
            "" if at is None else row.cells[at].strip() for at in (gec, organization, iso3, status, day)
        )
        if fault := invalid_text(country + listed + code + said_status):
            yield BadRow(row.line, row.cells, f"a cell holds {fault}")
            continue
        try:
            when = Day.of(said_day) if day is not None else as_of
            assert when is not None
        except InvalidDate as error:
            yield BadRow(row.line, row.cells, str(error))
            continue
        found = list(items(listed))
        if len(found) != 1:
            yield BadRow(row.line, row.cells, f"{listed[:60]!r} is not the abbreviation of one organization")
            continue
        (abbreviation, brackets) = found[0]
        statuses = (*brackets, *((said_status,) if said_status else ()))
        yield FactbookEntry(
            row.line, when, country, code or _countries().get(country, ("", ""))[0], abbreviation, statuses
        )


def _country_file(path: Path, as_of: date | None) -> Iterator[FactbookEntry | BadRow]:
    if as_of is None:
        raise UsageError(f"{path} does not say for which day it speaks; say it with --as-of")
    text = read_file(path, MAX_BYTES, ", so it is not a country file")
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield BadRow(0, [], f"the file is not JSON: {error}")
        return
    country = path.stem.partition("-")[0].lower()
    try:
        listed = said["Government"][_FIELD]["text"]
    except (KeyError, TypeError):
        yield BadRow(0, [country], f"it has no field Government, {_FIELD}")
        return
    for organization, statuses in items(str(listed)):
        yield FactbookEntry(0, as_of, country, _countries().get(country, ("", ""))[0], organization, statuses)


@dataclass
class FactbookOutcome:
    """The result of an import.

    :ivar rows: entries read, good or bad.
    :ivar memberships: how many memberships there are of each day.
    :ivar repeated: entries that say the same as another.
    :ivar left_out: how many entries are not a membership, by reason.
    :ivar faults: how many of those could not be read, or name a country or status that is not known.
    :ivar joined: acronyms of the organizations that are the project's.
    """

    rows: int = 0
    memberships: Counter[date] = field(default_factory=Counter)
    repeated: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    joined: set[str] = field(default_factory=set)

    @property
    def kept(self) -> int:
        """How many entries became memberships, alone or together."""
        return self.rows - self.left_out.total()


class _Actors:
    """The IRIs of the countries and organizations in a snapshot: the project's, or new ones."""

    def __init__(self, names: Names, concordance: Concordance, outcome: FactbookOutcome) -> None:
        self._names, self._concordance, self._outcome = names, concordance, outcome
        self._organizations: dict[str, JoinedOrganization] = {}

    def organization(self, abbreviation: str) -> JoinedOrganization:
        """Return an organization: by the concordance, by a name of the project, or else a new one."""
        if abbreviation not in self._organizations:
            found = self._concordance.by_factbook.get(abbreviation) or self._named(abbreviation)
            if found.declared:
                self._outcome.joined.add(self._names[found.iri].code)
            self._organizations[abbreviation] = found
        return self._organizations[abbreviation]

    def _named(self, abbreviation: str) -> JoinedOrganization:
        try:
            actor = self._names.find(abbreviation, ("organization",))
        except NotFound:
            iri = f"{ID}org/factbook/{_slug(abbreviation)}"
            return JoinedOrganization(iri, abbreviation, abbreviation, declared=False)
        return JoinedOrganization(actor.iri, actor.code, actor.label, declared=True)

    def member(self, entry: FactbookEntry) -> str:
        """Return the IRI of a country, or an empty text when it is not known."""
        if re.fullmatch("[A-Z]{3}", entry.iso3):
            return PREFIXES["state"] + entry.iso3
        if entry.country not in _countries():
            return ""
        name = _countries()[entry.country][1]
        try:
            return self._names.find(name).iri
        except NotFound:
            return f"{ID}state/factbook/{entry.country}"

    def ours(self, iri: str) -> bool:
        """Tell whether the project declares it."""
        return iri in self._names.actors


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def role(statuses: Sequence[str]) -> tuple[str, bool, str]:
    """Return the role that brackets give, whether it is suspended, and the reason if it is not a role of a state.

    :raises KeyError: a status that is not known.
    """
    found, suspended = list[str](), False
    for status in statuses:
        known = _statuses().get(caseless(status)) or _statuses().get(caseless(status.partition(",")[0]))
        if known is None:
            raise KeyError(status)
        if known["reason"]:
            return "", False, known["reason"]
        suspended |= known["suspended"] == "yes"
        if known["role"] != "member":
            found.append(known["role"])
    return (found or ["member"])[0], suspended, ""


def convert(
    paths: Sequence[Path], names: Names, out: Path, *, concordance: Concordance = NO_CONCORDANCE, as_of: str = "",
    on_progress: OnProgress | None = None,
) -> FactbookOutcome:  # fmt: skip
    """Read snapshots and write a graph of each day, ``factbook-<day>.ttl``, and :data:`LEFT_OUT`, all or none.

    :param as_of: the day of files that do not contain their own, as EDTF; ``../2026-02-04`` means that day or earlier.

    :raises UsageError: no such file or columns, no day, more days than :data:`MOST_DAYS`, or no entry at all.
    """
    outcome = FactbookOutcome()
    actors = _Actors(names, concordance, outcome)
    given = Day.of(as_of.removeprefix("../")) if as_of else None
    content_day = f"../{given}" if as_of.startswith("../") else str(given)
    with Sorter() as said_so, Sorter() as rejects:
        for number, path in enumerate(paths):
            for entry in entries(path, given, share(on_progress, number, len(paths))):
                outcome.rows += 1
                if isinstance(entry, BadRow):
                    reason, fault, told = entry.reason, True, ("", "", "")
                else:
                    reason, fault = _take(entry, actors, said_so)
                    told = _told(entry)
                    outcome.memberships[entry.day] += not reason
                outcome.faults += fault
                if reason:
                    outcome.left_out[re.sub("'.*'", "...", reason)] += 1
                    rejects.add((number, entry.line, outcome.rows, reason, *told))
        days = sorted(day for day, count in outcome.memberships.items() if count)
        if not days:
            first = next(iter(rejects), None)
            raise UsageError(f"nothing that {paths[0]} holds is a membership" + (f": {first[3]}" if first else ""))
        if len(days) > MOST_DAYS:
            raise UsageError(f"there are {len(days)} days, and {MOST_DAYS} at most can be imported together")
        out.mkdir(parents=True, exist_ok=True)
        files = (*(f"{_slug_of(day)}.ttl" for day in days), LEFT_OUT)
        with atomic.text_files(*(out / file for file in files)) as (*graphs, table_file):
            row = TableWriter(table_file, COLUMNS, delimiter="\t").write
            for number, line, _, *cells in rejects:
                row((paths[number], line or "", *cells))
            for day, file, (_, listed) in zip(days, graphs, groupby(said_so, lambda row: row[0]), strict=True):
                speaks = content_day if day == given else day.isoformat() if day <= CLOSED else f"../{CLOSED}"
                written = _write(file, _source(day, speaks, concordance), day, listed)
                outcome.repeated += outcome.memberships[day] - written
                outcome.memberships[day] = written
    return outcome


def _told(entry: FactbookEntry) -> tuple[str, str, str]:
    return entry.iso3 or entry.country, entry.organization, ", ".join(entry.statuses)


def _take(entry: FactbookEntry, actors: _Actors, said_so: Sorter) -> tuple[str, bool]:
    """Add an entry to the rows, or return why it is not a membership, and whether that is a fault."""
    if caseless(entry.organization) == "none":
        return "takes part in none", False
    member = actors.member(entry)
    if not member:
        return f"no country has the code {entry.country[:20]!r}", True
    try:
        stated, suspended, reason = role(entry.statuses)
    except KeyError as error:
        return f"no role is known for the status {error}; add it to factbook-statuses.csv", True
    if reason:
        return reason, False
    day, organization = entry.day.isoformat(), actors.organization(entry.organization)
    unusual = [status for status in entry.statuses if caseless(status) not in ("member", "observer", "associate")]
    note = f"Listed as {', '.join(map(repr, unusual))}." if unusual else ""
    said_so.add((day, _SPELL, organization.iri, member, stated, suspended, note))
    name = _countries().get(entry.country, ("", entry.iso3))[1]
    if not organization.declared:
        said_so.add((day, _ACTOR, organization.iri, "Organization", organization.name, organization.acronym))
    if not actors.ours(member):
        said_so.add((day, _ACTOR, member, "State", name, entry.iso3))
    return "", False


def _slug_of(day: date) -> str:
    return f"factbook-{day}"


def _source(day: date, speaks: str, concordance: Concordance) -> Source:
    return Source(
        slug=_slug_of(day),
        title=f"CIA World Factbook, snapshot of {day}: {_FIELD.lower()}",
        licence=_CC0,
        rights="CC0 as given by factbook/factbook.json; public domain in the US",
        page="https://github.com/factbook/factbook.json",
        version=day.isoformat(),
        citation=f"Central Intelligence Agency: The World Factbook. Field {_FIELD!r}, snapshot of {day}.",
        speaks_for=speaks,
        copy_of=concordance.copies.get(_slug_of(day), ""),
    )


def _write(file: TextIO, source: Source, day: date, listed: Iterator[Row]) -> int:
    """Write the graph of a day and return how many memberships it has."""
    count = 0
    prefixes = {
        "factbook": source.section(""), "listed": f"{ID}membership/factbook/{day}/",
        "factbook-org": ID + "org/factbook/", "suspension": f"{ID}situation/factbook/{day}/",
    }  # fmt: skip
    graph = GraphFile(file, source, f"Memberships according to the World Factbook on {day}", prefixes)
    section = source.section("participation")
    graph.section(section, _FIELD)
    for (what, *about), rows in groupby(listed, lambda row: row[1:4]):
        if what == _ACTOR:
            _actor(graph, about[0], about[1], Counter(row[4:] for row in rows), section)
            continue
        organization, member = about
        for number, (stated, alike) in enumerate(groupby(rows, lambda row: row[4]), 1):
            entries = list(alike)
            key = f"{local(organization)}-{local(member)}-{number}"
            notes = tuple(dict.fromkeys(row[6] for row in entries if row[6]))
            iri = f"{ID}membership/factbook/{day}/{key}"
            graph.membership(
                MembershipRecord(iri, member, organization, number, stated, None, None, notes=notes), [section]
            )
            if any(row[5] for row in entries):
                suspends = ("cg:suspends", graph.iri(iri)), ("dcterms:source", graph.iri(section))
                graph.thing(f"{ID}situation/factbook/{day}/{key}", "cg:Suspension", *suspends)
            count += 1
    return count


def _actor(graph: GraphFile, iri: str, kind: str, called: Counter[tuple[str, str]], section: str) -> None:
    """Declare what the project has not, by the name that is most used."""
    (name, code), *others = sorted(called, key=lambda names: (-called[names], names))
    statements = [("skos:notation", plain(code))] if kind == "Organization" else []
    statements.append(("skos:prefLabel", said(name)))
    statements += [("cg:iso3", plain(code))] if code and kind == "State" else []
    statements += [("skos:altLabel", said(other)) for other, _ in others]
    graph.thing(iri, f"cg:{kind}", *statements, ("dcterms:source", graph.iri(section)))
