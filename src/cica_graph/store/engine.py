"""What a store asks of an engine: the six methods that a folder, the memory and a server far away have in common.

They are those of pyoxigraph's own store, which so needs no wrapping.
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
    """An RDF dataset that is queried, pattern by pattern or in SPARQL."""

    def query(
        self, query: str, *, base_iri: str | None = None, prefixes: dict[str, str] | None = None,
        default_graph: GraphName | list[GraphName] | None = None,
        named_graphs: list[ox.NamedNode | ox.BlankNode] | None = None,
    ) -> Answer:  # fmt: skip
        """Answer a query of SPARQL 1.1; the graphs are those that it sees, in place of all."""

    def quads_for_pattern(
        self, subject: Subject | None, predicate: ox.NamedNode | None, object: Term | None,
        graph_name: GraphName | None = None,
    ) -> Iterator[ox.Quad]:  # fmt: skip
        """Return the statements that match."""

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """Return the names of the named graphs."""

    def contains_named_graph(self, graph_name: GraphName) -> bool:
        """Tell whether a named graph is there."""

    def dump(self, output: None = None, format: ox.RdfFormat | None = None) -> bytes | None:
        """Return every statement, of the default graph too."""

    def __iter__(self) -> Iterator[ox.Quad]:
        """Return every statement, of the default graph too."""
