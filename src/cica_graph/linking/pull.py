"""Chosen properties of linked things, from another dataset into a named graph of their own.

What comes of it is another's statement about our things: it has its own file, licence and provenance, and stays out
of ``data/``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox

from cica_graph.files.streams import ReadProblem
from cica_graph.linking import endpoint, from_json, from_rdf
from cica_graph.linking.candidate import Target
from cica_graph.linking.sources import Spec
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress
from cica_graph.model.terms import DCAT, DCTERMS, GRAPH, PREFIXES, PROV, RDF_TYPE, RDFS, SCHEMA, SKOS, XSD
from cica_graph.wikidata import dump

_WDT: Final = "http://www.wikidata.org/prop/direct/"
_COMMONS: Final = "http://commons.wikimedia.org/wiki/Special:FilePath/"
_DAY: Final = re.compile(r"\+(\d{4})-(\d{2})-(\d{2})T00:00:00Z")
_TEXTS: Final = {"label": "labels", "alias": "aliases", "description": "descriptions"}
_HTTP_SCHEMA: Final = "http://schema.org/"
_READ_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "label": (RDFS + "label", SKOS + "prefLabel", SCHEMA + "name", _HTTP_SCHEMA + "name"),
    "alias": (SKOS + "altLabel", SCHEMA + "alternateName", _HTTP_SCHEMA + "alternateName"),
    "description": (SCHEMA + "description", _HTTP_SCHEMA + "description", DCTERMS + "description"),
}


@dataclass(frozen=True)
class Property:
    """A property to pull.

    :ivar property: its Wikidata id, or an empty text.
    :ivar writes: IRI of the property it is written as.
    """

    name: str
    property: str
    writes: str


@cache
def _known() -> dict[str, Property]:
    text = (Path(__file__).parent / "properties.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {r["name"]: Property(r["name"], r["property"], r["writes"]) for r in rows}


def properties(text: str) -> list[Property]:
    """Read a comma-separated list of names, or of Wikidata properties as ``P36``.

    :raises UsageError: no such property.
    """
    found = []
    for name in (part.strip() for part in text.split(",") if part.strip()):
        if name in _known():
            found.append(_known()[name])
        elif re.fullmatch(r"P[1-9][0-9]*", name):
            same = next((p for p in _known().values() if p.property == name), None)
            found.append(same or Property(name, name, _WDT + name))
        else:
            raise UsageError(
                f"{name!r} is no property; there are {', '.join(_known())}, and any of Wikidata, such as P36"
            )
    if not found:
        raise UsageError("no property was named; give --properties label,flag,capital")
    return found


def pull(
    spec: Spec, links: Mapping[str, str], wanted: Sequence[Property], languages: frozenset[str],
    on_progress: OnProgress | None = None,
) -> Iterator[ox.Triple | ReadProblem]:  # fmt: skip
    """Yield what a dataset says of linked things, with our things as subjects.

    :param links: IRI there -> our IRI.
    :param languages: of texts; empty takes all.
    :raises UsageError: no such file, or a form that has no properties to pull, as a table.
    """
    if spec.remote:
        yield from _from_rdf(
            endpoint.statements(spec.where, spec.query, spec.timeout, on_progress), links, wanted, languages
        )
        return
    path = Path(spec.where)
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in (".gz", ".bz2")]
    suffix = suffixes[-1] if suffixes else ""
    if not path.is_file():
        raise UsageError(f"{path} is not a file")
    if suffix in (".json", ".jsonl", ".ndjson"):
        yield from _from_json(path, links, wanted, languages, on_progress)
    elif suffix in from_rdf.FORMATS:
        yield from _from_rdf(from_rdf.statements(path, suffix, on_progress), links, wanted, languages)
    else:
        raise UsageError(
            f"{path}: properties are pulled from a JSON or RDF dump or an endpoint, not from {suffix or 'this'}"
        )


def _from_json(
    path: Path,
    links: Mapping[str, str],
    wanted: Sequence[Property],
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
        for prop in wanted:
            predicate, problems = ox.NamedNode(prop.writes), list[str]()
            if prop.name in _TEXTS:
                for text, language in from_json.names(entity.get(_TEXTS[prop.name]), problems):
                    if not languages or language in languages:
                        yield _literal(subject, predicate, text, language, line)
            for snak in from_json.snaks(entity, prop.property) if prop.property else ():
                try:
                    yield ox.Triple(subject, predicate, _value(snak))
                except (ValueError, KeyError, TypeError) as error:
                    problems.append(f"a value of {prop.name} was left out: {error}")
            for problem in problems:
                yield ReadProblem(line, problem)


def _literal(
    subject: ox.NamedNode, predicate: ox.NamedNode, text: str, language: str, line: int
) -> ox.Triple | ReadProblem:
    try:
        return ox.Triple(subject, predicate, ox.Literal(text, language=language))
    except ValueError:
        return ReadProblem(line, f"{language!r} is no language tag; the text was left out")


def _value(snak: Mapping[str, Any]) -> ox.NamedNode | ox.Literal:
    """Return a value as RDF, https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format#Value_representation."""
    given, datatype = snak["datavalue"], snak.get("datatype", "")
    value = given["value"]
    form = given.get("type")
    if form == "string" and datatype == "commonsMedia":
        return ox.NamedNode(_COMMONS + quote(value))
    if form == "string" and datatype == "url":
        if not re.match(r"https?://", value):
            raise ValueError(f"{value[:60]!r} is no web address")
        return ox.NamedNode(value)
    if form == "string":
        return ox.Literal(value)
    if form == "monolingualtext":
        return ox.Literal(value["text"], language=value["language"])
    if form == "wikibase-entityid" and (ident := from_json.item(value)):
        return ox.NamedNode(PREFIXES["wd"] + ident)
    if form == "quantity" and re.fullmatch(r"[+-]?\d+(\.\d+)?", str(value["amount"])):
        if value.get("unit", "1") != "1":
            raise ValueError(f"its unit {value['unit']} would be lost")
        amount = value["amount"].removeprefix("+")
        return ox.Literal(amount, datatype=ox.NamedNode(XSD + ("decimal" if "." in amount else "integer")))
    if (
        form == "time"
        and (match := _DAY.fullmatch(value["time"]))
        and value.get("calendarmodel", "").endswith("Q1985727")
    ):
        precision = value["precision"]
        parts = {9: match[1], 10: f"{match[1]}-{match[2]}", 11: f"{match[1]}-{match[2]}-{match[3]}"}
        types = {9: "gYear", 10: "gYearMonth", 11: "date"}
        if precision in parts and "-00" not in parts[precision]:
            return ox.Literal(parts[precision], datatype=ox.NamedNode(XSD + types[precision]))
    raise ValueError(f"a {form} of this kind is not read")


def _from_rdf(
    statements: Iterable[ox.Triple | ReadProblem],
    links: Mapping[str, str],
    wanted: Sequence[Property],
    languages: frozenset[str],
) -> Iterator[ox.Triple | ReadProblem]:
    reads: dict[str, str] = {}
    for prop in wanted:
        for predicate in _READ_AS.get(prop.name, (_WDT + prop.property,)):
            reads[predicate] = prop.writes
    for found in statements:
        if isinstance(found, ReadProblem):
            yield found
            continue
        writes, ours = reads.get(found.predicate.value), links.get(getattr(found.subject, "value", ""))
        if writes is None or ours is None:
            continue
        term = found.object
        if isinstance(term, ox.Literal) and term.language and languages and term.language not in languages:
            continue
        if isinstance(term, ox.NamedNode | ox.Literal):
            yield ox.Triple(ox.NamedNode(ours), ox.NamedNode(writes), term)


def render(triples: Iterable[ox.Triple], target: Target, *, license_: str, source: str, day: str) -> bytes:
    """Return the statements as a Turtle file with the header of its own graph; equal statements give equal bytes.

    :raises UsageError: the source or the licence is no IRI.
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
    assert done is not None  # it is None only when a file is given to write to
    # The serializer gives the prefixes in an order of chance.
    lines = done.decode().splitlines(keepends=True)
    declared = [line for line in lines if line.startswith("@prefix")]
    return "".join([*sorted(declared), *lines[len(declared) :]]).encode()
