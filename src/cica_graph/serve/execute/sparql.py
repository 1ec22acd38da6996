"""Execution of one SPARQL query on a store, and its answer in the requested format.

An answer is complete before its first byte is sent, up to the limits on rows and size. So its status is true, and its
headers can say whether it is truncated. A truncated answer also contains a note at its end, and is well-formed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Final

import pyoxigraph as ox

from cica_graph.formats import sparql_results
from cica_graph.formats.media_types import GRAPHS, HTML, RESULTS
from cica_graph.formats.rdfxml import rdfxml
from cica_graph.formats.sparql_results import prefixed
from cica_graph.formats.turtle import ordered, serialize, turtle
from cica_graph.model.errors import QueryError, UsageError
from cica_graph.model.terms import BASE, DCTERMS, PREFIXES, RDFS, SKOS
from cica_graph.pipeline.steps import derive
from cica_graph.queries import guard
from cica_graph.serve.config import Limits
from cica_graph.serve.execute import sparql_page
from cica_graph.serve.http.negotiation import offered
from cica_graph.serve.pool.messages import ReplyHead, SparqlQuery
from cica_graph.serve.pool.spooled_output import SpooledOutput
from cica_graph.store.store import Answer, Store, Term, snapshot_graph, value

SHOWN: Final = 500  # rows or triples of a page; the page links to the whole answer
_MAX_CELL: Final = 1000  # characters of a cell of a page


def execute(store: Store, query: SparqlQuery, limits: Limits, output: SpooledOutput, base: str = BASE) -> ReplyHead:
    """Run a query and write its answer to the output; if it fails, write what is wrong and what to do.

    :param base: base of the IRIs in the links of a page; the query itself has canonical IRIs.
    """
    try:
        analysis = guard.analyse(query.query)
        with _dataset(store, query, analysis) as day:
            result = _visible_store(store, query, analysis).query(query.query, day, PREFIXES, *_graphs(query))
            head = _write(result, store, query, limits, output, base)
            return head._replace(cacheable=not analysis.is_volatile)
    except QueryError as error:
        status, text = 400, str(error)
    except UsageError as error:  # the client accepts no format for this answer, or the format cannot express a term
        status, text = 406, str(error)
    except (RuntimeError, ValueError, OSError) as error:  # the engine raises these during evaluation
        status, text = 400, f"The engine cannot run the query: {error}"
    output.clear()
    output.write(text)
    return ReplyHead(status, "")


@contextmanager
def _dataset(store: Store, query: SparqlQuery, analysis: guard.Analysis) -> Iterator[date | None]:
    """Check the graphs in FROM, and add the snapshot of the requested day to the store temporarily."""
    has_dataset = query.default is not None or query.named is not None
    known = None
    for from_clause in [] if has_dataset else analysis.dataset_queries():
        if query.on:
            raise QueryError("The query has FROM and the request has on=. Use one of them.")
        known = set(store.graphs()) if known is None else known
        (row,) = store.select(from_clause, prefixes=PREFIXES)
        if (name := value(row["graph"])) not in known:
            raise QueryError(f"FROM <{name}>: this store has no such graph, and the server does not fetch graphs.")
    if not query.on:
        yield None
        return
    day = date.fromisoformat(query.on)
    graph = snapshot_graph(day)
    if store.has_graph(graph):
        yield day
        return
    try:
        derive.snapshot(store, day)
    except UsageError as error:
        raise QueryError(f"This store is read-only and has no snapshot of {day}.") from error
    try:
        yield day
    finally:
        store.remove_graph(graph)


def _visible_store(store: Store, query: SparqlQuery, analysis: guard.Analysis) -> Store:
    """Return a store of the default graph, which is faster, if the query certainly reads no other graph."""
    other_graphs = query.on or query.default is not None or query.named is not None
    if store.default_store is None or other_graphs or not analysis.default_graph_only:
        return store
    return store.default_store


def _graphs(query: SparqlQuery) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return the default and the named graphs; if a request names some of one kind, it has none of the other."""
    if query.default is None and query.named is None:
        return None, None
    return query.default or (), query.named or ()


def _write(
    result: Answer, store: Store, query: SparqlQuery, limits: Limits, output: SpooledOutput, base: str
) -> ReplyHead:
    is_graph = isinstance(result, ox.QueryTriples)
    media_type = query.graph if is_graph else query.results
    if not media_type:
        kind, offers = "graph" if is_graph else "table", offered(is_graph)
        raise UsageError(f"The answer is a {kind}. Set Accept to one of {offers}.")
    if media_type == HTML:
        return ReplyHead(200, media_type, _page(result, store, query, limits, output, base))
    if isinstance(result, ox.QueryTriples):
        return ReplyHead(200, media_type, _graph(result, query, GRAPHS[media_type], limits, output))
    if isinstance(result, ox.QueryBoolean):
        output.write(sparql_results.truth(bool(result), RESULTS[media_type]))
        return ReplyHead(200, media_type)
    return ReplyHead(200, media_type, _table(result, RESULTS[media_type], limits, output))


def _table(result: ox.QuerySolutions, name: str, limits: Limits, output: SpooledOutput) -> str:
    writer = sparql_results.WRITERS[name]([v.value for v in result.variables])
    output.write(writer.head())
    note = ""
    for number, row in enumerate(result):
        if number == limits.rows:
            note = _too_many(limits.rows, "rows")
            break
        text = writer.row(row).encode()
        if output.size + len(text) > limits.size:
            note = _too_large(limits)
            break
        output.write(text)
    output.write(writer.tail(note))
    return note


def _graph(result: ox.QueryTriples, query: SparqlQuery, name: str, limits: Limits, output: SpooledOutput) -> str:
    triples, note = _taken(result, limits.rows, limits)
    data = _serialized(triples, name, _prefixes(query))
    output.write(_with_note(data, name, note) if note else data)
    return note


_PREFIX = re.compile(r"PREFIX\s+([a-z]+):\s*<([^>]+)>", re.IGNORECASE)


def _prefixes(query: SparqlQuery) -> dict[str, str]:
    """Return the prefixes for a graph: the usual ones and those of the query.

    A prefix that is a part of the canonical base is left out: with another base it would split IRIs in the wrong place.
    """
    own = {name: iri for name, iri in _PREFIX.findall(query.query) if name.islower()}
    return PREFIXES | {name: iri for name, iri in own.items() if iri == BASE or not BASE.startswith(iri)}


def _taken(result: Iterable[ox.Triple], maximum: int, limits: Limits) -> tuple[set[ox.Triple], str]:
    triples: set[ox.Triple] = set()
    size = 0
    for triple in result:
        if triple in triples:
            continue
        if len(triples) == maximum:
            return triples, _too_many(maximum, "triples")
        size += len(str(triple).encode())
        if size > limits.size:
            return triples, _too_large(limits)
        triples.add(triple)
    return triples, ""


_LINES = {"ntriples": ox.RdfFormat.N_TRIPLES, "nquads": ox.RdfFormat.N_QUADS}


def _serialized(triples: set[ox.Triple], name: str, prefixes: dict[str, str]) -> bytes:
    if name in ("turtle", "trig"):  # a graph without a name is the same text in both
        return turtle(triples, prefixes)
    if name == "rdfxml":
        return rdfxml(Store.from_triples(triples))
    return serialize(ordered(triples), _LINES.get(name, ox.RdfFormat.JSON_LD))


def _with_note(data: bytes, name: str, note: str) -> bytes:
    """Return a truncated graph with a note at its end."""
    if name == "rdfxml":
        return data + f"<!-- {note} -->\n".encode()
    if name == "jsonld":  # JSON has no comments, but a member that is not a term of the context states nothing
        return b'{"@graph":%b,"truncated":%b}' % (data.strip(), json.dumps(note).encode())
    return data + f"# {note}\n".encode()


def _too_many(maximum: int, unit: str) -> str:
    return f"truncated after {maximum:,} {unit}: ask for less, or page with ORDER BY, LIMIT and OFFSET"


def _too_large(limits: Limits) -> str:
    return f"truncated after {limits.size:,} bytes: ask for less, or page with ORDER BY, LIMIT and OFFSET"


def _page(result: Answer, store: Store, query: SparqlQuery, limits: Limits, output: SpooledOutput, base: str) -> str:
    """Write a page with the first rows or triples, and with the labels of their IRIs."""
    maximum, note = min(SHOWN, limits.rows), ""
    if isinstance(result, ox.QueryBoolean):
        shown = sparql_page.Shown(boolean=bool(result))
    elif isinstance(result, ox.QueryTriples):
        triples, note = _taken(result, maximum, limits)
        shown = sparql_page.Shown(turtle=turtle(triples, _prefixes(query)).decode())
    else:
        table = [list(row) for row in islice(result, maximum)]
        note = _too_many(maximum, "rows") if next(result, None) is not None else ""
        labels = _labels(store, {t.value for row in table for t in row if isinstance(t, ox.NamedNode)})
        shown = sparql_page.Shown(
            [v.value for v in result.variables], [[_cell(term, labels) for term in row] for row in table]
        )
    output.write(sparql_page.answered(query.query, query.on, _dataset_parameters(query), shown, note, base))
    return note


def _dataset_parameters(query: SparqlQuery) -> list[tuple[str, str]]:
    kinds = (("default-graph-uri", query.default), ("named-graph-uri", query.named))
    return [(kind, name) for kind, names in kinds for name in names or ()]


def _cell(term: Term | None, labels: dict[str, str]) -> sparql_page.Cell:
    if term is None:
        return sparql_page.Cell("")
    if isinstance(term, ox.NamedNode):
        return sparql_page.Cell(prefixed(term), term.value, labels.get(term.value, ""))
    if isinstance(term, ox.Literal):
        return sparql_page.Cell(_shortened(term.value), language=term.language or "")
    return sparql_page.Cell(_shortened(str(term)))


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CELL else text[:_MAX_CELL] + " …"


_LABELS = [ox.NamedNode(iri) for iri in (SKOS + "prefLabel", RDFS + "label", DCTERMS + "title")]


def _labels(store: Store, iris: set[str]) -> dict[str, str]:
    """Return a label for each IRI that has one, in English if there is one in English."""
    names: dict[str, tuple[bool, int, str]] = {}
    for t in store.about(sorted(iris)):
        if t.predicate in _LABELS and isinstance(t.object, ox.Literal):
            rank = t.object.language != "en", _LABELS.index(t.predicate), t.object.value
            iri = value(t.subject)
            names[iri] = min(rank, names.get(iri, rank))
    return {iri: text for iri, (_, _, text) in names.items()}
