"""Pages of single subjects: organizations, states, memberships, sources and all others."""

from __future__ import annotations

from typing import Final

from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, PROV, RDFS, SKOS, local
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text, answers
from cica_graph.publish.site.pages.actors import organization, state
from cica_graph.publish.site.pages.claims import claim
from cica_graph.publish.site.pages.handbook import checks_table
from cica_graph.publish.site.pages.memberships import coded, memberships_table
from cica_graph.publish.site.pages.subject_page import MOST, related, shown, standings, statements, subject_page
from cica_graph.publish.site.view import ALT, SOURCE, TITLE, SiteView

FOAF: Final = PREFIXES["foaf"]


def page(view: SiteView, path: str) -> Page:
    """Return the page of one subject.

    :raises KeyError: the path is unknown.
    """
    iris = view.index.paths()[path]
    iri = iris[0].partition("#")[0]
    match iri.removeprefix(BASE).split("/")[:2]:
        case ["id", "org"]:
            return organization(view, iri)
        case ["id", "state"]:
            return state(view, iri)
        case ["id", "membership"]:
            return _membership(view, iri, iris)
        case ["id", "claim"]:
            return claim(view, iri) or _other(view, iri, (PageLink("Audit", "audit"),))
        case ["doc", _]:
            return _document(view, iri, iris)
        case ["concept", _]:
            return _other(view, iri, (PageLink("Concepts", "concepts"),))
        case ["graph", _]:
            return _other(view, iri, (PageLink("Data", "data"),), title=f"Graph {local(iri)}")
        case ["id", "instrument" | "event" | "situation" | "organ" | "person"]:
            return _other(view, iri, (PageLink("Instruments, events and situations", "instruments"),))
    return _other(view, iri, ())


def _membership(view: SiteView, iri: str, iris: list[str]) -> Page:
    membership = view.memberships.get(iri)
    if membership is None:
        return _reported(view, iri, iris)
    index = view.index
    member, organization = view.link(membership.member), view.link(membership.organization)
    facts: list[Fact] = [
        ("Member", (member,)),
        ("Organization", (organization,)),
        ("Role", (view.link(membership.role),)),
        ("Stated start", (Text(membership.start or "not stated"),)),
        ("Stated end", (Text(membership.end or "not stated"),)),
        ("Attested on", tuple(Text(v) for v in index.values(iri, CG + "attestedOn"))),
        ("Sources", view.sources(iri)),
        ("Suspensions", view.links(index.subjects(iri, CG + "suspends"))),
        ("Facts of the profile", tuple(PageLink(f, f"facts#{f}") for f in index.values(iri, CG + "fact"))),
    ]
    others = [
        s for s in view.by_organization[membership.organization] if s.member == membership.member and s.iri != iri
    ]
    again = memberships_table(
        view, "again", f"Other memberships of {member.label} in {organization.label}", others, "organization"
    )
    parts = [part for stretch in membership.standing.stretches for part in reversed(answers(stretch))]
    certain = any(answer == "certain" for answer, _, _ in parts)
    lead = f"{member.label} in {organization.label}, role: {view.label(membership.role)}."
    return subject_page(
        view, iri, "membership.html", "OrganizationRole", facts=facts,
        tables=[again, _reports(view, iri, iris), *standings(view, iri), statements(view, iri)],
        lead=lead, crumbs=(PageLink("Organizations", "organizations"), coded(view, membership.organization)),
        more={"answers": parts, "certain": certain, "membership": membership, "bar": view.bar(membership)},
    )  # fmt: skip


def _reported(view: SiteView, iri: str, iris: list[str]) -> Page:
    """Return the page of a membership that sources report and the editors reject."""
    one, report = view.index.one, next((each for each in iris if "#" in each), iri)
    member, organization = (view.link(one(report, CG + name)) for name in ("member", "organization"))
    facts: list[Fact] = [("Member", (member,)), ("Organization", (organization,))]
    return subject_page(
        view, iri, "subject.html", "Thing", facts=facts, tables=[_reports(view, iri, iris), statements(view, report)],
        title=f"{member.label} in {organization.label}", kind="report",
        crumbs=(PageLink("Organizations", "organizations"), coded(view, organization.iri)),
        lead="Sources report this membership. The editors reject it.", more={"related": ()},
    )  # fmt: skip


def _reports(view: SiteView, iri: str, iris: list[str]) -> PageTable:
    """Return a table of the reports that are parts of a page, each with its id."""
    index = view.index
    reports = [each for each in iris if "#" in each and CG + "Report" in index.classes(each)]
    columns = (
        PageColumn("source", "Source", "links"),
        PageColumn("role", "Role", "links"),
        PageColumn("start", "Start"),
        PageColumn("end", "End"),
        PageColumn("attested", "Attested on"),
        PageColumn("note", "Note"),
    )

    def dated(report: str) -> bool:
        return any(index.one(report, CG + name) for name in ("start", "end", "attestedOn"))

    rows: list[tuple[Cell, ...]] = [
        (
            tuple(map(view.section, index.values(each, SOURCE))),
            view.links(index.values(each, CG + "role")),
            *(", ".join(index.values(each, CG + name)) for name in ("start", "end", "attestedOn")),
            " ".join(index.values(each, SKOS + "note")) or ("" if dated(each) else "No dates."),
        )
        for each in reports
    ]
    return PageTable("reports", "Reports by source", columns, tuple(rows), anchors=tuple(map(local, reports)))


def _other(view: SiteView, iri: str, crumbs: tuple[PageLink, ...], title: str = "") -> Page:
    kind = view.kind(iri)
    facts: list[Fact] = [
        (name, tuple(shown(view, o) for o in view.index.objects(iri, predicate)))
        for name, predicate in (
            ("Also called", ALT),
            ("Kind", CG + "kind"),
            ("Definition", SKOS + "definition"),
            ("Scope", SKOS + "scopeNote"),
            ("Broader", SKOS + "broader"),
            ("In scheme", SKOS + "inScheme"),
            ("By", CG + "by"),
            ("Toward", CG + "toward"),
            ("About", CG + "concerns"),
            ("Adopted by", CG + "adoptedBy"),
            ("Organized by", CG + "organizedBy"),
            ("Based on", CG + "basedOn"),
            ("Stage", CG + "stage"),
            ("Topic", CG + "topic"),
            ("Legal force", CG + "force"),
            ("Date", CG + "date"),
            ("Since", CG + "start"),
            ("Until", CG + "end"),
            ("Note", SKOS + "note"),
            ("Derived from", PROV + "wasDerivedFrom"),
            ("Licence", DCTERMS + "license"),
        )
    ]
    facts.append(("Sources", view.sources(iri)))
    classes = {"instrument": "CreativeWork", "event": "Event", "person": "Person", "organ": "Organization"}
    return subject_page(
        view, iri, "subject.html", classes.get(kind, "Thing"), facts=facts, kind=kind,
        tables=[*standings(view, iri), checks_table(view, iri), statements(view, iri)],
        crumbs=crumbs, title=title or view.label(iri), more={"related": related(view, iri)},
    )  # fmt: skip


def _document(view: SiteView, iri: str, iris: list[str]) -> Page:
    """Return the page of a source, with the subjects of each section."""
    document = f"{iri}#document"
    index = view.index
    sections = sorted(
        (s for s in iris if s not in (iri, document) and CG + "Check" not in index.classes(s)),
        key=lambda s: (index.one(s, SKOS + "notation").rjust(4), s),
    )
    tables, listed = [], []
    for section in sections:
        cited = sorted(set(index.subjects(section, SOURCE)), key=lambda s: (view.kind(s), view.label(s).casefold(), s))
        rows: list[tuple[Cell, ...]] = [((view.link(s),), view.kind(s)) for s in cited[:MOST]]
        name = local(section)
        columns = (PageColumn("name", "Subject", "links"), PageColumn("kind", "Kind"))
        caption = f"Subjects of {index.one(section, TITLE) or name}"
        table = PageTable(f"reports-{name}", caption, columns, tuple(rows), more=max(0, len(cited) - MOST))
        if rows:
            tables.append(table)
        comment = " ".join(index.values(section, RDFS + "comment"))
        remarks = view.links(index.subjects(section, CG + "remarksOn"))
        listed.append((name, index.one(section, TITLE) or name, comment, table.name if rows else "", remarks))
    facts: list[Fact] = [
        (name, tuple(shown(view, o) for o in index.objects(document, predicate)))
        for name, predicate in (
            ("Author", DCTERMS + "creator"),
            ("Publisher", DCTERMS + "publisher"),
            ("Date", DCTERMS + "date"),
            ("Accurate as of", CG + "accurateAsOf"),
            ("Copy taken", CG + "takenAt"),
            ("Version", PREFIXES["owl"] + "versionInfo"),
            ("Page", FOAF + "page"),
            ("Licence", DCTERMS + "license"),
            ("Rights", DCTERMS + "rights"),
            ("Topic", FOAF + "primaryTopic"),
            ("Citation", DCTERMS + "bibliographicCitation"),
            ("Note", RDFS + "comment"),
        )
    ]
    tables += [checks_table(view, document), statements(view, document)]
    return subject_page(
        view, document, "document.html", "CreativeWork", facts=facts, tables=tables, path=view.link(iri).path,
        crumbs=(PageLink("Sources", "sources"),), more={"sections": tuple(listed)},
    )  # fmt: skip
