"""Parts that the pages of all subjects share: statements, references, related subjects and schema.org data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.model.terms import BASE, CG, DCTERMS, PREFIXES, RDF_TYPE, SCHEMA, local
from cica_graph.publish.site.page import Fact, Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text
from cica_graph.publish.site.view import ALT, SiteView
from cica_graph.store.store import value

MOST: Final = 300  # rows of a table on a page; the downloads contain all rows
FORMATS: Final = ("ttl", "jsonld", "nt", "rdf", "csv")
FOAF: Final = PREFIXES["foaf"]


# Related subjects of a state or organization: heading, classes, and the properties that refer to it.
_RELATED = (
    ("Instruments adopted", "Instrument", ("adoptedBy",)),
    ("Events", "Event", ("concerns", "organizedBy")),
    ("Commitments", "Commitment", ("by",)),
    ("Commitments and practices toward this organization", "Commitment Practice", ("toward", "basedOn")),
    ("Cooperation", "Cooperation", ("by", "toward", "proposedBy")),
    ("Contributions", "Contribution", ("by", "toward")),
    ("Practices", "Practice", ("by",)),
    ("Seats", "Seat", ("by", "country")),
    ("Organs", "Organ", ("organOf",)),
    ("Contact points", "ContactPoint", ("by", "toward", "person", "worksFor", "sitsOn")),
    ("Names in sources", "Naming", ("names",)),
    ("Remarks on the form of the source", "Remark", ("remarksOn",)),
)


def subject_page(
    view: SiteView, iri: str, template: str, schema: str, *, facts: Iterable[Fact], tables: Iterable[PageTable],
    more: dict[str, Any], **head: Any,
) -> Page:  # fmt: skip
    """Return the page of a subject, with the parts that all subjects share.

    :param schema: its class at https://schema.org/.
    :param more: values for the template of its kind.
    :param head: fields of the page that differ from the default.
    """
    return Page(
        **{"path": view.link(iri).path, "title": view.label(iri), "kind": view.kind(iri), **head},
        template=template,
        iri=iri,
        tables=_with_rows(tables),
        data=FORMATS,
        facts=tuple((name, values) for name, values in facts if values),
        names=view.names(iri),
        jsonld=_jsonld(view, iri, schema),
        more={**more, "references": _references(view, iri)},
    )


def statements(view: SiteView, iri: str, name: str = "main", caption: str = "All statements") -> PageTable:
    """Return a table of all statements about a subject, with their graphs."""
    rows: list[tuple[Cell, ...]] = []
    for predicate, term, graphs in view.index.stated(iri):
        places = tuple(view.graph_link(g) for g in graphs)
        rows.append(((view.property(predicate),), (shown(view, term),), places))
    rows.sort(key=lambda row: _order(row[0]))
    columns = (
        PageColumn("property", "Property", "links"),
        PageColumn("value", "Value", "links"),
        PageColumn("graph", "Graph", "links"),
    )
    return PageTable(name, caption, columns, tuple(rows[:MOST]), more=max(0, len(rows) - MOST))


def standings(view: SiteView, iri: str) -> list[PageTable]:
    """Return a table for each standing of a membership that has its own IRI, named by its fragment."""
    own = [standing for standing in view.index.values(iri, CG + "standing") if standing != iri]
    return [statements(view, standing, local(standing), f"Standing {n}, computed") for n, standing in enumerate(own, 1)]


def _order(cell: Cell) -> tuple[bool, str]:
    assert isinstance(cell, tuple)
    link = cell[0]
    assert isinstance(link, PageLink)
    return link.iri != RDF_TYPE, link.label


def _references(view: SiteView, iri: str) -> tuple[tuple[PageLink, int, tuple[PageLink, ...]], ...]:
    """Return the subjects that refer to a subject, by property: their number, and the first :data:`MOST`."""
    groups = defaultdict[str, list[str]](list)
    for predicate, subject in view.index.mentions(iri):
        if subject.startswith(BASE) and view.link(subject).path:
            groups[predicate].append(subject)
    found = [(view.property(p), len(subjects), view.links(subjects)[:MOST]) for p, subjects in groups.items()]
    return tuple(sorted(found, key=lambda group: (group[0].label, group[0].iri)))


def related(view: SiteView, iri: str) -> tuple[tuple[str, tuple[tuple[PageLink, str, tuple[PageLink, ...]], ...]], ...]:
    """Return the related subjects by heading, each with its date and its sources."""
    groups, seen = [], set[str]()
    for heading, classes, properties in _RELATED:
        found = [
            s
            for s in view.index.subjects(iri, *(CG + p for p in properties))
            if s not in seen and view.index.classes(s) & {CG + name for name in classes.split()}
        ]
        seen.update(found)
        items = []
        for s in sorted(found, key=lambda s: (_when(view, s) or "9999", view.label(s).casefold(), s)):
            items.append((view.link(s), _when(view, s), view.sources(s)))
        if items:
            groups.append((heading, tuple(items)))
    return tuple(groups)


def _when(view: SiteView, iri: str) -> str:
    return view.index.one(iri, CG + "date") or view.index.one(iri, CG + "start")


def shown(view: SiteView, term: Any) -> PageLink | Text:
    """Return a value as a link or a text."""
    if isinstance(term, ox.NamedNode) and not term.value.startswith(BASE):
        known = term.value.startswith(tuple(PREFIXES.values())) and not term.value.startswith(PREFIXES["wd"])
        return PageLink(view.curie(term.value) if known else term.value, "", term.value)
    if isinstance(term, ox.NamedNode):
        return view.section(term.value) if "/doc/" in term.value else view.link(term.value)
    if isinstance(term, ox.Literal) and term.language and term.language != "en":
        return Text(term.value, term.language)
    return Text(value(term))


def other_datasets(view: SiteView, iri: str) -> tuple[PageLink, ...]:
    """Return links to the same subject in other datasets."""
    places = (
        ("wikidata.org", "Wikidata"),
        ("sws.geonames.org", "GeoNames"),
        ("publications.europa.eu", "EU authority table"),
    )
    found = []
    for url in view.index.values(iri, SCHEMA + "sameAs"):
        name = next((name for host, name in places if host in url), url)
        found.append(PageLink(f"{name} {local(url)}", "", url))
    return tuple(found)


def _jsonld(view: SiteView, iri: str, kind: str) -> dict[str, Any]:
    """Return the subject as JSON-LD for search engines, https://schema.org/."""
    names, one, values = view.names(iri), view.index.one, view.index.values
    result: dict[str, Any] = {"@context": "https://schema.org", "@type": kind, "@id": iri, "name": view.label(iri)}
    others = [{"@value": text, "@language": lang} for lang, text in names.items() if lang != "en"]
    others += [
        {"@value": o.value, "@language": o.language}
        for o in view.index.objects(iri, ALT)
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
        links |= {"roleName": [view.label(one(iri, CG + "role"))]}
    if kind == "CreativeWork":
        links |= {"datePublished": _day(one(iri, CG + "date") or one(iri, DCTERMS + "date"))}
    return result | {key: found[0] if len(found) == 1 else found for key, found in links.items() if found}


def _day(text: str) -> list[str]:
    """Return an EDTF date if it is also an ISO 8601 date, as schema.org requires."""
    return [text] if text and all(part.isdigit() for part in text.split("-")) else []


def _with_rows(tables: Iterable[PageTable]) -> dict[str, PageTable]:
    """Return the tables that have rows, by name. Without a main table, the statements become the main table."""
    found = {table.name: table for table in tables if table.rows}
    if "main" not in found and "statements" in found:
        found["main"] = replace(found.pop("statements"), name="main")
    return found
