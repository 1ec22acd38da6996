"""The pages that lead to things: the front page, lists, the audit, comparisons, search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.results import Audit
from cica_graph.model.terms import BASE, CG, SKOS, local
from cica_graph.publish.catalog.catalog import dataset_jsonld
from cica_graph.publish.catalog.distributions import Download
from cica_graph.publish.export.downloads import describe
from cica_graph.publish.site.cells import Cell, Column, Link, Table
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.pages import cookbook
from cica_graph.publish.site.pages.claims import claims, counted
from cica_graph.publish.site.view import World
from cica_graph.store.store import value

_NAME = Column("name", "Name", "links")


def pages(world: World, downloads: Mapping[str, Download], address: str) -> Iterator[Page]:
    """Yield every page that is not about one thing; ``downloads`` are the files of this version by path.

    ``address`` is where the site is going to be served.
    """
    for page in DATED.values():
        yield page(world)
    yield _instruments(world)
    yield _sources(world)
    yield _concepts(world)
    yield _audit(world)
    yield _facts(world)
    yield _data(world, downloads, address)
    yield Page(
        "search",
        "search.html",
        "Search",
        lead="All names, former names, acronyms and codes, in all languages of the data.",
    )
    yield from cookbook.pages(world)


def _home(world: World) -> Page:
    counts = Counter(actor.kind for actor in world.graph.names.actors.values())
    verdicts = Counter(a.verdict for a in world.audits)
    lead = (
        f"{counts['organization']} organizations and {counts['state']} states and territories, "
        f"{len(world.spells)} memberships, each with its dates as precise as its sources, and with those sources."
    )
    return Page(
        "index",
        "home.html",
        "Who belonged to what, when, and according to whom",
        lead=lead,
        tables={"main": _organization_table(world)},
        more={"verdicts": sorted(verdicts.items()), "day": world.day.isoformat(), "hub": world.link(world.hub)},
    )


def _organization_table(world: World) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for iri, actor in sorted(world.graph.names.actors.items(), key=lambda item: (item[1].code.casefold(), item[0])):
        if actor.kind != "organization":
            continue
        spells = [s for s in world.by_organization.get(iri, []) if s.counts]
        sure = len({s.member for s in spells if s.standing.holds == "certain"})
        most = len({s.member for s in spells if s.standing.holds != "no"})
        start = world.things.one(iri, CG + "start")
        size: Cell = "" if not spells else sure if sure == most else f"{sure} to {most}"
        rows.append((actor.code, (world.link(iri),), start, size))
    columns = (Column("code", "Acronym"), _NAME, Column("founded", "Founded"), Column("members", "Members", "number"))
    return Table("main", f"Organizations, with their members on {world.day.isoformat()}", columns, tuple(rows))


def _organizations(world: World) -> Page:
    return Page("organizations", "list.html", "Organizations", tables={"main": _organization_table(world)})


def _states(world: World) -> Page:
    rows: list[tuple[Cell, ...]] = []
    for iri, actor in world.graph.names.actors.items():
        if actor.kind == "state":
            one = world.things.one
            sure = {s.organization for s in world.by_member.get(iri, []) if s.counts and s.standing.holds == "certain"}
            rows.append(
                ((world.link(iri),), *(one(iri, CG + key) for key in ("iso2", "iso3", "m49", "cow")), len(sure))
            )
    rows.sort(key=lambda row: _label(row[0]))
    columns = (
        _NAME,
        Column("iso2", "ISO 2"),
        Column("iso3", "ISO 3"),
        Column("m49", "M49"),
        Column("cow", "COW"),
        Column("memberships", "Memberships", "number"),
    )
    lead = (
        f"Their place in this list says nothing about status. Memberships are those certain on {world.day.isoformat()}."
    )
    return Page(
        "states",
        "list.html",
        "States and territories",
        lead=lead,
        tables={"main": Table("main", "States and territories", columns, tuple(rows))},
    )


def _label(cell: Cell) -> tuple[str, str]:
    link = cell[0] if isinstance(cell, tuple) else cell
    assert isinstance(link, Link)
    return link.label.casefold(), link.iri


def _of_kinds(world: World, *names: str) -> list[str]:
    return [iri for name in names for iri in world.things.of_class(CG + name) if iri.startswith(BASE)]


def _instruments(world: World) -> Page:
    kinds = (
        ("main", "Instruments", ("Instrument",)),
        ("events", "Events", ("Event",)),
        (
            "situations",
            "Commitments, cooperation, contributions and practices",
            ("Commitment", "Cooperation", "Contribution", "Practice", "Seat", "ContactPoint", "Naming", "Suspension"),
        ),
        ("organs", "Organs and persons", ("Organ", "Person")),
        ("remarks", "Remarks on the form of sources", ("Remark",)),
    )
    tables = {}
    for name, caption, classes in kinds:
        iris = sorted(set(_of_kinds(world, *classes)), key=lambda i: (_date(world, i), world.label(i).casefold(), i))
        rows: list[tuple[Cell, ...]] = [
            ((world.link(i),), world.kind(i), _date(world, i), world.sources(i)) for i in iris if world.link(i).path
        ]
        columns = (_NAME, Column("kind", "Kind"), Column("date", "Date"), Column("sources", "Sources", "links"))
        if rows:
            tables[name] = Table(name, caption, columns, tuple(rows))
    return Page("instruments", "list.html", "Instruments, events and more", tables=tables)


def _date(world: World, iri: str) -> str:
    return world.things.one(iri, CG + "date") or world.things.one(iri, CG + "start")


def _sources(world: World) -> Page:
    rows: list[tuple[Cell, ...]] = []
    for iri in _of_kinds(world, "Source"):
        one = world.things.one
        cited = sum(
            len(world.things.subjects(s, "http://purl.org/dc/terms/source"))
            for s in world.things.subjects(iri, "http://purl.org/dc/terms/isPartOf")
        )
        publisher = one(iri, "http://purl.org/dc/terms/publisher") or one(iri, "http://purl.org/dc/terms/creator")
        rows.append(((world.link(iri),), publisher, one(iri, CG + "accurateAsOf"), cited))
    rows.sort(key=lambda row: _label(row[0]))
    columns = (
        _NAME,
        Column("publisher", "Publisher"),
        Column("accurate_as_of", "Accurate as of"),
        Column("cited", "Cited", "number"),
    )
    lead = "Every statement cites a section of a source. How often counts what cites it."
    return Page(
        "sources", "list.html", "Sources", lead=lead, tables={"main": Table("main", "Sources", columns, tuple(rows))}
    )


def _concepts(world: World) -> Page:
    tables: dict[str, Table] = {}
    for scheme in world.things.of_class(SKOS + "ConceptScheme"):
        members = world.links(s for s in world.things.subjects(scheme, SKOS + "inScheme"))
        rows: list[tuple[Cell, ...]] = [
            ((link,), world.things.one(link.iri, SKOS + "definition")) for link in members if link.path
        ]
        name = "main" if not tables else local(scheme)
        if rows:
            tables[name] = Table(name, world.label(scheme), (_NAME, Column("definition", "Definition")), tuple(rows))
    return Page("concepts", "list.html", "Concepts", tables=tables)


def _audit(world: World) -> Page:
    """Return the audit of all claims, each on its own day."""
    return _audited(world, world.audits, "")


def _audit_of_day(world: World) -> Page:
    """Return the audit of the claims about the day, of which there may be none."""
    return _audited(world, [a for a in world.audits if a.on == world.day], f" about {world.day.isoformat()}")


def _audited(world: World, audits: Sequence[Audit], when: str) -> Page:
    counts = Counter(a.verdict for a in audits)
    said = ", ".join(f"{n} {world.label(f'{BASE}concept/{verdict}')}" for verdict, n in sorted(counts.items()))
    table = claims(world, "main", f"Every claim{when}, and what the graph finds", audits)
    reasons = tuple((counted(world, a), world.link(a.claim), a.reason) for a in audits)
    return Page(
        "audit",
        "audit.html",
        "Audit",
        lead=f"Counts that sources claim{when}, beside what the graph finds: {said or 'none'}.",
        tables={"main": table} if audits else {},
        more={"reasons": reasons},
    )


def _facts(world: World) -> Page:
    result = world.answer(queries.shipped("cookbook", "facts"))
    rows: list[tuple[Cell, ...]] = []
    for row in result.rows:
        subject = value(row["subject"])
        section = (world.section(value(row["section"])),) if "section" in row else ()
        rows.append((value(row["fact"]), (world.link(subject),), value(row["kind"]), section))
    rows.sort(key=lambda row: (len(str(row[0])), str(row[0]), _label(row[1])))
    columns = (
        Column("fact", "Fact"),
        Column("carrier", "Carried by", "links"),
        Column("kind", "Kind"),
        Column("section", "Section", "links"),
    )
    count = len({row[0] for row in rows})
    lead = f"The profile was itemised into {count} facts. Each is carried by a statement, which its page shows."
    return Page(
        "facts",
        "facts.html",
        "Facts of the profile",
        lead=lead,
        tables={"main": Table("main", "Facts, and what carries them", columns, tuple(rows))},
    )


def _compare(world: World) -> Page:
    organizations = sorted(
        (a for a in world.graph.names.actors.values() if a.kind == "organization"), key=lambda a: a.code.casefold()
    )
    found = {world.by_code[o.other]: 0 for os in world.overlaps.values() for o in os}
    shown = [a for a in organizations if a.iri in found][:40]
    by = {a.iri: {o.other: o for o in world.overlaps[a.iri]} for a in shown}
    rows: list[tuple[Cell, ...]] = []
    for ours in shown:
        row: list[Cell] = [(Link(ours.code, world.link(ours.iri).path, ours.iri, ours.code),)]
        for other in shown:
            o = by[other.iri].get(ours.code)
            row.append("" if o is None or other == ours else f"{o.shared} of {o.total}")
        rows.append(tuple(row))
    columns = (Column("members_of", "Members of", "links"), *(Column(f"in_{a.code}", f"in {a.code}") for a in shown))
    table = Table(
        "main", f"Members that organizations share on {world.day.isoformat()}, for certain", columns, tuple(rows)
    )
    lead = "How many members of one organization are members of another too, on any day."
    return Page(
        "compare",
        "compare.html",
        "Compare organizations",
        lead=lead,
        tables={"main": table},
        more={"organizations": tuple((a.code, a.label) for a in organizations)},
    )


def _data(world: World, downloads: Mapping[str, Download], address: str) -> Page:
    rows: list[tuple[Cell, ...]] = [
        ((Link(PurePosixPath(path).name, f"file:{path}"),), describe(path.split("/", 2)[2]), file.size)
        for path, file in sorted(downloads.items())
    ]
    columns = (Column("file", "File", "links"), Column("what", "What it is"), Column("bytes", "Bytes", "number"))
    graphs = [g for g in world.graph.store.graphs() if "/asof/" not in g]
    counts = {g: len(world.graph.store.graph(ox.NamedNode(g))) for g in graphs}
    listed: list[tuple[Cell, ...]] = [((world.link(g),), counts[g]) for g in graphs]
    tables = {
        "main": Table("main", "Downloads", columns, tuple(rows)),
        "graphs": Table("graphs", "Named graphs", (_NAME, Column("statements", "Statements", "number")), tuple(listed)),
    }
    size = len(world.graph.store.triples())
    lead = f"{size:,} statements under CC BY 4.0. Cite the source that a statement names as well."
    tables = {k: t for k, t in tables.items() if t.rows}
    return Page(
        "data", "data.html", "Data", lead=lead, tables=tables, jsonld=dataset_jsonld(world.graph, downloads, address)
    )


# The pages that show what holds on one day, by their paths.
DATED: Final[Mapping[str, Callable[[World], Page]]] = {
    "index": _home,
    "organizations": _organizations,
    "states": _states,
    "compare": _compare,
}
# Those that a server can show for a day.
ASKED: Final[Mapping[str, Callable[[World], Page]]] = {**DATED, "audit": _audit_of_day}
