"""Interface between a store and its engine: six methods that are the same in memory, on disk and across the network.

They have the signatures of pyoxigraph's store, which therefore needs no wrapper.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyoxigraph as ox

Subject = ox.NamedNode | ox.BlankNode | ox.Triple
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
GraphName = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
Answer = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Engine(Protocol):
    """An RDF dataset that answers patterns and SPARQL queries."""

    def query(
        self, query: str, *, base_iri: str | None = None, prefixes: dict[str, str] | None = None,
        default_graph: GraphName | list[GraphName] | None = None,
        named_graphs: list[ox.NamedNode | ox.BlankNode] | None = None,
    ) -> Answer:  # fmt: skip
        """Return the result of a SPARQL 1.1 query. If graphs are given, the query sees only these graphs."""

    def quads_for_pattern(
        self, subject: Subject | None, predicate: ox.NamedNode | None, object: Term | None,
        graph_name: GraphName | None = None,
    ) -> Iterator[ox.Quad]:  # fmt: skip
        """Return the statements that match."""

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """Return the names of the named graphs."""

    def contains_named_graph(self, graph_name: GraphName) -> bool:
        """Return whether a named graph exists."""

    def dump(self, output: None = None, format: ox.RdfFormat | None = None) -> bytes | None:
        """Return all statements, including those of the default graph, as text."""

    def __iter__(self) -> Iterator[ox.Quad]:
        """Return all statements, including those of the default graph."""
