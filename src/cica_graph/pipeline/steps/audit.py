"""Comparison of claims with findings, and the verdicts."""

from __future__ import annotations

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CONCEPT, GRAPH
from cica_graph.store.store import Store, value

AUDIT = ox.NamedNode(GRAPH + "audit")


def audit(store: Store) -> None:
    """Add the audits of the claims, and the checks of the pages, to the store. The findings must have been derived."""
    for name in ("audit", "independent"):
        _add(store, queries.shipped("derive", name))
    for query in queries.folder("audit"):
        _add(store, query)


def _add(store: Store, query: queries.Query) -> None:
    store.add_quads(ox.Quad(t.subject, t.predicate, t.object, AUDIT) for t in store.construct(query.text))


def contradicted(store: Store) -> list[Finding]:
    """Return the claims that the graph contradicts and no note explains, without positions."""
    findings = []
    for row in store.select(queries.shipped("select", "contradicted").text):
        cells = {name: value(term) for name, term in row.items()}
        of, total = (f" of {cells[name]}" if name in cells else "" for name in ("of", "total"))
        why = cells["why"][0].lower() + cells["why"][1:]
        claimed, certain = cells["says"] + of, cells["finds"] + total
        message = f"it claims {claimed}, but {certain} are certain and {cells['most']} possible: {why}"
        if cells["reason"] == CONCEPT + "wrong-exception":
            message = why  # the numbers may agree
        where = " ".join(cells[name] for name in ("value", "path", "object") if name in cells)
        findings.append(Finding("", 0, 0, "contradicted-claim", where, message, _HINT))
    return findings


_HINT = "Correct the data. If the source is wrong, explain it in a skos:note on the claim."
