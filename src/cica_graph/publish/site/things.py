"""A page for each thing: organizations, states, memberships, and everything else there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyoxigraph as ox

from cica_graph.graph import Audit, Overlap
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.world import ALT, PREF, SOURCE, TITLE, Spell, World, has_type
from cica_graph.publish.things import page
from cica_graph.store import value
from cica_graph.terms import BASE, CG, DCTERMS, GRAPH, PREFIXES, PROV, RDF, RDF_TYPE, RDFS, SCHEMA, SKOS, local

MOST: Final = 300  # rows of a table that no reader reads to the end; the data have them all
FORMATS: Final = ("ttl", "jsonld", "nt", "csv")
FOAF: Final = PREFIXES["foaf"]

_TIME = Column("time", "Time", "bar")
_SPELL = (
    Column("role", "Role", "links"),
    Column("start", "Since"),
    Column("end", "Until"),
    Column("standing", "Holds", "standing"),
)
_CITED = (Column("membership", "Spell", "links"), Column("sources", "Sources", "links"))

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


def pages(world: World) -> Iterator[Page]:
    """Yield the page of every thing, by path."""
    groups = defaultdict[str, list[str]](list)
    for iri in world.things:
        if iri.startswith(BASE) and world.link(iri).path and not iri.startswith((CG, f"{BASE}ns", f"{GRAPH}asof/")):
            groups[page(iri)].append(iri)
    for path, iris in sorted(groups.items()):
        yield _page(world, path, sorted(iris))


def _page(world: World, path: str, iris: list[str]) -> Page:
    iri = BASE + path
    match path.split("/")[:2]:
        case ["id", "org"]:
            return _organization(world, iri)
        case ["id", "state"]:
            return _state(world, iri)
        case ["id", "membership"]:
            return _membership(world, iri)
        case ["id", "claim"]:
            return _claim(world, iri)
        case ["doc", _]:
            return _document(world, iri, iris)
        case ["concept", _]:
            return _thing(world, iri, (Link("Concepts", "concepts"),))
        case ["graph", _]:
            return _thing(world, iri, (Link("Data", "data"),), title=f"Graph {local(iri)}")
        case ["id", "instrument" | "event" | "situation" | "organ" | "person"]:
            return _thing(world, iri, (Link("Instruments, events and more", "instruments"),))
    return _thing(world, iri, ())


# ---- Organizations and states -----------------------------------------------------------------------


def _organization(world: World, iri: str) -> Page:
    spells = world.by_organization.get(iri, [])
    code, label = world.code(iri), world.label(iri)
    holding = [s for s in spells if s.counts]
    sure, maybe = _count(holding)
    members = _spells(world, "main", f"Members of {code}", holding, "member")
    others = _spells(world, "others", f"Observers and others in {code}", [s for s in spells if not s.counts], "member")
    overlaps = world.overlaps[iri]
    one = world.things.one
    facts: list[tuple[str, tuple[Any, ...]]] = [
        ("Acronym", (Text(code),)),
        ("Kind", world.links(world.things.values(iri, CG + "kind"))),
        ("Founded", (Text(one(iri, CG + "start")),) if one(iri, CG + "start") else ()),
        ("Dissolved", (Text(one(iri, CG + "end")),) if one(iri, CG + "end") else ()),
        ("For", world.links([*world.things.values(iri, CG + "purpose"), *world.things.values(iri, CG + "region")])),
        ("Web site", tuple(Link(u, "", u) for u in world.things.values(iri, FOAF + "homepage"))),
        ("Codes", (Text(f"COW {one(iri, CG + 'cow')}"),) if one(iri, CG + "cow") else ()),
        ("Elsewhere", _elsewhere(world, iri)),
        ("Sources", world.sources(iri)),
    ]
    audits = [a for a in world.graph.audit() if world.graph.names.find(a.about, ("organization",)).iri == iri]
    tables = [
        members,
        others,
        _overlaps(world, iri, overlaps),
        _claims(world, "claims", f"What sources claim about {code}", audits),
        *_common(world, iri),
    ]
    taken = _spells(world, "memberships", f"What {code} takes part in", world.by_member.get(iri, []), "organization")
    tables.insert(2, taken)
    return Page(
        path=page(iri), template="organization.html", title=label, kind="organization", iri=iri,
        lead=_organization_lead(world, code, sure, maybe),
        crumbs=(Link("Organizations", "organizations"),), tables=_some(tables), data=FORMATS,
        facts=_filled(facts), names=world.names(iri), jsonld=_jsonld(world, iri, "Organization"),
        more={"code": code, "sure": sure, "maybe": maybe, "overlaps": _sentences(world, code, overlaps), "related": _related(world, iri)},
    )  # fmt: skip


def _organization_lead(world: World, code: str, sure: int, maybe: int) -> str:
    day = world.day.isoformat()
    if not maybe:
        return f"On {day}, no source that was read names a member of {code}."
    if sure == maybe:
        return f"On {day}, {code} had {sure} member{'s' if sure != 1 else ''}."
    return f"On {day}, {code} had {sure} members for certain and {maybe} at most."


def _state(world: World, iri: str) -> Page:
    spells = world.by_member.get(iri, [])
    one, values = world.things.one, world.things.values
    codes = [
        f"{name} {v}"
        for name, key in (("ISO", "iso2"), ("ISO", "iso3"), ("M49", "m49"), ("COW", "cow"))
        if (v := one(iri, CG + key))
    ]
    sure, maybe = _count([s for s in spells if s.counts])
    facts: list[tuple[str, tuple[Any, ...]]] = [
        ("Codes", tuple(Text(code) for code in codes)),
        ("Region", world.links(values(iri, CG + "region"))),
        ("Territory in", world.links(values(iri, CG + "territoryIn"))),
        ("Elsewhere", _elsewhere(world, iri)),
        ("Sources", world.sources(iri)),
    ]
    label = world.label(iri)
    day = world.day.isoformat()
    count = f"{sure} organization{'s' if sure != 1 else ''} of this graph"
    lead = (
        f"On {day}, {label} was a member of {count}."
        if sure == maybe
        else f"On {day}, {label} was a member of {count} for certain and {maybe} at most."
    )
    tables = [
        _spells(world, "main", f"Memberships of {label}", spells, "organization"),
        _closest(world, iri),
        *_common(world, iri),
    ]
    return Page(
        path=page(iri), template="state.html", title=label, kind="state or territory", iri=iri, lead=lead,
        crumbs=(Link("States", "states"),), tables=_some(tables), data=FORMATS,
        facts=_filled(facts), names=world.names(iri), jsonld=_jsonld(world, iri, "Country"),
        more={"code": world.code(iri), "related": _related(world, iri)},
    )  # fmt: skip


def _closest(world: World, iri: str) -> Table:
    """Those who share the most organizations on the reference day, for certain."""
    ours = {s.organization for s in world.by_member.get(iri, []) if s.counts and s.standing.holds == "certain"}
    shared = defaultdict[str, set[str]](set)
    for organization in ours:
        for s in world.by_organization[organization]:
            if s.counts and s.standing.holds == "certain" and s.member != iri:
                shared[s.member].add(organization)
    nearest = sorted(shared, key=lambda other: (-len(shared[other]), world.label(other).casefold(), other))[:10]
    rows: list[tuple[Cell, ...]] = [
        ((world.link(other),), len(shared[other]), tuple(_coded(world, o) for o in sorted(shared[other])))
        for other in nearest
    ]
    columns = (Column("name", "With", "links"), Column("count", "Shared", "number"), Column("shared", "In", "links"))
    return Table("closest", f"Who shares the most organizations with {world.label(iri)}", columns, tuple(rows))


def _spells(world: World, name: str, caption: str, spells: Iterable[Spell], other: str) -> Table:
    heading = "Member" if other == "member" else "Organization"
    columns = (Column("name", heading, "links"), *_SPELL, _TIME, *_CITED)
    rows = []
    for spell in spells:
        cells = world.cells(spell, other)
        rows.append(tuple(cells[column.key] for column in columns))
    return Table(name, caption, columns, tuple(rows), asof=True)


def _count(spells: Iterable[Spell]) -> tuple[int, int]:
    kept = list(spells)
    sure = {s.member if s.organization == kept[0].organization else s.organization for s in kept if s.standing.holds == "certain"}
    maybe = {s.member if s.organization == kept[0].organization else s.organization for s in kept if s.standing.holds != "no"}
    if len({s.organization for s in kept}) > 1:
        sure = {s.organization for s in kept if s.standing.holds == "certain"}
        maybe = {s.organization for s in kept if s.standing.holds != "no"}
    return len(sure), len(maybe)


def _coded(world: World, iri: str) -> Link:
    link = world.link(iri)
    return Link(link.code or link.label, link.path, iri, link.code)


def _overlaps(world: World, iri: str, overlaps: list[Overlap]) -> Table:
    find = world.graph.names.find
    rows: list[tuple[Cell, ...]] = []
    for o in overlaps[:MOST]:
        other = find(o.organization, ("organization",)).iri
        missing = tuple(_coded(world, find(code).iri) for code in o.missing)
        rows.append(((_coded(world, other),), _range(o.shared, o.shared_at_most), _range(o.total, o.total_at_most), missing))
    columns = (
        Column("organization", "Organization", "links"),
        Column("shared", "Shared members", "number"),
        Column("total", "Of", "number"),
        Column("missing", f"Its members that are not in {world.code(iri)}", "links"),
    )
    caption = f"Members that {world.code(iri)} shares with others on {world.day.isoformat()}"
    return Table("overlaps", caption, columns, tuple(rows), more=max(0, len(overlaps) - MOST))


def _range(sure: int, most: int) -> int | str:
    return sure if sure == most else f"{sure} to {most}"


def _sentences(world: World, code: str, overlaps: list[Overlap]) -> list[tuple[str, tuple[Link, ...], str]]:
    """``5 of 7``, the counterpart, ``not Armenia, Belarus``: for those whose missing are few enough to be named."""
    found = []
    for o in overlaps:
        other = world.graph.names.find(o.organization, ("organization",)).iri
        if o.shared and len(o.missing) <= 4 and o.total > 1:
            missing = ", ".join(world.label(world.graph.names.find(c).iri) for c in o.missing)
            link = (_coded(world, other),)
            found.append((f"{_range(o.shared, o.shared_at_most)} of {_range(o.total, o.total_at_most)}", link, missing))
    return found


# ---- Claims --------------------------------------------------------------------------------------------


def _claims(world: World, name: str, caption: str, audits: Iterable[Audit]) -> Table:
    columns = (
        Column("claim", "Claim", "links"),
        Column("on", "Day"),
        Column("says", "Says"),
        Column("finds", "Found"),
        Column("verdict", "Verdict", "links"),
        Column("independent", "Seen by others"),
        Column("section", "Section", "links"),
    )
    return Table(name, caption, columns, tuple(_claim_row(world, a) for a in audits))


def _claim_row(world: World, a: Audit) -> tuple[Cell, ...]:
    link = world.link(a.claim)
    return (
        (Link(counted(world, a), link.path, a.claim),),
        a.on.isoformat(),
        f"{a.says} of {a.of}" if a.of is not None else str(a.says),
        "" if a.finds is None else str(_range(a.finds, a.at_most if a.at_most is not None else a.finds)),
        (world.link(f"{BASE}concept/{a.verdict}"),),
        "yes" if a.independent else "no",
        (world.section(a.section),),
    )


def counted(world: World, audit: Audit) -> str:
    """Return what a claim counts, in words."""
    counterpart = world.things.one(audit.claim, CG + "counterpart")
    if counterpart:
        return f"{world.code(counterpart)} members in {audit.about}"
    population = world.things.one(audit.claim, CG + "population")
    return f"{audit.about}: {world.label(population)}"


def _claim(world: World, iri: str) -> Page:
    audit = next((a for a in world.graph.audit() if a.claim == iri), None)
    if audit is None:
        return _thing(world, iri, (Link("Audit", "audit"),))
    row = _claim_row(world, audit)
    facts: list[tuple[str, tuple[Any, ...]]] = [
        ("About", (world.link(world.things.one(iri, CG + "about")),)),
        ("On", (Text(audit.on.isoformat()),)),
        ("The source says", (Text(str(row[2])),)),
        ("The graph finds", (Text(str(row[3]) or "nothing to compare"),)),
        ("Verdict", row[4] if isinstance(row[4], tuple) else ()),
        ("Why", (Text(audit.reason),)),
        ("Seen by other sources", (Text("yes" if audit.independent else "no"),)),
        ("Section", row[6] if isinstance(row[6], tuple) else ()),
    ]
    tables = [*_evidence(world, iri, audit), *_common(world, iri)]
    return Page(
        path=page(iri), template="thing.html", title=counted(world, audit), kind="claim", iri=iri,
        lead=f"The source says {row[2]}; the graph finds {row[3] or 'nothing to compare'}: {world.label(f'{BASE}concept/{audit.verdict}')}.",
        crumbs=(Link("Audit", "audit"),), tables=_some(tables), data=FORMATS, facts=_filled(facts),
        jsonld=_jsonld(world, iri, "Claim"), more={"related": ()},
    )  # fmt: skip


def _evidence(world: World, iri: str, audit: Audit) -> list[Table]:
    """The memberships that a claim's number rests on, where they can be named: those of its organizations that day."""
    about, other = world.things.one(iri, CG + "about"), world.things.one(iri, CG + "counterpart")
    if audit.on != world.day:
        return []
    found = []
    for organization in [about, other] if other else [about]:
        spells = [s for s in world.by_organization.get(organization, []) if s.standing.holds != "no"]
        name = "main" if organization == about else "counterpart"
        caption = f"Who takes part in {world.code(organization)} on {audit.on.isoformat()}, in any role"
        found.append(_spells(world, name, caption, spells, "member"))
    return found


# ---- Memberships and the rest -----------------------------------------------------------------------------


def _membership(world: World, iri: str) -> Page:
    spell = world.spells.get(iri)
    if spell is None:
        return _thing(world, iri, ())
    things = world.things
    earliest, latest, ending, over = spell.standing.bounds
    member, organization = world.link(spell.member), world.link(spell.organization)
    facts: list[tuple[str, tuple[Any, ...]]] = [
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
    again = _spells(world, "again", "Other spells of the same member there", others, "organization")
    answers = (
        ("certain", latest if latest and ending and latest <= ending else "", ending if latest and ending and latest <= ending else ""),
        ("possible", earliest, over),
    )
    lead = f"{member.label} in {organization.label}, as {world.label(spell.role)}."
    return Page(
        path=page(iri), template="membership.html", title=world.label(iri), kind="membership", iri=iri, lead=lead,
        crumbs=(Link("Organizations", "organizations"), _coded(world, spell.organization)),
        tables=_some([again, *_common(world, iri, main=True)]), data=FORMATS, facts=_filled(facts),
        jsonld=_jsonld(world, iri, "OrganizationRole"), more={"answers": answers, "spell": spell, "bar": world.bar(spell)},
    )  # fmt: skip


def _thing(world: World, iri: str, crumbs: tuple[Link, ...], title: str = "") -> Page:
    kind = world.kind(iri)
    facts: list[tuple[str, tuple[Any, ...]]] = [
        (name, tuple(_value(world, o) for o in world.things.objects(iri, predicate)))
        for name, predicate in (
            ("Also called", ALT), ("Kind", CG + "kind"), ("Definition", SKOS + "definition"), ("Scope", SKOS + "scopeNote"),
            ("Broader", SKOS + "broader"), ("In scheme", SKOS + "inScheme"), ("By", CG + "by"), ("Toward", CG + "toward"),
            ("About", CG + "concerns"), ("Adopted by", CG + "adoptedBy"), ("Organized by", CG + "organizedBy"),
            ("Based on", CG + "basedOn"), ("Stage", CG + "stage"), ("Topic", CG + "topic"), ("Force", CG + "force"),
            ("Date", CG + "date"), ("Since", CG + "start"), ("Until", CG + "end"), ("Note", SKOS + "note"),
            ("Derived from", PROV + "wasDerivedFrom"), ("Licence", DCTERMS + "license"),
        )
    ]  # fmt: skip
    facts.append(("Sources", world.sources(iri)))
    classes = {"instrument": "CreativeWork", "event": "Event", "person": "Person", "organ": "Organization"}
    return Page(
        path=page(iri), template="thing.html", title=title or world.label(iri), kind=kind, iri=iri, crumbs=crumbs,
        tables=_some(_common(world, iri, main=True)), data=FORMATS, facts=_filled(facts), names=world.names(iri),
        jsonld=_jsonld(world, iri, classes.get(kind, "Thing")), more={"related": _related(world, iri)},
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
        reported = sorted(set(things.subjects(section, SOURCE)), key=lambda s: (world.kind(s), world.label(s).casefold(), s))
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
    facts: list[tuple[str, tuple[Any, ...]]] = [
        (name, tuple(_value(world, o) for o in things.objects(document, predicate)))
        for name, predicate in (
            ("Author", DCTERMS + "creator"), ("Publisher", DCTERMS + "publisher"), ("Date", DCTERMS + "date"),
            ("Accurate as of", CG + "accurateAsOf"), ("Copy taken", CG + "takenAt"), ("Version", PREFIXES["owl"] + "versionInfo"),
            ("Page", FOAF + "page"), ("Licence", DCTERMS + "license"), ("Rights", DCTERMS + "rights"),
            ("Topic", FOAF + "primaryTopic"), ("Citation", DCTERMS + "bibliographicCitation"), ("Note", RDFS + "comment"),
        )
    ]  # fmt: skip
    tables += _common(world, document, main=True)
    return Page(
        path=page(iri), template="document.html", title=world.label(document), kind="source", iri=document,
        crumbs=(Link("Sources", "sources"),), tables=_some(tables), data=FORMATS, facts=_filled(facts),
        names=world.names(document), jsonld=_jsonld(world, document, "CreativeWork"), more={"sections": tuple(listed)},
    )  # fmt: skip


# ---- What every page of a thing has ------------------------------------------------------------------------


def _common(world: World, iri: str, main: bool = False) -> list[Table]:
    """Everything stated about a thing, and what refers to it."""
    return [_statements(world, iri, "main" if main else "statements"), _references(world, iri)]


def _statements(world: World, iri: str, name: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for predicate, term in world.things.about(iri):
        graphs = world.things.graphs.get((iri, predicate, str(term)), [])
        places = tuple(Link(local(g), world.link(g).path, g) for g in sorted(set(graphs)))
        rows.append(((world.property(predicate),), (_value(world, term),), places))
    rows.sort(key=lambda row: _order(row[0]))
    columns = (Column("property", "Property", "links"), Column("value", "Value", "links"), Column("graph", "Where", "links"))
    return Table(name, "Every statement about it", columns, tuple(rows[:MOST]), more=max(0, len(rows) - MOST))


def _order(cell: Cell) -> tuple[bool, str]:
    assert isinstance(cell, tuple)
    link = cell[0]
    assert isinstance(link, Link)
    return link.iri != RDF_TYPE, link.label


def _references(world: World, iri: str) -> Table:
    found = [(p, s) for p, s in world.things.mentions(iri) if s.startswith(BASE) and world.link(s).path]
    found.sort(key=lambda ps: (world.property(ps[0]).label, world.label(ps[1]).casefold(), ps[1]))
    rows: list[tuple[Cell, ...]] = [((world.link(s),), world.kind(s), (world.property(p),)) for p, s in found[:MOST]]
    columns = (Column("name", "Thing", "links"), Column("kind", "Kind"), Column("property", "By its", "links"))
    return Table("references", "What refers to it", columns, tuple(rows), more=max(0, len(found) - MOST))


def _related(world: World, iri: str) -> tuple[tuple[str, tuple[tuple[Link, str, tuple[Link, ...]], ...]], ...]:
    """Lists of other things that this one has a part in, each with its date and its sources."""
    groups, seen = [], set[str]()
    for heading, classes, properties in _RELATED:
        found = [
            s
            for s in world.things.subjects(iri, *(CG + p for p in properties))
            if s not in seen and has_type(world, s, *classes.split())
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


def _value(world: World, term: Any) -> Link | Text:
    if isinstance(term, ox.NamedNode) and not term.value.startswith(BASE):
        known = term.value.startswith(tuple(PREFIXES.values())) and not term.value.startswith(PREFIXES["wd"])
        return Link(world.curie(term.value) if known else term.value, "", term.value)
    if isinstance(term, ox.NamedNode):
        return world.section(term.value) if "/doc/" in term.value else world.link(term.value)
    if isinstance(term, ox.Literal) and term.language and term.language != "en":
        return Text(term.value, term.language)
    return Text(value(term))


def _elsewhere(world: World, iri: str) -> tuple[Link, ...]:
    """Links to the same thing in others' data, by the name of the place."""
    places = (
        ("wikidata.org", "Wikidata"), ("sws.geonames.org", "GeoNames"), ("publications.europa.eu", "EU authority table"),
    )  # fmt: skip
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
    others += [{"@value": o.value, "@language": o.language} for o in world.things.objects(iri, ALT) if isinstance(o, ox.Literal) and o.language]
    links = {"sameAs": values(iri, SCHEMA + "sameAs"), "url": values(iri, FOAF + "homepage"), "alternateName": others}
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


def _filled(facts: Iterable[tuple[str, tuple[Any, ...]]]) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return tuple((name, values) for name, values in facts if values)


def _some(tables: Iterable[Table]) -> dict[str, Table]:
    return {table.name: table for table in tables if table.rows}


__all__ = ["FORMATS", "PREF", "RDF", "counted", "pages"]
