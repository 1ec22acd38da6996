"""SHACL over the authored graph, each result turned into a finding.

Shapes of single things go to pyshacl, on an rdflib graph: on a pyoxigraph store it takes sixty times as long.
Checks of sets (SHACL-SPARQL constraints on the one node of ``shapes/sets.ttl`` and ``shapes/spells.ttl``) are
the same SELECT queries run on the store, in hundredths of a second where rdflib takes half a minute; a test
holds the two to the same answers. W3C SHACL, sections 3 to 5, https://www.w3.org/TR/shacl/.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cica_graph.errors import Finding, ProjectError, QueryError
from cica_graph.sources import File
from cica_graph.store import Store
from cica_graph.terms import CG, SHAPE

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

SH = "http://www.w3.org/ns/shacl#"
SET_NODE = CG.rstrip("#")  # the node that checks of sets target, so that each runs once


def to_rdflib(triples: Iterable[ox.Triple]) -> Graph:
    """Return the same triples as an rdflib graph."""
    from rdflib import BNode, Graph, Literal, URIRef

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # it warns of ill-typed literals; the shapes say more

    def term(t: object) -> Node:
        if isinstance(t, ox.NamedNode):
            return URIRef(t.value)
        if isinstance(t, ox.BlankNode):
            return BNode(t.value)
        assert isinstance(t, ox.Literal)
        if t.language:
            return Literal(t.value, lang=t.language)
        return Literal(t.value, datatype=URIRef(t.datatype.value), normalize=False)

    graph = Graph()
    for t in triples:
        graph.add((term(t.subject), URIRef(t.predicate.value), term(t.object)))
    return graph


def read_shapes(files: Iterable[File]) -> Graph:
    """Return the shapes of all files as one graph.

    :raises ProjectError: a file of shapes does not parse.
    """
    from rdflib import Graph

    shapes = Graph()
    for file in files:
        try:
            shapes.parse(data=file.content, format="turtle")
        except (SyntaxError, ValueError) as error:
            raise ProjectError(f"{file.name}: the shapes do not parse: {error}") from error
    return shapes


def validate(authored: Iterable[ox.Triple], shapes: Graph) -> list[Finding]:
    """Run the shapes of single things over the authored statements; findings name no file yet."""
    import pyshacl
    from rdflib import BNode, Graph, URIRef

    single = Graph()
    for s, p, o in shapes:
        if p != URIRef(SH + "sparql") and o != URIRef(SET_NODE):
            single.add((s, p, o))
    try:
        _, report, text = pyshacl.validate(
            to_rdflib(authored), shacl_graph=single, inference="none", inplace=True, do_owl_imports=False
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        raise ProjectError(f"shapes/: {error}") from error
    if not isinstance(report, Graph):
        raise ProjectError(f"shapes/: {text}")
    findings = []
    for result in report.objects(None, URIRef(SH + "result")):  # not sh:detail, which repeats it in parts
        focus, path, value, shape = (report.value(result, URIRef(SH + name)) for name in _PARTS)
        rule = shape
        if isinstance(shape, BNode):  # a part of a shape without a name of its own
            rule = next(shapes.subjects(None, shape), shape)
        message = shapes.value(rule, URIRef(SH + "message")) or report.value(result, URIRef(SH + "resultMessage"))
        where = " ".join(str(part) for part in (focus, path, value) if part is not None)
        hint = shapes.value(rule, URIRef(SHAPE + "hint"))
        findings.append(Finding("", 0, 0, str(rule).removeprefix(SHAPE), where, str(message), str(hint or "")))
    return findings


_PARTS = ("focusNode", "resultPath", "value", "sourceShape")


def validate_sets(store: Store, shapes: Graph) -> list[Finding]:
    """Run the checks of sets over a store that has its bounds; findings name no file yet.

    :raises ProjectError: the SELECT of a check does not parse.
    """
    from rdflib import URIRef

    findings = []
    for shape in sorted(shapes.subjects(URIRef(SH + "targetNode"), URIRef(SET_NODE)), key=str):
        for check in sorted(shapes.objects(shape, URIRef(SH + "sparql")), key=str):
            message, hint = (str(shapes.value(check, URIRef(iri)) or "") for iri in (SH + "message", SHAPE + "hint"))
            try:
                rows = store.select(str(shapes.value(check, URIRef(SH + "select"))))
            except QueryError as error:
                raise ProjectError(f"shapes/: {check}: {error}") from error
            for row in rows:
                plain = {name: _text(term) for name, term in row.items()}
                where = " ".join(plain[name] for name in ("value", "path", "object") if name in plain)
                findings.append(Finding("", 0, 0, str(check).removeprefix(SHAPE), where, _fill(message, plain), hint))
    return findings


def _fill(message: str, values: Mapping[str, str]) -> str:
    """Put values into a message: ``{?name}`` or ``{$name}``, SHACL section 5.2.1."""
    return re.sub(r"\{[?$](\w+)\}", lambda m: values.get(m[1], m[0]), message)


def _text(term: object) -> str:
    return str(getattr(term, "value", term))
