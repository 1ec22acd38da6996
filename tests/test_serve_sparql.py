"""Tests of the SPARQL endpoint on a real server: protocol, formats, datasets, truncation, caching, pages."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyoxigraph as ox
import pytest
import rdflib
from click.testing import CliRunner
from pyld import jsonld
from rdflib import RDF, Namespace
from rdflib.compare import isomorphic

from cica_graph import Graph, open_graph, queries
from cica_graph.cli import cli
from cica_graph.formats import media_types, sparql_results
from cica_graph.project.source_files import Project
from cica_graph.store.store import Result
from serving import JSON, PATIENCE, Server, serving

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = Namespace("http://rdfs.org/ns/void#")
MEMBERS = "SELECT ?m { ?s cg:organization organization:csto ; cg:member ?m ; cg:inRole c:member } ORDER BY ?m"
CICA = "https://w3id.org/cica-graph/id/org/cica"


@pytest.fixture(scope="module")
def graph(few: Project) -> Graph:
    """The graph that the server has; other tests add days to that of the session."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "2", "--time-limit", "5", "--project", str(few.root)) as running:
        yield running


@pytest.fixture(scope="module")
def harness(root: Path) -> Path:
    found = root.parent / "shared" / "suites" / "harness"
    if not found.is_dir():
        pytest.skip("the conformance suites are not beside the project")
    return found


# ---- The protocol ----------------------------------------------------------------------------


def test_the_protocol_suite_passes(harness: Path, tmp_path: Path) -> None:
    folder, report = tmp_path / "store", tmp_path / "report.json"
    store = ox.Store(str(folder))
    store.load(path=str(harness / "seed.nq"), format=ox.RdfFormat.N_QUADS)
    store.flush()
    del store
    with serving("--store", str(folder)) as server:
        command = [sys.executable, str(harness / "sparql_protocol.py"), "--query-url", server.url, "--read-only"]
        done = subprocess.run(
            [*command, "--seed", "none", "--json", str(report)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    totals = json.loads(report.read_text("utf-8"))["totals"]
    assert totals["protocol"] == {"passed": 27, "failed": 0, "skipped": 7}
    assert totals["sd"] == {"passed": 3, "failed": 0, "skipped": 0}


def test_the_three_ways_to_send_a_query_give_the_same_answer(server: Server) -> None:
    get = server.ask(MEMBERS)
    form = httpx.post(server.url, data={"query": MEMBERS}, headers={"Accept": JSON})
    direct = httpx.post(
        server.url, content=MEMBERS, headers={"Accept": JSON, "Content-Type": "application/sparql-query"}
    )
    assert get.status_code == form.status_code == direct.status_code == 200
    assert get.content == form.content == direct.content
    assert len(get.json()["results"]["bindings"]) > 5


def test_a_query_may_contain_non_ascii_letters_in_each_way(server: Server) -> None:
    query = "SELECT ?s { ?s skos:prefLabel 'Казахстан'@ru }"
    direct = {"Content-Type": "application/sparql-query", "Accept": JSON}
    answers = (
        server.ask(query),
        httpx.post(server.url, data={"query": query}, headers={"Accept": JSON}),
        httpx.post(server.url, content=query.encode(), headers=direct),
    )
    for answer in answers:
        (row,) = answer.raise_for_status().json()["results"]["bindings"]
        assert row["s"]["value"] == "https://w3id.org/cica-graph/id/state/KAZ"


@pytest.mark.parametrize(
    ("request_", "status", "says"),
    [
        ({"method": "GET", "params": {"query": "SELECT * {"}}, 400, "error at 1:11"),
        ({"method": "GET", "params": [("query", "ASK {}"), ("query", "ASK {}")]}, 400, "more than one query"),
        ({"method": "GET", "params": {"update": "DROP ALL"}}, 400, "read-only"),
        ({"method": "POST", "data": {"update": "DROP ALL"}}, 403, "read-only"),
        ({"method": "POST", "data": {"other": "x"}}, 400, "The form has no field"),
        ({"method": "POST", "content": "x", "headers": {"Content-Type": "application/sparql-update"}}, 403, "read-only"),
        ({"method": "POST", "content": "ASK {}", "headers": {"Content-Type": "text/plain"}}, 415, "The Content-Type is text/plain"),
        ({"method": "POST", "content": "ASK {}", "headers": {"Content-Type": ""}}, 415, "The Content-Type is missing"),
        ({"method": "PUT", "content": "ASK {}"}, 405, "Use GET, HEAD, OPTIONS or POST."),
        ({"method": "GET", "params": {"query": "INSERT DATA { <a> <b> <c> }"}}, 400, "INSERT begins an update"),
        ({"method": "GET", "params": {"query": "LOAD <http://127.0.0.1/>"}}, 400, "LOAD begins an update"),
        ({"method": "GET", "params": {"query": "ASK { SERVICE <http://127.0.0.1/> {} }"}}, 400, "SERVICE"),
        ({"method": "GET", "params": {"query": "ASK FROM <http://127.0.0.1/x> {}"}}, 400, "does not fetch graphs"),
        ({"method": "GET", "params": {"query": "ASK FROM NAMED g:none {}"}}, 400, "graph/none>: this store has no such graph"),
        ({"method": "GET", "params": {"query": "ASK FROM g:cica {}", "on": "2012-06-13"}}, 400, "Use one of them"),
        ({"method": "GET", "params": {"query": "ASK {}", "default-graph-uri": "no iri"}}, 400, "default-graph-uri"),
        ({"method": "GET", "params": {"query": "ASK {}", "on": "2012-02-30"}}, 400, "2012-02-30"),
        ({"method": "GET", "params": {"query": "ASK {}", "format": "pdf"}}, 400, "Unknown format"),
        ({"method": "POST", "data": {"query": f"ASK {{}} #{'x' * 100_000}"}}, 413, "(maximum 100,000)"),
        ({"method": "GET", "params": {"query": "SELECT (<http://x.example/f>(1) AS ?y) {}"}}, 400, "not supported"),
        ({"method": "GET", "params": {"query": "ASK " + "{" * 100 + "}" * 100}}, 400, "nested 100 levels deep"),
    ],
)  # fmt: skip
def test_a_refused_request_gets_an_explanation(
    server: Server, request_: dict[str, object], status: int, says: str
) -> None:
    answer = httpx.request(url=server.url, **request_)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert set(problem) == {"type", "title", "status", "detail"}
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert server.alive()


def test_an_unknown_address_gives_404_in_the_requested_format(server: Server) -> None:
    plain = httpx.get(server.base + "nothing/here", timeout=PATIENCE)
    page = httpx.get(server.base + "nothing/here", headers={"Accept": "text/html"}, timeout=PATIENCE)
    assert plain.status_code == page.status_code == 404
    assert plain.json()["status"] == 404
    assert page.headers["content-type"].startswith("text/html")
    assert httpx.get(server.base + "sparql/").status_code == 404  # and no redirect to where Host says


# ---- Datasets --------------------------------------------------------------------------------


COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
CISGRAPH, CICAGRAPH = ("https://w3id.org/cica-graph/graph/" + name for name in ("cis", "cica"))


def test_the_request_chooses_the_default_graph(server: Server, graph: Graph) -> None:
    def count(query: str, **params: object) -> int:
        found = httpx.get(server.url, params={"query": query, **params}, headers={"Accept": JSON})  # type: ignore[dict-item]
        return int(found.raise_for_status().json()["results"]["bindings"][0]["n"]["value"])

    sizes = {name: len(graph.store.graph(ox.NamedNode(name))) for name in (CISGRAPH, CICAGRAPH)}
    assert count(COUNT) == len(graph.store.triples())
    assert count(COUNT, **{"default-graph-uri": CISGRAPH}) == sizes[CISGRAPH]
    assert count(COUNT, **{"default-graph-uri": [CISGRAPH, CICAGRAPH]}) == sum(sizes.values())
    assert count(f"SELECT (COUNT(*) AS ?n) FROM <{CICAGRAPH}> {{ ?s ?p ?o }}") == sizes[CICAGRAPH]
    assert count("SELECT (COUNT(*) AS ?n) FROM g:cica FROM g:cis { ?s ?p ?o }") == sum(sizes.values())
    # The request wins over the query, section 2.1.4.
    assert (
        count("SELECT (COUNT(*) AS ?n) FROM g:cis { ?s ?p ?o }", **{"default-graph-uri": CICAGRAPH}) == sizes[CICAGRAPH]
    )
    assert count(COUNT, **{"named-graph-uri": CISGRAPH}) == 0
    named = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
    assert count(named, **{"named-graph-uri": CISGRAPH}) == sizes[CISGRAPH]
    assert count(named, **{"default-graph-uri": CISGRAPH}) == 0
    assert count(COUNT, **{"default-graph-uri": "http://nowhere.example/"}) == 0


@pytest.mark.parametrize("day", ["2012-06-13", "2003-03-01", "2026-11-25"])
def test_a_day_adds_its_snapshot_only_for_the_query(server: Server, graph: Graph, day: str) -> None:
    query = "SELECT ?who { ?who cg:memberOf organization:csto } ORDER BY ?who"
    expected = graph.query(query, on=day)
    assert server.rows(query, on=day) == [{"who": row["who"].value} for row in expected.rows]  # type: ignore[union-attr]
    graphs = {row["g"] for row in server.rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } #" + day)}
    assert {g for g in graphs if "/asof/" in g} == {"https://w3id.org/cica-graph/graph/asof/2012-06-13"}


def read_graph(data: bytes, form: str) -> rdflib.Graph:
    """Parse a graph with a library that did not write it, if one can parse the format."""
    if form in ("trig", "nquads"):
        quads = ox.parse(data, format={"trig": ox.RdfFormat.TRIG, "nquads": ox.RdfFormat.N_QUADS}[form])
        data = ox.serialize((q.triple for q in quads), format=ox.RdfFormat.N_TRIPLES) or b""
        form = "ntriples"
    if form == "jsonld":
        data = jsonld.to_rdf(json.loads(data), {"format": "application/n-quads"}).encode()
        form = "ntriples"
    parsers = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml"}
    return rdflib.Graph().parse(data=data, format=parsers[form])


# ---- Formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("media", [m for m in media_types.RESULTS if "sparql-results" in m or m.startswith("text/")])
def test_every_format_of_a_table_contains_the_same_rows(server: Server, graph: Graph, media: str) -> None:
    query = queries.shipped("cookbook", "members-ever").text
    answer = server.ask(query, media).raise_for_status()
    assert answer.headers["content-type"].split(";")[0] == media
    expected = graph.query(query)
    if media_types.RESULTS[media] == "csv":
        rows = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert rows[0] == list(expected.columns)
        assert rows[1:] == [[row[n].value if n in row else "" for n in expected.columns] for row in expected.rows]  # type: ignore[union-attr]
        return
    form = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    solutions = ox.parse_query_results(answer.content, format=form[media_types.RESULTS[media]])
    assert isinstance(solutions, ox.QuerySolutions)
    read = [{n: s[n] for n in expected.columns if s[n] is not None} for s in solutions]
    assert tuple(read) == expected.rows


@pytest.mark.parametrize(
    "media",
    [m for m in media_types.GRAPHS if "json" not in m and m not in ("text/xml", "application/xml")]
    + ["application/ld+json"],
)
def test_every_format_of_a_graph_contains_the_same_triples(server: Server, media: str) -> None:
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ <{CICA}> state:KAZ }} ?s ?p ?o }}"
    answer = server.ask(query, media).raise_for_status()
    assert answer.headers["content-type"].split(";")[0] == media
    read = read_graph(answer.content, media_types.GRAPHS[media])
    expected = rdflib.Graph().parse(data=server.ask(query, "application/n-triples").content, format="nt")
    assert len(expected) > 20
    assert isomorphic(read, expected)


def test_every_format_of_a_boolean_is_correct(server: Server) -> None:
    for media, text in {
        JSON: '"boolean":true',
        "application/sparql-results+xml": "<boolean>true</boolean>",
        "text/csv": "true",
        "text/tab-separated-values": "true",
    }.items():
        assert text in server.ask("ASK {}", media).text


def test_a_client_never_gets_a_format_it_does_not_accept(server: Server) -> None:
    table = server.ask("SELECT * {}", "text/turtle")
    graph = server.ask("CONSTRUCT WHERE { ?s ?p ?o }", "text/csv")
    assert table.status_code == graph.status_code == 406
    assert "application/sparql-results+json" in table.json()["detail"]
    assert "text/turtle" in graph.json()["detail"]
    assert server.ask("SELECT * {}", "text/csv;q=0, */*").headers["content-type"] == JSON
    assert (
        server.ask("SELECT * {}", "text/csv;q=0.1, application/sparql-results+xml")
        .headers["content-type"]
        .endswith("xml")
    )


def test_the_format_parameter_overrides_accept(server: Server) -> None:
    answer = server.ask("SELECT (1 AS ?x) {}", "text/html", format="csv")
    assert answer.text == "x\r\n1\r\n"
    assert answer.headers["content-disposition"] == 'attachment; filename="answer.csv"'
    assert (
        server.ask("DESCRIBE <id/org/cica>", "text/html", format="ttl")
        .headers["content-type"]
        .startswith("text/turtle")
    )


def test_characters_that_xml_cannot_express_are_refused_in_xml_only(server: Server) -> None:
    query = 'SELECT ("a\\u0001b" AS ?x) {}'
    assert server.ask(query).json()["results"]["bindings"][0]["x"]["value"] == "a\x01b"
    refused = server.ask(query, "application/sparql-results+xml")
    assert refused.status_code == 406
    assert "U+0001" in refused.json()["detail"]


FACES = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
ODD = [
    "SELECT (<<( <urn:a> <urn:b> <urn:c> )>> AS ?x) {}",
    'SELECT (true AS ?b) (-5 AS ?n) ("=1+1" AS ?f) {}',
    'SELECT (<<( <urn:a> <urn:b> <<( <urn:a> <urn:b> "=1"@en )>> )>> AS ?x) ("a,b" AS ?y) {}',
    """SELECT * { VALUES (?a ?b ?c) {
         (-1.5e3 "-PT8H"^^xsd:dayTimeDuration "-0044-03-15"^^xsd:date) ("-08:00" "@x" "＝1+1") (UNDEF UNDEF UNDEF)
         ("x\\"y\\n\\t,\\r z"@en false 1.0) ("" "'" " lead ") (<http://e.example/é?a=b&c> "<&>" "\\u2028") } }""",
    'SELECT (STRLANGDIR("x", "ar", "rtl") AS ?d) ("+1"^^xsd:integer AS ?p) ("1"^^xsd:boolean AS ?b) {}',
    "SELECT ?x { FILTER(false) }",
    "SELECT ?x {}",
    "SELECT * {}",
]


def results(graph: Graph, text: str, form: str) -> bytes:
    """Return the output of a command and of the API."""
    return sparql_results.render(graph.query(text), form).encode()


def command(text: str, form: str) -> bytes:
    done = CliRunner().invoke(cli, ["query", "-", "--format", form], input=text, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout_bytes


def same(one: bytes, other: bytes, form: str) -> bool:
    """Return whether two results are equal; a command and the API indent JSON differently."""
    return bool(json.loads(one) == json.loads(other) if form == "json" else one == other)


@pytest.mark.parametrize("form", FACES)
def test_every_interface_writes_the_results_that_the_engine_writes(server: Server, graph: Graph, form: str) -> None:
    for text in ODD:
        found = ox.Store().query(text, prefixes={"xsd": "http://www.w3.org/2001/XMLSchema#"})
        assert isinstance(found, ox.QuerySolutions)
        engine = found.serialize(format=FACES[form])
        assert engine is not None
        ours, theirs = results(graph, text, form), server.ask(text, media_types.RESULT_TYPES[form]).content
        assert same(ours, theirs, form)
        # XML readers would turn the engine's bare CR into another character.
        assert same(theirs.replace(b"&#13;", b"\r"), engine, form)
    assert same(command(ODD[3], form), results(graph, ODD[3], form), form)


@pytest.mark.parametrize("form", FACES)
def test_an_answer_to_ask_is_the_same_from_every_interface(server: Server, graph: Graph, form: str) -> None:
    ours, theirs = results(graph, "ASK {}", form), server.ask("ASK {}", media_types.RESULT_TYPES[form]).content
    assert same(ours, theirs, form)
    assert b"true" in ours


@pytest.mark.parametrize("form", FACES)
def test_a_query_of_the_cookbook_is_the_same_from_every_interface(server: Server, graph: Graph, form: str) -> None:
    text, media = next(q.text for q in queries.folder("cookbook") if q.name == "codes"), media_types.RESULT_TYPES[form]
    by_suffix = httpx.get(f"{server.base}api/query/codes.{form}", timeout=60)
    by_header = httpx.get(f"{server.base}api/query/codes", headers={"Accept": media}, timeout=60)
    types = {answer.headers["content-type"].partition(";")[0] for answer in (by_suffix, by_header)}
    assert types == {media}
    assert by_suffix.content == by_header.content == results(graph, text, form)
    assert same(by_suffix.content, server.ask(text, media).content, form)


def test_a_triple_term_is_a_triple_in_json_from_every_interface(server: Server) -> None:
    parts = {
        name: {"type": "uri", "value": f"urn:{value}"}
        for name, value in zip(("subject", "predicate", "object"), "abc", strict=True)
    }
    for data in (command(ODD[0], "json"), server.ask(ODD[0]).content):
        assert json.loads(data)["results"]["bindings"] == [{"x": {"type": "triple", "value": parts}}]


def test_a_formula_is_not_changed_in_csv(server: Server) -> None:
    """SPARQL 1.1 Query Results CSV, section 3.2: values are unchanged."""
    assert server.ask('SELECT ("=1+1" AS ?x) {}', "text/csv").text == "x\r\n=1+1\r\n"


def test_head_has_the_headers_of_get_and_no_body(server: Server) -> None:
    get = server.ask(MEMBERS)
    head = httpx.head(server.url, params={"query": MEMBERS}, headers={"Accept": JSON})
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "vary"):
        assert head.headers[name] == get.headers[name]


# ---- The description -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media", ["text/turtle", "application/rdf+xml", "application/ld+json", "application/n-triples"]
)
def test_the_endpoint_describes_itself(server: Server, few: Project, media: str) -> None:
    graph = open_graph(few.root)  # other tests add days to theirs
    answer = httpx.get(server.url, headers={"Accept": media, "Host": "evil.example"})
    read = read_graph(answer.content, media_types.GRAPHS[media])
    (service,) = read.subjects(RDF.type, SD.Service)
    assert str(read.value(service, SD.endpoint)) == server.url
    dataset = read.value(service, SD.defaultDataset)
    names = {
        str(read.value(named, SD.name)): read.value(named, SD.graph) for named in read.objects(dataset, SD.namedGraph)
    }
    assert set(names) == set(graph.store.graphs())
    content = names[CICAGRAPH]
    assert int(str(read.value(content, VOID.triples))) == len(graph.store.graph(ox.NamedNode(CICAGRAPH)))
    default = read.value(dataset, SD.defaultGraph)
    assert int(str(read.value(default, VOID.triples))) == len(graph.store.triples())
    assert not [node for node in read.all_nodes() if isinstance(node, rdflib.BNode)]


def test_the_description_contains_the_public_address(few: Project) -> None:
    options = ["--address", "https://kg.example/cica/", "--project", str(few.root)]
    with serving("--workers", "1", *options) as server:
        read = read_graph(httpx.get(server.url).content, "turtle")
        assert [str(o) for o in read.objects(None, SD.endpoint)] == ["https://kg.example/cica/sparql"]


def test_the_description_is_turtle_by_default(server: Server) -> None:
    assert httpx.get(server.url).headers["content-type"].startswith("text/turtle")
    assert httpx.get(server.url, headers={"Accept": "image/png"}).status_code == 406


# ---- Truncated answers -----------------------------------------------------------------------


MANY = "SELECT ?s ?p ?o { ?s ?p ?o }"


@pytest.fixture(scope="module")
def small(few: Project) -> Iterator[Server]:
    options = ["--max-rows", "1000", "--max-size", "1", "--project", str(few.root)]
    with serving("--workers", "1", *options) as running:
        yield running


def test_truncated_table_is_valid_and_is_marked_in_header_and_body(small: Server) -> None:
    answers = {name: small.ask(MANY, media_types.NAMES[name][0]) for name in ("json", "xml", "csv", "tsv")}
    for answer in answers.values():
        assert answer.headers["truncated"].startswith("truncated after 1,000 rows")
    told = answers["json"].headers["truncated"]
    whole = answers["json"].json()
    assert len(whole["results"]["bindings"]) == 1000
    assert whole["truncated"] == told
    xml = answers["xml"].content
    solutions = ox.parse_query_results(xml, format=ox.QueryResultsFormat.XML)
    assert isinstance(solutions, ox.QuerySolutions)
    assert len(list(solutions)) == 1000
    assert xml.endswith(f"<!-- {told} --></sparql>".encode())
    rows = list(csv.reader(io.StringIO(answers["csv"].text, newline="")))
    assert len(rows) == 1 + 1000 + 1
    assert rows[-1] == [f"# {told}", "", ""]
    assert answers["tsv"].text.splitlines()[-1].split("\t") == [f'"# {told}"', "", ""]


@pytest.mark.parametrize("name", ["turtle", "ntriples", "jsonld", "trig", "nquads", "rdfxml"])
def test_a_truncated_graph_is_well_formed_and_has_a_note(small: Server, name: str) -> None:
    # Any terms that RDF/XML can write.
    answer = small.ask(
        "CONSTRUCT { ?s rdfs:seeAlso ?o } WHERE { ?s ?p ?o FILTER(ISIRI(?o)) }", media_types.NAMES[name][1]
    )
    told = answer.headers["truncated"]
    assert told.startswith("truncated after 1,000 triples")
    read = read_graph(answer.content, name)
    assert len(read) == 1000
    assert told in answer.text[-200:]


def test_an_answer_that_is_too_large_is_truncated(small: Server) -> None:
    query = 'SELECT ?x { VALUES ?n { 1 2 3 4 5 6 7 8 9 10 } ?s ?p ?o BIND(CONCAT(STR(?s), "%s") AS ?x) }' % ("x" * 5000)
    answer = small.ask(query)
    assert answer.headers["truncated"].startswith("truncated after 1,048,576 bytes")
    assert 1_000_000 < len(answer.content) < (1 << 20) + 1000
    assert 100 < len(answer.json()["results"]["bindings"]) < 1000


def test_an_answer_with_the_maximum_of_rows_is_not_truncated(small: Server) -> None:
    answer = small.ask(MANY + " LIMIT 1000")
    assert "truncated" not in answer.headers
    assert "truncated" not in answer.json()
    assert len(answer.json()["results"]["bindings"]) == 1000


def test_a_long_answer_through_a_file_is_complete(server: Server, graph: Graph) -> None:
    """A long answer is sent from a file in parts, with every row."""
    answer = server.ask("SELECT ?s ?p ?o { ?s ?p ?o }")
    assert len(answer.content) > 1 << 20
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert len(answer.json()["results"]["bindings"]) == len(graph.store.triples())


# ---- Caching ---------------------------------------------------------------------------------


def test_an_answer_is_cached_and_revalidated(server: Server) -> None:
    query = MEMBERS + " # known again"
    first = server.ask(query)
    cached = server.metric('cica_graph_queries_total{outcome="cached"}')
    second = server.ask(query)
    third = server.ask(query)  # there are two processes, and each remembers for itself
    assert first.content == second.content == third.content
    assert server.metric('cica_graph_queries_total{outcome="cached"}') > cached
    tag = first.headers["etag"]
    for header in (tag, f'"other", {tag}', tag.removeprefix("W/"), ", ".join([f'"{n}"' for n in range(1000)] + [tag])):
        same = httpx.get(server.url, params={"query": query}, headers={"Accept": JSON, "If-None-Match": header})
        assert same.status_code == 304
        assert same.content == b""
        assert same.headers["etag"] == tag
    other = httpx.get(server.url, params={"query": query}, headers={"Accept": "text/csv", "If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    assert other.headers["vary"] == "Accept"


@pytest.mark.parametrize("call", ["RAND()", "NOW()", "UUID()", "STRUUID ( )", "rand()"])
def test_changing_answers_are_not_cached(server: Server, call: str) -> None:
    answers = [server.ask(f"SELECT ({call} AS ?x) {{}}") for _ in range(4)]
    assert len({a.content for a in answers}) > 1
    assert all("etag" not in a.headers and a.headers["cache-control"] == "no-store" for a in answers)
    assert "etag" in server.ask(f"SELECT ('{call}' AS ?x) {{}}").headers


# ---- The page --------------------------------------------------------------------------------


class Page(HTMLParser):
    """The parts of a page that these tests check."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[str] = []
        self.cells = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.cells += tag == "td"
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def page(server: Server, link: str = "sparql") -> httpx.Response:
    return httpx.get(httpx.URL(server.url).join(link), headers={"Accept": BROWSER}, timeout=30)


def test_a_browser_gets_a_page_without_inline_scripts_or_styles(server: Server) -> None:
    answer = page(server)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    shown = Page(answer.text)
    assert not [tag for tag, attributes in shown.tags if tag in ("script", "style") or "style" in attributes]
    assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    style = next(
        attributes["href"] for tag, attributes in shown.tags if tag == "link" and attributes["rel"] == "stylesheet"
    )
    assert httpx.get(httpx.URL(server.url).join(str(style))).headers["content-type"].startswith("text/css")
    assert "set-cookie" not in answer.headers


def examples(server: Server) -> list[str]:
    return [link for link in Page(page(server).text).links if link.startswith("sparql?query=")]


def test_every_query_of_the_cookbook_is_a_working_example(server: Server, graph: Graph) -> None:
    cookbook = {query.text: query for query in queries.folder("cookbook")}
    links = examples(server)
    assert len(links) == len(cookbook)
    for link in links:
        params = dict(parse_qsl(urlsplit(link).query))
        query = cookbook.pop(params["query"])
        answer = page(server, link)
        assert answer.status_code == 200, (query.name, answer.text[:300])
        table = httpx.get(httpx.URL(server.url).join(link + "&format=json")).json()
        on = query.default("asOf") if "asOf" in query.params else None
        expected: Result = graph.query(query, on=on if query.snapshot else None, **({"asOf": on} if on else {}))
        assert len(table["results"]["bindings"]) == len(expected.rows) > 0, query.name
        shown = Page(answer.text)
        assert shown.cells == min(len(expected.rows), 500) * len(expected.columns)
        (download,) = (ln for ln in shown.links if ln.endswith("format=csv"))
        text = httpx.get(httpx.URL(server.url).join(download)).text
        assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(expected.rows) + 1
    assert not cookbook


def test_an_example_can_be_loaded_into_the_form(server: Server) -> None:
    first = queries.shipped("cookbook", "overlap").text.splitlines()[0]
    shown = page(server, "sparql?example=overlap").text
    assert shown.partition("<textarea")[2].partition(">")[2].strip().startswith(first)
    assert 'value="2012-06-13"' in shown
    assert '<h2 id="answer">' not in shown
    assert page(server, "sparql?example=<script>").status_code == 200


def test_a_page_shows_labels_and_only_safe_links(server: Server) -> None:
    query = (
        'SELECT (<javascript:alert(1)> AS ?a) ("<script>alert(1)</script>" AS ?b) (state:KAZ AS ?c) ("x"@ar AS ?d) {}'
    )
    answer = server.ask(query, BROWSER)
    shown = Page(answer.text)
    assert "<script" not in answer.text
    assert not [link for link in shown.links if link.startswith("javascript")]
    assert ">Kazakhstan</a>" in answer.text
    assert 'lang="ar"' in answer.text


def test_a_page_with_an_error_keeps_the_query(server: Server) -> None:
    answer = server.ask("SELECT * { <script>", BROWSER)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "SELECT * { &lt;script&gt;" in answer.text
    assert "<script" not in answer.text


def test_a_page_with_a_truncated_answer_has_a_note(server: Server) -> None:
    answer = server.ask(MANY, BROWSER)
    assert "truncated after 500 rows" in answer.text
    assert answer.headers["truncated"].startswith("truncated after 500 rows")
    assert "500 rows</caption>" in answer.text


def test_a_page_can_show_a_graph_or_a_boolean(server: Server) -> None:
    graph = server.ask("DESCRIBE <id/org/cica>", BROWSER)
    assert "<code>@prefix" in graph.text
    assert [link for link in Page(graph.text).links if link.endswith("format=rdfxml")]
    assert "<strong>yes</strong>" in server.ask("ASK {}", BROWSER).text
    assert "<strong>no</strong>" in server.ask("ASK { FILTER(false) }", BROWSER).text


# ---- Monitoring ------------------------------------------------------------------------------


def test_health_names_the_build(server: Server) -> None:
    health = httpx.get(server.base + "health").json()
    assert health["status"] == "ok"
    assert re.fullmatch("[0-9a-f]{40}", health["build"])
    assert health["build"][:12] in server.said()


def test_metrics_can_be_parsed_by_the_prometheus_library(server: Server) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    answer = httpx.get(server.base + "metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert families["cica_graph_queries"].type == "counter"
    histogram = families["cica_graph_request_seconds"].samples
    count = next(s.value for s in histogram if s.name.endswith("_count"))
    assert count == next(s.value for s in histogram if s.labels.get("le") == "+Inf") > 0
    statuses = {s.labels["status"]: s.value for s in families["cica_graph_requests"].samples}
    assert sum(statuses.values()) == count
    build = families["cica_graph_build_info"].samples[0].labels["digest"]
    assert build == httpx.get(server.base + "health").json()["build"]


def test_the_log_has_one_line_for_each_request(server: Server) -> None:
    server.ask("ASK { } # in the log", accept="text/csv")
    (line,) = server.logged("in+the+log")
    assert line["method"] == "GET"
    assert line["path"] == "/sparql"
    assert line["status"] == 200
    assert line["bytes"] == len("true\n")
    assert line["client"] == "127.0.0.1"
    assert line["ms"] > 0
    assert line["agent"].startswith("python-httpx")


def test_every_answer_has_the_security_headers(server: Server) -> None:
    for link in ("sparql?query=ASK%20%7B%7D", "sparql", "health", "metrics", "nothing", "static/style.css"):
        headers = httpx.get(server.base + link).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["access-control-allow-origin"] == "*"
        assert "server" not in headers
    preflight = httpx.options(
        server.url, headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
