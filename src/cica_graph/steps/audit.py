"""Claims beside findings, and the verdicts."""

from __future__ import annotations

from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.store import Store, day_literal
from cica_graph.terms import GRAPH

AUDIT = ox.NamedNode(GRAPH + "audit")


def audit(store: Store, day: date) -> None:
    """Judge the claims about a day, which must have been derived, and put the audits into the store."""
    for name in ("audit", "independent"):
        query = queries.shipped("derive", name).bind(asOf=day_literal(day))
        store.put(ox.Quad(t.subject, t.predicate, t.object, AUDIT) for t in store.construct(query, day))
