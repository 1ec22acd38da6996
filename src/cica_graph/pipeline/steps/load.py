"""Loader of files: each file becomes one named graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CG, GRAPH
from cica_graph.project import source_files
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import SNAPSHOT, Store

# The graphs that steps write. A file must not use one of the names.
COMPUTED = {GRAPH + name for name in ("bounds", "standings", "inferred", "findings", "audit", "provenance")}


def load(files: Iterable[SourceFile]) -> tuple[Store, list[Finding]]:
    """Return a store with the statements of files, and the faults of their texts.

    Faults of a text are its encoding, its syntax, and a missing or repeated dataset header.
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
                    f"graph {graph} is reserved for computed statements",
                    "give the file another graph name",
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
                    f"graph {graph} is also the graph of {homes[graph]}",
                    "give each file a different graph name",
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
    """Return the statements about states and organizations, their names and sources, without memberships and claims."""
    things = {row["thing"] for row in store.select(queries.shipped("select", "actors-said").text)}
    return [quad for quad in store.quads() if quad.subject in things]


def kept(store: Store, replaced: Set[str]) -> Iterator[ox.Quad]:
    """Yield the statements of the files in an earlier store and the digests of the files, without replaced graphs."""
    for name in map(ox.NamedNode, store.graphs()):
        if name.value not in COMPUTED | replaced and not name.value.startswith(SNAPSHOT):
            yield from (ox.Quad(t.subject, t.predicate, t.object, name) for t in store.graph(name))
    provenance = ox.NamedNode(GRAPH + "provenance")
    for t in store.graph(provenance):
        graph = t.subject
        if isinstance(graph, ox.NamedNode) and t.predicate.value == CG + "digest" and graph.value not in replaced:
            yield ox.Quad(t.subject, t.predicate, t.object, provenance)


def authored(store: Store) -> list[ox.Triple]:
    """Return the statements of the files, without computed ones, sorted and without repetition."""
    graphs = (name for name in store.graphs() if name not in COMPUTED and not name.startswith(SNAPSHOT))
    return sorted({t for name in graphs for t in store.graph(ox.NamedNode(name))}, key=str)
