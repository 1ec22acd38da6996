"""The graph, and SPARQL over it: in memory, in a folder (both pyoxigraph) or in a store across the network.

Every named graph keeps what one file or one step said. The default graph holds all of them together except
the snapshots of single days: it is what is true without naming a day. A query that names a day sees that
day's snapshot as well.
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
BATCH = 50_000  # statements put there together
# Among what the engine expected are classes of hundreds of characters, which help nobody.
_CLASSES = re.compile(r",?\s*\[[^\[\]]*\]")


@dataclass(frozen=True)
class Result:
    """The answer to a query: rows of a SELECT, the truth of an ASK, or the triples of a CONSTRUCT."""

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truth: bool | None = None
    triples: tuple[ox.Triple, ...] | None = None


def value(term: Term) -> str:
    """Return the text of a term: an IRI, a label, or the lexical form of a literal."""
    return str(term) if isinstance(term, ox.Triple) else term.value


def snapshot_graph(day: date) -> ox.NamedNode:
    """Return the name of the graph that contains the shortcuts of one day.

    :raises TypeError: ``day`` is not a plain ``date``, see :func:`day_literal`.
    """
    return ox.NamedNode(SNAPSHOT + day_literal(day).value)


def day_literal(day: date) -> ox.Literal:
    """Return a day as ``xsd:date``, the one type that every engine compares in the same way.

    :raises TypeError: ``day`` is not a plain ``date``. A ``datetime`` would give a literal that equals no day.
    """
    if type(day) is not date:
        raise TypeError(f"a day must be a datetime.date, not {day!r}; use Day.of to make one")
    return ox.Literal(day.isoformat(), datatype=ox.NamedNode(XSD_DATE))


def place(s: Term, p: ox.NamedNode, o: Term) -> tuple[str, str, str]:
    """Return where a statement stands among others: by subject, predicate (``rdf:type`` first) and object, as text.

    Nothing depends on the order of insertion, the hash seed or the platform.
    """
    return str(s), "" if p.value == RDF_TYPE else str(p), str(o)


def is_address(where: str) -> bool:
    """Tell whether a store is across the network and not a folder."""
    return where.lower().startswith(("http:", "https:"))


class Store:
    """An RDF dataset with SPARQL 1.1 queries.

    In memory unless an engine is given, which is only read. No query reaches the network, but for the store that is
    there.

    :ivar fixed: whether it is only read.
    :ivar alone: the default graph in a store of its own, from ``split`` until the default graph changes.
    """

    alone: Store | None

    def __init__(self, engine: Engine | None = None) -> None:
        self.fixed = engine is not None
        self._store: Engine = engine or ox.Store()
        self._changed()

    @classmethod
    def at(cls, where: str) -> Store:
        """Open a store to read it: a folder, or the address of a SPARQL endpoint; ``build --store`` fills either.

        :raises UsageError: there is none.
        """
        if is_address(where):
            from cica_graph.store.remote import Remote

            engine = Remote(where)
            engine.manifest  # noqa: B018  # so that what is not there is said at once
            return cls(engine)
        return cls.read_only(Path(where))

    @classmethod
    def read_only(cls, folder: Path) -> Store:
        """Open a folder that ``build --store`` filled, or that Oxigraph keeps its data in.

        :raises UsageError: the folder holds no such data.
        """
        return cls(folder_store.opened(folder))

    @property
    def _own(self) -> ox.Store:
        """The engine, to write to."""
        if self.fixed or not isinstance(self._store, ox.Store):
            raise UsageError("this store is only read; `build --store` fills it")
        return self._store

    def split(self) -> None:
        """Keep the default graph once more by itself: a query that sees no other takes half the time there.

        In memory, the engine looks at the statements of all graphs and passes over those of the others.
        """
        alone = Store()
        alone._own.bulk_extend(self._store.quads_for_pattern(None, None, None, _DEFAULT))
        self.alone = alone

    def _changed(self, alone: Store | None = None) -> None:
        self._made: dict[str, Any] = {}
        self.alone = alone

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what was made of the statements under a name, and make it only when they have changed since."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    @classmethod
    def of(cls, triples: Iterable[ox.Triple]) -> Store:
        """Return a store whose default graph is these triples."""
        store = cls()
        store.add(triples)
        return store

    def add(self, triples: Iterable[ox.Triple]) -> None:
        """Add triples to the default graph alone."""
        self._own.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        self._changed()

    def put(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads to their named graphs and, unless they are of a snapshot, to the default graph."""
        own, alone, left = self._own, self.alone, iter(quads)
        while kept := list(islice(left, BATCH)):
            own.extend(kept)
            default = [
                ox.Quad(q.subject, q.predicate, q.object)
                for q in kept
                if not (isinstance(q.graph_name, ox.NamedNode) and q.graph_name.value.startswith(SNAPSHOT))
            ]
            own.extend(default)
            alone = None if default else alone
        self._changed(alone)

    def put_answer(self, graph: ox.NamedNode, query: str) -> None:
        """Put what a CONSTRUCT query gives into the graph of a snapshot; it may have no blank nodes.

        From engine to engine as text, since making terms of very many triples takes longer than the query. Sorted,
        since the engine is twice as quick where what is said of one thing lies together in memory.
        """
        data = self.triples_of(query).serialize(format=ox.RdfFormat.N_TRIPLES)
        assert data is not None  # it is None only when a file is given to write to
        lines = b"".join(sorted(data.splitlines(keepends=True)))
        self._own.bulk_load(input=lines, format=ox.RdfFormat.N_TRIPLES, to_graph=graph)
        self._changed(self.alone)

    def dump(self) -> bytes:
        """Return everything as N-Quads, for ``restore`` to read back as it was."""
        data = self._store.dump(format=ox.RdfFormat.N_QUADS)
        assert data is not None  # it is None only when a file is given to write to
        return data

    def everything(self) -> Iterator[ox.Quad]:
        """Go through every statement, of the default graph too, in no order."""
        return iter(self._store)

    def digest(self) -> str:
        """Return what tells the statements of all named graphs from others; memory grows with the largest graph."""
        mark = hashlib.blake2b(digest_size=12)
        for name in self.graphs():
            for line in sorted(map(str, self._in(name))):
                mark.update(line.encode() + b"\n")
        return mark.hexdigest()

    def count(self) -> int:
        """Return how many statements the named graphs have together."""
        return sum(1 for name in self.graphs() for _ in self._in(name))

    def restore(self, quads: bytes) -> None:
        """Read back what ``dump`` gave."""
        # Not load(): it gives blank nodes new names, and the same graph must print the same from the cache.
        self._own.bulk_extend(ox.parse(quads, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False))
        self._changed()

    def copy(self) -> Store:
        """Return a store in memory with the same named graphs, which can be written to."""
        store = Store()
        store.put(self.quads())
        return store

    def graph(self, name: ox.NamedNode) -> list[ox.Triple]:
        """Return the statements of one named graph, in order (see ``place``)."""
        found = self._store.quads_for_pattern(None, None, None, name)
        return sorted((q.triple for q in found), key=lambda t: place(*t))

    def drop(self, name: ox.NamedNode) -> None:
        """Take a named graph out, but not what it put into the default graph."""
        self._own.remove_graph(name)
        self._changed(self.alone)

    def graphs(self) -> list[str]:
        """Return the names of the named graphs, sorted."""
        return sorted(name.value for name in self._store.named_graphs())

    def has_graph(self, graph: ox.NamedNode) -> bool:
        """Tell whether a named graph has any statement."""
        return self._store.contains_named_graph(graph)

    def quads(self) -> list[ox.Quad]:
        """Return the statements of all named graphs, by the name of the graph and then in order (see ``place``)."""

        def make() -> list[ox.Quad]:
            found = (q for name in self.graphs() for q in self._in(name))
            return sorted(found, key=lambda q: (str(q.graph_name), *place(*q.triple)))

        return list(self.once("quads", make))

    def __iter__(self) -> Iterator[ox.Triple]:
        """Go through the statements that hold without naming a day, in no order."""
        return (q.triple for q in self._store.quads_for_pattern(None, None, None, _DEFAULT))

    def __contains__(self, triple: ox.Triple) -> bool:
        """Tell whether a statement of a store in memory holds without naming a day."""
        return ox.Quad(*triple) in self._own

    def triples(self) -> list[ox.Triple]:
        """Return the statements that hold without naming a day, in order (see ``place``) and each once."""
        return list(self.once("triples", lambda: sorted(self, key=lambda t: place(*t))))

    def stated(self) -> Mapping[ox.Triple, list[str]]:
        """Return the names of the graphs that hold each statement, in no order; those of single days do not count."""

        def make() -> Mapping[ox.Triple, list[str]]:
            found = defaultdict[ox.Triple, list[str]](list)
            for name in self.graphs():
                if not name.startswith(SNAPSHOT):
                    for q in self._in(name):
                        found[q.triple].append(name)
            return found

        return self.once("stated", make)

    def _in(self, graph: str) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph))

    def places(self, subject: str, predicate: str = "", obj: Term | None = None) -> list[str]:
        """Return the names of the graphs that hold such statements, sorted."""
        pattern = ox.NamedNode(subject), ox.NamedNode(predicate) if predicate else None, obj
        found = {q.graph_name.value for q in self._store.quads_for_pattern(*pattern) if q.graph_name != _DEFAULT}  # type: ignore[union-attr]
        return sorted(found)

    def select(self, query: str, day: date | None = None, prefixes: dict[str, str] | None = None) -> list[Row]:
        """Run a SELECT query and return its rows; a variable without a value is not in its row."""
        solutions = self._run(query, day, prefixes)
        if not isinstance(solutions, ox.QuerySolutions):
            raise QueryError("the query is not a SELECT query")
        names = [v.value for v in solutions.variables]
        return [{n: term for n in names if (term := solution[n]) is not None} for solution in solutions]

    def columns(self, query: str) -> list[list[str]]:
        """Run a SELECT query and return its columns as texts (see ``value``), no value as an empty text.

        For very many rows: a text that occurs often is made once, and no term is made at all.
        """
        solutions = self._run(query, None)
        if not isinstance(solutions, ox.QuerySolutions):
            raise QueryError("the query is not a SELECT query")
        # TSV, in which nothing but a tab ends a cell: the engine's CSV leaves an IRI with a comma unquoted.
        data = solutions.serialize(format=ox.QueryResultsFormat.TSV)
        assert data is not None  # it is None only when a file is given to write to
        width = len(solutions.variables)
        cells = data.decode().replace("\n", "\t").split("\t")[:-1]
        columns = (cells[width + n :: width] for n in range(width))
        return [list(map({cell: _text(cell) for cell in set(column)}.__getitem__, column)) for column in columns]

    def ask(self, query: str, day: date | None = None) -> bool:
        """Run an ASK query."""
        return bool(self._run(query, day))

    def construct(self, query: str, day: date | None = None) -> list[ox.Triple]:
        """Run a CONSTRUCT query and return its triples, each once, in order."""
        return sorted(set(self.triples_of(query, day)), key=str)

    def triples_of(self, query: str, day: date | None = None) -> ox.QueryTriples:
        """Run a CONSTRUCT query and return its triples as they come, in no order and some of them more than once."""
        triples = self._run(query, day)
        if not isinstance(triples, ox.QueryTriples):
            raise QueryError("the query is not a CONSTRUCT query")
        return triples

    def about(self, iris: Iterable[str]) -> list[ox.Triple]:
        """Return the statements with these subjects that hold without naming a day, sorted."""
        found = {
            q.triple for iri in iris for q in self._store.quads_for_pattern(ox.NamedNode(iri), None, None, _DEFAULT)
        }
        return sorted(found, key=str)

    def run(
        self, query: str, day: date | None = None, prefixes: dict[str, str] | None = None,
        default: Sequence[str] | None = None, named: Sequence[str] | None = None,
    ) -> Answer:  # fmt: skip
        """Run any query and return what the engine gives. Relative IRIs are those of this project.

        :param prefixes: those that the query need not declare.
        :param default: the graphs that make up the default graph, in place of the store's and of FROM.
        :param named: the graphs that GRAPH sees, in place of all and of FROM NAMED.
        """
        return self._run(query, day, prefixes, default, named)

    def _run(
        self, query: str, day: date | None, prefixes: dict[str, str] | None = None,
        default: Sequence[str] | None = None, named: Sequence[str] | None = None,
    ) -> Answer:  # fmt: skip
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
            said = _CLASSES.sub("", error.msg).removesuffix(": expected")
            raise QueryError(f"the query does not parse: {said}") from error


def _text(cell: str) -> str:
    """Return the text of a term that is written as SPARQL 1.1 TSV writes it."""
    if cell.startswith("<"):
        return cell[1:-1]
    if not cell.startswith('"'):
        return cell  # a number, a truth, a blank node, or nothing
    solutions = ox.parse_query_results(f"?x\n{cell}\n", format=ox.QueryResultsFormat.TSV)
    assert isinstance(solutions, ox.QuerySolutions)
    (solution,) = solutions
    return value(solution[0])
