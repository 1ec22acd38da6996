"""One day: its snapshot, and the counts on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.store import Store, day_literal, snapshot_graph, value
from cica_graph.terms import CG, GRAPH, ID, PREFIXES, RDF_TYPE

FINDINGS = ox.NamedNode(GRAPH + "findings")

Members = defaultdict[str, set[str]]  # by organization


def days(store: Store) -> list[date]:
    """Return the days that claims are about, in order."""
    found = (row["day"] for row in store.select(queries.shipped("derive", "days").text))
    return sorted(date.fromisoformat(term.value) for term in found if isinstance(term, ox.Literal))


def snapshot(store: Store, day: date) -> None:
    """Put the snapshot of a day into the store, unless it is there."""
    graph = snapshot_graph(day)
    if not store.has_graph(graph):
        query = queries.shipped("derive", "snapshot").bind(asOf=day_literal(day))
        store.put(ox.Quad(t.subject, t.predicate, t.object, graph) for t in store.construct(query))


def members(store: Store, day: date) -> tuple[Members, Members]:
    """Return the certain and the possible members of each organization, as IRIs, from the snapshot of a day."""
    sure, maybe = Members(set), Members(set)
    for row in store.select(queries.shipped("select", "shared").text, day):
        who, organization = row["who"], row["organization"]
        if isinstance(who, ox.NamedNode) and isinstance(organization, ox.NamedNode):  # else the shapes say so
            (sure if value(row["link"]) == CG + "memberOf" else maybe)[organization.value].add(who.value)
    return sure, maybe


def derive(store: Store, day: date) -> None:
    """Put the snapshot of a day, its tallies and its overlaps into the store."""
    snapshot(store, day)
    query = queries.shipped("derive", "tallies").bind(asOf=day_literal(day))
    store.put(ox.Quad(t.subject, t.predicate, t.object, FINDINGS) for t in store.construct(query, day))
    sure, maybe = members(store, day)
    for organization in maybe:
        store.put(_overlaps(organization, sure, maybe, day))


def _overlaps(organization: str, sure: Members, maybe: Members, day: date) -> Iterator[ox.Quad]:
    """Yield the overlaps of one organization with each other that may share a member with it.

    Sets, and no query: they are as many as the square of the organizations, and SPARQL took ten times as long.
    """
    for other, most in maybe.items():
        if other != organization and (both := maybe[organization] & most):
            name = f"{_last(organization)}-{_last(other)}-{day}"
            overlap, certain = ox.NamedNode(f"{ID}finding/{name}"), sure.get(other, set())
            said: tuple[tuple[str, ox.NamedNode | ox.Literal], ...] = (
                (RDF_TYPE, ox.NamedNode(CG + "Overlap")),
                (PREFIXES["qb"] + "dataSet", FINDINGS),
                (CG + "about", ox.NamedNode(organization)),
                (CG + "counterpart", ox.NamedNode(other)),
                (CG + "asOf", day_literal(day)),
                (CG + "count", ox.Literal(len(sure.get(organization, set()) & certain))),
                (CG + "atMost", ox.Literal(len(both))),
                (CG + "total", ox.Literal(len(certain))),
                (CG + "totalAtMost", ox.Literal(len(most))),
                *((CG + "except", ox.NamedNode(who)) for who in certain - maybe[organization]),
            )
            yield from (ox.Quad(overlap, ox.NamedNode(predicate), term, FINDINGS) for predicate, term in said)


def _last(iri: str) -> str:
    return iri.rpartition("/")[2]
