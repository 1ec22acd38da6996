"""Store across the network: SPARQL 1.1 Protocol, Update and Graph Store HTTP Protocol.

The default graph is stored as the named graph ``g:default``, because engines differ in their default graphs. Every
request names its graphs, so other data in the same engine are never read or changed.

The graph ``g:store`` is the manifest. It lists each graph with the number of its statements, and each shipped query
with its expected number of rows. An answer with another number is refused, because some engines truncate answers
without a warning. Blank nodes are stored as IRIs (RDF 1.1, section 3.5), so that their names do not change.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.errors import QueryError, UsageError
from cica_graph.model.terms import BASE, CG, DCTERMS, GRAPH, PROV, SCHEMA
from cica_graph.queries import guard
from cica_graph.store import quirks, verdicts
from cica_graph.store.engine import Answer, GraphName, Subject, Term
from cica_graph.store.http_client import Client, Credentials, HttpResponse, refuse_address

DEFAULT: Final = ox.NamedNode(GRAPH + "default")  # the default graph: statements that are true on any day
STORE: Final = ox.NamedNode(GRAPH + "store")  # the manifest
LARGEST: Final = 4 << 30  # maximum bytes of one answer
_JSON: Final = "application/sparql-results+json"
_TRIPLES: Final = "application/n-triples"
_GENID: Final = BASE + ".well-known/genid/"
_ANSWER: Final = BASE + "answer/"
_DIGEST, _PART, _COUNT, _DONE, _ALL, _OWNER = (
    ox.NamedNode(iri)
    for iri in (
        CG + "digest",
        DCTERMS + "hasPart",
        "http://rdfs.org/ns/void#triples",
        SCHEMA + "position",
        SCHEMA + "numberOfItems",
        PROV + "wasAttributedTo",
    )
)


@dataclass(frozen=True)
class Manifest:
    """Description of the graph that cica-graph loaded into a store.

    :ivar digest: digest of the statements that are loaded or being loaded.
    :ivar graphs: number of statements of each graph by IRI, including the default graph.
    :ivar rows: number of rows of each query, by the digest of its text.
    :ivar done: number of batches that are loaded.
    :ivar batches: total number of batches.
    :ivar owner: IRI that identifies the process that is filling the store; empty if the store is complete.
    """

    digest: str
    graphs: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    done: int = 0
    batches: int = 0
    owner: str = field(default="", compare=False)


class RemoteEngine:
    """Engine across the network, with the interface of :class:`cica_graph.store.engine.Engine`.

    :param unchecked: send every query, even if the engine is known to give wrong answers to it.
    :raises UsageError: the address is not valid, or contains a password.
    """

    def __init__(self, url: str, *, client: Client | None = None, unchecked: bool = False) -> None:
        refuse_address(url)
        self._unchecked = unchecked
        self._client = client or Client(_timeout(), Credentials.of(url), timeout_setting="CICA_GRAPH_STORE_TIMEOUT")
        self.url = url
        self.server = ""  # the Server header of its first response

    # ---- Interface of an engine

    def query(
        self, query: str, *, base_iri: str | None = None, prefixes: dict[str, str] | None = None,
        default_graph: GraphName | list[GraphName] | None = None,
        named_graphs: list[ox.NamedNode | ox.BlankNode] | None = None,
    ) -> Answer:  # fmt: skip
        """Return the result of a query.

        :raises QueryError: the server rejects the query, or the engine is known to give wrong answers to such queries.
        :raises UsageError: no answer, an incomplete answer, or a store that is not filled.
        """
        default = [default_graph] if isinstance(default_graph, GraphName) else default_graph
        whole = default is None and named_graphs is None
        data = {
            "default-graph-uri": [_name(graph) for graph in default or [DEFAULT]],
            "named-graph-uri": [_name(g) for g in (self.named_graphs() if named_graphs is None else named_graphs)],
        }
        if not self._unchecked:
            verdicts.refuse_untrusted(query, self.url, self.server, quirks.engine_kind(self.server).counts_correctly)
        head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in (prefixes or {}).items())
        text = (f"BASE <{base_iri}>\n" if base_iri else "") + head + query
        kind = guard.Analysis.of(query).form
        answer = self.send(text, _TRIPLES if kind in ("CONSTRUCT", "DESCRIBE") else _JSON, data)
        if kind in ("CONSTRUCT", "DESCRIBE"):
            found = ox.Store()
            found.extend(ox.Quad(*triple) for triple in map(_ours, _parsed(answer)))
            triples = found.query(queries.shipped("store", "triples").text)
            assert isinstance(triples, ox.QueryTriples)
            return triples
        expected = self.manifest.rows.get(digest(query)) if whole else None
        return self._rows(answer, expected)

    def quads_for_pattern(
        self, subject: Subject | None, predicate: ox.NamedNode | None, object: Term | None,
        graph_name: GraphName | None = None,
    ) -> Iterator[ox.Quad]:  # fmt: skip
        """Return the statements that match. Without a graph name, those of the default graph are included.

        The server returns all statements about a subject, or whole graphs. They are filtered here.
        """
        if isinstance(subject, ox.NamedNode | ox.BlankNode):
            found = self._about(subject, graph_name)
        else:
            names = [graph_name] if graph_name is not None else [*self.named_graphs(), ox.DefaultGraph()]
            found = (quad for name in names for quad in self._graph(name))
        for quad in found:
            if predicate in (None, quad.predicate) and object in (None, quad.object):
                yield quad

    def _about(self, subject: ox.NamedNode | ox.BlankNode, graph: GraphName | None) -> Iterator[ox.Quad]:
        thing = _theirs(subject)
        assert isinstance(thing, ox.NamedNode)
        for name in ("about", "places"):
            default = name == "about"
            if graph is not None and default != isinstance(graph, ox.DefaultGraph):
                continue
            rows = self.query(queries.shipped("store", name).bind(thing=thing))
            assert isinstance(rows, ox.QuerySolutions)
            for row in rows:
                where = ox.DefaultGraph() if default else row["graph"]
                if graph in (None, where):
                    yield ox.Quad(subject, row["p"], _local(row["o"]), where)  # type: ignore[arg-type]  # as in RDF

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """Return the names of the graphs that cica-graph loaded."""
        return (ox.NamedNode(name) for name in sorted(self.manifest.graphs) if name != DEFAULT.value)

    def contains_named_graph(self, graph_name: GraphName) -> bool:
        """Return whether cica-graph loaded a graph."""
        return isinstance(graph_name, ox.NamedNode) and graph_name.value in self.manifest.graphs

    def __iter__(self) -> Iterator[ox.Quad]:
        return self.quads_for_pattern(None, None, None)

    def dump(self, output: None = None, format: ox.RdfFormat | None = None) -> bytes | None:
        """Return all statements as text."""
        return ox.serialize(self, format=format or ox.RdfFormat.N_QUADS)

    # ---- Requests

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of the store.

        :raises UsageError: the store has no graph of cica-graph, or is not complete.
        """
        found = self.read_manifest()
        if found is None:
            raise UsageError(
                f"{self.url} contains no graph of cica-graph; `cica-graph build --store {self.url}` loads it"
            )
        if found.done < found.batches:
            raise UsageError(
                f"{self.url} is not complete ({found.done} of {found.batches} batches are loaded): it is being filled, "
                "or that was interrupted. Run the same command again to continue"
            )
        return found

    def read_manifest(self) -> Manifest | None:
        """Return the manifest, even of a store that is not complete, or None."""
        rows = self.select(queries.shipped("store", "graph").bind(graph=STORE))
        stated = {(row["s"].value, row["p"].value): row["o"].value for row in rows}
        if (STORE.value, _DIGEST.value) not in stated:
            return None
        counts = {s: int(text) for (s, p), text in stated.items() if p == _COUNT.value}
        return Manifest(
            stated[STORE.value, _DIGEST.value],
            {iri: count for iri, count in counts.items() if not iri.startswith(_ANSWER)},
            {iri.removeprefix(_ANSWER): count for iri, count in counts.items() if iri.startswith(_ANSWER)},
            int(stated[STORE.value, _DONE.value]),
            int(stated[STORE.value, _ALL.value]),
            owner=stated.get((STORE.value, _OWNER.value), ""),
        )

    def size(self, graph: str) -> int:
        """Return the number of statements that the engine counts in a graph."""
        (row,) = self.select(queries.shipped("store", "size").bind(graph=ox.NamedNode(graph)))
        return int(row["count"].value)

    def select(self, query: str) -> Iterator[dict[str, ox.NamedNode | ox.BlankNode | ox.Literal]]:
        """Yield the rows of a query over all data of the engine, each as values by variable."""
        rows = self._rows(self.send(query, _JSON), None)
        assert isinstance(rows, ox.QuerySolutions)
        names = [v.value for v in rows.variables]
        for row in rows:
            yield {n: term for n in names if (term := row[n]) is not None and not isinstance(term, ox.Triple)}

    def send(self, query: str, accept: str, graphs: Mapping[str, list[str]] | None = None) -> HttpResponse:
        """Return the server's response to a query over the given graphs.

        :raises QueryError: the server rejects the query.
        :raises UsageError: no response, or an incomplete one.
        """
        data: dict[str, str | list[str]] = {"query": query, **(graphs or {})}
        answer = self._client.request("POST", self.url, max_bytes=LARGEST, accept=accept, data=data)
        self.server = answer.headers.get("server", "")
        if answer.status == 400:
            raise QueryError(f"{self.url} rejects the query: {answer.summary()}")
        self._refuse(answer)
        quirks.refuse_partial(answer)
        if answer.media_type not in (accept, "application/json", "text/plain"):
            media_type = answer.media_type or "no content type"
            raise UsageError(f"{self.url} answered with {media_type}, not {accept}. Is it a SPARQL endpoint?")
        return answer

    def update(self, text: str) -> None:
        """Run an update.

        :raises UsageError: the server rejects it.
        """
        self._refuse(self._client.request("POST", self.addresses.update, max_bytes=1 << 20, data={"update": text}))

    def refuse_read_only(self) -> None:
        """Raise an error if the server is read-only. This sends an update that changes nothing.

        :raises UsageError: the server rejects updates.
        """
        self.update(f"DELETE DATA {{ GRAPH {STORE} {{ {STORE} {_PART} {STORE} }} }}")

    def add(self, graph: ox.NamedNode, triples: Iterable[ox.Triple]) -> None:
        """Add statements to a graph.

        :raises UsageError: the server rejects them.
        """
        content = ox.serialize(map(_sent, triples), format=ox.RdfFormat.N_TRIPLES)
        params = {"graph": graph.value}
        self._refuse(
            self._client.request(
                "POST", self.addresses.graphs, max_bytes=1 << 20, params=params, content=content, content_type=_TRIPLES
            )
        )

    @property
    def addresses(self) -> quirks.Addresses:
        """The addresses of the store for queries, updates and graphs."""
        if not self.server:
            self.send("ASK {}", _JSON)
        return quirks.engine_kind(self.server).addresses(self.url)

    def _refuse(self, answer: HttpResponse) -> None:
        if answer.status in (401, 403):
            raise UsageError(
                f"{answer.url} denies access ({answer.summary()}); set CICA_GRAPH_STORE_USER and "
                "CICA_GRAPH_STORE_PASSWORD, or CICA_GRAPH_STORE_TOKEN, or add the password to ~/.netrc. "
                "Restart a read-only server, such as `oxigraph serve-read-only`, with write access"
            )
        if not 200 <= answer.status < 300:
            raise UsageError(f"{answer.url} answered {answer.summary()}")

    def _rows(self, answer: HttpResponse, expected: int | None) -> ox.QuerySolutions | ox.QueryBoolean:
        body = quirks.standard_json(answer.body)

        def parse() -> ox.QuerySolutions | ox.QueryBoolean:
            return ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)

        try:
            parsed = parse()
            count = sum(1 for _ in parsed) if isinstance(parsed, ox.QuerySolutions) else None
        except (SyntaxError, ValueError) as error:
            raise UsageError(
                f"{self.url}: the answer is truncated or is not SPARQL JSON, so it was not used"
            ) from error
        if expected not in (None, count):
            raise UsageError(
                f"{self.url} gave {count:,} of {expected:,} rows, so the answer was not used; the server may limit the "
                f"size of an answer, or its data may be incomplete. Run `cica-graph store check {self.url}`"
            )
        return parse()

    def _graph(self, graph: GraphName) -> Iterator[ox.Quad]:
        name = DEFAULT if isinstance(graph, ox.DefaultGraph) else graph
        assert isinstance(name, ox.NamedNode)
        if (expected := self.manifest.graphs.get(name.value)) is None:
            return
        answer = self._client.request(
            "GET", self.addresses.graphs, max_bytes=LARGEST, accept=_TRIPLES, params={"graph": name.value}
        )
        self._refuse(answer)
        quirks.refuse_partial(answer)
        triples = _parsed(answer)
        if len(triples) != expected:
            raise UsageError(
                f"{self.url} gave {len(triples):,} of the {expected:,} statements of {name.value}, so they were not "
                "used; the server may limit the size of an answer, or another program may have changed the graph"
            )
        for triple in map(_ours, triples):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def manifest_update(manifest: Manifest) -> str:
    """Return the update that replaces the manifest in ``g:store``."""
    statements = [
        (STORE, _DIGEST, ox.Literal(manifest.digest)),
        (STORE, _DONE, ox.Literal(manifest.done)),
        (STORE, _ALL, ox.Literal(manifest.batches)),
        *([(STORE, _OWNER, ox.NamedNode(manifest.owner))] if manifest.owner else []),
        *((STORE, _PART, ox.NamedNode(graph)) for graph in manifest.graphs),
        *((ox.NamedNode(graph), _COUNT, ox.Literal(count)) for graph, count in manifest.graphs.items()),
        *((ox.NamedNode(_ANSWER + key), _COUNT, ox.Literal(count)) for key, count in manifest.rows.items()),
    ]
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in statements)
    return f"DROP SILENT GRAPH {STORE} ;\nINSERT DATA {{ GRAPH {STORE} {{\n{lines}}} }}"


def progress_update(before: int, now: int, owner: str) -> str:
    """Return the update that sets the number of loaded batches in ``g:store``, if the owner has not changed."""
    old, new, mine = (
        f"{{ {STORE} {pattern} }}"
        for pattern in (f"{_DONE} {ox.Literal(before)}", f"{_DONE} {ox.Literal(now)}", f"{_OWNER} <{owner}>")
    )
    return f"WITH {STORE} DELETE {old} INSERT {new} WHERE {mine}"


def digest(text: str) -> str:
    """Return the digest of a query."""
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _timeout() -> float:
    text = os.environ.get("CICA_GRAPH_STORE_TIMEOUT", "120")
    try:
        return max(0.1, float(text))
    except ValueError:
        raise UsageError(f"CICA_GRAPH_STORE_TIMEOUT is {text!r}; it must be a number of seconds") from None


def _name(graph: GraphName) -> str:
    return DEFAULT.value if isinstance(graph, ox.DefaultGraph) else graph.value


def _parsed(answer: HttpResponse) -> list[ox.Triple]:
    try:
        parsed = ox.parse(answer.body, format=ox.RdfFormat.TURTLE, rename_blank_nodes=False)
        return [quad.triple for quad in parsed]
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{answer.url}: the answer is truncated or is not valid RDF, so it was not used") from error


def _theirs(term: Term) -> Term:
    """Return a term in the form that the server stores."""
    return ox.NamedNode(_GENID + quote(term.value, safe="")) if isinstance(term, ox.BlankNode) else term


def _local(term: Term | None) -> Term | None:
    """Return the original form of a term of the server."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(_GENID):
        return ox.BlankNode(unquote(term.value.removeprefix(_GENID)))
    return term


def _sent(t: ox.Triple) -> ox.Triple:
    return ox.Triple(_theirs(t.subject), t.predicate, _theirs(t.object))  # type: ignore[arg-type]


def _ours(t: ox.Triple) -> ox.Triple:
    return ox.Triple(_local(t.subject), t.predicate, _local(t.object))  # type: ignore[arg-type]
