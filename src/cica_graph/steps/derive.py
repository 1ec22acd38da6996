"""One day: its snapshot, and the counts on it."""

from __future__ import annotations

from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.store import Store, day_literal, snapshot_graph
from cica_graph.terms import GRAPH

FINDINGS = ox.NamedNode(GRAPH + "findings")


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


def derive(store: Store, day: date) -> None:
    """Put the snapshot of a day, its tallies and its overlaps into the store."""
    snapshot(store, day)
    for name in ("tallies", "overlaps", "missing"):
        query = queries.shipped("derive", name).bind(asOf=day_literal(day))
        store.put(ox.Quad(t.subject, t.predicate, t.object, FINDINGS) for t in store.construct(query, day))
