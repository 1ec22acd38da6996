"""Tests of a real server with real clients."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import rdflib
from playwright.sync_api import Page, sync_playwright
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)

from cica_graph import Graph, open_graph
from cica_graph.project.source_files import Project
from cica_graph.queries import guard
from cica_graph.serve.config import Limits, Scheduling
from serving import Server, serving
from test_publish_hosting import program
from test_site_browser import AXE, QUIET, complaints, watched

PREFIXES = """\
PREFIX cg: <https://w3id.org/cica-graph/ns#>
PREFIX o: <https://w3id.org/cica-graph/id/org/>
PREFIX c: <https://w3id.org/cica-graph/concept/>
"""
MEMBERS = PREFIXES + "SELECT DISTINCT ?m WHERE { ?s cg:organization o:csto ; cg:member ?m } ORDER BY ?m"
CICA = "https://w3id.org/cica-graph/id/org/cica"


@pytest.fixture(scope="module")
def graph(few: Project) -> Graph:
    """The graph that the server has; other tests add days to that of the session."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--project", str(few.root)) as running:
        yield running.with_pages()


@pytest.fixture(scope="module")
def members(graph: Graph) -> list[str]:
    found = [row["m"].value for row in graph.query(MEMBERS).rows]  # type: ignore[union-attr]
    assert len(found) > 5
    return found


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("method", "encoding"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)])
@pytest.mark.parametrize("form", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_runs_a_select_query(
    server: Server, members: list[str], method: str, encoding: str, form: str
) -> None:
    client = SPARQLWrapper(server.url)
    client.setMethod(method)
    client.setRequestMethod(encoding)
    client.setReturnFormat(form)
    client.setQuery(MEMBERS)
    answer: Any = client.query().convert()
    if form == JSON:
        assert [row["m"]["value"] for row in answer["results"]["bindings"]] == members
    elif form == XML:
        assert [node.firstChild.data for node in answer.getElementsByTagName("uri")] == members
    elif form == CSV:
        assert [row[0] for row in csv.reader(io.StringIO(answer.decode()))][1:] == members
    else:
        assert answer.decode().splitlines()[1:] == [f"<{iri}>" for iri in members]


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", [TURTLE, RDFXML, JSONLD])
def test_sparqlwrapper_runs_a_construct_query(server: Server, graph: Graph, form: str) -> None:
    client = SPARQLWrapper(server.url)
    client.setReturnFormat(form)
    client.setQuery(f"DESCRIBE <{CICA}>")
    answer: Any = client.query().convert()
    read = rdflib.Graph().parse(data=answer, format="turtle") if form == TURTLE else answer
    about = set(read.predicate_objects(rdflib.URIRef(CICA)))
    assert len(about) == len(graph.about([CICA]))


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_sparqlstore_of_rdflib_runs_queries(server: Server, members: list[str], form: str, method: str) -> None:
    store = SPARQLStore(server.url, returnFormat=form, method=method)
    remote = rdflib.Graph(store)
    assert [str(row[0]) for row in remote.query(MEMBERS)] == members  # type: ignore[index]
    if form in ("xml", "json"):  # the others have no form for a truth
        assert bool(remote.query(PREFIXES + "ASK { ?s cg:organization o:csto }")) is True
    label = remote.value(rdflib.URIRef(CICA), rdflib.URIRef("http://www.w3.org/2004/02/skos/core#notation"))
    assert str(label) == "CICA"
    store.close()


def test_rdflib_calls_the_endpoint_as_a_service(server: Server, members: list[str]) -> None:
    inner = "?s cg:organization o:csto ; cg:member ?m"
    found = rdflib.Graph().query(
        f"{PREFIXES} SELECT DISTINCT ?m {{ SERVICE <{server.url}> {{ {inner} }} }} ORDER BY ?m"
    )
    assert [str(row[0]) for row in found] == members  # type: ignore[index]


def curl(*arguments: str) -> str:
    done = subprocess.run([program("curl"), "-sS", "--fail-with-body", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_curl_gets_every_format(server: Server, members: list[str], tmp_path: Path) -> None:
    by_get = curl("-G", "-H", "Accept: text/csv", "--data-urlencode", f"query={MEMBERS}", server.url)
    by_form = curl("-H", "Accept: text/csv", "--data-urlencode", f"query={MEMBERS}", server.url)
    file = tmp_path / "members.rq"
    file.write_text(MEMBERS, "utf-8")
    direct = curl(
        "-H", "Accept: text/csv", "-H", "Content-Type: application/sparql-query", "--data-binary", f"@{file}", server.url
    )  # fmt: skip
    assert by_get == by_form == direct
    assert direct.splitlines()[1:] == members


def test_curl_waits_for_100_continue_before_a_large_body(server: Server, tmp_path: Path) -> None:
    """curl sends Expect: 100-continue for bodies from one megabyte, and must not hang when the body is refused."""
    file = tmp_path / "large.rq"
    file.write_text("ASK {} #" + "x" * (3 << 20), "utf-8")
    done = subprocess.run(
        ["curl", "-sS", "-o", "-", "-w", "%{http_code}", "-m", "20", "-H", "Content-Type: application/sparql-query",
         "-H", "Expect: 100-continue", "--data-binary", f"@{file}", server.url],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.stdout.endswith("413"), done.stdout + done.stderr


SHOWN = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_commands_in_the_document_give_the_output_shown(server: Server, root: Path) -> None:
    shown = SHOWN.findall((root / "docs" / "serve.md").read_text("utf-8"))
    assert len(shown) == 5
    for block in shown:
        command, _, output = block.removeprefix("$ ").partition("\n")
        assert command.startswith("curl ")
        command = command.replace("http://127.0.0.1:8000/", server.base)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert done.stdout.replace("\r\n", "\n").rstrip("\n") == output.rstrip("\n")


def test_the_limits_in_the_document_are_the_limits(root: Path) -> None:
    text = (root / "docs" / "serve.md").read_text("utf-8")
    limits, scheduling = Limits(), Scheduling()
    for said in (
        f"| a query | {guard.MAX_CHARACTERS:,} characters, {guard.MAX_DEPTH} deep |",
        f"| its time | {limits.seconds:g} seconds |",
        f"| its memory | {limits.memory >> 20} MB |",
        f"| an answer | {limits.rows:,} rows or triples, {limits.size >> 20} MB |",
        f"| an answer of the [API](api.md) | {limits.uncut >> 20} MB |",
        f"{scheduling.short} short one, {scheduling.long} that takes longer than {scheduling.time_slice} seconds, and {scheduling.queue} that",
        f"{limits.head >> 10} kB of head, {limits.body >> 20} MB of body",
        f"| waiting for a client | {limits.patience:g} seconds",
        f"| connections, in a process | {limits.connections} |",
    ):
        assert said in text, said


@pytest.fixture(scope="module")
def comunica(root: Path) -> str:
    program = root / "tests" / "npm" / "node_modules" / ".bin" / "comunica-sparql"
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    assert program.exists(), "run `make tests/npm/ready`"
    return str(program)


def ask_comunica(program: str, *arguments: str) -> list[dict[str, str]]:
    done = subprocess.run([program, *arguments, "-t", "application/json"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def test_comunica_finds_the_endpoint_by_its_description(server: Server, comunica: str, members: list[str]) -> None:
    rows = ask_comunica(comunica, server.url, "-q", MEMBERS)
    assert [row["m"] for row in rows] == members


def test_comunica_queries_an_explicit_endpoint(server: Server, comunica: str, members: list[str]) -> None:
    rows = ask_comunica(comunica, f"sparql@{server.url}", "-q", MEMBERS)
    assert [row["m"] for row in rows] == members


def test_comunica_joins_the_endpoint_with_a_document(server: Server, comunica: str, members: list[str]) -> None:
    text = "".join(f"<{iri}> <http://mine.example/rank> {n} .\n" for n, iri in enumerate(members))
    query = (
        PREFIXES + "SELECT DISTINCT ?m { ?s cg:organization o:csto ; cg:member ?m . ?m <http://mine.example/rank> ?r }"
    )
    with document(text) as address:
        rows = ask_comunica(comunica, f"sparql@{server.url}", address, "-q", query)
    assert sorted(row["m"] for row in rows) == members


@contextmanager
def document(text: str) -> Iterator[str]:
    """A Turtle document somewhere else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/turtle")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{elsewhere.server_address[1]}/mine.ttl"
        elsewhere.shutdown()


# ---- A browser -------------------------------------------------------------------------------


def test_a_user_runs_a_query_reads_the_table_and_downloads_it(server: Server, graph: Graph, members: list[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=list(QUIET))
        context = browser.new_context(accept_downloads=True)
        page = watched(context, server.base)
        page.goto(server.url)
        page.get_by_role("link", name="edit overlap", exact=True).click()
        assert "SELECT" in page.get_by_label("Query").input_value()
        assert page.get_by_label("Day").input_value() == "2012-06-13"

        page.get_by_label("Query").fill(MEMBERS)
        page.get_by_label("Day").fill("")
        page.get_by_role("button", name="Run").click()
        links = page.locator("tbody a")
        assert [links.nth(n).get_attribute("href") for n in range(links.count())] == members
        (kazakhstan,) = (row["l"].value for row in graph.query(LABEL).rows)  # type: ignore[union-attr]
        assert page.get_by_role("link", name=kazakhstan).count() == 1
        assert f"{len(members)} rows" in page.locator("caption").inner_text()
        accessible(page)
        with page.expect_download() as taken:
            page.get_by_role("link", name="CSV").click()
        assert taken.value.suggested_filename == "answer.csv"
        assert taken.value.path().read_text("utf-8").splitlines()[1:] == members

        page.get_by_label("Query").fill("SELECT * {")
        page.get_by_role("button", name="Run").press("Enter")
        assert "error at 1:11" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("Query").input_value() == "SELECT * {"
        accessible(page)

        page.goto(server.base + "api")
        accessible(page)
        page.get_by_role("link", name="/api/members/CICA?on=2012-06-13", exact=True).click()
        assert '"code": "AFG"' in page.inner_text("body")

        page.goto(server.base + "no/such/thing")
        assert page.get_by_role("heading", level=1).inner_text() == "Not found"
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.skip')).position") == "absolute"
        )  # its style came
        accessible(page)
        browser.close()
    # The browser itself says of each page that is an error what its status was.
    assert [said for said in complaints(page) if "the server responded with a status of 40" not in said] == []


LABEL = 'SELECT ?l { <id/state/KAZ> skos:prefLabel ?l FILTER(LANG(?l) = "en") }'


def accessible(page: Page) -> None:
    """axe-core finds no fault, and nothing is wider than the screen, on a phone and on a desktop."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if AXE.is_file():  # npm was there to fetch it
            page.evaluate(AXE.read_text("utf-8"))
            rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
            assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]] == []
