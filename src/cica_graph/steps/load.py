"""Files to named graphs: what each file says, and nothing else."""

from __future__ import annotations

import pyoxigraph as ox

from cica_graph import sources
from cica_graph.errors import Finding
from cica_graph.sources import Project
from cica_graph.store import SNAPSHOT, Store
from cica_graph.terms import CG, GRAPH

# The graphs that steps write. A file may not name its own graph so.
COMPUTED = {GRAPH + name for name in ("bounds", "inferred", "findings", "audit", "provenance")}


def load(project: Project) -> tuple[Store, list[Finding]]:
    """Read every file of the authored graph into a store.

    Findings are the faults of the text: encoding, syntax, a missing or doubled dataset header.
    """
    store, findings, homes = Store(), [], dict[str, str]()
    for file in project.graph_files:
        parsed = sources.parse(file)
        findings += parsed.findings
        graph = parsed.graph.value
        if graph in COMPUTED or graph.startswith(SNAPSHOT):
            findings.append(
                Finding(
                    file.name,
                    1,
                    1,
                    "dataset-header",
                    graph,
                    f"graph {graph} is written by a step, not by a file",
                    "give the file a graph name of its own",
                )
            )
            continue
        if graph in homes:
            findings.append(
                Finding(
                    file.name,
                    1,
                    1,
                    "dataset-header",
                    graph,
                    f"graph {graph} is also named by {homes[graph]}",
                    "give each file a graph name of its own",
                )
            )
        homes.setdefault(graph, file.name)
        digest = ox.Literal(file.digest)
        store.put([ox.Quad(parsed.graph, ox.NamedNode(CG + "digest"), digest, ox.NamedNode(GRAPH + "provenance"))])
        store.put(parsed.quads)
    return store, findings


def authored(store: Store) -> list[ox.Triple]:
    """Return what files state, without what was computed from it, sorted and each once."""
    graphs = (name for name in store.graphs() if name not in COMPUTED and not name.startswith(SNAPSHOT))
    return sorted({t for name in graphs for t in store.graph(ox.NamedNode(name))}, key=str)
