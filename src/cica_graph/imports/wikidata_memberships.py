"""Wikidata statements as memberships in the project's vocabulary, and the file of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, TextIO

import pyoxigraph as ox

from cica_graph.imports.concordance import NO_CONCORDANCE, Concordance, JoinedOrganization
from cica_graph.imports.membership_writer import GraphFile, MembershipRecord, Source, plain, said
from cica_graph.model import edtf
from cica_graph.model.terms import BASE, CG, ID, PREFIXES, RDF_TYPE, SCHEMA
from cica_graph.store.store import Store
from cica_graph.wikidata.statement import JULIAN, Statement, WikiTime, between, hull

_CC0: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_ENTITY: Final = "http://www.wikidata.org/entity/"
_WIKIBASE: Final = "http://wikiba.se/ontology#"
_DOC: Final = BASE + "doc/wikidata#"
_MEMBERSHIP: Final = ID + "membership/wikidata/"
_ROLES: Final = ("P2868", "P3831")  # subject has role, object has role
# Without the prefixes of the project that the file does not need; sections and memberships have their own.
_PREFIXES: Final = {
    "membership": _MEMBERSHIP, "person": PREFIXES["person"], "wd": PREFIXES["wd"], "wikibase": _WIKIBASE,
    "wikidata": _DOC,
}  # fmt: skip

Report = Callable[[str], None]  # hears what is wrong with a statement


@dataclass(frozen=True)
class WikidataActors:
    """The things of the project by Q-id.

    :ivar members: states, organizations and persons by Q-id.
    :ivar organizations: organizations by Q-id.
    :ivar doubtful: Q-ids that two of our things claim.
    :ivar joined: the organizations of the concordance that the project does not declare, by IRI.
    """

    members: Mapping[str, str]
    organizations: Mapping[str, str]
    doubtful: frozenset[str]
    joined: Mapping[str, JoinedOrganization] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, concordance: Concordance = NO_CONCORDANCE) -> WikidataActors:
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
        joined = {q: o.iri for q, o in concordance.by_wikidata.items() if q not in linked}
        return cls(
            joined | {q: iri for q, iri in one.items() if kinds[iri] & {"State", "Organization", "Person"}},
            joined | {q: iri for q, iri in one.items() if "Organization" in kinds[iri]},
            frozenset(qid for qid, iris in linked.items() if len(iris) > 1),
            {o.iri: o for o in concordance.by_wikidata.values() if not o.declared},
        )


@dataclass(frozen=True)
class WikidataMembership:
    """A membership to be written."""

    statement: Statement
    member: str
    organization: str
    role: str
    start: str | None
    end: str | None
    section: str
    notes: tuple[str, ...]


def membership(
    statement: Statement,
    known: WikidataActors,
    role_names: Mapping[str, str],
    section: str,
    as_of: date | None,
    report: Report,
) -> WikidataMembership | str:
    """Return the membership that a statement makes, or the reason why it makes none."""
    s = statement
    if s.rank == "deprecated":
        return "deprecated"
    if s.kind == "somevalue" or s.object is None:
        return f"has {s.kind} as the organization"
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
        first = edtf.span(start)[0] if start else None
        if first is None or first > as_of:
            return "ended, on a day that is not known"
        end = between(first, as_of)
        notes.append(f"The end is not known; it is stated as any day up to {as_of}.")
    if others := "; ".join(f"{p} {', '.join(values)}" for p, values in sorted(s.qualifiers.items()) if p not in _ROLES):
        notes.append(f"Other qualifiers: {others}.")
    role = role_names[named[0]] if named else "member"
    return WikidataMembership(
        s, known.members[s.subject], known.organizations[s.object], role, start, end, section, tuple(notes)
    )


def _stated(name: str, times: Sequence[WikiTime], notes: list[str], report: Report) -> str | None:
    """Return the EDTF of the dates at one qualifier, None if there is no certain one.

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


Merged = tuple[
    WikidataMembership, int, list[WikidataMembership]
]  # the membership, its number, and all that say the same


def merge(memberships: Iterable[WikidataMembership]) -> list[Merged]:
    """Number the spells of each member in each organization in order of time; the same said twice is one."""
    pairs = defaultdict[tuple[str, str], dict[tuple[str | None, ...], list[WikidataMembership]]](dict)
    for one in memberships:
        same = (one.role, one.start, one.end)
        pairs[one.member, one.organization].setdefault(same, []).append(one)
    merged = []
    for _, equal in sorted(pairs.items()):
        groups = [sorted(group, key=lambda s: s.statement.id) for group in equal.values()]
        for number, group in enumerate(sorted(groups, key=lambda g: _when(g[0])), 1):
            merged.append((group[0], number, group))
    return merged


def _when(one: WikidataMembership) -> tuple[date, date, str]:
    first = edtf.span(one.start)[0] if one.start else edtf.span(one.end)[0] if one.end else date.max
    last = edtf.span(one.end)[1] if one.end else date.max
    return first, last, one.statement.id


def write(
    file: TextIO, name: str, title: str, merged: Sequence[Merged], paths: Sequence[Path], as_of: date | None,
    joined: Mapping[str, JoinedOrganization],
) -> None:  # fmt: skip
    """Write memberships to a file, as the graph ``name`` with its title, licence, source and sections.

    :param joined: organizations that the file declares if it has a membership of them, by IRI.
    """
    source = Source(
        slug="wikidata",
        title=f"Wikidata: member of (P463), from {', '.join(path.name for path in paths)}",
        licence=_CC0,
        page="https://www.wikidata.org/",
        speaks_for=as_of.isoformat() if as_of else "",
    )
    days = sorted({day for path in paths if (day := _dump_day(path))})
    about = [("dcterms:license", f"<{_CC0}>"), *(("dcterms:issued", f"{plain(day)}^^xsd:date") for day in days)]
    graph = GraphFile(file, source, title, _PREFIXES, graph=name, about=about)
    for path in paths:
        graph.section(section_of(path), path.name)
    used = {iri for one, _, _ in merged for iri in (one.member, one.organization)}
    for organization in (joined[iri] for iri in sorted(used & joined.keys())):
        graph.thing(
            organization.iri, "cg:Organization", ("skos:notation", plain(organization.acronym)),
            ("skos:prefLabel", said(organization.name)), ("dcterms:source", graph.iri(section_of(paths[0]))),
        )  # fmt: skip
    for membership, number, group in merged:
        notes = tuple(dict.fromkeys(note for one in group for note in one.notes))
        record = MembershipRecord(
            iri=_MEMBERSHIP + re.sub(r"[^A-Za-z0-9-]", "-", membership.statement.id),
            member=membership.member,
            organization=membership.organization,
            number=number,
            role=membership.role,
            start=membership.start,
            end=membership.end,
            notes=notes,
        )
        sections = dict.fromkeys(one.section for one in group)
        graph.membership(record, sections, *_provenance(graph, [one.statement for one in group]))


def _provenance(graph: GraphFile, statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    """Yield the ids, ranks and references of the statements that make one membership."""
    yield "dcterms:identifier", " , ".join(plain(one.id) for one in statements)
    ranks = dict.fromkeys(one.rank for one in statements)
    yield "wikibase:rank", " , ".join(f"wikibase:{rank.capitalize()}Rank" for rank in ranks)
    if references := sorted({cited for one in statements for cited in one.cited}):
        yield "dcterms:references", " , ".join(_reference(graph, cited) for cited in references)


def _reference(graph: GraphFile, cited: str) -> str:
    try:
        return graph.iri(_ENTITY + cited if re.fullmatch(r"Q[0-9]+", cited) else cited)
    except ValueError:  # keep a URL that is not an IRI as text
        return plain(cited)


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
