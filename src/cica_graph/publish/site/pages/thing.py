"""What every page says of its thing: all that is stated, what refers to it, and the thing in schema.org's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, RDF_TYPE, SCHEMA, local
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.view import ALT, World
from cica_graph.store.store import value

MOST: Final = 300  # rows of a table that no reader reads to the end; the data have them all
FORMATS: Final = ("ttl", "jsonld", "nt", "rdf", "csv")
FOAF: Final = PREFIXES["foaf"]


# What may be said of a state or organization besides its memberships, as headings and the properties that lead there.
_RELATED = (
    ("Instruments adopted", "Instrument", ("adoptedBy",)),
    ("Events", "Event", ("concerns", "organizedBy")),
    ("Commitments", "Commitment", ("by",)),
    ("Commitments and practices toward it", "Commitment Practice", ("toward", "basedOn")),
    ("Cooperation", "Cooperation", ("by", "toward", "proposedBy")),
    ("Contributions", "Contribution", ("by", "toward")),
    ("Practices", "Practice", ("by",)),
    ("Seats", "Seat", ("by", "country")),
    ("Organs", "Organ", ("organOf",)),
    ("Contact points", "ContactPoint", ("by", "toward", "person", "worksFor", "sitsOn")),
    ("Names that sources use", "Naming", ("names",)),
    ("Remarks on its form", "Remark", ("remarksOn",)),
)


def thing_page(
    world: World, iri: str, template: str, schema: str, *, facts: Iterable[Fact], tables: Iterable[Table],
    more: dict[str, Any], **head: Any,
) -> Page:  # fmt: skip
    """Return the page of a thing: what each has, and ``head`` and ``more`` that its own kind has.

    ``schema`` is its class at https://schema.org/.
    """
    return Page(
        **{"path": world.link(iri).path, "title": world.label(iri), "kind": world.kind(iri), **head},
        template=template,
        iri=iri,
        tables=_some(tables),
        data=FORMATS,
        facts=tuple((name, values) for name, values in facts if values),
        names=world.names(iri),
        jsonld=_jsonld(world, iri, schema),
        more={**more, "references": _references(world, iri)},
    )


def statements(world: World, iri: str, name: str = "main") -> Table:
    """Return everything that is stated about a thing, and which graphs state it."""
    rows: list[tuple[Cell, ...]] = []
    for predicate, term, graphs in world.things.stated(iri):
        places = tuple(world.graph_link(g) for g in graphs)
        rows.append(((world.property(predicate),), (shown(world, term),), places))
    rows.sort(key=lambda row: _order(row[0]))
    columns = (
        Column("property", "Property", "links"),
        Column("value", "Value", "links"),
        Column("graph", "Where", "links"),
    )
    return Table(name, "Every statement about it", columns, tuple(rows[:MOST]), more=max(0, len(rows) - MOST))


def _order(cell: Cell) -> tuple[bool, str]:
    assert isinstance(cell, tuple)
    link = cell[0]
    assert isinstance(link, Link)
    return link.iri != RDF_TYPE, link.label


def _references(world: World, iri: str) -> tuple[tuple[Link, int, tuple[Link, ...]], ...]:
    """What refers to a thing: each property with how many, and the first of them."""
    groups = defaultdict[str, list[str]](list)
    for predicate, subject in world.things.mentions(iri):
        if subject.startswith(BASE) and world.link(subject).path:
            groups[predicate].append(subject)
    found = [(world.property(p), len(subjects), world.links(subjects)[:MOST]) for p, subjects in groups.items()]
    return tuple(sorted(found, key=lambda group: (group[0].label, group[0].iri)))


def related(world: World, iri: str) -> tuple[tuple[str, tuple[tuple[Link, str, tuple[Link, ...]], ...]], ...]:
    """Lists of other things that this one has a part in, each with its date and its sources."""
    groups, seen = [], set[str]()
    for heading, classes, properties in _RELATED:
        found = [
            s
            for s in world.things.subjects(iri, *(CG + p for p in properties))
            if s not in seen and world.things.classes(s) & {CG + name for name in classes.split()}
        ]
        seen.update(found)
        items = []
        for s in sorted(found, key=lambda s: (_when(world, s) or "9999", world.label(s).casefold(), s)):
            items.append((world.link(s), _when(world, s), world.sources(s)))
        if items:
            groups.append((heading, tuple(items)))
    return tuple(groups)


def _when(world: World, iri: str) -> str:
    return world.things.one(iri, CG + "date") or world.things.one(iri, CG + "start")


def shown(world: World, term: Any) -> Link | Text:
    """Return a value as a page shows it."""
    if isinstance(term, ox.NamedNode) and not term.value.startswith(BASE):
        known = term.value.startswith(tuple(PREFIXES.values())) and not term.value.startswith(PREFIXES["wd"])
        return Link(world.curie(term.value) if known else term.value, "", term.value)
    if isinstance(term, ox.NamedNode):
        return world.section(term.value) if "/doc/" in term.value else world.link(term.value)
    if isinstance(term, ox.Literal) and term.language and term.language != "en":
        return Text(term.value, term.language)
    return Text(value(term))


def elsewhere(world: World, iri: str) -> tuple[Link, ...]:
    """Links to the same thing in others' data, by the name of the place."""
    places = (
        ("wikidata.org", "Wikidata"),
        ("sws.geonames.org", "GeoNames"),
        ("publications.europa.eu", "EU authority table"),
    )
    found = []
    for url in world.things.values(iri, SCHEMA + "sameAs"):
        name = next((name for host, name in places if host in url), url)
        found.append(Link(f"{name} {local(url)}", "", url))
    return tuple(found)


def _jsonld(world: World, iri: str, kind: str) -> dict[str, Any]:
    """The thing as search engines read it, https://schema.org/."""
    names, one, values = world.names(iri), world.things.one, world.things.values
    said: dict[str, Any] = {"@context": "https://schema.org", "@type": kind, "@id": iri, "name": world.label(iri)}
    others = [{"@value": text, "@language": lang} for lang, text in names.items() if lang != "en"]
    others += [
        {"@value": o.value, "@language": o.language}
        for o in world.things.objects(iri, ALT)
        if isinstance(o, ox.Literal) and o.language
    ]
    links: dict[str, list[Any]] = {
        "sameAs": values(iri, SCHEMA + "sameAs"),
        "url": values(iri, FOAF + "homepage"),
        "alternateName": others,
    }
    if kind == "Organization":
        links |= {"foundingDate": _day(one(iri, CG + "start")), "dissolutionDate": _day(one(iri, CG + "end"))}
    if kind == "Event":
        links |= {"startDate": _day(one(iri, CG + "date")), "organizer": values(iri, CG + "organizedBy")}
    if kind == "OrganizationRole":
        links |= {"startDate": _day(one(iri, CG + "start")), "endDate": _day(one(iri, CG + "end"))}
        links |= {"roleName": [world.label(one(iri, CG + "role"))]}
    if kind == "CreativeWork":
        links |= {"datePublished": _day(one(iri, CG + "date") or one(iri, DCTERMS + "date"))}
    return said | {key: found[0] if len(found) == 1 else found for key, found in links.items() if found}


def _day(text: str) -> list[str]:
    """An EDTF date that is an ISO 8601 date too; no other is understood there."""
    return [text] if text and all(part.isdigit() for part in text.split("-")) else []


def _some(tables: Iterable[Table]) -> dict[str, Table]:
    """Return the tables that have rows, by name; the statements are the main one of a thing that has no other."""
    found = {table.name: table for table in tables if table.rows}
    if "main" not in found and "statements" in found:
        found["main"] = replace(found.pop("statements"), name="main")
    return found
