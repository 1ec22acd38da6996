"""What made each graph, and from what: PROV-O, https://www.w3.org/TR/prov-o/.

A graph that a file states has the digest of that file; a graph that a step computed names the step and what it
read. Anybody can tell from the output alone whether it is of today's files.
"""

from __future__ import annotations

import pyoxigraph as ox

from cica_graph.model.terms import BASE, CG, GRAPH, PROV, RDF_TYPE
from cica_graph.store.store import SNAPSHOT, Store

PROVENANCE = ox.NamedNode(GRAPH + "provenance")
_STEPS = {"bounds": "bound", "standings": "settle", "inferred": "reason", "findings": "derive", "audit": "audit"}


def record(store: Store) -> None:
    """Put the provenance of every graph into the store, beside the digests of files that ``load`` left there."""
    authored = [t.subject for t in store.graph(PROVENANCE) if t.predicate.value == CG + "digest"]
    quads = []

    def say(subject: ox.NamedNode, predicate: str, obj: ox.NamedNode) -> None:
        quads.append(ox.Quad(subject, ox.NamedNode(predicate), obj, PROVENANCE))

    for graph in map(ox.NamedNode, store.graphs()):
        say(graph, RDF_TYPE, ox.NamedNode(PROV + "Entity"))
        if graph not in authored and graph != PROVENANCE:
            step = "derive" if graph.value.startswith(SNAPSHOT) else _STEPS[graph.value.removeprefix(GRAPH)]
            say(graph, PROV + "wasGeneratedBy", ox.NamedNode(f"{BASE}step/{step}"))
            for source in authored:
                assert isinstance(source, ox.NamedNode)
                say(graph, PROV + "wasDerivedFrom", source)
    store.add_quads(quads)
