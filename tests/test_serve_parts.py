"""Tests of parts of the server without a server: negotiation, result rows, the guard, execution."""

from __future__ import annotations

import json
import platform
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph, open_graph, queries
from cica_graph.formats import sparql_results
from cica_graph.model.errors import QueryError, UsageError
from cica_graph.queries import guard
from cica_graph.serve.config import Limits
from cica_graph.serve.execute import sparql_page
from cica_graph.serve.execute.sparql import execute
from cica_graph.serve.http.negotiation import accepted_types, choose
from cica_graph.serve.pool.answer_cache import AnswerCache
from cica_graph.serve.pool.messages import ReplyHead, SparqlQuery
from cica_graph.serve.pool.spooled_output import SMALL, SpooledOutput
from cica_graph.store.store import Store, snapshot_graph

# ---- Content negotiation ---------------------------------------------------------------------

OFFERS = ["application/json", "text/csv", "text/html"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.4, text/html;q=0.5", "text/html"),
        ("text/html, text/csv", "text/csv"),
        ("text/*;q=0.5, text/html", "text/html"),
        ("*/*;q=0.1, text/html;q=0.2", "text/html"),
        ("*/*, application/json;q=0", "text/csv"),
        ("text/csv;q=0", None),
        ("*/*;q=0", None),
        ("image/png", None),
        ("text/csv;header=absent;q=0.3, application/json;q=0.2", "text/csv"),
        ('text/csv;x="a,b;q=0"', "text/csv"),
        ("text/csv; Q=0.2 , text/html;q=0.1", "text/csv"),
        ("text/csv;q=2, text/html;q=0.9", "text/csv"),  # an invalid weight counts as 1
        ("nonsense", "application/json"),
        (",,;;,", "application/json"),
        ("text/csv,", "text/csv"),
        ("application/json;q=0.1, application/json;q=0.9, text/csv;q=0.5", "application/json"),
    ],
)
def test_choose_returns_the_preferred_media_type(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, OFFERS) == chosen


@given(st.text())
def test_any_accept_header_gives_a_valid_choice(accept: str) -> None:
    assert choose(accept, OFFERS) in [*OFFERS, None]


@pytest.mark.parametrize("accept", ["a/b," * 20_000, '"' * 60_000, ";q=" * 20_000, 'a/b;x="' + "\\" * 60_000])
def test_a_long_accept_header_does_not_take_long(accept: str) -> None:
    begin = time.process_time()
    choose(accept, OFFERS)
    assert time.process_time() - begin < 0.5


def test_a_browser_prefers_a_page_and_a_program_does_not() -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    assert accepted_types(browser) == ("text/html", "text/html")
    assert accepted_types(None) == ("application/sparql-results+json", "text/turtle")
    assert accepted_types("text/turtle") == ("", "text/turtle")


# ---- Rows ------------------------------------------------------------------------------------

ENGINE = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
ODD = """SELECT * { VALUES (?a ?b) {
  ("x\\"y\\n\\t,\\r z"@en 1) (1.5 1e3) ("2012-06-13"^^xsd:date true) (<http://e.example/é?a=b&c> UNDEF)
  (UNDEF "plain") ("=1+1" "<&> \\\\") (" lead " "") ("+1"^^xsd:decimal "INF"^^xsd:double) ("\\u2028'" "a b")
} BIND(STRLANGDIR("x", "en", "ltr") AS ?d) }"""


def ours(store: Store, query: str, form: str) -> bytes:
    found = store.query(query, prefixes={"xsd": "http://www.w3.org/2001/XMLSchema#"})
    assert isinstance(found, ox.QuerySolutions)
    writer = sparql_results.WRITERS[form]([v.value for v in found.variables])
    return (writer.head() + "".join(map(writer.row, found)) + writer.tail("")).encode()


def engines(store: Store, query: str, form: str) -> bytes:
    found = store.query(query, prefixes={"xsd": "http://www.w3.org/2001/XMLSchema#"})
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=ENGINE[form]) or b""


@pytest.mark.parametrize("form", ENGINE)
@pytest.mark.parametrize(
    "query",
    [ODD, "SELECT * {}", "SELECT ?x {}", "SELECT ?x { FILTER(false) }", "SELECT (TRIPLE(<a:a>, <b:b>, 1) AS ?t) {}"],
)
def test_rows_are_what_the_engine_writes(query: str, form: str) -> None:
    found = ours(Store(), query, form)
    # The engine does not escape a carriage return, which every XML reader turns into another character.
    assert found.replace(b"&#13;", b"\r") == engines(Store(), query, form)


@pytest.mark.parametrize("form", ENGINE)
def test_rows_of_the_cookbook_are_what_the_engine_writes(graph: Graph, form: str) -> None:
    texts = [query.text for query in queries.folder("cookbook") if not query.snapshot]
    assert len(texts) > 20
    for text in texts:
        assert ours(graph.store, text, form) == engines(graph.store, text, form)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_text_reads_back_from_every_form(text: str) -> None:
    for name in ("json", "xml", "tsv"):  # the engine reads no CSV; Python's own reader does in test_serve_sparql
        kind, writer = ENGINE[name], sparql_results.WRITERS[name](["x", "y"])
        cells = [ox.Literal(text), ox.Literal(text, language="en")]
        if name == "xml" and re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text):
            with pytest.raises(UsageError, match="which XML cannot hold"):
                writer.row(cells)
            continue
        written = writer.head() + writer.row(cells) + writer.tail("")
        (row,) = ox.parse_query_results(written.encode(), format=kind)  # type: ignore[misc]
        assert (row["x"].value, row["y"].value) == (text, text)


def test_truncated_document_is_well_formed() -> None:
    def written(name: str) -> str:
        writer = sparql_results.WRITERS[name](["x"])
        return writer.head() + writer.row([ox.Literal("a")]) + writer.tail("no more")

    for name in ("xml", "tsv"):
        solutions = ox.parse_query_results(written(name).encode(), format=ENGINE[name])
        assert isinstance(solutions, ox.QuerySolutions)
        assert next(solutions)["x"] == ox.Literal("a")
        list(solutions)
    assert json.loads(written("json"))["truncated"] == "no more"
    assert written("csv") == "x\r\na\r\n# no more\r\n"


def test_the_engine_reads_every_row_of_a_json_that_was_cut_and_then_complains() -> None:
    """If this fails, its reader passes over what it does not know, as others do: remove the remark from sparql_results.py."""
    text = '{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a"}}]},"truncated":"no more"}'
    solutions = ox.parse_query_results(text, format=ox.QueryResultsFormat.JSON)
    assert isinstance(solutions, ox.QuerySolutions)
    assert next(solutions)["x"] == ox.Literal("a")
    with pytest.raises(SyntaxError, match="after the end of the bindings"):
        next(solutions)


# ---- The guard -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit", ['"\\', "'''\\", '"""', "'", "<", "#", "FROM <", "PREFIX a:", "PREFIX a: ", '"\\"', "{"]
)
def test_the_guard_does_not_take_long(unit: str) -> None:
    text = (unit * guard.MAX_CHARACTERS)[: guard.MAX_CHARACTERS - 10]
    begin = time.process_time()
    for each in (text, "SELECT " + text):
        with suppress(QueryError):
            guard.analyse(each)
        analysis = guard.Analysis.of(each)
        analysis.dataset_queries()
        assert not analysis.is_volatile
        assert not analysis.aggregates
    assert time.process_time() - begin < 2


# The engine lets one word follow on another without a space, and a name hold what looks like a string or a comment.
CALLS = [
    "SERVICE<U>{}", "SERVICE: {}", "SERVICE:{}", "service:{}", "SERVICESILENT<U>{}", "SERVICE#c\n<U>{}", "Service\tSilent <U> {}",
    "?s ?p 1SERVICE<U>{}", "?s ?p 1.0SERVICE <U> {}", "?s ?p 1e0SERVICE<U>{}", "?s ?p -1SERVICE<U>{}", "?s ?p 1.SERVICE<U>{}",
    "?s ?p trueSERVICE<U>{}", "?s ?p falseservice<U>{}", "?s ?p 'x'SERVICE<U>{}", "?s ?p []SERVICE<U>{}", "?s ?p ()SERVICE<U>{}",
    "?s ?p ?o FILTER(?o<?s)SERVICE: {} FILTER(?s>?o)", "?s ?p ?o BIND(?o<?s&&?s>?o AS ?z)SERVICE: {}",
    "?s ?p e:o\\#b . SERVICE <U> {}", "OPTIONAL{?s e:p\\'b ?o} SERVICE <U> {} OPTIONAL{?s e:p\\'b ?o}",
    "OPTIONAL{?s <urn:x:\\u0041#> ?o} SERVICE<U>{}", "OPTIONAL{?s <urn:x:\\u0041'> ?o} SERVICE<U>{} #'",
    "OPTIONAL{?s ?p e:.SERVICE<U>{}}", "OPTIONAL{?s ?p e:\\(.SERVICE<U>{}}", "OPTIONAL{<<?s ?p ?o>> ?q 1SERVICE<U>{}}",
    "?s ?p e:a.b.SERVICE<U>{}", "?s ?p e:o.b.SERVICE: {}", "VALUES ?g {<U>} SERVICE?g{}", "VALUES ?g {<U>} SERVICESILENT?g{}",
]  # fmt: skip


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[object]]]:
    """An address, and the clients that connected to it."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    came.append(1)
                    connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", came
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("call", CALLS)
def test_no_call_of_a_service_passes_however_it_is_written(call: str, listener: tuple[str, list[object]]) -> None:
    address, came = listener
    store = ox.Store()
    for value in (ox.Literal(1), ox.Literal(True), ox.NamedNode("urn:x:o#b")):
        store.add(ox.Quad(ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), value))
    text = f"PREFIX e: <urn:x:> PREFIX : <{address}> SELECT * {{ {call.replace('U', address)} }}"
    with pytest.raises(QueryError, match="calls SERVICE"):
        guard.analyse(text)
    # A query that is refused by mistake does no harm if the engine would not have run it.
    before = len(came)
    try:
        list(store.query(text))  # type: ignore[arg-type]
    except SyntaxError:
        return
    except (OSError, RuntimeError):
        pass
    assert len(came) > before or "?g" in call


OFFLINE = """
import sys, pyoxigraph
from cica_graph.serve.pool.network_sandbox import forbid_sockets
if sys.argv[2] == "offline" and not forbid_sockets():
    sys.exit("this system cannot")
try:
    list(pyoxigraph.Store().query("SELECT * { SERVICE <%s> { ?a ?b ?c } }" % sys.argv[1]))
except (OSError, RuntimeError) as error:
    print(error)
"""


def test_the_network_sandbox_stops_a_service_call(listener: tuple[str, list[object]]) -> None:
    address, came = listener
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("sockets are refused by Linux on x86-64 and AArch64 alone")
    for how, count in (("offline", 0), ("online", 1)):
        before = len(came)
        subprocess.run([sys.executable, "-c", OFFLINE, address, how], check=True, capture_output=True)
        assert len(came) == before + count, how


# Parts of queries, including parts that look like other parts.
PIECES = [
    "{",
    "}",
    "(",
    ")",
    "{}",
    "{?s|?p|?o}",
    ".",
    ";",
    ",",
    "?s",
    "$o",
    ":",
    "e:",
    "e:a",
    "e:a.b",
    "e:.",
    "_:b",
    "[]",
    "[",
    "]",
    "a",
    "1",
    "1.",
    "1e0",
    "-1",
    "true",
    "<urn:x:p>",
    "<urn:x:\\u0041'>",
    "<urn:x:\\u0041#>",
    "<",
    ">",
    "<?s",
    ">?o",
    "<<",
    ">>",
    "'x'",
    "'",
    "'''",
    '"',
    "@en",
    "@en-a",
    "^^",
    "e:a\\#",
    "e:a\\'",
    "e:\\(",
    "\\",
    "#",
    "\\u0053ERVICE",
    "ª",
    "·",
    "é",
    "%41",
    "!",
    "/",
    "*",
    "+",
    "?",
    "^",
    "&&",
    "OPTIONAL{",
    "MINUS{",
    "UNION",
    "FILTER(",
    "BIND(",
    "VALUES",
    "GRAPH",
    "EXISTS{",
    "SERVICE",
    "<U>",
]


@pytest.mark.parametrize("number", [4_000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_no_call_of_a_service_passes_in_any_jumble(listener: tuple[str, list[object]], number: int) -> None:
    """The guard refuses every query for which the engine would call a service."""
    address, came = listener
    store, calls = ox.Store(), 0
    store.add(ox.Quad(ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), ox.NamedNode("urn:x:o")))
    choose = random.Random(1)
    for _ in range(number):
        first, last = ("".join(choose.choices([*PIECES, " ", "\n"], k=choose.randrange(4))) for _ in "ab")
        word, end = choose.choice(["SERVICE", "SERVICE ", "SERVICESILENT"]), choose.choice(["<U>", ":", " :"])
        jumble = choose.choice(["?s ?p {}{}{}", "OPTIONAL{{{}}}{}{}", "FILTER({}){}{}"]).format(
            first, word + end + "{}", last
        )
        text = (
            f"PREFIX e: <urn:x:> PREFIX : <{address}> SELECT * {{ {jumble.replace('|', ' ').replace('U', address)} }}"
        )
        before = len(came)
        with suppress(SyntaxError, OSError, RuntimeError):
            list(store.query(text))  # type: ignore[arg-type]
        if len(came) > before:
            calls += 1
            with pytest.raises(QueryError, match="calls SERVICE"):
                guard.analyse(text)
    assert calls > number / 100


def test_names_may_contain_the_word_service(listener: tuple[str, list[object]]) -> None:
    text = "SELECT ?service { ?service ?p ?o . ?s e:service e:service, _:service, 'SERVICE'@en-service, <urn:service> }"
    guard.analyse("PREFIX e: <urn:x:> # SERVICE\n" + text)
    with pytest.raises(QueryError, match="The prefix my-service: contains SERVICE"):
        guard.analyse("PREFIX my-service: <urn:x:> ASK { ?s my-service:x ?o }")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("DROP ALL", "DROP"),
        ("  # a comment\n insert data { <a:a> <b:b> 1 }", "INSERT"),
        ("PREFIX with: <a:b> BASE <c:d> LOAD <e:f>", "LOAD"),
        ("WITH <g:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "WITH"),
    ],
)
def test_updates_are_recognized_by_their_first_word(text: str, word: str) -> None:
    with pytest.raises(QueryError, match=f"^{word} begins an update"):
        guard.analyse(text)


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("SELECT * { ?s ?p ?o } # GRAPH", True),
        ("SELECT * { <http://e.example/graph> ?p 'FROM' }", True),
        ("SELECT * { GRAPH ?g { ?s ?p ?o } }", False),
        ("SELECT * { ?s ?p 1graph<g:g>{} }", False),
        ("SELECT * FROM<g:g> {}", False),
        ("PREFIX e: <urn:x:> SELECT * { ?s e:a\\#b ?o . GRAPH ?g {} }", False),
    ],
)
def test_the_guard_knows_queries_that_read_only_the_default_graph(text: str, so: bool) -> None:
    assert guard.Analysis.of(text).default_graph_only == so


@pytest.mark.parametrize("call", ["RAND()", "-RAND()", "1-RAND ( )", "uuid#c\n()"])
def test_the_guard_knows_queries_with_changing_answers(call: str) -> None:
    assert guard.Analysis.of(f"SELECT ({call} AS ?x) {{}}").is_volatile


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?load { ?load <a:drop> 'INSERT' } # DELETE",
        "PREFIX add: <a:b> ASK { ?s add:x 1 }",
        "ASK { <x:drop> ?p ?o }",
    ],
)
def test_words_of_updates_are_allowed_in_other_positions(text: str) -> None:
    guard.analyse(text)


def test_the_guard_reads_graphs_in_from_as_the_engine_does() -> None:
    text = """BASE <http://b.example/> PREFIX e: <http://e.example/>
    SELECT * # FROM <http://none.example/>
    FROM e:one FROM NAMED<two>FROM<http://three.example/#x> FROM NAMED e:
    { ?from ?p 'FROM <http://none.example/>' . ?s e:from <http://FROM/> }"""
    found = [Store().select(query)[0]["graph"] for query in guard.Analysis.of(text).dataset_queries()]
    assert [str(iri) for iri in found] == [
        "<http://e.example/one>", "<http://b.example/two>", "<http://three.example/#x>", "<http://e.example/>",
    ]  # fmt: skip


def test_a_query_file_contains_default_values() -> None:
    query = queries.shipped("cookbook", "members-on")
    assert query.default("asOf") == "2012-06-13"
    assert query.default("organization") == "<https://w3id.org/cica-graph/id/org/cica>"
    with pytest.raises(QueryError, match="no parameter 'other'"):
        query.default("other")


# ---- Answers ---------------------------------------------------------------------------------


def ask(store: Store, query: str, limits: Limits | None = None) -> tuple[ReplyHead, bytes]:
    output = SpooledOutput()
    job = SparqlQuery(query, "application/sparql-results+json", "text/turtle")
    head = execute(store, job, limits or Limits(), output)
    if output.file is None:
        return head, output.content()
    output.file.seek(0)
    content = output.file.read()
    output.close()
    assert len(content) == output.size
    return head, content


def test_a_long_answer_goes_to_a_file_and_a_short_one_does_not(graph: Graph) -> None:
    output = SpooledOutput()
    output.write(b"x" * SMALL)
    assert output.file is None
    output.write("y")
    assert output.file is not None
    assert output.content() == b""
    output.clear()
    assert (output.size, output.file) == (0, None)
    output.write("again")
    assert output.content() == b"again"
    _, content = ask(graph.store, "SELECT * { ?s ?p ?o }")
    assert len(content) > SMALL


@pytest.mark.parametrize("most", [1, 255, 256, 257, 512, 1000])
def test_a_table_is_truncated_after_the_maximum_of_rows(graph: Graph, most: int) -> None:
    limits = Limits(rows=most)
    assert ask(graph.store, f"SELECT * {{ ?s ?p ?o }} LIMIT {most}", limits)[0].truncated == ""
    head, content = ask(graph.store, f"SELECT * {{ ?s ?p ?o }} LIMIT {most + 1}", limits)
    assert head.truncated.startswith(f"truncated after {most:,} rows")
    assert content.count(b'"s":{') == most


def test_a_query_that_fails_half_way_gives_only_the_error() -> None:
    query = "SELECT ?x { { BIND(1 AS ?x) } UNION { BIND(<http://none.example/f>(1) AS ?x) } }"
    head, content = ask(Store(), query)
    assert head.status == 400
    assert content.startswith(b"The engine cannot run the query")


def test_the_answer_cache_drops_the_least_recently_used() -> None:
    cache = AnswerCache(capacity=10_000)
    jobs = [SparqlQuery(f"ASK {{}} # {n}", "application/sparql-results+json", "") for n in range(20)]
    head = ReplyHead(200, "text/csv", "", True)
    for n, job in enumerate(jobs):
        cache.put(job, head, b"x" * 1000)
        assert cache.get(jobs[0]) is not None, n  # used each time, so it stays
    there = [n for n, job in enumerate(jobs) if cache.get(job)]
    assert there[0] == 0
    assert there[1:] == list(range(20 - len(there) + 1, 20))
    assert 3 <= len(there) <= 5


def test_links_of_the_page_are_relative_and_complete() -> None:
    link = sparql_page.link(
        "SELECT * { ?s ?p 'a&b #c' }", "2012-06-13", [("named-graph-uri", "http://g.example/")], "csv"
    )
    assert link == (
        "sparql?query=SELECT+%2A+%7B+%3Fs+%3Fp+%27a%26b+%23c%27+%7D&on=2012-06-13"
        "&named-graph-uri=http%3A%2F%2Fg.example%2F&format=csv"
    )


def test_queries_of_the_server_have_titles_and_pass_the_guard() -> None:
    found = list(queries.folder("serve"))
    assert [query.name for query in found] == ["service"]
    for query in found:
        assert query.title
        guard.analyse(query.text)


def test_a_missing_directory_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contains no store"):
        Store.open_directory(tmp_path / "none")
    assert not (tmp_path / "none").exists()


# ---- The separate default graph --------------------------------------------------------------


def test_the_separate_default_graph_gives_the_same_answers() -> None:
    graph = open_graph()
    store = graph.store
    texts = [query.text for query in queries.folder("cookbook") if not query.snapshot]
    texts += [
        "DESCRIBE <id/org/cica>",
        "ASK { <id/org/cica> a cg:Organization }",
        "SELECT ?x { <id/org/cica> (cg:organization|^cg:organization)* ?x }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?s { ?s !rdf:type ?o FILTER NOT EXISTS { ?o ?p ?s } } LIMIT 0",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?s = <id/state/KAZ>) }",
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) FROM g:cica { ?s ?p ?o }",
    ]
    before = [(head, sorted(content)) for head, content in (ask(store, text) for text in texts)]
    store.separate_default_graph()
    assert store.default_store is not None
    assert len(store.default_store.triples()) == len(store.triples())
    assert [(head, sorted(content)) for head, content in (ask(store, text) for text in texts)] == before
    assert sum(guard.Analysis.of(text).default_graph_only for text in texts) > 20


def test_the_separate_default_graph_is_dropped_when_the_default_graph_changes() -> None:
    store = Store.from_triples([ox.Triple(ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), ox.Literal("o"))])
    store.separate_default_graph()
    alone = store.default_store
    (triple,) = store.triples()
    snapshot = snapshot_graph(date(2012, 6, 13))
    store.add_quads([ox.Quad(triple.subject, triple.predicate, triple.object, snapshot)])
    assert store.default_store is alone
    assert len(store.quads()) == 1
    store.remove_graph(snapshot)
    assert store.default_store is alone
    assert store.quads() == []
    store.add_quads([ox.Quad(triple.subject, triple.predicate, triple.object, ox.NamedNode("urn:x:g"))])
    assert store.default_store is None
