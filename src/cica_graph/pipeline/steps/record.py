"""Provenance of each graph in PROV-O, https://www.w3.org/TR/prov-o/.

The graph of a file has the digest of the file. A computed graph has its step and the graphs that the step read. So the
output alone shows whether it belongs to the current files.
"""

from __future__ import annotations

import pyoxigraph as ox

from cica_graph.model.terms import BASE, CG, GRAPH, PROV, RDF_TYPE
from cica_graph.store.store import SNAPSHOT, Store

PROVENANCE = ox.NamedNode(GRAPH + "provenance")
_STEPS = {"bounds": "bound", "standings": "settle", "inferred": "reason", "findings": "derive", "audit": "audit"}


def record(store: Store) -> None:
    """Add the provenance of every graph to the store, next to the digests of files from ``load``."""
    authored = [t.subject for t in store.graph(PROVENANCE) if t.predicate.value == CG + "digest"]
    quads = []

    def say(subject: ox.NamedNode, predicate: str, obj: ox.NamedNode) -> None:
        quads.append(ox.Quad(subject, ox.NamedNode(predicate), obj, PROVENANCE))

    for graph in map(ox.NamedNode, store.graphs()):
        say(graph, RDF_TYPE, ox.NamedNode(PROV + "Entity"))
        step = "derive" if graph.value.startswith(SNAPSHOT) else _STEPS.get(graph.value.removeprefix(GRAPH))
        if step is not None:  # a store can also have graphs of another program
            say(graph, PROV + "wasGeneratedBy", ox.NamedNode(f"{BASE}step/{step}"))
            for source in authored:
                assert isinstance(source, ox.NamedNode)
                say(graph, PROV + "wasDerivedFrom", source)
    store.add_quads(quads)
