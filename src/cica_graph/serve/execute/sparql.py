"""One query, run on a store, and its answer in the form that was asked for.

An answer is made whole before its first byte goes out, up to the limits on rows and size, so that its status is true
and its head can say whether it was cut. Where it was, the end of it says so as well, and it is well-formed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import NamedTuple

import pyoxigraph as ox

from cica_graph.formats.rdfxml import rdfxml
from cica_graph.formats.sparql_results import prefixed
from cica_graph.formats.turtle import ordered, serialize, turtle
from cica_graph.model.errors import QueryError, UsageError
from cica_graph.model.terms import BASE, DCTERMS, PREFIXES, RDFS, SKOS
from cica_graph.pipeline.steps import derive
from cica_graph.queries import guard
from cica_graph.serve.config import Limits
from cica_graph.serve.endpoints import sparql_page
from cica_graph.serve.execute import result_rows
from cica_graph.serve.http import formats
from cica_graph.serve.pool.spooled_output import Sink
from cica_graph.store.store import Answer, Store, Term, snapshot_graph, value

SHOWN = 500  # rows or triples of a page for people, which links to the whole
_LONGEST = 1000  # characters of a cell of such a page


class Job(NamedTuple):
    """A query as it was asked.

    :ivar results: the media type for a table or truth, empty if the client takes none of ours.
    :ivar graph: the same for a graph.
    :ivar default: the graphs that make up the default graph; None when the request does not say.
    :ivar named: the named graphs, likewise.
    :ivar on: a day, as YYYY-MM-DD, whose snapshot is part of the default graph, or empty.
    """

    query: str
    results: str
    graph: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    on: str = ""


class Head(NamedTuple):
    """What is known of an answer before its body.

    :ivar cut: why the body is not the whole answer, or empty.
    :ivar lasting: whether the same query would give the same again.
    """

    status: int
    media: str
    cut: str = ""
    lasting: bool = False


def answer(store: Store, job: Job, limits: Limits, sink: Sink) -> Head:
    """Run a query and write its answer to the sink; on failure, what to do about it."""
    try:
        guard.check(job.query)
        with _dataset(store, job) as day:
            found = _seen(store, job).query(job.query, day, PREFIXES, *_graphs(job))
            return _write(found, store, job, limits, sink)._replace(lasting=not guard.changing(job.query))
    except QueryError as error:
        status, text = 400, str(error)
    except UsageError as error:  # the answer has no form that the client takes, or a term that the form cannot hold
        status, text = 406, str(error)
    except (RuntimeError, ValueError, OSError) as error:  # what the engine raises while it evaluates
        status, text = 400, f"the engine cannot run the query: {error}"
    sink.clear()
    sink.write(text)
    return Head(status, "")


@contextmanager
def _dataset(store: Store, job: Job) -> Iterator[date | None]:
    """Look at the graphs that are asked for, and put the snapshot of the day into the store for as long as it takes."""
    given = job.default is not None or job.named is not None
    known = None
    for query in [] if given else guard.datasets(job.query):
        if job.on:
            raise QueryError("the query has FROM and the request has on=; use one of them")
        known = set(store.graphs()) if known is None else known
        (row,) = store.select(query, prefixes=PREFIXES)
        if (name := value(row["graph"])) not in known:
            raise QueryError(f"FROM <{name}> is no graph of this store, and nothing is fetched")
    if not job.on:
        yield None
        return
    day = date.fromisoformat(job.on)
    graph = snapshot_graph(day)
    if store.has_graph(graph):
        yield day
        return
    try:
        derive.snapshot(store, day)
    except UsageError as error:
        raise QueryError(f"this store is only read, and has no snapshot of {day}") from error
    try:
        yield day
    finally:
        store.remove_graph(graph)


def _seen(store: Store, job: Job) -> Store:
    """Return what a query can see: the default graph by itself, which is quicker, where it surely sees no other."""
    asked = job.on or job.default is not None or job.named is not None
    return store if store.default_store is None or asked or not guard.alone(job.query) else store.default_store


def _graphs(job: Job) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return the default and the named graphs; a request that names some of either means no others."""
    if job.default is None and job.named is None:
        return None, None
    return job.default or (), job.named or ()


def _write(found: Answer, store: Store, job: Job, limits: Limits, sink: Sink) -> Head:
    media = job.graph if isinstance(found, ox.QueryTriples) else job.results
    if not media:
        kind = "a graph" if isinstance(found, ox.QueryTriples) else "a table"
        offers = formats.media_types(isinstance(found, ox.QueryTriples))
        raise UsageError(f"the answer is {kind}, which can be had as {offers}")
    if media == formats.HTML:
        return Head(200, media, _page(found, store, job, limits, sink))
    if isinstance(found, ox.QueryTriples):
        return Head(200, media, _graph(found, job, formats.GRAPHS[media], limits, sink))
    if isinstance(found, ox.QueryBoolean):
        sink.write(result_rows.truth(bool(found), formats.RESULTS[media]))
        return Head(200, media)
    return Head(200, media, _table(found, formats.RESULTS[media], limits, sink))


def _table(found: ox.QuerySolutions, name: str, limits: Limits, sink: Sink) -> str:
    writer = result_rows.WRITERS[name]([v.value for v in found.variables])
    sink.write(writer.head())
    cut = ""
    for number, row in enumerate(found):
        if number == limits.rows:
            cut = _too_many(limits.rows, "rows")
            break
        text = writer.row(row).encode()
        if sink.size + len(text) > limits.size:
            cut = _too_large(limits)
            break
        sink.write(text)
    sink.write(writer.tail(cut))
    return cut


def _graph(found: ox.QueryTriples, job: Job, name: str, limits: Limits, sink: Sink) -> str:
    triples, cut = _taken(found, limits.rows, limits)
    data = _graph_bytes(triples, name, _prefixes(job))
    sink.write(_noted(data, name, cut) if cut else data)
    return cut


_PREFIX = re.compile(r"PREFIX\s+([a-z]+):\s*<([^>]+)>", re.IGNORECASE)


def _prefixes(job: Job) -> dict[str, str]:
    """Return the prefixes that a graph may be written with: the usual ones, and those of the query.

    Not one that is a part of the canonical base: it would break up IRIs where another base is put in its place.
    """
    own = {name: iri for name, iri in _PREFIX.findall(job.query) if name.islower()}
    return PREFIXES | {name: iri for name, iri in own.items() if iri == BASE or not BASE.startswith(iri)}


def _taken(found: Iterable[ox.Triple], most: int, limits: Limits) -> tuple[set[ox.Triple], str]:
    triples: set[ox.Triple] = set()
    size = 0
    for triple in found:
        if triple in triples:
            continue
        if len(triples) == most:
            return triples, _too_many(most, "triples")
        size += len(str(triple).encode())
        if size > limits.size:
            return triples, _too_large(limits)
        triples.add(triple)
    return triples, ""


_LINES = {"ntriples": ox.RdfFormat.N_TRIPLES, "nquads": ox.RdfFormat.N_QUADS}


def _graph_bytes(triples: set[ox.Triple], name: str, prefixes: dict[str, str]) -> bytes:
    if name in ("turtle", "trig"):  # a graph without a name is the same text in both
        return turtle(triples, prefixes)
    if name == "rdfxml":
        return rdfxml(Store.from_triples(triples))
    return serialize(ordered(triples), _LINES.get(name, ox.RdfFormat.JSON_LD))


def _noted(data: bytes, name: str, note: str) -> bytes:
    """Return a graph that was cut with a note at its end."""
    if name == "rdfxml":
        return data + f"<!-- {note} -->\n".encode()
    if name == "jsonld":  # it has no comments, but a member that is no term states nothing
        return b'{"@graph":%b,"truncated":%b}' % (data.strip(), json.dumps(note).encode())
    return data + f"# {note}\n".encode()


def _too_many(most: int, what: str) -> str:
    return f"cut after {most:,} {what}, and there are more: ask for less, or page with ORDER BY, LIMIT and OFFSET"


def _too_large(limits: Limits) -> str:
    return f"cut at {limits.size:,} bytes, and there is more: ask for less, or page with ORDER BY, LIMIT and OFFSET"


def _page(found: Answer, store: Store, job: Job, limits: Limits, sink: Sink) -> str:
    """Write a page for people: the first rows or triples, with what things are called."""
    most, cut = min(SHOWN, limits.rows), ""
    if isinstance(found, ox.QueryBoolean):
        shown = sparql_page.Shown(truth=bool(found))
    elif isinstance(found, ox.QueryTriples):
        triples, cut = _taken(found, most, limits)
        shown = sparql_page.Shown(turtle=turtle(triples, _prefixes(job)).decode())
    else:
        table = [list(row) for row in islice(found, most)]
        cut = _too_many(most, "rows") if next(found, None) is not None else ""
        labels = _labels(store, {t.value for row in table for t in row if isinstance(t, ox.NamedNode)})
        shown = sparql_page.Shown(
            [v.value for v in found.variables], [[_cell(term, labels) for term in row] for row in table]
        )
    sink.write(sparql_page.answered(job.query, job.on, _sets(job), shown, cut, sink.base))
    return cut


def _sets(job: Job) -> list[tuple[str, str]]:
    """Return the dataset of a job as parameters of a request."""
    kinds = (("default-graph-uri", job.default), ("named-graph-uri", job.named))
    return [(kind, name) for kind, names in kinds for name in names or ()]


def _cell(term: Term | None, labels: dict[str, str]) -> sparql_page.Cell:
    if term is None:
        return sparql_page.Cell("")
    if isinstance(term, ox.NamedNode):
        return sparql_page.Cell(prefixed(term), term.value, labels.get(term.value, ""))
    if isinstance(term, ox.Literal):
        return sparql_page.Cell(_clipped(term.value), language=term.language or "")
    return sparql_page.Cell(_clipped(str(term)))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


_CALLED = [ox.NamedNode(iri) for iri in (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")]


def _labels(store: Store, iris: set[str]) -> dict[str, str]:
    """Return what things are called: in English where they have an English name."""
    names: dict[str, tuple[bool, int, str]] = {}
    for t in store.about(sorted(iris)):
        if t.predicate in _CALLED and isinstance(t.object, ox.Literal):
            place = t.object.language != "en", _CALLED.index(t.predicate), t.object.value
            iri = value(t.subject)
            names[iri] = min(place, names.get(iri, place))
    return {iri: text for iri, (_, _, text) in names.items()}
