"""A store across the network: SPARQL 1.1 Protocol, Update and Graph Store HTTP Protocol.

There, what is true without naming a day is a graph of its own, ``g:default``: engines differ in what a default graph
is, and every request names the graphs that it is about. So it touches nothing else that the engine holds.
The graph ``g:store`` says what was put there: each graph with the number of its statements, and how many rows the
shipped queries had where they were computed. An answer of another number is refused: some engines cut their answers
short, and say nothing. Blank nodes are kept as IRIs (RDF 1.1, section 3.5), so that they come back as they went.
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

DEFAULT: Final = ox.NamedNode(GRAPH + "default")  # what is true without naming a day
STORE: Final = ox.NamedNode(GRAPH + "store")  # what was put there
LARGEST: Final = 4 << 30  # bytes of one answer
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
    """What a store holds of ours.

    :ivar digest: of the statements that it holds, or that are being put there.
    :ivar graphs: how many statements each graph has, the default graph too, by IRI.
    :ivar rows: how many rows a query has, by the digest of its text.
    :ivar done: how many batches are there.
    :ivar batches: how many there are in all.
    :ivar owner: the IRI that whoever is filling the store made up for it, empty when that is done.
    """

    digest: str
    graphs: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    done: int = 0
    batches: int = 0
    owner: str = field(default="", compare=False)


class RemoteEngine:
    """An engine across the network, as :class:`cica_graph.store.store.engine.Engine` has it. It is only read.

    :param unchecked: ask whatever is asked, also what the engine is known to do wrongly.
    :raises UsageError: the address is none, or has a password in it.
    """

    def __init__(self, url: str, *, client: Client | None = None, unchecked: bool = False) -> None:
        refuse_address(url)
        self._unchecked = unchecked
        self._client = client or Client(_timeout(), Credentials.of(url), timeout_setting="CICA_GRAPH_STORE_TIMEOUT")
        self.url = url
        self.server = ""  # what it calls itself, known from its first answer

    # ---- What a store asks of its engine

    def query(
        self, query: str, *, base_iri: str | None = None, prefixes: dict[str, str] | None = None,
        default_graph: GraphName | list[GraphName] | None = None,
        named_graphs: list[ox.NamedNode | ox.BlankNode] | None = None,
    ) -> Answer:  # fmt: skip
        """Answer a query.

        :raises QueryError: the server does not take it, or a job is in it that this engine does not do rightly.
        :raises UsageError: no answer, one that is not whole, or a store that is not filled.
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
        """Return the statements that match, those of the default graph too unless a graph is named.

        The server is asked for what it says of a subject, or for whole graphs; the rest is chosen here.
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
        """Return the names of the graphs that were put there."""
        return (ox.NamedNode(name) for name in sorted(self.manifest.graphs) if name != DEFAULT.value)

    def contains_named_graph(self, graph_name: GraphName) -> bool:
        """Tell whether a graph was put there."""
        return isinstance(graph_name, ox.NamedNode) and graph_name.value in self.manifest.graphs

    def __iter__(self) -> Iterator[ox.Quad]:
        return self.quads_for_pattern(None, None, None)

    def dump(self, output: None = None, format: ox.RdfFormat | None = None) -> bytes | None:
        """Return every statement."""
        return ox.serialize(self, format=format or ox.RdfFormat.N_QUADS)

    # ---- How

    @cached_property
    def manifest(self) -> Manifest:
        """What the store holds of ours.

        :raises UsageError: nothing, or not yet everything.
        """
        found = self.read_manifest()
        if found is None:
            raise UsageError(
                f"{self.url} holds no graph of cica-graph; `cica-graph build --store {self.url}` puts it there"
            )
        if found.done < found.batches:
            raise UsageError(
                f"{self.url} is being filled, or filling it was interrupted ({found.done} of {found.batches} batches "
                "are there); the same command again goes on where it stopped"
            )
        return found

    def read_manifest(self) -> Manifest | None:
        """Return what the store says that was put there, whole or not."""
        rows = self.select(queries.shipped("store", "graph").bind(graph=STORE))
        said = {(row["s"].value, row["p"].value): row["o"].value for row in rows}
        if (STORE.value, _DIGEST.value) not in said:
            return None
        counts = {s: int(text) for (s, p), text in said.items() if p == _COUNT.value}
        return Manifest(
            said[STORE.value, _DIGEST.value],
            {iri: count for iri, count in counts.items() if not iri.startswith(_ANSWER)},
            {iri.removeprefix(_ANSWER): count for iri, count in counts.items() if iri.startswith(_ANSWER)},
            int(said[STORE.value, _DONE.value]),
            int(said[STORE.value, _ALL.value]),
            owner=said.get((STORE.value, _OWNER.value), ""),
        )

    def size(self, graph: str) -> int:
        """Return how many statements the engine counts in a graph."""
        (row,) = self.select(queries.shipped("store", "size").bind(graph=ox.NamedNode(graph)))
        return int(row["count"].value)

    def select(self, query: str) -> Iterator[dict[str, ox.NamedNode | ox.BlankNode | ox.Literal]]:
        """Yield the rows of a query about all that the engine holds, each variable with its value."""
        rows = self._rows(self.send(query, _JSON), None)
        assert isinstance(rows, ox.QuerySolutions)
        names = [v.value for v in rows.variables]
        for row in rows:
            yield {n: term for n in names if (term := row[n]) is not None and not isinstance(term, ox.Triple)}

    def send(self, query: str, accept: str, graphs: Mapping[str, list[str]] | None = None) -> HttpResponse:
        """Return the server's answer to a query, about the graphs that are given.

        :raises QueryError: the server does not take the query.
        :raises UsageError: no answer, or one that is not whole.
        """
        data: dict[str, str | list[str]] = {"query": query, **(graphs or {})}
        answer = self._client.request("POST", self.url, max_bytes=LARGEST, accept=accept, data=data)
        self.server = answer.headers.get("server", "")
        if answer.status == 400:
            raise QueryError(f"{self.url} does not take the query: {answer.summary()}")
        self._refuse(answer)
        quirks.refuse_partial(answer)
        if answer.media_type not in (accept, "application/json", "text/plain"):
            media_type = answer.media_type or "no content type"
            raise UsageError(f"{self.url} answered with {media_type}, not {accept}. Is it a SPARQL endpoint?")
        return answer

    def update(self, text: str) -> None:
        """Carry out an update.

        :raises UsageError: the server does not.
        """
        self._refuse(self._client.request("POST", self.addresses.update, max_bytes=1 << 20, data={"update": text}))

    def refuse_read_only(self) -> None:
        """Refuse a server that takes no updates, by one that changes nothing.

        :raises UsageError: it does not.
        """
        self.update(f"DELETE DATA {{ GRAPH {STORE} {{ {STORE} {_PART} {STORE} }} }}")

    def add(self, graph: ox.NamedNode, triples: Iterable[ox.Triple]) -> None:
        """Add statements to a graph.

        :raises UsageError: the server does not take them.
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
        """Where the store takes what."""
        if not self.server:
            self.send("ASK {}", _JSON)
        return quirks.engine_kind(self.server).addresses(self.url)

    def _refuse(self, answer: HttpResponse) -> None:
        if answer.status in (401, 403):
            raise UsageError(
                f"{answer.url} does not let us ({answer.summary()}); set CICA_GRAPH_STORE_USER and "
                "CICA_GRAPH_STORE_PASSWORD, or CICA_GRAPH_STORE_TOKEN, or write them into ~/.netrc; "
                "a server that is only read, such as `oxigraph serve-read-only`, has to be started to be written to"
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
                f"{self.url}: the answer breaks off or is no SPARQL JSON; nothing of it was used"
            ) from error
        if expected not in (None, count):
            raise UsageError(
                f"{self.url} gave {count:,} rows of {expected:,}, so nothing of them was used; it may limit the "
                f"size of an answer, or not be whole: `cica-graph store check {self.url}`"
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
                f"{self.url} gave {len(triples):,} of the {expected:,} statements of {name.value}, so nothing of them "
                "was used; it may limit the size of an answer, or somebody else has written there"
            )
        for triple in map(_ours, triples):
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def manifest_update(manifest: Manifest) -> str:
    """Return the update that leaves this in ``g:store``, and nothing else."""
    said = [
        (STORE, _DIGEST, ox.Literal(manifest.digest)),
        (STORE, _DONE, ox.Literal(manifest.done)),
        (STORE, _ALL, ox.Literal(manifest.batches)),
        *([(STORE, _OWNER, ox.NamedNode(manifest.owner))] if manifest.owner else []),
        *((STORE, _PART, ox.NamedNode(graph)) for graph in manifest.graphs),
        *((ox.NamedNode(graph), _COUNT, ox.Literal(count)) for graph, count in manifest.graphs.items()),
        *((ox.NamedNode(_ANSWER + key), _COUNT, ox.Literal(count)) for key, count in manifest.rows.items()),
    ]
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in said)
    return f"DROP SILENT GRAPH {STORE} ;\nINSERT DATA {{ GRAPH {STORE} {{\n{lines}}} }}"


def progress_update(before: int, now: int, owner: str) -> str:
    """Return the update that notes in ``g:store`` how many batches are there, if it is still this owner's."""
    old, new, mine = (
        f"{{ {STORE} {said} }}"
        for said in (f"{_DONE} {ox.Literal(before)}", f"{_DONE} {ox.Literal(now)}", f"{_OWNER} <{owner}>")
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
        raise UsageError(f"CICA_GRAPH_STORE_TIMEOUT is {text!r} and no number of seconds") from None


def _name(graph: GraphName) -> str:
    return DEFAULT.value if isinstance(graph, ox.DefaultGraph) else graph.value


def _parsed(answer: HttpResponse) -> list[ox.Triple]:
    try:
        parsed = ox.parse(answer.body, format=ox.RdfFormat.TURTLE, rename_blank_nodes=False)
        return [quad.triple for quad in parsed]
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{answer.url}: the answer breaks off or does not parse; nothing of it was used") from error


def _theirs(term: Term) -> Term:
    """Return a term as the server has it."""
    return ox.NamedNode(_GENID + quote(term.value, safe="")) if isinstance(term, ox.BlankNode) else term


def _local(term: Term | None) -> Term | None:
    """Return a term as it was put there."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(_GENID):
        return ox.BlankNode(unquote(term.value.removeprefix(_GENID)))
    return term


def _sent(t: ox.Triple) -> ox.Triple:
    return ox.Triple(_theirs(t.subject), t.predicate, _theirs(t.object))  # type: ignore[arg-type]


def _ours(t: ox.Triple) -> ox.Triple:
    return ox.Triple(_local(t.subject), t.predicate, _local(t.object))  # type: ignore[arg-type]
