"""SPARQL 1.1 Update script that loads the graph into any store, https://www.w3.org/TR/sparql11-update/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from cica_graph.formats.turtle import refuse_rdf12, serialize
from cica_graph.store.store import Store

BATCH: Final = 900_000  # bytes of statements in an operation; with the graph name it stays below a megabyte
_HEAD: Final = (
    b"# Replaces the content of the named graphs of the cica-graph. Other graphs are not changed.\n"
    b"# A line with a single semicolon ends each operation, for servers that need them one by one.\n"
)
_ESCAPE: Final = re.compile(rb"\\u([0-9A-F]{4})|\\\\([uU])|\\.")


def update(store: Store) -> bytes:
    """Return a script that drops and fills each named graph, in operations of at most a megabyte.

    On an empty store, the script gives the same graphs as the N-Quads export. An operation is longer only if a value
    is longer, or if it contains blank nodes. All statements with blank nodes are in one operation, because labels of
    blank nodes must not be reused in another (https://www.w3.org/TR/sparql11-update/#grammarBnodes).

    :raises UsageError: a value is RDF 1.2.
    """
    plain, blank = dict[str, list[ox.Triple]](), dict[str, list[ox.Triple]]()
    for quad in store.quads():
        refuse_rdf12(quad.triple, "update")
        labelled = isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode)
        (blank if labelled else plain).setdefault(str(quad.graph_name), []).append(quad.triple)
    operations = [f"DROP SILENT GRAPH {graph}\n".encode() for graph in sorted(plain.keys() | blank.keys())]
    operations += [_insert({graph: batch}) for graph, triples in plain.items() for batch in _batches(_lines(triples))]
    if blank:
        operations.append(_insert({graph: _lines(triples) for graph, triples in blank.items()}))
    return _HEAD + b";\n".join(operations)


def _lines(triples: list[ox.Triple]) -> list[bytes]:
    """Return triples as lines of N-Triples that are also SPARQL.

    The two differ in code point escapes. SPARQL resolves ``\\u0041`` before it reads strings
    (https://www.w3.org/TR/sparql11-query/#codepointEscape), and engines do this even after an escaped backslash. So
    the letter after such a backslash becomes an escape. All escapes have eight digits, because rdflib reads eight
    digits if that many follow.
    """
    data = _ESCAPE.sub(_safe, serialize(triples, ox.RdfFormat.N_TRIPLES))
    return data.splitlines(keepends=True)


def _safe(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return b"\\U0000" + escape[1]
    return b"\\\\\\U%08X" % ord(escape[2]) if escape[2] else escape[0]


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch, size = list[bytes](), 0
    for line in lines:
        if batch and size + len(line) > BATCH:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    yield batch


def _insert(graphs: dict[str, list[bytes]]) -> bytes:
    blocks = (b"GRAPH %b {\n%b}\n" % (graph.encode(), b"".join(lines)) for graph, lines in graphs.items())
    return b"INSERT DATA {\n%b}\n" % b"".join(blocks)
