"""What a Wikidata statement says, as a spell of membership in the project's vocabulary, and the file of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TextIO

import pyoxigraph as ox

from cica_graph.model import dates
from cica_graph.model.terms import (
    BASE,
    CG,
    CONCEPT,
    DCAT,
    DCTERMS,
    EDTF,
    GRAPH,
    ID,
    PREFIXES,
    PROV,
    RDF_TYPE,
    SCHEMA,
    SKOS,
    XSD,
)
from cica_graph.store.store import Store
from cica_graph.wikidata.statement import JULIAN, Statement, WikiTime, between, hull

_CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_ENTITY: Final = "http://www.wikidata.org/entity/"
_WIKIBASE: Final = "http://wikiba.se/ontology#"
_PAGE: Final = "http://xmlns.com/foaf/0.1/page"
_DOC: Final = BASE + "doc/wikidata#"
_MEMBERSHIP: Final = ID + "membership/wikidata/"
_ROLES: Final = ("P2868", "P3831")  # subject has role, object has role
# Without the prefixes of the project that the file does not need; sections and memberships have their own.
_PREFIXES: Final = {
    **{name: PREFIXES[name] for name in ("c", "cg", "dcat", "dcterms", "edtf", "foaf", "g", "organization")},
    **{name: PREFIXES[name] for name in ("person", "prov", "skos", "state", "wd", "xsd")},
    "membership": _MEMBERSHIP, "wikibase": _WIKIBASE, "wikidata": _DOC,
}  # fmt: skip

Report = Callable[[str], None]  # hears what is wrong with a statement


@dataclass(frozen=True)
class Known:
    """What of ours a Q-id stands for.

    :ivar members: states, organizations and persons by Q-id.
    :ivar organizations: organizations by Q-id.
    :ivar doubtful: Q-ids that two of our things claim.
    """

    members: Mapping[str, str]
    organizations: Mapping[str, str]
    doubtful: frozenset[str]

    @classmethod
    def of(cls, store: Store) -> Known:
        """Read the links of a graph, its ``schema:sameAs`` statements."""
        linked, kinds = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for triple in store.triples():
            subject, o = triple.subject, triple.object
            if not isinstance(subject, ox.NamedNode) or not isinstance(o, ox.NamedNode):
                continue
            if triple.predicate.value == SCHEMA + "sameAs" and o.value.startswith(_ENTITY):
                linked[o.value.removeprefix(_ENTITY)].add(subject.value)
            elif triple.predicate.value == RDF_TYPE:
                kinds[subject.value].add(o.value.removeprefix(CG))
        one = {qid: next(iter(iris)) for qid, iris in linked.items() if len(iris) == 1}
        return cls(
            {q: iri for q, iri in one.items() if kinds[iri] & {"State", "Organization", "Person"}},
            {q: iri for q, iri in one.items() if "Organization" in kinds[iri]},
            frozenset(qid for qid, iris in linked.items() if len(iris) > 1),
        )


@dataclass(frozen=True)
class Spell:
    """A membership to be written."""

    statement: Statement
    member: str
    organization: str
    role: str
    start: str | None
    end: str | None
    section: str
    notes: tuple[str, ...]


def spell(
    statement: Statement, known: Known, role_names: Mapping[str, str], section: str, as_of: date | None, report: Report
) -> Spell | str:
    """Return the membership that a statement makes, or the reason why it makes none."""
    s = statement
    if s.rank == "deprecated":
        return "deprecated"
    if s.kind == "somevalue" or s.object is None:
        return f"has {s.kind} for what it is a member of"
    for qid in (s.subject, s.object):
        if qid in known.doubtful:
            return f"{qid} is linked to two things"
    if s.subject not in known.members and s.object not in known.organizations:
        return "neither end is linked"
    if s.subject not in known.members:
        return "the subject is not linked"
    if s.object not in known.organizations:
        return "the object is not linked to an organization"
    named = [value for p in _ROLES for value in s.qualifiers.get(p, ())]
    if unknown := [value for value in named if value not in role_names]:
        return f"no role is known for {unknown[0]}; add it to wikidata-roles.csv"
    if len({role_names[value] for value in named}) > 1:
        return "has two roles"
    notes: list[str] = []
    start = _stated("start", s.start, notes, report)
    end = _stated("end", s.end, notes, report)
    if end is None and any(t.kind != "novalue" for t in s.end) and as_of is not None:
        # It has ended, so the day the file speaks for must not attest it.
        first = dates.span(start)[0] if start else None
        if first is None or first > as_of:
            return "ended, on a day that is not known"
        end = between(first, as_of)
        notes.append(f"The end is not known; it is stated as any day up to {as_of}.")
    if others := "; ".join(f"{p} {', '.join(values)}" for p, values in sorted(s.qualifiers.items()) if p not in _ROLES):
        notes.append(f"Other qualifiers: {others}.")
    role = role_names[named[0]] if named else "member"
    return Spell(s, known.members[s.subject], known.organizations[s.object], role, start, end, section, tuple(notes))


def _stated(name: str, times: Sequence[WikiTime], notes: list[str], report: Report) -> str | None:
    """Return the EDTF of what is stated at one qualifier, None when nothing certain is.

    Several dates become the set from the earliest to the latest: one of them, or something between, is right.
    """
    texts = []
    for time in times:
        if time.kind == "somevalue":
            notes.append(f"Wikidata says that there is {_a(name)}, and that it is not known.")
        elif time.kind == "novalue":
            notes.append(f"Wikidata says that there is no {name}.")
        elif (text := time.edtf()) is None:
            report(f"the {name} {time} cannot be held as a date, so none is stated")
            notes.append(f"Wikidata gives the {name} {time}.")
        else:
            texts.append(text)
            if time.calendar == JULIAN:
                report(f"the {name} {time} is of the Julian calendar and was not converted")
                notes.append(f"The {name} is a date of the Julian calendar, as stated.")
    if not texts:
        return None
    if len(set(texts)) > 1:
        report(f"there are {len(texts)} {name}s ({', '.join(texts)}); it is stated as a day between them")
        notes.append(f"Wikidata gives {len(texts)} {name}s: {', '.join(texts)}.")
    return hull(texts)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


Merged = tuple[Spell, int, list[Spell]]  # the membership, its number, and all that say the same


def merge(spells: Iterable[Spell]) -> list[Merged]:
    """Number the spells of each member in each organization in order of time; the same said twice is one."""
    pairs = defaultdict[tuple[str, str], dict[tuple[str | None, ...], list[Spell]]](dict)
    for spell in spells:
        same = (spell.role, spell.start, spell.end)
        pairs[spell.member, spell.organization].setdefault(same, []).append(spell)
    merged = []
    for _, said in sorted(pairs.items()):
        groups = [sorted(group, key=lambda s: s.statement.id) for group in said.values()]
        for number, group in enumerate(sorted(groups, key=lambda g: _when(g[0])), 1):
            merged.append((group[0], number, group))
    return merged


def _when(spell: Spell) -> tuple[date, date, str]:
    first = dates.span(spell.start)[0] if spell.start else dates.span(spell.end)[0] if spell.end else date.max
    last = dates.span(spell.end)[1] if spell.end else date.max
    return first, last, spell.statement.id


def write(
    file: TextIO, name: str, title: str, merged: Sequence[Merged], paths: Sequence[Path], as_of: date | None
) -> None:
    """Write memberships as Turtle: the graph ``name`` with its title, licence, source and the sections cited."""
    graph, document = ox.NamedNode(GRAPH + name), ox.NamedNode(_DOC + "document")
    label = f"Wikidata: member of (P463), from {', '.join(path.name for path in paths)}"
    triples = [
        _link(graph, RDF_TYPE, DCAT + "Dataset"), _said(graph, DCTERMS + "title", title),
        _link(graph, DCTERMS + "license", _CC0), _link(graph, PROV + "wasDerivedFrom", document.value),
        _link(document, RDF_TYPE, CG + "Source"), _said(document, DCTERMS + "title", label),
        _link(document, DCTERMS + "license", _CC0), _link(document, _PAGE, "https://www.wikidata.org/"),
    ]  # fmt: skip
    days = sorted({found for path in paths if (found := _dump_day(path))})
    triples += [_typed(document, DCTERMS + "issued", day, XSD + "date") for day in days]
    if as_of is not None:
        triples.append(_typed(document, CG + "accurateAsOf", as_of.isoformat(), EDTF))
    for path in paths:
        section = ox.NamedNode(_DOC + slug(path))
        triples += [
            _link(section, RDF_TYPE, CG + "Section"), _link(section, DCTERMS + "isPartOf", document.value),
            _said(section, DCTERMS + "title", path.name),
        ]  # fmt: skip
    for spell, number, group in merged:
        triples += _membership(spell, number, group)
    data = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES)
    assert data is not None  # it is None only when a file is given to write to
    # The serializer declares prefixes in an order of its own, which changes from run to run.
    lines = data.decode().splitlines(keepends=True)
    head = sum(line.startswith("@prefix ") for line in lines)
    file.writelines([*sorted(lines[:head]), "\n", *lines[head:]])


def _membership(spell: Spell, number: int, group: Sequence[Spell]) -> Iterator[ox.Triple]:
    s = spell.statement
    thing = ox.NamedNode(_MEMBERSHIP + re.sub(r"[^A-Za-z0-9-]", "-", s.id))
    yield _link(thing, RDF_TYPE, CG + "Membership")
    yield _link(thing, CG + "member", spell.member)
    yield _link(thing, CG + "organization", spell.organization)
    yield _typed(thing, CG + "spell", str(number), XSD + "integer")
    yield _link(thing, CG + "role", CONCEPT + spell.role)
    for name, text in (("start", spell.start), ("end", spell.end)):
        if text is not None:
            yield _typed(thing, CG + name, text, EDTF)
    for one in group:
        yield ox.Triple(thing, ox.NamedNode(DCTERMS + "identifier"), ox.Literal(one.statement.id))
    for section in dict.fromkeys(one.section for one in group):
        yield _link(thing, DCTERMS + "source", section)
    for rank in dict.fromkeys(one.statement.rank for one in group):
        yield _link(thing, _WIKIBASE + "rank", f"{_WIKIBASE}{rank.capitalize()}Rank")
    for cited in sorted({c for one in group for c in one.statement.cited}):
        try:
            yield _link(thing, DCTERMS + "references", _ENTITY + cited if re.fullmatch(r"Q[0-9]+", cited) else cited)
        except ValueError:  # a URL that is no IRI is still worth keeping
            yield ox.Triple(thing, ox.NamedNode(DCTERMS + "references"), ox.Literal(cited))
    for note in dict.fromkeys(note for one in group for note in one.notes):
        yield _said(thing, SKOS + "note", note)


def _link(subject: ox.NamedNode, predicate: str, o: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(o))


def _said(subject: ox.NamedNode, predicate: str, text: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.Literal(text, language="en"))


def _typed(subject: ox.NamedNode, predicate: str, text: str, kind: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.Literal(text, datatype=ox.NamedNode(kind)))


def section_of(path: Path) -> str:
    """Return the IRI of the section that a file is cited as."""
    return _DOC + slug(path)


def slug(path: Path) -> str:
    """Return a file's name as the last part of an IRI; never that of the document itself."""
    slug = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-") or "file"
    return slug if slug != "document" else "document-file"


def _dump_day(path: Path) -> str | None:
    """Return the day in a dump's file name, ``wikidata-20240101-all.json.gz``, as ``YYYY-MM-DD``."""
    found = re.search(r"(?<![0-9])((?:20)[0-9]{2})-?([0-9]{2})-?([0-9]{2})(?![0-9])", path.name, re.ASCII)
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None
