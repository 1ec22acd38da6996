"""Files to named graphs: what each file says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CG, GRAPH
from cica_graph.project import source_files
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import SNAPSHOT, Store

# The graphs that steps write. A file may not name its own graph so.
COMPUTED = {GRAPH + name for name in ("bounds", "standings", "inferred", "findings", "audit", "provenance")}


def load(files: Iterable[SourceFile]) -> tuple[Store, list[Finding]]:
    """Read files into a store: all that a project's graph is made of, or those of an import.

    Findings are the faults of the text: encoding, syntax, a missing or doubled dataset header.
    """
    store, findings, homes = Store(), [], dict[str, str]()
    for file in files:
        parsed = source_files.parse(file)
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
        store.add_quads(
            [ox.Quad(parsed.graph, ox.NamedNode(CG + "digest"), digest, ox.NamedNode(GRAPH + "provenance"))]
        )
        store.add_quads(parsed.quads)
    return store, findings


def actors(store: Store) -> list[ox.Quad]:
    """Return what files say of states and organizations and their names, with its sources: no membership, no claim."""
    things = {row["thing"] for row in store.select(queries.shipped("select", "actors-said").text)}
    return [quad for quad in store.quads() if quad.subject in things]


def authored(store: Store) -> list[ox.Triple]:
    """Return what files state, without what was computed from it, sorted and each once."""
    graphs = (name for name in store.graphs() if name not in COMPUTED and not name.startswith(SNAPSHOT))
    return sorted({t for name in graphs for t in store.graph(ox.NamedNode(name))}, key=str)
