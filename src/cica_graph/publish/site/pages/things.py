"""A page for each thing: organizations, states, memberships, and everything else there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, PROV, RDFS, SKOS, local
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.pages.actors import organization, state
from cica_graph.publish.site.pages.claims import claim
from cica_graph.publish.site.pages.memberships import coded, spells_table
from cica_graph.publish.site.pages.thing import MOST, related, shown, statements, thing_page
from cica_graph.publish.site.view import ALT, SOURCE, TITLE, World

FOAF: Final = PREFIXES["foaf"]


def pages(world: World) -> Iterator[Page]:
    """Yield the page of every thing, by path."""
    for path in world.things.paths():
        yield page(world, path)


def page(world: World, path: str) -> Page:
    """Return the page of one thing.

    :raises KeyError: there is no such page.
    """
    iris = world.things.paths()[path]
    iri = iris[0].partition("#")[0]
    match iri.removeprefix(BASE).split("/")[:2]:
        case ["id", "org"]:
            return organization(world, iri)
        case ["id", "state"]:
            return state(world, iri)
        case ["id", "membership"]:
            return _membership(world, iri)
        case ["id", "claim"]:
            return claim(world, iri) or _thing(world, iri, (Link("Audit", "audit"),))
        case ["doc", _]:
            return _document(world, iri, iris)
        case ["concept", _]:
            return _thing(world, iri, (Link("Concepts", "concepts"),))
        case ["graph", _]:
            return _thing(world, iri, (Link("Data", "data"),), title=f"Graph {local(iri)}")
        case ["id", "instrument" | "event" | "situation" | "organ" | "person"]:
            return _thing(world, iri, (Link("Instruments, events and more", "instruments"),))
    return _thing(world, iri, ())


def _membership(world: World, iri: str) -> Page:
    spell = world.spells.get(iri)
    if spell is None:
        return _thing(world, iri, ())
    things = world.things
    earliest, latest, ending, over = spell.standing.bounds
    member, organization = world.link(spell.member), world.link(spell.organization)
    facts: list[Fact] = [
        ("Member", (member,)),
        ("Organization", (organization,)),
        ("Role", (world.link(spell.role),)),
        ("Since, as stated", (Text(spell.start or "not stated"),)),
        ("Until, as stated", (Text(spell.end or "no end stated"),)),
        ("Attested on", tuple(Text(v) for v in things.values(iri, CG + "attestedOn"))),
        ("Sources", world.sources(iri)),
        ("Suspended", world.links(things.subjects(iri, CG + "suspends"))),
        ("Facts of the profile", tuple(Link(f, f"facts#{f}") for f in things.values(iri, CG + "fact"))),
    ]
    others = [s for s in world.by_organization[spell.organization] if s.member == spell.member and s.iri != iri]
    again = spells_table(world, "again", "Other spells of the same member there", others, "organization")
    sure = (latest, ending) if latest and ending and latest <= ending else ("", "")
    answers = (("certain", *sure), ("possible", earliest, over))
    lead = f"{member.label}: {world.label(spell.role)} of {organization.label}."
    return thing_page(
        world, iri, "membership.html", "OrganizationRole", facts=facts, tables=[again, statements(world, iri)],
        lead=lead, crumbs=(Link("Organizations", "organizations"), coded(world, spell.organization)),
        more={"answers": answers, "spell": spell, "bar": world.bar(spell)},
    )  # fmt: skip


def _thing(world: World, iri: str, crumbs: tuple[Link, ...], title: str = "") -> Page:
    kind = world.kind(iri)
    facts: list[Fact] = [
        (name, tuple(shown(world, o) for o in world.things.objects(iri, predicate)))
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
            ("Force", CG + "force"),
            ("Date", CG + "date"),
            ("Since", CG + "start"),
            ("Until", CG + "end"),
            ("Note", SKOS + "note"),
            ("Derived from", PROV + "wasDerivedFrom"),
            ("Licence", DCTERMS + "license"),
        )
    ]
    facts.append(("Sources", world.sources(iri)))
    classes = {"instrument": "CreativeWork", "event": "Event", "person": "Person", "organ": "Organization"}
    return thing_page(
        world, iri, "thing.html", classes.get(kind, "Thing"), facts=facts, tables=[statements(world, iri)], kind=kind,
        crumbs=crumbs, title=title or world.label(iri), more={"related": related(world, iri)},
    )  # fmt: skip


def _document(world: World, iri: str, iris: list[str]) -> Page:
    """A source with its sections, each with what it reports."""
    document = f"{iri}#document"
    things = world.things
    sections = sorted(
        (s for s in iris if s not in (iri, document)),
        key=lambda s: (things.one(s, SKOS + "notation").rjust(4), s),
    )
    tables, listed = [], []
    for section in sections:
        reported = sorted(
            set(things.subjects(section, SOURCE)), key=lambda s: (world.kind(s), world.label(s).casefold(), s)
        )
        rows: list[tuple[Cell, ...]] = [((world.link(s),), world.kind(s)) for s in reported[:MOST]]
        name = local(section)
        columns = (Column("name", "What it reports", "links"), Column("kind", "Kind"))
        caption = f"Reported in {things.one(section, TITLE) or name}"
        table = Table(f"reports-{name}", caption, columns, tuple(rows), more=max(0, len(reported) - MOST))
        if rows:
            tables.append(table)
        comment = " ".join(things.values(section, RDFS + "comment"))
        remarks = world.links(things.subjects(section, CG + "remarksOn"))
        listed.append((name, things.one(section, TITLE) or name, comment, table.name if rows else "", remarks))
    facts: list[Fact] = [
        (name, tuple(shown(world, o) for o in things.objects(document, predicate)))
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
    tables.append(statements(world, document))
    return thing_page(
        world, document, "document.html", "CreativeWork", facts=facts, tables=tables, path=world.link(iri).path,
        crumbs=(Link("Sources", "sources"),), more={"sections": tuple(listed)},
    )  # fmt: skip
