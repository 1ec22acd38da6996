"""Completeness of a query on the snapshot of a day, from the coverages that sources state.

A query is complete if each of its patterns is: a relation such as ``cg:memberOf`` with a given organization, of which a
source names every member on the day, or a class or a name, which every resource has. The answers of NOT EXISTS and
MINUS are then right too. See Darari, Nutt and Razniewski on completeness statements for SPARQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from cica_graph.evidence.read import read
from cica_graph.evidence.records import Coverage
from cica_graph.graph import Graph
from cica_graph.model.errors import QueryError
from cica_graph.model.terms import CG, PREFIXES, RDF_TYPE, SKOS
from cica_graph.queries import Query

_ROLES: Final[Mapping[str, str]] = {
    CG + "memberOf": "member", CG + "observerOf": "observer", CG + "applicantOf": "applicant",
}  # fmt: skip
_ALWAYS: Final = {RDF_TYPE, SKOS + "prefLabel", SKOS + "notation"}  # the rules of `check` require them
# The parts of each operator that bind a variable for all of its result.
_THROUGH: Final[Mapping[str, Sequence[str]]] = {
    "Join": ("p1", "p2"), "LeftJoin": ("p1",), "Minus": ("p1",), "Filter": ("p",), "Extend": ("p",), "Project": ("p",),
    "Distinct": ("p",), "Reduced": ("p",), "OrderBy": ("p",), "Slice": ("p",), "Group": ("p",), "AggregateJoin": ("p",),
    "SelectQuery": ("p",), "AskQuery": ("p",), "ConstructQuery": ("p",),
}  # fmt: skip


class Gap(NamedTuple):
    """A pattern that can lack answers.

    :ivar pattern: the pattern, as SPARQL.
    :ivar reason: the reason, a clause.
    """

    pattern: str
    reason: str


def gaps(graph: Graph, query: Query, on: date) -> list[Gap]:
    """Return the patterns of a query that can lack answers on a day; none if the query is complete.

    :raises QueryError: the query does not parse.
    """
    from rdflib.plugins.sparql import prepareQuery

    try:
        algebra = prepareQuery(query.text, initNs=dict(PREFIXES)).algebra
    except Exception as error:  # the parser raises many kinds of errors
        raise QueryError(f"the query cannot be analysed: {error}") from error
    given = dict[Any, set[str]]()
    for variable, values in _given(algebra):
        given[variable] = given.get(variable, values) & values
    coverages = read(graph.store, ()).coverages
    found = (gap for triple in _triples(algebra) for gap in _gap(graph, triple, given, coverages, on))
    return list(dict.fromkeys(found))


def _given(node: Any) -> Iterator[tuple[Any, set[str]]]:
    """Yield the variables that VALUES binds for the whole query, not only in a branch or a query inside it."""
    parts = _THROUGH.get(getattr(node, "name", ""), ())
    if getattr(node, "name", "") == "ToMultiSet" and getattr(node.get("p"), "name", "") == "values":
        rows = node["p"]["res"]
        for variable in set.intersection(*(set(row) for row in rows)) if rows else ():
            yield variable, {str(row[variable]) for row in rows}
    for part in parts:
        if part in node:
            yield from _given(node[part])


def _triples(node: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield every triple pattern in a query, at any depth."""
    if isinstance(node, Mapping):
        if getattr(node, "name", "") == "ConstructQuery":
            yield from _triples(node["p"])
            return
        for key, part in node.items():
            if key == "triples":
                yield from _flat(part)
            else:
                yield from _triples(part)
    elif isinstance(node, list | tuple) and not isinstance(node, str):
        for part in node:
            yield from _triples(part)


def _flat(triples: Sequence[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Yield triples; a block in EXISTS is a flat list of terms."""
    for triple in triples:
        if len(triple) == 3:
            yield triple[0], triple[1], triple[2]
        else:
            yield from ((triple[at], triple[at + 1], triple[at + 2]) for at in range(0, len(triple), 3))


def _gap(
    graph: Graph, triple: tuple[Any, Any, Any], given: Mapping[Any, set[str]],
    coverages: Mapping[str, Sequence[Coverage]], on: date,
) -> Iterator[Gap]:  # fmt: skip
    from rdflib.term import URIRef, Variable

    _, predicate, obj = triple
    pattern = " ".join(_short(term) for term in triple)
    if not isinstance(predicate, URIRef) or str(predicate) not in _ROLES.keys() | _ALWAYS:
        yield Gap(pattern, "no source states that this relation is complete")
        return
    if str(predicate) in _ALWAYS:
        return
    organizations = given.get(obj, set()) if isinstance(obj, Variable) else {str(obj)}
    if not organizations:
        yield Gap(pattern, "the organization is not given")
    role, day = _ROLES[str(predicate)], on.toordinal()
    for iri in sorted(organizations):
        covers = [c for c in coverages.get(iri, ()) if c.role == role and c.first <= day <= c.last]
        code = graph.names[iri].code if iri in graph.names.actors else iri
        if not any(not c.unknown_for and not c.among for c in covers):
            yield Gap(pattern, f"no source names every {role} of {code} on {on}")
        elif uncertain := [m.code for m in graph.members(iri, on=on, role=role) if m.certainty != "certain"]:
            yield Gap(pattern, f"it is not certain whether {', '.join(uncertain)} is a {role} of {code}")


def _short(term: Any) -> str:
    text = term.n3() if hasattr(term, "n3") else str(term)
    for name, base in PREFIXES.items():
        if text.startswith(f"<{base}") and text.endswith(">"):
            return f"{name}:{text[len(base) + 1 : -1]}"
    return str(text)
