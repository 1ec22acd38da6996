"""Deviations of engines from the standards. Each test uses the real engine, and fails when the engine is fixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

import stores
from cica_graph import Graph
from cica_graph.graph import open_store
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import GRAPH, XSD
from cica_graph.store import quirks
from cica_graph.store.http_client import HttpResponse
from cica_graph.store.load import fill
from cica_graph.store.remote import RemoteEngine

JSON = {"Accept": "application/sparql-results+json"}
EXAMPLE = "http://example.org/"
needs_virtuoso = pytest.mark.skipif(
    not stores.virtuoso(), reason="virtuoso-t is missing: apt-get install virtuoso-opensource-7-bin"
)


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Virtuoso that truncates results at 500 rows."""
    folder = tmp_path_factory.mktemp("virtuoso")
    (folder / "netrc").write_text(f"machine 127.0.0.1 login dba password {stores.PASSWORD}\n")
    with pytest.MonkeyPatch.context() as patch, stores.virtuoso_serve(folder, "ResultSetMaxRows = 500") as address:
        patch.setenv("NETRC", str(folder / "netrc"))
        yield address


def ask(address: str, query: str, **more: str) -> httpx.Response:
    return httpx.post(address, data={"query": query, **more}, headers=JSON)


@needs_virtuoso
def test_virtuoso_truncates_answers_and_they_are_refused(virtuoso: str, graph: Graph) -> None:
    fill(virtuoso, graph.store)
    cut = ask(virtuoso, "SELECT ?s { ?s ?p ?o }")
    assert (cut.status_code, len(cut.json()["results"]["bindings"])) == (200, 500)
    assert cut.headers["x-sparql-maxrows"] == "500"
    with pytest.raises(UsageError, match="truncated its answer at 500 rows"):
        open_store(virtuoso).names  # noqa: B018
    # For a whole graph, it gives no warning.
    address = quirks.VIRTUOSO.addresses(virtuoso).graphs.removesuffix("-auth")
    whole = httpx.get(address, params={"graph": GRAPH + "cica"}, headers={"Accept": "application/n-triples"})
    assert whole.status_code == 200
    assert 400 < len(whole.content.splitlines()) < len(graph.store.graph(ox.NamedNode(GRAPH + "cica")))
    assert "x-sparql-maxrows" not in whole.headers
    with pytest.raises(UsageError, match=r"gave 50\d of the [\d,]+ statements of .*graph/cica"):
        open_store(virtuoso).store.graph(ox.NamedNode(GRAPH + "cica"))


@needs_virtuoso
def test_virtuoso_answers_an_ask_with_a_table(virtuoso: str) -> None:
    graph = ox.NamedNode(EXAMPLE + "ask")
    RemoteEngine(virtuoso).add(graph, [ox.Triple(graph, graph, graph)])
    for pattern, truth in ((f"{graph} ?p ?o", True), (f"?s ?p {graph}", True), (f"{graph} ?p 1", False)):
        answer = ask(virtuoso, f"ASK {{ {pattern} }}", **{"default-graph-uri": graph.value})
        assert "boolean" not in answer.json()
        found = ox.parse_query_results(quirks.standard_json(answer.content), format=ox.QueryResultsFormat.JSON)
        assert isinstance(found, ox.QueryBoolean)
        assert bool(found) is truth


@needs_virtuoso
def test_virtuoso_writes_booleans_as_numbers_and_normalizes_numbers(virtuoso: str) -> None:
    graph = ox.NamedNode(EXAMPLE + "values")
    given = [("true", "boolean"), ("false", "boolean"), ("1.50", "decimal"), ("007", "integer"), ("2004-10-02", "date")]
    terms = [ox.Literal(text, datatype=ox.NamedNode(XSD + kind)) for text, kind in given]
    RemoteEngine(virtuoso).add(
        graph, [ox.Triple(graph, ox.NamedNode(EXAMPLE + str(n)), t) for n, t in enumerate(terms)]
    )
    answer = ask(virtuoso, "SELECT ?p ?o { ?s ?p ?o }", **{"default-graph-uri": graph.value})
    said = {(row["o"]["value"], row["o"]["datatype"].removeprefix(XSD)) for row in answer.json()["results"]["bindings"]}
    assert said == {("1", "boolean"), ("0", "boolean"), ("1.5", "decimal"), ("7", "integer"), ("2004-10-02", "date")}
    rows = ox.parse_query_results(quirks.standard_json(answer.content), format=ox.QueryResultsFormat.JSON)
    assert isinstance(rows, ox.QuerySolutions)
    assert {"true", "false"} < {row["o"].value for row in rows}


@needs_virtuoso
def test_virtuoso_refuses_updates_at_the_query_address(virtuoso: str) -> None:
    drop = {"update": f"DROP SILENT GRAPH <{EXAMPLE}none>"}
    assert httpx.post(virtuoso, data=drop).status_code == 500
    assert httpx.post(quirks.VIRTUOSO.addresses(virtuoso).update, data=drop).status_code == 401
    RemoteEngine(virtuoso).update(drop["update"])


@pytest.mark.skipif(not stores.oxigraph(), reason="the dev extra has oxigraph")
def test_oxigraph_has_separate_addresses_for_updates_and_graphs(tmp_path: Path) -> None:
    with stores.oxigraph_serve(tmp_path) as address:
        remote = RemoteEngine(address)
        assert remote.addresses == quirks.Addresses(
            address, address.replace("/query", "/update"), address.replace("/query", "/store")
        )
        assert quirks.engine_kind(remote.server) is quirks.OXIGRAPH


def test_other_engines_have_one_address_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://example.org/dataset"
    assert quirks.engine_kind("Apache Jena Fuseki (5.2.0)").addresses(url) == quirks.Addresses(url, url, url)
    monkeypatch.setenv("CICA_GRAPH_STORE_UPDATE", url + "/update")
    monkeypatch.setenv("CICA_GRAPH_STORE_GRAPHS", url + "/data")
    assert quirks.OTHER.addresses(url) == quirks.Addresses(url, url + "/update", url + "/data")


def test_only_incomplete_answers_are_refused() -> None:
    quirks.refuse_partial(HttpResponse("http://x", 200, {"server": "Virtuoso"}, b""))
    for name, value in (("x-sparql-maxrows", "10"), ("x-sql-state", "S1TAT")):
        with pytest.raises(UsageError):
            quirks.refuse_partial(HttpResponse("http://x", 200, {name: value}, b""))
