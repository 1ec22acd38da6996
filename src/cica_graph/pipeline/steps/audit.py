"""Claims beside findings, and the verdicts."""

from __future__ import annotations

from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CONCEPT, GRAPH
from cica_graph.store.store import Store, day_literal, value

AUDIT = ox.NamedNode(GRAPH + "audit")


def audit(store: Store, day: date) -> None:
    """Judge the claims about a day, which must have been derived, and put the audits into the store."""
    for name in ("audit", "independent"):
        query = queries.shipped("derive", name).bind(asOf=day_literal(day))
        store.add_quads(ox.Quad(t.subject, t.predicate, t.object, AUDIT) for t in store.construct(query, day))


def contradicted(store: Store) -> list[Finding]:
    """Return the claims that the graph contradicts and no note explains, without places."""
    findings = []
    for row in store.select(queries.shipped("select", "contradicted").text):
        said = {name: value(term) for name, term in row.items()}
        of, total = (f" of {said[name]}" if name in said else "" for name in ("of", "total"))
        why = said["why"][0].lower() + said["why"][1:]
        message = (
            f"it claims {said['says']}{of}, but {said['finds']}{total} are certain and {said['most']} possible: {why}"
        )
        if said["reason"] == CONCEPT + "wrong-exception":
            message = why  # the numbers may well agree
        where = " ".join(said[name] for name in ("value", "path", "object") if name in said)
        findings.append(Finding("", 0, 0, "contradicted-claim", where, message, _HINT))
    return findings


_HINT = "Correct the data; or, if the source is wrong, say why in a skos:note on the claim."
