"""List pages: home, organizations, states, sources, audit, comparison, downloads, search."""

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
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable
from cica_graph.publish.site.pages import cookbook
from cica_graph.publish.site.pages.claims import claims, counted
from cica_graph.publish.site.pages.handbook import handbook
from cica_graph.publish.site.pages.memberships import counted_pairs, number
from cica_graph.publish.site.view import SiteView
from cica_graph.store.store import value

_NAME = PageColumn("name", "Name", "links")


def pages(view: SiteView, downloads: Mapping[str, Download], address: str) -> Iterator[Page]:
    """Yield all pages that do not describe a single subject.

    :param downloads: the files of this version, by path.
    :param address: the address at which the site will be served.
    """
    for page in _REFERENCE_PAGES.values():
        yield page(view)
    yield _instruments(view)
    yield _sources(view)
    yield _concepts(view)
    yield _audit(view)
    yield handbook(view)
    yield _facts(view)
    yield _data(view, downloads, address)
    yield Page(
        "search",
        "search.html",
        "Search",
        lead="Search all names, former names, acronyms and codes, in all languages of the data.",
    )
    yield from cookbook.pages(view)


def _home(view: SiteView) -> Page:
    counts = Counter(actor.kind for actor in view.graph.names.actors.values())
    verdicts = Counter(a.verdict for a in view.audits)
    lead = (
        f"{counts['organization']} organizations and {counts['state']} states and territories, "
        f"{len(view.memberships)} memberships. Each has its sources, and dates exactly as precise as in those sources."
    )
    return Page(
        "index",
        "home.html",
        "Members of international organizations: who, when, and according to which source",
        lead=lead,
        tables={"main": _organization_table(view)},
        more={
            "verdicts": sorted(verdicts.items()),
            "day": view.day.isoformat(),
            "hub": view.link(view.hub),
            "checks": len({check.check for check in view.checks}),
        },
    )


def _organization_table(view: SiteView) -> PageTable:
    rows: list[tuple[Cell, ...]] = []
    for iri, actor in sorted(view.graph.names.actors.items(), key=lambda item: (item[1].code.casefold(), item[0])):
        if actor.kind != "organization":
            continue
        memberships = [s for s in view.by_organization.get(iri, []) if s.counts]
        count = counted_pairs(memberships)
        record = "recorded" if count.possible else view.record(iri)
        start = view.index.one(iri, CG + "start")
        size: Cell = number(count) if record == "recorded" else record
        regions = view.links(view.index.values(iri, CG + "region"))
        rows.append((actor.code, (view.link(iri),), regions, start, size))
    columns = (
        PageColumn("code", "Acronym"),
        _NAME,
        PageColumn("region", "Region", "links"),
        PageColumn("founded", "Founded"),
        PageColumn("members", "Members", "number"),
    )
    return PageTable(
        "main", f"Organizations, with the number of their members on {view.day.isoformat()}", columns, tuple(rows)
    )


def _organizations(view: SiteView) -> Page:
    return Page("organizations", "list.html", "Organizations", tables={"main": _organization_table(view)})


def _states(view: SiteView) -> Page:
    rows: list[tuple[Cell, ...]] = []
    for iri, actor in view.graph.names.actors.items():
        if actor.kind == "state":
            one = view.index.one
            count = counted_pairs(s for s in view.by_member.get(iri, []) if s.counts)
            rows.append(
                ((view.link(iri),), *(one(iri, CG + key) for key in ("iso2", "iso3", "m49", "cow")), number(count))
            )
    rows.sort(key=lambda row: _label(row[0]))
    columns = (
        _NAME,
        PageColumn("iso2", "ISO 2"),
        PageColumn("iso3", "ISO 3"),
        PageColumn("m49", "M49"),
        PageColumn("cow", "COW"),
        PageColumn("memberships", "Memberships", "number"),
    )
    lead = (
        "This list takes no position on the status of any state or territory. "
        f"It counts the memberships on {view.day.isoformat()}."
    )
    return Page(
        "states",
        "list.html",
        "States and territories",
        lead=lead,
        tables={"main": PageTable("main", "States and territories", columns, tuple(rows))},
    )


def _label(cell: Cell) -> tuple[str, str]:
    link = cell[0] if isinstance(cell, tuple) else cell
    assert isinstance(link, PageLink)
    return link.label.casefold(), link.iri


def _of_kinds(view: SiteView, *names: str) -> list[str]:
    return [iri for name in names for iri in view.index.of_class(CG + name) if iri.startswith(BASE)]


def _instruments(view: SiteView) -> Page:
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
        iris = sorted(set(_of_kinds(view, *classes)), key=lambda i: (_date(view, i), view.label(i).casefold(), i))
        rows: list[tuple[Cell, ...]] = [
            ((view.link(i),), view.kind(i), _date(view, i), view.sources(i)) for i in iris if view.link(i).path
        ]
        columns = (
            _NAME,
            PageColumn("kind", "Kind"),
            PageColumn("date", "Date"),
            PageColumn("sources", "Sources", "links"),
        )
        if rows:
            tables[name] = PageTable(name, caption, columns, tuple(rows))
    return Page("instruments", "list.html", "Instruments, events and situations", tables=tables)


def _date(view: SiteView, iri: str) -> str:
    return view.index.one(iri, CG + "date") or view.index.one(iri, CG + "start")


def _sources(view: SiteView) -> Page:
    rows: list[tuple[Cell, ...]] = []
    for iri in _of_kinds(view, "Source"):
        one = view.index.one
        cited = sum(
            len(view.index.subjects(s, "http://purl.org/dc/terms/source"))
            for s in view.index.subjects(iri, "http://purl.org/dc/terms/isPartOf")
        )
        publisher = one(iri, "http://purl.org/dc/terms/publisher") or one(iri, "http://purl.org/dc/terms/creator")
        rows.append(((view.link(iri),), publisher, one(iri, CG + "accurateAsOf"), cited))
    rows.sort(key=lambda row: _label(row[0]))
    columns = (
        _NAME,
        PageColumn("publisher", "Publisher"),
        PageColumn("accurate_as_of", "Accurate as of"),
        PageColumn("cited", "Cited", "number"),
    )
    lead = "Every statement cites a section of a source. The column Cited counts these citations."
    return Page(
        "sources",
        "list.html",
        "Sources",
        lead=lead,
        tables={"main": PageTable("main", "Sources", columns, tuple(rows))},
    )


def _concepts(view: SiteView) -> Page:
    tables: dict[str, PageTable] = {}
    for scheme in view.index.of_class(SKOS + "ConceptScheme"):
        members = view.links(s for s in view.index.subjects(scheme, SKOS + "inScheme"))
        rows: list[tuple[Cell, ...]] = [
            ((link,), view.index.one(link.iri, SKOS + "definition")) for link in members if link.path
        ]
        name = "main" if not tables else local(scheme)
        if rows:
            tables[name] = PageTable(
                name, view.label(scheme), (_NAME, PageColumn("definition", "Definition")), tuple(rows)
            )
    return Page("concepts", "list.html", "Concepts", tables=tables)


def _audit(view: SiteView) -> Page:
    """Return the audit of all claims, each for its own day."""
    return _audited(view, view.audits, "")


def _audit_of_day(view: SiteView) -> Page:
    """Return the audit of the claims for the day of the view. It may be empty."""
    return _audited(view, [a for a in view.audits if a.on == view.day], f" for {view.day.isoformat()}")


def _audited(view: SiteView, audits: Sequence[Audit], when: str) -> Page:
    counts = Counter(a.verdict for a in audits)
    summary = ", ".join(f"{n} {view.label(f'{BASE}concept/{verdict}')}" for verdict, n in sorted(counts.items()))
    table = claims(view, "main", f"Claims{when}, compared with the graph", audits)
    reasons = tuple((counted(view, a), view.link(a.claim), a.reason) for a in audits)
    return Page(
        "audit",
        "audit.html",
        "Audit",
        lead=f"Counts claimed by sources{when}, compared with the graph: {summary or 'no claims'}.",
        tables={"main": table} if audits else {},
        more={"reasons": reasons},
    )


def _facts(view: SiteView) -> Page:
    result = view.answer(queries.shipped("cookbook", "facts"))
    rows: list[tuple[Cell, ...]] = []
    for row in result.rows:
        subject = value(row["subject"])
        section = (view.section(value(row["section"])),) if "section" in row else ()
        rows.append((value(row["fact"]), (view.link(subject),), value(row["kind"]), section))
    rows.sort(key=lambda row: (len(str(row[0])), str(row[0]), _label(row[1])))
    columns = (
        PageColumn("fact", "Fact"),
        PageColumn("carrier", "Statement", "links"),
        PageColumn("kind", "Kind"),
        PageColumn("section", "Section", "links"),
    )
    count = len({row[0] for row in rows})
    lead = f"The profile contains {count} facts. Each fact is supported by a statement."
    return Page(
        "facts",
        "facts.html",
        "Facts of the profile",
        lead=lead,
        tables={"main": PageTable("main", "Facts and the statements that support them", columns, tuple(rows))},
    )


def _compare(view: SiteView) -> Page:
    organizations = sorted(
        (a for a in view.graph.names.actors.values() if a.kind == "organization"), key=lambda a: a.code.casefold()
    )
    found = {view.by_code[o.other]: 0 for os in view.overlaps.values() for o in os}
    shown = [a for a in organizations if a.iri in found][:40]
    by = {a.iri: {o.other: o for o in view.overlaps[a.iri]} for a in shown}
    rows: list[tuple[Cell, ...]] = []
    for ours in shown:
        row: list[Cell] = [(PageLink(ours.code, view.link(ours.iri).path, ours.iri, ours.code),)]
        for other in shown:
            o = by[other.iri].get(ours.code)
            row.append("" if o is None or other == ours else f"{o.shared} of {o.total}")
        rows.append(tuple(row))
    columns = (
        PageColumn("members_of", "Members of", "links"),
        *(PageColumn(f"in_{a.code}", f"in {a.code}") for a in shown),
    )
    table = PageTable(
        "main", f"Members that organizations certainly share on {view.day.isoformat()}", columns, tuple(rows)
    )
    lead = "Members that two or more organizations share, on any day."
    return Page(
        "compare",
        "compare.html",
        "Compare organizations",
        lead=lead,
        tables={"main": table},
        more={"organizations": tuple((a.code, a.label) for a in organizations)},
    )


def _data(view: SiteView, downloads: Mapping[str, Download], address: str) -> Page:
    rows: list[tuple[Cell, ...]] = [
        ((PageLink(PurePosixPath(path).name, f"file:{path}"),), describe(path.split("/", 2)[2]), file.size)
        for path, file in sorted(downloads.items())
    ]
    columns = (
        PageColumn("file", "SourceFile", "links"),
        PageColumn("what", "Content"),
        PageColumn("bytes", "Bytes", "number"),
    )
    graphs = [g for g in view.graph.store.graphs() if "/asof/" not in g]
    counts = {g: len(view.graph.store.graph(ox.NamedNode(g))) for g in graphs}
    listed: list[tuple[Cell, ...]] = [((view.link(g),), counts[g]) for g in graphs]
    tables = {
        "main": PageTable("main", "Downloads", columns, tuple(rows)),
        "graphs": PageTable(
            "graphs", "Named graphs", (_NAME, PageColumn("statements", "Statements", "number")), tuple(listed)
        ),
    }
    size = len(view.graph.store.triples())
    lead = f"{size:,} statements, licensed under CC BY 4.0. Please also cite the source that a statement names."
    tables = {k: t for k, t in tables.items() if t.rows}
    return Page(
        "data", "data.html", "Data", lead=lead, tables=tables, jsonld=dataset_jsonld(view.graph, downloads, address)
    )


# Pages of the site for the reference day, by path.
_REFERENCE_PAGES: Final[Mapping[str, Callable[[SiteView], Page]]] = {
    "index": _home,
    "organizations": _organizations,
    "states": _states,
    "compare": _compare,
}
# Pages that a server can show for any day, by path.
DAY_PAGES: Final[Mapping[str, Callable[[SiteView], Page]]] = {**_REFERENCE_PAGES, "audit": _audit_of_day}
