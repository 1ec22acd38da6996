"""Properties of linked things, copied from another dataset into a separate named graph.

The statements are those of another author about our things: they have their own file, licence and provenance, and are
not in ``data/``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.files.streams import ReadProblem
from cica_graph.linking import endpoint, from_rdf
from cica_graph.linking.candidate import LONGEST, Target
from cica_graph.linking.dataset import Dataset
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress
from cica_graph.model.terms import DCAT, DCTERMS, GRAPH, PREFIXES, PROV, RDF_TYPE, RDFS, SCHEMA, SKOS, XSD
from cica_graph.wikidata import dump
from cica_graph.wikidata.entity import names, snaks, term

_WDT: Final = "http://www.wikidata.org/prop/direct/"
_TEXTS: Final = {"label": "labels", "alias": "aliases", "description": "descriptions"}
_HTTP_SCHEMA: Final = "http://schema.org/"
_READ_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "label": (RDFS + "label", SKOS + "prefLabel", SCHEMA + "name", _HTTP_SCHEMA + "name"),
    "alias": (SKOS + "altLabel", SCHEMA + "alternateName", _HTTP_SCHEMA + "alternateName"),
    "description": (SCHEMA + "description", _HTTP_SCHEMA + "description", DCTERMS + "description"),
}


@dataclass(frozen=True)
class PulledProperty:
    """A property to pull.

    :ivar property: its Wikidata id, or an empty text.
    :ivar writes: IRI of the property it is written as.
    """

    name: str
    property: str
    writes: str


@cache
def _known() -> dict[str, PulledProperty]:
    text = (Path(__file__).parent / "properties.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {r["name"]: PulledProperty(r["name"], r["property"], r["writes"]) for r in rows}


def properties(text: str) -> list[PulledProperty]:
    """Read a comma-separated list of names, or of Wikidata properties as ``P36``.

    :raises UsageError: no such property.
    """
    found = []
    for name in (part.strip() for part in text.split(",") if part.strip()):
        if name in _known():
            found.append(_known()[name])
        elif re.fullmatch(r"P[1-9][0-9]*", name):
            same = next((p for p in _known().values() if p.property == name), None)
            found.append(same or PulledProperty(name, name, _WDT + name))
        else:
            raise UsageError(f"{name!r} is not a property; use {', '.join(_known())}, or one of Wikidata, such as P36")
    if not found:
        raise UsageError("no property was named; give --properties label,flag,capital")
    return found


def pull(
    dataset: Dataset, links: Mapping[str, str], requested: Sequence[PulledProperty], languages: frozenset[str],
    on_progress: OnProgress | None = None,
) -> Iterator[ox.Triple | ReadProblem]:  # fmt: skip
    """Yield what a dataset says of linked things, with our things as subjects.

    :param links: IRI there -> our IRI.
    :param languages: of texts; empty takes all.
    :raises UsageError: no such file, or a form that has no properties to pull, as a table.
    """
    if dataset.remote:
        statements = endpoint.statements(dataset.where, dataset.query, dataset.timeout, on_progress)
        yield from _from_rdf(statements, links, requested, languages)
    elif dataset.kind in ("json", "jsonl", "ndjson"):
        yield from _from_json(dataset.path(), links, requested, languages, on_progress)
    elif dataset.kind in from_rdf.FORMATS:
        statements = from_rdf.statements(dataset.path(), dataset.kind, on_progress)
        yield from _from_rdf(statements, links, requested, languages)
    else:
        dataset.path()
        raise UsageError(f"{dataset.where}: properties can only be pulled from a JSON or RDF dump or an endpoint")


def _from_json(
    path: Path,
    links: Mapping[str, str],
    requested: Sequence[PulledProperty],
    languages: frozenset[str],
    on_progress: OnProgress | None,
) -> Iterator[ox.Triple | ReadProblem]:
    space = PREFIXES["wd"]
    for found in dump.entities(path, on_progress):
        if isinstance(found, ReadProblem):
            yield found
            continue
        line, entity = found
        ours = links.get(f"{space}{entity.get('id')}")
        if ours is None:
            continue
        subject = ox.NamedNode(ours)
        for prop in requested:
            predicate, problems = ox.NamedNode(prop.writes), list[str]()
            if prop.name in _TEXTS:
                for text, language in names(entity.get(_TEXTS[prop.name]), problems, LONGEST):
                    if not languages or language in languages:
                        yield _literal(subject, predicate, text, language, line)
            for snak in snaks(entity, prop.property) if prop.property else ():
                try:
                    yield ox.Triple(subject, predicate, term(snak))
                except (ValueError, KeyError, TypeError) as error:
                    problems.append(f"a value of {prop.name} is ignored: {error}")
            for problem in problems:
                yield ReadProblem(line, problem)


def _literal(
    subject: ox.NamedNode, predicate: ox.NamedNode, text: str, language: str, line: int
) -> ox.Triple | ReadProblem:
    try:
        return ox.Triple(subject, predicate, ox.Literal(text, language=language))
    except ValueError:
        return ReadProblem(line, f"{language!r} is not a language tag; the text is ignored")


def _from_rdf(
    statements: Iterable[ox.Triple | ReadProblem],
    links: Mapping[str, str],
    requested: Sequence[PulledProperty],
    languages: frozenset[str],
) -> Iterator[ox.Triple | ReadProblem]:
    reads: dict[str, str] = {}
    for prop in requested:
        for predicate in _READ_AS.get(prop.name, (_WDT + prop.property,)):
            reads[predicate] = prop.writes
    for found in statements:
        if isinstance(found, ReadProblem):
            yield found
            continue
        writes, ours = reads.get(found.predicate.value), links.get(getattr(found.subject, "value", ""))
        if writes is None or ours is None:
            continue
        o = found.object
        if isinstance(o, ox.Literal) and o.language and languages and o.language not in languages:
            continue
        if isinstance(o, ox.NamedNode | ox.Literal):
            yield ox.Triple(ox.NamedNode(ours), ox.NamedNode(writes), o)


def render(triples: Iterable[ox.Triple], target: Target, *, license_: str, source: str, day: str) -> bytes:
    """Return the statements as a Turtle file with the header of a graph; equal statements give equal bytes.

    :raises UsageError: the source or the licence is not an IRI.
    """
    graph = ox.NamedNode(f"{GRAPH}enriched-{target.name}")
    try:
        licence, origin = ox.NamedNode(license_), ox.NamedNode(source)
    except ValueError as error:
        raise UsageError(f"the licence and the source are given as IRIs: {error}") from error
    head = [
        ox.Triple(graph, ox.NamedNode(RDF_TYPE), ox.NamedNode(DCAT + "Dataset")),
        ox.Triple(graph, ox.NamedNode(DCTERMS + "title"), ox.Literal(f"Values from {target.label}", language="en")),
        ox.Triple(graph, ox.NamedNode(DCTERMS + "license"), licence),
        ox.Triple(graph, ox.NamedNode(PROV + "wasDerivedFrom"), origin),
        ox.Triple(graph, ox.NamedNode(DCTERMS + "created"), ox.Literal(day, datatype=ox.NamedNode(XSD + "date"))),
    ]
    used = ("cg", "dcat", "dcterms", "g", "organization", "prov", "schema", "state", "wd", "xsd")
    prefixes = {name: PREFIXES[name] for name in used} | {"wdt": _WDT}
    done = ox.serialize([*head, *sorted(set(triples), key=str)], format=ox.RdfFormat.TURTLE, prefixes=prefixes)
    assert done is not None  # serialize returns bytes if it gets no file
    # The serializer gives the prefixes in an order of chance.
    lines = done.decode().splitlines(keepends=True)
    declared = [line for line in lines if line.startswith("@prefix")]
    return "".join([*sorted(declared), *lines[len(declared) :]]).encode()
