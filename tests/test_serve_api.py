"""The API of a real server: the answers of the command line, one form of error, and a description that holds."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import click
import httpx
import lxml.html
import pytest

from cica_graph import Graph, queries
from cica_graph.formats.rebase import rebase
from cica_graph.model.terms import BASE
from cica_graph.serve.config import Limits
from cica_graph.serve.execute import run_operation
from cica_graph.serve.pool.call import Call
from cica_graph.serve.pool.spooled_output import SpooledOutput
from cica_graph.serve.release import Release
from serving import Server, serving

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
SHOWN = re.compile(r"^```sh\n\$ (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DAY = "2012-06-13"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving("--workers", "1") as running:
        yield running


@pytest.fixture(scope="module")
def web(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("members/CICA?on=2012-06-13", ["members", "CICA", "--on", DAY]),
        ("members/cis?on=2012-06-13&role=any", ["members", "CIS", "--on", DAY, "--role", "any"]),
        ("members/EAEU", ["members", "EAEU"]),
        ("memberships/Kazakhstan?on=2012-06-13", ["memberships", "KAZ", "--on", DAY]),
        ("memberships/QAT?on=2014-05-15&past=true", ["memberships", "QAT", "--past", "--on", "2014-05-15"]),
        (f"memberships/{BASE.replace('/', '%2F')}id%2Fstate%2FJOR?on={DAY}", ["memberships", "JOR", "--on", DAY]),
        ("overlaps/CICA?on=2012-06-13", ["overlaps", "CICA", "--on", DAY]),
        ("overlaps/CICA?on=2012-06-13&other=CSTO&other=SCO", ["overlaps", "CICA", "CSTO", "SCO", "--on", DAY]),
        ("overlaps/CICA?by=year&other=CSTO&from=2011&to=2013&any-day=true", ["overlaps", "CICA", "CSTO", "--by", "year", "--from", "2011", "--to", "2013", "--any-day"]),
        ("overlaps/CICA?by=year", ["overlaps", "CICA", "--by", "year"]),
        ("overlaps?on=2012-06-13", ["overlaps", "--all-organizations", "--on", DAY]),
        ("overlaps?by=year", ["overlaps", "--by", "year"]),
        ("audit", ["audit"]),
        ("audit?on=2012-06-13", ["audit", "--on", DAY]),
        ("compare?here=ours&there=cow-igo-v3&organization=CICA", ["compare", "ours", "cow-igo-v3", "--organization", "CICA"]),
        ("compare?here=ours&there=cow-igo-v3&on=2010-01-01", ["compare", "ours", "cow-igo-v3", "--on", "2010-01-01"]),
        ("compare?here=ours&there=cow-igo-v3&by=year", ["compare", "ours", "cow-igo-v3", "--by", "year"]),
        ("query/members-on?organization=CSTO&on=2013-06-01", ["query", "members-on", "-p", "organization=CSTO", "--on", "2013-06-01"]),
        ("query/size-by-year?organization=CICA&since=2010&until=2012", ["query", "size-by-year", "-p", "organization=CICA", "-p", "since=2010", "-p", "until=2012"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_answer_is_that_of_the_command(web: httpx.Client, address: str, command: list[str], form: str) -> None:
    from click.testing import CliRunner

    from cica_graph.cli import cli

    path, _, query = address.partition("?")
    found = web.get(f"api/{path}.{form}?{query}")
    assert found.status_code == 200, found.text
    said = CliRunner().invoke(cli, [*command, "--format", form])
    assert found.content == said.stdout_bytes
    assert len(found.content) > 50
    media = {"json": "application/json", "csv": "text/csv"}[form]
    by_header = web.get(f"api/{address}", headers={"Accept": media})
    assert by_header.content == found.content
    assert by_header.headers["vary"] == "Accept"


def test_every_query_of_the_cookbook_is_answered(web: httpx.Client) -> None:
    for query in queries.folder("cookbook"):
        found = web.get(f"api/query/{query.name}")
        assert found.status_code == 200, (query.name, found.text)
        assert found.headers["content-type"] == "application/sparql-results+json"
        assert found.json()["head"]["vars"]


def test_a_known_answer_is_not_sent_again(web: httpx.Client) -> None:
    first = web.get(f"api/overlaps/CICA?on={DAY}")
    again = web.get(f"api/overlaps/CICA?on={DAY}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = web.get(f"api/overlaps/CICA.csv?on={DAY}")
    assert other.headers["etag"] != first.headers["etag"]
    assert web.head(f"api/overlaps/CICA?on={DAY}").headers["etag"] == first.headers["etag"]


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("members/Narnia", 404, "unknown organization 'Narnia'"), ("members/KAZ", 404, "is the state Kazakhstan"),
        ("members/CICA?on=2012-02-30", 400, "on: '2012-02-30' is not a day"), ("members/CICA?role=king", 404, "no role is called 'king'"),
        ("members/CICA?datum=2012-01-01", 400, "no parameter 'datum'"), ("members/CICA?on=2012-01-01&on=2013-01-01", 400, "more than once"),
        ("memberships/KAZ?past=perhaps", 400, "true or false"), ("overlaps/CICA?other=", 400, "other is empty"),
        ("overlaps/CICA?by=month", 400, "by is year"), ("overlaps/CICA?by=", 400, "by is year"),
        ("overlaps/CICA?from=2011", 400, "from goes with by"), ("overlaps?any-day=true", 400, "any-day goes with by"),
        ("overlaps?by=year&on=2012-01-01", 400, "on does not go with by"), ("overlaps?by=year&from=2012&to=2011", 400, "no years"),
        ("overlaps?by=year&to=99999", 400, "no years"), ("overlaps?other=CSTO", 400, "no parameter 'other'"),
        ("compare?here=ours&there=ours&by=year&on=2012-01-01", 400, "on does not go with by"),
        ("compare?here=ours", 400, "there is missing"), ("compare?here=ours&there=/etc/passwd", 404, "no source is called"),
        ("compare?here=ours&there=data/cica.ttl", 404, "no source is called"), ("compare?here=ours&there=..", 404, "no source is called"),
        ("query/nothing", 404, "/api says what there is"), ("query/size-by-year?since=x", 400, "whole number"),
        ("query/size-by-year?since=99999999999999999999", 400, "whole number"), ("query/members-on?organization=KAZ", 404, "is the state"),
        ("query/members-on?asOf=2012-01-01", 400, "no parameter 'asOf'"), ("members", 404, "/api"), ("members/", 404, "/api"),
        ("members/CICA/", 404, "/api"), ("members/CICA/x", 404, "/api"), ("x", 404, "/api"), ("members/%ff", 400, "not UTF-8"),
    ],
)  # fmt: skip
def test_an_error_says_what_is_wrong(web: httpx.Client, address: str, status: int, says: str) -> None:
    found = web.get(f"api/{address}")
    assert found.status_code == status
    assert found.headers["content-type"] == "application/problem+json"
    problem = found.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert says in problem["detail"]


def test_other_forms_and_methods_are_refused(web: httpx.Client) -> None:
    refused = web.get("api/members/CICA", headers={"Accept": "image/png"})
    assert (refused.status_code, "text/csv" in refused.json()["detail"]) == (406, True)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = web.request(method, "api/members/CICA")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert web.options("api/members/CICA").status_code == 204


INJECTED = [
    "<script>alert(1)</script>", "CICA' OR 1=1", '"> <img src=x onerror=alert(1)>', "CICA> } #", "} INSERT DATA { <a:a> <b:b> 1 } #",
    "a\r\nX-Injected: 1", "\x00", "{{ 7 * 7 }}", "../../../etc/passwd", "\u202eCICA", "x" * 4000, "%s%n", "https://e.example/> } #", "=1+1",
]  # fmt: skip


@pytest.mark.parametrize("value", INJECTED, ids=lambda v: ascii(v)[:24])
def test_what_is_put_into_a_parameter_stays_text(web: httpx.Client, server: Server, value: str) -> None:
    text = quote(value, safe="")
    for address in (
        f"members/{text}", f"members/CICA?role={text}", f"members/CICA?on={text}", f"members/CICA?{text}=1", f"memberships/{text}",
        f"memberships/KAZ?past={text}", f"overlaps/{text}", f"overlaps/CICA?other={text}", f"audit?on={text}",
        f"overlaps?by={text}", f"overlaps/CICA?by=year&from={text}&any-day={text}",
        f"compare?here={text}&there=ours", f"compare?here=ours&there={text}", f"compare?here=ours&there=ours&organization={text}",
        f"query/{text}", f"query/members-on?organization={text}", f"query/size-by-year?since={text}", f"query/in-role?role={text}", text,
    ):  # fmt: skip
        for accept in ("application/json", "text/html"):
            found = web.get(f"api/{address}", headers={"Accept": accept})
            assert found.status_code in (200, 400, 404, 406), (address, found.status_code, found.text)
            assert "x-injected" not in found.headers
            assert "root:" not in found.text
            if found.headers["content-type"].startswith("text/html"):
                assert "<script>alert" not in found.text
                assert "<img" not in found.text
    assert server.alive()


def test_the_description_is_that_of_every_route(web: httpx.Client, root: Path) -> None:
    described = web.get("api/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    documented = (root / "docs" / "api.md").read_text("utf-8")
    shown = web.get("api").text
    for path, said in described["paths"].items():
        assert re.sub("/query/.*", "/query/{name}", path) in documented
        assert f"<code>{path}</code>" in shown
        if "/query/" not in path:
            (line,) = (line for line in documented.splitlines() if line.startswith(f"| `{path}`"))
            for parameter in said["get"]["parameters"]:
                assert parameter["in"] == "path" or f"`{parameter['name']}`" in line
    assert {f"/api/query/{q.name}" for q in queries.folder("cookbook")} <= set(described["paths"])


def test_every_operation_has_an_example_that_is_answered(web: httpx.Client) -> None:
    page = lxml.html.document_fromstring(web.get("api").content)
    sections = page.findall(".//section")
    assert len(sections) == len(web.get("api/openapi.json").json()["paths"])
    for section in sections:
        place, links = section.findtext("h2/code"), [str(a.get("href")) for a in section.iterfind("ul//a")]
        assert links, place
        for link in links:
            found = web.get(link)  # the page is at /api, so that what it links to is seen from the root
            assert found.status_code == 200, link
            rows = found.json()
            assert rows["results"]["bindings"] if "/query/" in link else rows, link


def declared(cli: click.Group, name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def test_what_is_declared_is_what_the_commands_take(web: httpx.Client) -> None:
    from cica_graph.cli import cli

    described = web.get("api/openapi.json").json()["paths"]
    for name in ("members", "memberships", "overlaps", "audit", "compare"):
        options = [p for p in declared(cli, name).params if isinstance(p, click.Option)]
        operations = [said["get"] for path, said in described.items() if path.split("/")[2] == name]
        assert operations
        for said in operations:
            queried = [p for p in said["parameters"] if p["in"] == "query" and not p["required"]]
            helps = (
                *(p.help or "" for p in options),
                "Another organization, by acronym, code, label, alias or IRI, in",
            )
            assert all(p["description"].startswith(helps) for p in queried)
            offered = {"--" + p["name"] for p in queried} | {
                "--project",
                "--store",
                "--format",
                "--quickstatements",
                "--all-organizations",
            }
            assert {p.opts[0] for p in options} <= offered


def test_long_answers_keep_to_the_limits(server: Server, graph: Graph) -> None:
    """All overlaps of three thousand years take a second and more, in which others are answered."""
    every = Call("overlaps", (("form", "csv"), ("by", "year")))
    release = Release("x", lambda: graph.store)
    output = SpooledOutput()
    assert run_operation.answer(release, Limits(), every, output).status == 200
    least = Limits(size=output.size - 1)
    output.clear()
    assert run_operation.answer(release, least, every, output).status == 400
    assert "ask about fewer things or years" in output.content().decode()
    with ThreadPoolExecutor() as pool:
        long = pool.submit(httpx.get, f"{server.base}api/overlaps?by=year&from=1&to=3000", timeout=30)
        assert server.alive(within=5)
        assert long.result().status_code in (200, 504)  # on a machine that does other things as well


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    """It makes up requests from the description, and holds the answers against it."""
    command = [
        PROGRAMS / "schemathesis", "--config-file", ROOT / "tests" / "schemathesis.toml", "run", server.base + "api/openapi.json", "--max-examples", "3", "--generation-deterministic",
        "--no-color", "--max-time", "15",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, env={**os.environ})
    assert done.returncode == 0, done.stdout[-4000:]
    tested = re.search(r"Tested: ([0-9]+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) >= 5  # the first are those that are no queries; a busy machine may come no further in time


def test_what_the_document_shows_is_what_is_answered(server: Server, root: Path) -> None:
    shown = SHOWN.findall((root / "docs" / "api.md").read_text("utf-8"))
    assert len(shown) == 2
    for command, output in shown:
        command = command.replace("http://127.0.0.1:8000/", server.base)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert done.stdout == output


def test_days_leave_nothing_behind(web: httpx.Client, server: Server) -> None:
    for day in range(1, 29):
        assert web.get(f"api/overlaps/CICA?on=1997-02-{day:02}").status_code == 200
    assert server.rows("SELECT ?g { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), '/asof/1997')) } LIMIT 1") == []


OTHER = "https://graphs.example/cica/"
MEMBER = "?m cg:organization e:id\\/org\\/cica ; cg:member ?s"
ASKED = [  # in IRIs below the other base: as a term, with a prefix, in a text
    f"SELECT ?o {{ <{OTHER}id/state/KAZ> ?p ?o }} ORDER BY ?o",
    f"PREFIX e: <{OTHER}> SELECT ?m ?s {{ {MEMBER} }} ORDER BY ?m",
    f'SELECT ?s {{ ?s a cg:Organization FILTER(STRSTARTS(STR(?s), "{OTHER}id/org/c")) }} ORDER BY ?s',
    f"SELECT (COUNT(*) AS ?n) FROM <{OTHER}graph/cica> {{ ?s ?p ?o }}",
    f"PREFIX e: <{OTHER}> CONSTRUCT {{ ?s e:x ?m }} {{ {MEMBER} }}",
    f"PREFIX w: <https://w3id.org/> DESCRIBE <{OTHER}id/org/cica>",
]


@pytest.fixture(scope="module")
def rebased() -> Iterator[Server]:
    with serving("--workers", "1", "--base", OTHER) as running:
        yield running


@pytest.mark.parametrize("query", ASKED)
def test_sparql_is_asked_and_answered_below_another_base(server: Server, rebased: Server, query: str) -> None:
    graph = "SELECT" not in query
    forms = ("turtle", "ntriples", "rdfxml", "jsonld", "html") if graph else ("json", "xml", "csv", "tsv", "html")
    for form in forms:
        found = rebased.ask(query, format=form)
        plain = server.ask(query.replace(OTHER, BASE), format=form)
        assert (found.status_code, plain.status_code) == (200, 200), found.text
        assert BASE not in found.text
        assert quote(BASE, safe="") not in found.text
        if form == "html":
            assert "Nothing." not in found.text
            assert query in html.unescape(found.text)
        else:
            assert found.text == rebase(plain.text, OTHER)
        assert found.headers.get("etag") != plain.headers.get("etag")
        assert rebased.ask(query, format=form).text == found.text  # and so again, from what is kept


def test_all_that_is_told_of_sparql_is_below_the_other_base(rebased: Server) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    asked = {"query": query, "default-graph-uri": f"{OTHER}graph/cica"}
    assert int(httpx.get(rebased.url, params=asked | {"format": "csv"}, timeout=30).text.split()[1]) > 0
    linked = httpx.get(rebased.url, params=asked | {"format": "html"}, timeout=30).text
    assert quote(asked["default-graph-uri"], safe="") in linked
    described = httpx.get(rebased.url, headers={"Accept": "text/turtle"}, timeout=30).text
    assert f"sd:name <{OTHER}graph/cica>" in described or "sd:name g:cica" in described
    page = httpx.get(rebased.url, params={"example": "members-on"}, headers={"Accept": "text/html"}, timeout=30).text
    failed = rebased.ask("SELECT * {", accept="text/html").text
    for text in (linked, described, page, failed):
        assert BASE not in text
    refused = rebased.ask(f"SELECT * FROM <{OTHER}graph/nothing> {{ ?s ?p ?o }}")
    assert f"FROM <{OTHER}graph/nothing> is no graph" in refused.json()["detail"]


def test_another_base_is_put_under_every_iri(web: httpx.Client, rebased: Server) -> None:
    found = httpx.get(f"{rebased.base}api/members/CICA?on={DAY}", timeout=30)
    assert found.text == rebase(web.get(f"api/members/CICA?on={DAY}").text, OTHER)
    assert json.loads(found.text)[0]["member"].startswith(OTHER)
    named = f"api/members/{quote(OTHER + 'id/org/cica', safe='')}?on={DAY}"
    assert httpx.get(rebased.base + named, timeout=30).text == found.text
    assert found.headers["etag"] != web.get(f"api/members/CICA?on={DAY}").headers["etag"]
