"""A named graph as a Turtle file, written a thing at a time, so that memory does not grow with it.

Each file has one dataset header, one source with its version and citation, the sections cited, the actors that the
project has not, and memberships. Equal input gives equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
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
    """Where the memberships of a file are from.

    :ivar slug: names the document, ``doc/<slug>#document``, and the graph.
    :ivar licence: IRI of the licence of the graph.
    :ivar rights: the terms as the source states them.
    :ivar page: its address.
    :ivar version: which version of it was read.
    :ivar citation: how it asks to be cited.
    :ivar speaks_for: the day that attests what has no end, None when there is none.
    """

    slug: str
    title: str
    licence: str
    rights: str = ""
    page: str = ""
    version: str = ""
    citation: str = ""
    speaks_for: date | None = None

    def section(self, name: str) -> str:
        """Return the IRI of one of its sections, or of the ``document`` itself."""
        return f"{BASE}doc/{self.slug}#{name}"


@dataclass(frozen=True, slots=True)
class Spell:
    """A membership to be written.

    :ivar role: local name of a concept of the roles scheme.
    :ivar start: EDTF text, None when none is given.
    :ivar end: EDTF text, None when none is given.
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
    """Writes one graph; ``prefixes`` are those it needs besides the project's."""

    def __init__(self, file: TextIO, source: Source, title: str, prefixes: Mapping[str, str]) -> None:
        used = {name: PREFIXES[name] for name in _USED} | dict(prefixes)
        self._file, self._names = file, {base: name for name, base in used.items()}
        self.iri = lru_cache(maxsize=4096)(self._iri)
        file.writelines(f"@prefix {name}: <{base}> .\n" for name, base in sorted(used.items()))
        document = source.section("document")
        file.write("\n")
        self.thing(
            GRAPH + source.slug, "dcat:Dataset", ("dcterms:title", said(title)),
            ("dcterms:license", self.iri(source.licence)), ("prov:wasDerivedFrom", self.iri(document)),
        )  # fmt: skip
        about = [("dcterms:title", said(source.title))]
        about += [("dcterms:rights", said(source.rights))] if source.rights else []
        about += [("foaf:page", self.iri(source.page))] if source.page else []
        about += [("dcat:version", plain(source.version))] if source.version else []
        about += [("dcterms:bibliographicCitation", said(source.citation))] if source.citation else []
        about += [("cg:accurateAsOf", edtf(source.speaks_for.isoformat()))] if source.speaks_for else []
        self.thing(document, "cg:Source", *about)
        self._document = self.iri(document)

    def section(self, iri: str, title: str, *more: Statement) -> None:
        """Write a section of the source."""
        self.thing(iri, "cg:Section", ("dcterms:isPartOf", self._document), ("dcterms:title", said(title)), *more)

    def thing(self, iri: str, kind: str, *statements: Statement) -> None:
        """Write anything with what is said of it."""
        lines = "".join(f" ;\n    {predicate} {value}" for predicate, value in statements)
        self._file.write(f"{self.iri(iri)} a {kind}{lines} .\n")

    def spell(self, spell: Spell, sections: Iterable[str]) -> None:
        """Write a membership, citing sections, of which there may be any number."""
        iri = self.iri
        when = f" ; cg:start {edtf(spell.start)}" if spell.start else ""
        when += f" ; cg:end {edtf(spell.end)}" if spell.end else ""
        when += f" ; cg:attestedOn {' , '.join(map(edtf, spell.attested))}" if spell.attested else ""
        self._file.write(
            f"{self._iri(spell.iri)} a cg:Membership ; cg:member {iri(spell.member)} ; "
            f"cg:organization {iri(spell.organization)} ; cg:spell {spell.number} ;\n"
            f"    cg:role {iri(CONCEPT + spell.role)}{when}"
        )
        for note in spell.notes:
            self._file.write(f" ;\n    skos:note {said(note)}")
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
    """Return an English text as Turtle."""
    return str(ox.Literal(text, language="en"))


def plain(text: str) -> str:
    """Return a text as Turtle."""
    return str(ox.Literal(text))


def edtf(text: str) -> str:
    """Return a date as Turtle."""
    return f"{plain(text)}^^edtf:EDTF"
