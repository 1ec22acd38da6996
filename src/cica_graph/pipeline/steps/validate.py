"""SHACL validation of the authored graph; each result becomes a finding.

shifty, an engine in Rust, checks the shapes of single things: on 15,000 memberships it takes a sixth of pyshacl's time.
Checks of sets are SHACL-SPARQL constraints on the one node of ``shapes/sets.ttl`` and ``shapes/spells.ttl``. Their
SELECT queries run on the store, in hundredths of a second where rdflib takes half a minute. pyshacl is the reference:
tests compare its results with both. W3C SHACL, sections 3 to 5, https://www.w3.org/TR/shacl/.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from cica_graph.model.errors import Finding, ProjectError, QueryError
from cica_graph.model.terms import CG, SHAPE
from cica_graph.project import source_files
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import Store

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

SH = "http://www.w3.org/ns/shacl#"
SET_NODE = CG.rstrip("#")  # target node of checks of sets, so that each check runs once


def to_rdflib(triples: Iterable[ox.Triple]) -> Graph:
    """Return the same triples as an rdflib graph."""
    from rdflib import BNode, Graph, Literal, URIRef

    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # the shapes report ill-typed literals

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


def read_shapes(files: Iterable[SourceFile]) -> Graph:
    """Return the shapes of all files as one graph.

    :raises ProjectError: a file does not parse, or a shape is not valid SHACL.
    """
    triples = list[ox.Triple]()
    for file in files:
        parsed = source_files.parse_shapes(file)
        for finding in parsed.findings:
            if finding.rule in ("encoding", "syntax"):
                place = f"{file.name}:{finding.line}:{finding.column}"
                raise ProjectError(f"{place}: the shapes do not parse: {finding.message}")
        triples += [quad.triple for quad in parsed.quads]
    shapes = to_rdflib(triples)
    _refuse_ill_formed(shapes)
    return shapes


def _refuse_ill_formed(shapes: Graph) -> None:
    """Raise ProjectError for shapes that break the syntax rules of SHACL: the engine ignores such shapes.

    The rules are shapes themselves, https://www.w3.org/TR/shacl/#shacl-shacl. pyshacl contains the file.
    """
    from rdflib import BNode, Graph

    spec = find_spec("pyshacl")
    assert spec is not None
    assert spec.submodule_search_locations
    rules = Graph().parse(Path(spec.submodule_search_locations[0], "assets", "shacl-shacl.ttl"), format="turtle")
    for focus, path, value, _, message in sorted(_report(shapes, rules), key=str):
        named: Node | None = focus
        while isinstance(named, BNode):  # up to the shape with a name
            named = next(shapes.subjects(None, named), None)
        place = " ".join(str(term) for term in (path, value) if term is not None and not isinstance(term, BNode))
        raise ProjectError(f"shapes/: {named}: {place}: {message}. The shape is invalid, so nothing was checked.")


def validate(authored: Iterable[ox.Triple], shapes: Graph) -> list[Finding]:
    """Return the findings of the shapes of single things, without positions.

    :raises ProjectError: the engine cannot use the shapes.
    """
    from rdflib import BNode, Graph, URIRef

    single = Graph()
    parts: dict[Node, Node] = {}  # each part without a name gets one, which identifies it in the report
    for part in set(shapes.objects(None, URIRef(SH + "property"))):
        if isinstance(part, BNode):
            parts[part] = URIRef(f"{_PART}{len(parts)}")
    for s, p, o in shapes:
        if p != URIRef(SH + "sparql") and o != URIRef(SET_NODE):
            single.add((parts.get(s, s), p, parts.get(o, o)))
    of = {name: next(shapes.subjects(URIRef(SH + "property"), part)) for part, name in parts.items()}
    triples = list(authored)
    data = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES)
    assert data is not None  # None only if an output file is given
    rows = _report(data, single)
    if any(isinstance(term, BNode) for focus, _, value, *_ in rows for term in (focus, value)):
        rows = _report(to_rdflib(triples), single)  # where blank nodes keep their names
    findings = []
    for focus, path, value, shape, text in rows:
        assert shape is not None
        rule = of.get(shape, shape)
        message = shapes.value(rule, URIRef(SH + "message")) or text
        named = (focus,) if isinstance(path, BNode) else (focus, path, value)  # a path that is not an IRI has no name
        where = " ".join(str(part) for part in named if part is not None)
        hint = shapes.value(rule, URIRef(SHAPE + "hint"))
        findings.append(Finding("", 0, 0, str(rule).removeprefix(SHAPE), where, str(message), str(hint or "")))
    return findings


_PART = "urn:x-cica-graph:part:"
_PARTS = ("focusNode", "resultPath", "value", "sourceShape", "resultMessage")


def _report(data: bytes | Graph, shapes: Graph) -> list[list[Node | None]]:
    import shifty
    from rdflib import URIRef

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", shifty.ShaclDiagnosticWarning)  # otherwise it would skip unknown constraints
            _, report, _ = shifty.validate(data, shapes, infer=False, graph_mode="data", on_unsupported="error")
    except (ValueError, RuntimeError, shifty.ShaclDiagnosticWarning) as error:
        raise ProjectError(f"shapes/: {error}") from error
    results = report.objects(None, URIRef(SH + "result"))  # not sh:detail, which repeats parts of it
    return [[report.value(result, URIRef(SH + name)) for name in _PARTS] for result in results]


def validate_sets(store: Store, shapes: Graph) -> list[Finding]:
    """Return the findings of the checks of sets, without positions. The store must contain the bounds.

    :raises ProjectError: the SELECT query of a check does not parse.
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
    """Return a message with values in place of ``{?name}`` and ``{$name}``, SHACL section 5.2.1."""
    return re.sub(r"\{[?$](\w+)\}", lambda m: values.get(m[1], m[0]), message)


def _text(term: object) -> str:
    return str(getattr(term, "value", term))
