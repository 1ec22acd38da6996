"""Writer of memberships as a Turtle file with one named graph; memory does not grow with the file.

Each file has one dataset header, one source with its version and citation, the cited sections, the actors that the
project lacks, and memberships. Equal input gives equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TextIO

import pyoxigraph as ox

from cica_graph.model.terms import BASE, CONCEPT, GRAPH, PREFIXES

_USED: Final = ("c", "cg", "dcat", "dcterms", "edtf", "foaf", "g", "organization", "prov", "skos", "state", "xsd")
_LOCAL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", re.ASCII)

NOT_STATED: Final = "http://rightsstatements.org/vocab/CNE/1.0/"  # copyright not evaluated: no licence is stated

Statement = tuple[str, str]  # a predicate and an object, both as Turtle writes them


@dataclass(frozen=True)
class Source:
    """The source of the memberships in a file.

    :ivar slug: name of the document, ``doc/<slug>#document``, and of the graph.
    :ivar licence: IRI of the licence of the graph.
    :ivar rights: the terms of use, in the words of the source.
    :ivar page: web address.
    :ivar version: the version that was read.
    :ivar citation: the citation that the source asks for.
    :ivar speaks_for: the day that attests memberships without an end, as EDTF; ``../2026-02-04`` means that day or an
        earlier one. Empty if that day is not known.
    :ivar copy_of: IRI of a source of the project that has the same content, or empty.
    """

    slug: str
    title: str
    licence: str
    rights: str = ""
    page: str = ""
    version: str = ""
    citation: str = ""
    speaks_for: str = ""
    copy_of: str = ""

    def section(self, name: str) -> str:
        """Return the IRI of one of its sections, or of the ``document`` itself."""
        return f"{BASE}doc/{self.slug}#{name}"


@dataclass(frozen=True, slots=True)
class MembershipRecord:
    """A membership to write.

    :ivar number: which membership of this member in this organization, from 1.
    :ivar role: local name of a concept of the roles scheme.
    :ivar start: EDTF text, None if it is not known.
    :ivar end: EDTF text, None if it is not known.
    :ivar attested: years, months or days on which the source shows it.
    """

    iri: str
    member: str
    organization: str
    number: int
    role: str
    start: str | None
    end: str | None
    attested: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class GraphFile:
    """One graph in a file.

    :param prefixes: prefixes that it needs in addition to the project's.
    :param graph: local name of the graph (default: the slug of the source).
    :param about: further statements about the source.
    """

    def __init__(
        self, file: TextIO, source: Source, title: str, prefixes: Mapping[str, str], *, graph: str = "",
        about: Iterable[Statement] = (),
    ) -> None:  # fmt: skip
        used = {name: PREFIXES[name] for name in _USED} | dict(prefixes)
        self._file, self._names = file, {base: name for name, base in used.items()}
        self.iri = lru_cache(maxsize=4096)(self._iri)
        file.writelines(f"@prefix {name}: <{base}> .\n" for name, base in sorted(used.items()))
        document = source.section("document")
        file.write("\n")
        self.thing(
            GRAPH + (graph or source.slug), "dcat:Dataset", ("dcterms:title", said(title)),
            ("dcterms:license", self.iri(source.licence)), ("prov:wasDerivedFrom", self.iri(document)),
            ("cg:reports", self.iri(document)),
        )  # fmt: skip
        described = [("dcterms:title", said(source.title))]
        described += [("dcterms:rights", said(source.rights))] if source.rights else []
        described += [("foaf:page", self.iri(source.page))] if source.page else []
        described += [("dcat:version", plain(source.version))] if source.version else []
        described += [("dcterms:bibliographicCitation", said(source.citation))] if source.citation else []
        described += [("cg:accurateAsOf", edtf(source.speaks_for))] if source.speaks_for else []
        described += [("cg:copyOf", self.iri(source.copy_of))] if source.copy_of else []
        self.thing(document, "cg:Source", *described, *about)
        self._document = self.iri(document)

    def section(self, iri: str, title: str, *more: Statement) -> None:
        """Write a section of the source."""
        self.thing(iri, "cg:Section", ("dcterms:isPartOf", self._document), ("dcterms:title", said(title)), *more)

    def thing(self, iri: str, kind: str, *statements: Statement) -> None:
        """Write the type of a thing and statements about it."""
        lines = "".join(f" ;\n    {predicate} {value}" for predicate, value in statements)
        self._file.write(f"{self.iri(iri)} a {kind}{lines} .\n")

    def membership(self, record: MembershipRecord, sections: Iterable[str], *more: Statement) -> None:
        """Write a membership with the sections that it cites, of which there may be any number."""
        iri = self.iri
        when = f" ; cg:start {edtf(record.start)}" if record.start else ""
        when += f" ; cg:end {edtf(record.end)}" if record.end else ""
        when += f" ; cg:attestedOn {' , '.join(map(edtf, record.attested))}" if record.attested else ""
        self._file.write(
            f"{self._iri(record.iri)} a cg:Membership ; cg:member {iri(record.member)} ; "
            f"cg:organization {iri(record.organization)} ; cg:spell {record.number} ;\n"
            f"    cg:role {iri(CONCEPT + record.role)}{when}"
        )
        for note in record.notes:
            self._file.write(f" ;\n    skos:note {said(note)}")
        for predicate, value in more:
            self._file.write(f" ;\n    {predicate} {value}")
        for number, section in enumerate(sections):
            self._file.write(f"{' ,' if number else ' ; dcterms:source'} {iri(section)}")
        self._file.write(" .\n")

    def _iri(self, iri: str) -> str:
        base, mark, local = iri.rpartition("#")
        if not mark:
            base, mark, local = iri.rpartition("/")
        name = self._names.get(base + mark)
        if name is not None and _LOCAL.fullmatch(local):
            return f"{name}:{local}"
        return str(ox.NamedNode(iri))


def said(text: str) -> str:
    """Return English text as Turtle."""
    return str(ox.Literal(text, language="en"))


def plain(text: str) -> str:
    """Return text without a language as Turtle."""
    return str(ox.Literal(text))


def edtf(text: str) -> str:
    """Return an EDTF date as Turtle."""
    return f"{plain(text)}^^edtf:EDTF"
