"""Candidates from RDF: Turtle, N-Triples, RDF/XML, TriG, N-Quads; plain RDFS, SKOS, schema.org or Wikidata's own form.

Statements about one thing are expected together, as dumps and serializers write them. If a thing appears again
later, it becomes another candidate with the same IRI, so memory does not grow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.files import streams
from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import LONGEST, MOST, SCHEMES, Candidate, Code, Name, code, kind_of, targets
from cica_graph.linking.dataset import Dataset
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress
from cica_graph.model.terms import DCTERMS, OWL, RDF_TYPE, RDFS, SCHEMA, SKOS

FORMATS: Final = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "xml": ox.RdfFormat.RDF_XML,
    "owl": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}
_PROLOG: Final = 1 << 20  # bytes before the first element; a document type must be in them
_WDT: Final = "http://www.wikidata.org/prop/direct/"
_AT: Final = "http://publications.europa.eu/ontology/authority/"
_HTTP_SCHEMA: Final = "http://schema.org/"
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_LABEL: Final = {RDFS + "label", SKOS + "prefLabel", SCHEMA + "name", _HTTP_SCHEMA + "name", _FOAF + "name"}
_ALIAS: Final = {SKOS + "altLabel", SCHEMA + "alternateName", _HTTP_SCHEMA + "alternateName"}
_WEBSITE: Final = {_FOAF + "homepage", SCHEMA + "url", _HTTP_SCHEMA + "url", _WDT + "P856"}
_SAME: Final = {OWL + "sameAs", SKOS + "exactMatch", SCHEMA + "sameAs", _HTTP_SCHEMA + "sameAs"}
_TYPES: Final = {
    SCHEMA + "Country": "state",
    _HTTP_SCHEMA + "Country": "state",
    SCHEMA + "Organization": "organization",
    _HTTP_SCHEMA + "Organization": "organization",
    "http://www.w3.org/ns/org#Organization": "organization",
    "http://www.w3.org/ns/org#FormalOrganization": "organization",
    _FOAF + "Organization": "organization",
}


def read(dataset: Dataset, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield each thing with a name, a code or a redirect as a candidate.

    :raises UsageError: the file does not exist, or is XML with a DOCTYPE, because entities can grow without limit.
    """
    return grouped(statements(dataset.path(), dataset.kind, on_progress))


def statements(path: Path, kind: str, on_progress: OnProgress | None = None) -> Iterator[ox.Triple | ReadProblem]:
    """Yield the statements of a file, and what could not be read of it.

    :raises UsageError: as ``read``.
    """
    form = FORMATS[kind]
    if form == ox.RdfFormat.RDF_XML:
        _refuse_doctype(path)
    yield from streams.read_rdf(path, form, on_progress)


def _refuse_doctype(path: Path) -> None:
    with streams.opened(path) as (_, stream):
        prolog = stream.read(_PROLOG)
    if prolog.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in prolog:
        raise UsageError(f"{path} is not UTF-8; convert it")
    bare = re.sub(rb"<!--.*?-->", b"", prolog, flags=re.DOTALL)
    root = re.search(rb"<[^?!]", bare)
    if re.search(rb"<!\s*DOCTYPE", bare[: root.start()] if root else bare, re.IGNORECASE):
        raise UsageError(
            f"{path} has a DOCTYPE, which allows entities that grow without limit; expand the entities and remove it"
        )
    if root is None:
        raise UsageError(f"{path} has no element in its first {_PROLOG >> 20} MiB; it is not RDF/XML")


def grouped(statements: Iterable[ox.Triple | ReadProblem]) -> Iterator[Candidate | ReadProblem]:
    """Yield what consecutive statements about one thing add up to."""
    thing: _Thing | None = None
    for found in statements:
        if isinstance(found, ReadProblem):
            yield found
            continue
        if not isinstance(found.subject, ox.NamedNode):
            continue
        if thing is None or thing.iri != found.subject.value:
            if thing is not None:
                yield from thing.candidate()
            thing = _Thing(found.subject.value)
        thing.add(found.predicate.value, found.object)
    if thing is not None:
        yield from thing.candidate()


class _Thing:
    def __init__(self, iri: str) -> None:
        self.iri = iri
        self.labels: dict[Name, None] = {}
        self.aliases: dict[Name, None] = {}
        self.codes: set[Code] = set()
        self.websites: list[str] = []
        self.classes: list[str] = []
        self.kind: str | None = None
        self.redirect = self.removed = ""
        self.problems: list[str] = []
        for target in targets().values():
            value = target.value(iri)
            if value is not None:
                self.codes.add((target.name, value))
                if target.name == "eu" and re.fullmatch("[A-Z]{3}", value):
                    # The table documents that its codes are those of ISO 3166-1 alpha-3, where one exists.
                    self.codes.add(("iso3", value))

    def add(self, predicate: str, term: object) -> None:
        if isinstance(term, ox.Literal):
            self._literal(predicate, term)
        elif isinstance(term, ox.NamedNode):
            self._iri(predicate, term.value)

    def _literal(self, predicate: str, term: ox.Literal) -> None:
        text = term.value
        if predicate in _LABEL or predicate in _ALIAS:
            if len(text) > LONGEST:
                self.problems.append(f"a name of {self.iri} has {len(text):,} characters; it is ignored")
            elif len(self.labels) + len(self.aliases) < MOST and text.strip():
                (self.labels if predicate in _LABEL else self.aliases)[text, term.language or ""] = None
        elif predicate.startswith(_WDT) and (scheme := SCHEMES.get(predicate.removeprefix(_WDT))):
            if (found := code(scheme, text)) is not None:
                self.codes.add(found)
        elif predicate in _WEBSITE and len(text) <= LONGEST:
            self.websites.append(text)
        elif predicate in (OWL + "deprecated", _AT + "deprecated") and text in ("true", "1"):
            self.removed = "deprecated"

    def _iri(self, predicate: str, iri: str) -> None:
        if predicate == RDF_TYPE:
            self.kind = self.kind or _TYPES.get(iri)
        elif predicate == _WDT + "P31":
            self.classes.append(iri.rpartition("/")[2])
        elif predicate in _WEBSITE:
            self.websites.append(iri)
        elif predicate == DCTERMS + "isReplacedBy":
            self.redirect = iri
        elif predicate in _SAME:
            wikidata = targets()["wikidata"]
            if predicate == OWL + "sameAs" and wikidata.value(self.iri) and wikidata.value(iri):
                self.redirect = iri  # https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format#Redirects
                return
            for target in targets().values():
                if (value := target.value(iri)) is not None:
                    self.codes.add((target.name, value))

    def candidate(self) -> Iterator[Candidate | ReadProblem]:
        for problem in self.problems:
            yield ReadProblem(0, problem)
        if self.labels or self.aliases or self.redirect or (self.codes and self.classes):
            yield Candidate(
                iri=self.iri,
                kind=self.kind or kind_of(self.classes),
                labels=tuple(self.labels),
                aliases=tuple(self.aliases),
                codes=frozenset(self.codes),
                websites=tuple(self.websites),
                redirect_to=self.redirect if self.redirect != self.iri else "",
                removed=self.removed,
            )
