"""Answers of SPARQL queries in the W3C's formats.

JSON: SPARQL 1.1 Query Results JSON Format. CSV and TSV: SPARQL 1.1 Query Results CSV and TSV Formats. Turtle:
the result-set vocabulary of the W3C test suites, http://www.w3.org/2001/sw/DataAccess/tests/result-set#.
"""

from __future__ import annotations

import pyoxigraph as ox

from cica_graph.formats import tables, text
from cica_graph.model.terms import PREFIXES, RDF_TYPE, XSD
from cica_graph.store.store import Result

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"


def render(result: Result, form: str) -> str:
    """Return a SELECT or ASK result as ``json``, ``csv``, ``tsv`` or ``ttl``."""
    if form == "json":
        return _json(result)
    if form == "ttl":
        return _ttl(result)
    if result.truth is not None:  # CSV and TSV have no form of their own for a truth
        return str(result.truth).lower() + "\n"
    if form == "tsv":
        head = "\t".join(f"?{name}" for name in result.columns)
        return "\n".join([head, *("\t".join(_short(row.get(n)) for n in result.columns) for row in result.rows)]) + "\n"
    records: list[tables.Record] = [{n: _plain(row.get(n)) for n in result.columns} for row in result.rows]
    return tables.render(records, result.columns, "csv")


def brief(result: Result) -> list[tables.Record]:
    """Return the rows for a table that people read: prefixed names for IRIs, bare text for literals."""
    if result.truth is not None:
        return [{"answer": "yes" if result.truth else "no"}]
    return [{n: prefixed(row[n]) if n in row else None for n in result.columns} for row in result.rows]


def prefixed(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """Return an IRI with its prefix, and any other term as its text."""
    if not isinstance(term, ox.NamedNode):
        return _plain(term) or ""
    fitting = [(len(ns), prefix, ns) for prefix, ns in PREFIXES.items() if term.value.startswith(ns)]
    if not fitting:
        return term.value
    _, prefix, namespace = max(fitting)
    return f"{prefix}:{term.value.removeprefix(namespace)}"


def _plain(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str | None:
    if term is None:
        return None
    if isinstance(term, ox.BlankNode | ox.Triple):
        return str(term)
    return term.value


def _short(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    """Return a term as Turtle writes it, on one line: TSV format, section 4.2."""
    if term is None:
        return ""
    if isinstance(term, ox.Literal) and term.datatype.value == XSD + "integer":
        return term.value
    return str(term).replace("\t", "\\t")


def _json(result: Result) -> str:
    if result.truth is not None:
        return text.to_json({"head": {}, "boolean": result.truth})
    bindings = [{n: _binding(row[n]) for n in result.columns if n in row} for row in result.rows]
    return text.to_json({"head": {"vars": list(result.columns)}, "results": {"bindings": bindings}})


def _binding(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.Literal):
        found = {"type": "literal", "value": term.value}
        if term.language:
            found["xml:lang"] = term.language
        elif term.datatype.value != XSD + "string":
            found["datatype"] = term.datatype.value
        return found
    return {"type": "bnode", "value": str(term).removeprefix("_:")}


def _ttl(result: Result) -> str:
    def rs(name: str) -> ox.NamedNode:
        return ox.NamedNode(RS + name)

    top, kind = ox.BlankNode("result"), ox.NamedNode(RDF_TYPE)
    triples = [ox.Triple(top, kind, rs("ResultSet"))]
    if result.truth is not None:
        triples.append(ox.Triple(top, rs("boolean"), ox.Literal(result.truth)))
    triples += [ox.Triple(top, rs("resultVariable"), ox.Literal(name)) for name in result.columns]
    for number, row in enumerate(result.rows, 1):
        solution = ox.BlankNode(f"row{number}")
        triples += [
            ox.Triple(top, rs("solution"), solution),
            ox.Triple(solution, rs("index"), ox.Literal(number)),
        ]
        for name in result.columns:
            if name in row:
                cell = ox.BlankNode(f"row{number}-{name}")
                triples += [
                    ox.Triple(solution, rs("binding"), cell),
                    ox.Triple(cell, rs("variable"), ox.Literal(name)),
                    ox.Triple(cell, rs("value"), row[name]),
                ]
    turtle: bytes = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes={"rs": RS})  # type: ignore[assignment]
    return turtle.decode()
