"""An RDF dataset with SPARQL: in memory, in a directory (both pyoxigraph) or in a store across the network.

Each named graph contains the statements of one file or one step. The default graph contains all of them except the
snapshots of single days: the statements that are true on any day. A query for a day also sees the snapshot of that day.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from cica_graph.files.background import in_background
from cica_graph.model.errors import QueryError, UsageError
from cica_graph.model.terms import BASE, GRAPH, RDF_TYPE, XSD_DATE
from cica_graph.store import folder_store
from cica_graph.store.engine import Answer as Answer
from cica_graph.store.engine import Engine, GraphName
from cica_graph.store.engine import Term as Term

T = TypeVar("T")
Row = dict[str, Term]

_DEFAULT = ox.DefaultGraph()
SNAPSHOT = GRAPH + "asof/"
BATCH = 50_000  # statements added together
# The engine's syntax errors list character classes with hundreds of characters, which help nobody.
_CLASSES = re.compile(r",?\s*\[[^\[\]]*\]")


@dataclass(frozen=True)
class Result:
    """Result of a query.

    :ivar columns: variables of a SELECT query.
    :ivar rows: rows of a SELECT query; each is a mapping from variables to terms, without unbound variables.
    :ivar truth: answer of an ASK query, otherwise None.
    :ivar triples: triples of a CONSTRUCT or DESCRIBE query, otherwise None.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truth: bool | None = None
    triples: tuple[ox.Triple, ...] | None = None


def value(term: Term) -> str:
    """Return the text of a term: an IRI, a label, or the lexical form of a literal."""
    return str(term) if isinstance(term, ox.Triple) else term.value


def snapshot_graph(day: date) -> ox.NamedNode:
    """Return the name of the graph that contains the snapshot of a day.

    :raises TypeError: ``day`` is not a plain ``date``, see :func:`day_literal`.
    """
    return ox.NamedNode(SNAPSHOT + day_literal(day).value)


def day_literal(day: date) -> ox.Literal:
    """Return a day as ``xsd:date``, the only type that every engine compares in the same way.

    :raises TypeError: ``day`` is not a plain ``date``. A ``datetime`` would give a literal that equals no day.
    """
    if type(day) is not date:
        raise TypeError(f"a day must be a datetime.date, not {day!r}; use Day.of to make one")
    return ox.Literal(day.isoformat(), datatype=ox.NamedNode(XSD_DATE))


def sort_key(s: Term, p: ox.NamedNode, o: Term) -> tuple[str, str, str]:
    """Return a key that sorts statements by subject, predicate (``rdf:type`` first) and object, as text.

    The order does not depend on the order of insertion, the hash seed or the platform.
    """
    return str(s), "" if p.value == RDF_TYPE else str(p), str(o)


def is_address(where: str) -> bool:
    """Return whether a store is across the network, not a directory."""
    return where.lower().startswith(("http:", "https:"))


class Store:
    """An RDF dataset with SPARQL 1.1 queries.

    In memory, unless an engine is given. A store with a given engine is read-only, unless it is copied on write: the
    first change then copies it into memory. No query reaches the network, except
    in a store across the network.

    :ivar read_only: True if the store refuses changes.
    :ivar default_store: a separate store with only the default graph. ``separate_default_graph`` makes it; a change of
        the default graph removes it.
    """

    default_store: Store | None

    def __init__(self, engine: Engine | None = None, *, copy_on_write: bool = False) -> None:
        self.read_only = engine is not None and not copy_on_write
        self._copy_on_write = copy_on_write
        self._store: Engine = engine or ox.Store()
        self._changed()

    @classmethod
    def open(cls, where: str) -> Store:
        """Return a read-only store: a directory or the address of a SPARQL endpoint that ``build --store`` filled.

        :raises UsageError: the store does not exist, or contains no graph of cica-graph.
        """
        if is_address(where):
            from cica_graph.store.remote import RemoteEngine

            engine = RemoteEngine(where)
            engine.manifest  # noqa: B018  # fails now, not at the first query, if the store is not filled
            return cls(engine)
        return cls.open_directory(Path(where))

    @classmethod
    def open_directory(cls, folder: Path) -> Store:
        """Return a read-only store of a directory that ``build --store`` filled, or of a data directory of Oxigraph.

        :raises UsageError: the directory contains no such data.
        """
        return cls(folder_store.open_engine(folder))

    @classmethod
    def open_cached(cls, folder: Path) -> Store:
        """Return a store on a directory that never changes. The first change of the store copies it into memory."""
        return cls(folder_store.open_engine(folder), copy_on_write=True)

    @classmethod
    def load_directory(cls, folder: Path) -> Store:
        """Return a writable store in memory with the statements of a directory.

        It is read in another process: reading starts threads, and a process with threads cannot be forked safely.
        """
        store = cls()
        store.restore(in_background(lambda: cls.open_directory(folder).dump())())
        return store

    @property
    def _writable(self) -> ox.Store:
        if self._copy_on_write:
            disk, self._store, self._copy_on_write = self._store, ox.Store(), False
            self._store.bulk_extend(disk)
        if self.read_only or not isinstance(self._store, ox.Store):
            raise UsageError("this store is read-only; `build --store` fills it")
        return self._store

    def separate_default_graph(self) -> None:
        """Copy the default graph into ``default_store``, where a query that needs no other graph takes half the time.

        In memory, the engine looks at the statements of all graphs and skips those of the others.
        """
        copy = Store()
        copy._writable.bulk_extend(self._store.quads_for_pattern(None, None, None, _DEFAULT))
        self.default_store = copy

    def _changed(self, default_store: Store | None = None) -> None:
        self._memo: dict[str, Any] = {}
        self.default_store = default_store

    def memo(self, name: str, make: Callable[[], T]) -> T:
        """Return the value that ``make`` gave under this name, and call it again only after a change of the store."""
        if name not in self._memo:
            self._memo[name] = make()
        value: T = self._memo[name]
        return value

    @classmethod
    def from_triples(cls, triples: Iterable[ox.Triple]) -> Store:
        """Return a store with these triples in its default graph."""
        store = cls()
        store.add(triples)
        return store

    def add(self, triples: Iterable[ox.Triple]) -> None:
        """Add triples to the default graph only."""
        self._writable.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        self._changed()

    def add_quads(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads to their named graphs and, unless they belong to a snapshot, to the default graph."""
        engine, default_store, rest = self._writable, self.default_store, iter(quads)
        while batch := list(islice(rest, BATCH)):
            engine.extend(batch)
            default = [
                ox.Quad(q.subject, q.predicate, q.object)
                for q in batch
                if not (isinstance(q.graph_name, ox.NamedNode) and q.graph_name.value.startswith(SNAPSHOT))
            ]
            engine.extend(default)
            default_store = None if default else default_store
        self._changed(default_store)

    def load_construct(self, graph: ox.NamedNode, query: str) -> None:
        """Load the triples of a CONSTRUCT query into the graph of a snapshot. Blank nodes are not allowed.

        The triples go from engine to engine as text: to make millions of terms takes longer than the query. They are
        sorted: the engine is twice as fast if the statements about one subject are together in memory.
        """
        data = self.construct_unsorted(query).serialize(format=ox.RdfFormat.N_TRIPLES)
        assert data is not None  # None only if an output file is given
        lines = b"".join(sorted(data.splitlines(keepends=True)))
        self._writable.bulk_load(input=lines, format=ox.RdfFormat.N_TRIPLES, to_graph=graph)
        self._changed(self.default_store)

    def dump(self) -> bytes:
        """Return all statements as N-Quads, which ``restore`` reads."""
        data = self._store.dump(format=ox.RdfFormat.N_QUADS)
        assert data is not None  # None only if an output file is given
        return data

    def all_quads(self) -> Iterator[ox.Quad]:
        """Return all statements, those of the default graph too, in no order."""
        return iter(self._store)

    def digest(self) -> str:
        """Return a digest of the statements of all named graphs. Memory use grows with the largest graph."""
        whole = hashlib.blake2b(digest_size=12)
        for name in self.graphs():
            for line in sorted(map(str, self._in(name))):
                whole.update(line.encode() + b"\n")
        return whole.hexdigest()

    def count(self) -> int:
        """Return the number of statements of all named graphs."""
        return sum(1 for name in self.graphs() for _ in self._in(name))

    def restore(self, quads: bytes) -> None:
        """Add the statements that ``dump`` returned."""
        # Not load(): it renames blank nodes, and the same graph must give the same output from the cache.
        self._writable.bulk_extend(ox.parse(quads, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False))
        self._changed()

    def copy(self) -> Store:
        """Return a writable store in memory with the same named graphs."""
        store = Store()
        store.add_quads(self.quads())
        return store

    def graph(self, name: ox.NamedNode) -> list[ox.Triple]:
        """Return the statements of one named graph, sorted (see ``sort_key``)."""
        found = self._store.quads_for_pattern(None, None, None, name)
        return sorted((q.triple for q in found), key=lambda t: sort_key(*t))

    def remove_graph(self, name: ox.NamedNode) -> None:
        """Remove a named graph. Its statements stay in the default graph."""
        self._writable.remove_graph(name)
        self._changed(self.default_store)

    def graphs(self) -> list[str]:
        """Return the names of the named graphs, sorted."""
        return sorted(name.value for name in self._store.named_graphs())

    def has_graph(self, graph: ox.NamedNode) -> bool:
        """Return whether a named graph has any statement."""
        return self._store.contains_named_graph(graph)

    def quads(self) -> list[ox.Quad]:
        """Return the statements of all named graphs, sorted by graph and then by ``sort_key``."""

        def make() -> list[ox.Quad]:
            found = (q for name in self.graphs() for q in self._in(name))
            return sorted(found, key=lambda q: (str(q.graph_name), *sort_key(*q.triple)))

        return list(self.memo("quads", make))

    def __iter__(self) -> Iterator[ox.Triple]:
        """Return the statements of the default graph, in no order."""
        return (q.triple for q in self._store.quads_for_pattern(None, None, None, _DEFAULT))

    def __contains__(self, triple: ox.Triple) -> bool:
        """Return whether a statement is in the default graph."""
        return any(self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, _DEFAULT))

    def triples(self) -> list[ox.Triple]:
        """Return the statements of the default graph, sorted (see ``sort_key``), without repetition."""
        return list(self.memo("triples", lambda: sorted(self, key=lambda t: sort_key(*t))))

    def graphs_by_statement(self) -> Mapping[ox.Triple, list[str]]:
        """Return the names of the graphs that contain each statement, in no order, without snapshots."""

        def make() -> Mapping[ox.Triple, list[str]]:
            graphs = defaultdict[ox.Triple, list[str]](list)
            for name in self.graphs():
                if not name.startswith(SNAPSHOT):
                    for q in self._in(name):
                        graphs[q.triple].append(name)
            return graphs

        return self.memo("graphs by statement", make)

    def _in(self, graph: str) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph))

    def graphs_with(self, subject: str, predicate: str = "", obj: Term | None = None) -> list[str]:
        """Return the names of the graphs with such statements, sorted."""
        pattern = ox.NamedNode(subject), ox.NamedNode(predicate) if predicate else None, obj
        found = {q.graph_name.value for q in self._store.quads_for_pattern(*pattern) if q.graph_name != _DEFAULT}  # type: ignore[union-attr]
        return sorted(found)

    def select(self, query: str, day: date | None = None, prefixes: dict[str, str] | None = None) -> list[Row]:
        """Return the rows of a SELECT query. A variable without a value is not in its row.

        :raises QueryError: the query is not a SELECT query, or does not parse.
        """
        solutions = self.query(query, day, prefixes)
        if not isinstance(solutions, ox.QuerySolutions):
            raise QueryError("the query is not a SELECT query")
        names = [v.value for v in solutions.variables]
        return [{n: term for n in names if (term := solution[n]) is not None} for solution in solutions]

    def select_columns(self, query: str) -> list[list[str]]:
        """Return the columns of a SELECT query as texts (see ``value``). A missing value is an empty text.

        For millions of rows: a text that occurs often is made once, and no term is made.

        :raises QueryError: the query is not a SELECT query, or does not parse.
        """
        solutions = self.query(query)
        if not isinstance(solutions, ox.QuerySolutions):
            raise QueryError("the query is not a SELECT query")
        # TSV, in which only a tab ends a cell: the engine's CSV does not quote an IRI with a comma.
        data = solutions.serialize(format=ox.QueryResultsFormat.TSV)
        assert data is not None  # None only if an output file is given
        width = len(solutions.variables)
        cells = data.decode().replace("\n", "\t").split("\t")[:-1]
        columns = (cells[width + n :: width] for n in range(width))
        return [list(map({cell: _text(cell) for cell in set(column)}.__getitem__, column)) for column in columns]

    def ask(self, query: str, day: date | None = None) -> bool:
        """Return the truth value of an ASK query."""
        return bool(self.query(query, day))

    def construct(self, query: str, day: date | None = None) -> list[ox.Triple]:
        """Return the triples of a CONSTRUCT query, sorted, without repetition."""
        return sorted(set(self.construct_unsorted(query, day)), key=str)

    def construct_unsorted(self, query: str, day: date | None = None) -> ox.QueryTriples:
        """Return the triples of a CONSTRUCT query in no order, possibly with repetition.

        :raises QueryError: the query is not a CONSTRUCT query, or does not parse.
        """
        triples = self.query(query, day)
        if not isinstance(triples, ox.QueryTriples):
            raise QueryError("the query is not a CONSTRUCT query")
        return triples

    def about(self, iris: Iterable[str]) -> list[ox.Triple]:
        """Return the statements of the default graph with these subjects, sorted."""
        found = {
            q.triple for iri in iris for q in self._store.quads_for_pattern(ox.NamedNode(iri), None, None, _DEFAULT)
        }
        return sorted(found, key=str)

    def query(
        self, query: str, day: date | None = None, prefixes: dict[str, str] | None = None,
        default: Sequence[str] | None = None, named: Sequence[str] | None = None,
    ) -> Answer:  # fmt: skip
        """Return the engine's result of any query. Relative IRIs are resolved against the project's base IRI.

        :param day: the query also sees the snapshot of this day.
        :param prefixes: prefixes that the query does not have to declare.
        :param default: graphs that make up the default graph, in place of the store's and of FROM.
        :param named: graphs that GRAPH sees, in place of all graphs and of FROM NAMED.
        :raises QueryError: the query does not parse.
        """
        graphs: list[GraphName] | None = None
        if default is not None:
            graphs = [ox.NamedNode(name) for name in default]
        if day is not None:
            graphs = [*([_DEFAULT] if graphs is None else graphs), snapshot_graph(day)]
        names: list[ox.NamedNode | ox.BlankNode] | None = None
        if named is not None:
            names = [ox.NamedNode(name) for name in named]
        try:
            return self._store.query(query, base_iri=BASE, default_graph=graphs, named_graphs=names, prefixes=prefixes)
        except SyntaxError as error:
            text = _CLASSES.sub("", error.msg).removesuffix(": expected")
            raise QueryError(f"the query does not parse: {text}") from error


def _text(cell: str) -> str:
    """Return the text of a term in the syntax of SPARQL 1.1 TSV."""
    if cell.startswith("<"):
        return cell[1:-1]
    if not cell.startswith('"'):
        return cell  # a number, a truth value, a blank node, or empty
    solutions = ox.parse_query_results(f"?x\n{cell}\n", format=ox.QueryResultsFormat.TSV)
    assert isinstance(solutions, ox.QuerySolutions)
    (solution,) = solutions
    return value(solution[0])
