"""The API of a real server: the answers of the command line, one form of error, and a correct description."""

from __future__ import annotations

import csv
import html
import inspect
import io
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
from click.testing import CliRunner

from cica_graph import Graph, open_graph, queries
from cica_graph.cli import cli
from cica_graph.formats.rebase import rebase
from cica_graph.model.terms import BASE
from cica_graph.operations import declaration
from cica_graph.operations.registry import operations
from cica_graph.project.source_files import Project
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
def graph(few: Project) -> Graph:
    """The graph that the server has; other tests add days to that of the session."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--project", str(few.root)) as running:
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
        ("members/SCO", ["members", "SCO"]),
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
        ("why/JOR/CICA?on=2012-06-13", ["why", "JOR", "CICA", "--on", DAY]),
        ("why/CICA/CSTO?on=2012-06-13", ["why", "CICA", "CSTO", "--on", DAY]),
        ("why/claim:csto", ["why", "claim:csto"]),
        ("why/membership:csto-UZB-1", ["why", "membership:csto-UZB-1"]),
        ("audit?on=2012-06-13", ["audit", "--on", DAY]),
        ("compare?here=ours&there=cow-igo-v3&organization=CICA", ["compare", "ours", "cow-igo-v3", "--organization", "CICA"]),
        ("compare?here=ours&there=cow-igo-v3&on=2010-01-01", ["compare", "ours", "cow-igo-v3", "--on", "2010-01-01"]),
        ("compare?here=ours&there=cow-igo-v3&by=year", ["compare", "ours", "cow-igo-v3", "--by", "year"]),
        ("compare?here=ours&there=cow-igo-v3&organization=CICA&include-unmatched=true", ["compare", "ours", "cow-igo-v3", "--organization", "CICA", "--include-unmatched"]),
        ("query/members-on?organization=CSTO&on=2013-06-01", ["query", "members-on", "-p", "organization=CSTO", "--on", "2013-06-01"]),
        ("query/size-by-year?organization=CICA&since=2010&until=2012", ["query", "size-by-year", "-p", "organization=CICA", "-p", "since=2010", "-p", "until=2012"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_answer_is_that_of_the_command(
    web: httpx.Client, few: Project, address: str, command: list[str], form: str
) -> None:
    path, _, query = address.partition("?")
    found = web.get(f"api/{path}.{form}?{query}")
    assert found.status_code == 200, found.text
    said = CliRunner().invoke(cli, [*command, "--format", form, "--project", str(few.root)])
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
        ("members/CICA?on=2012-02-30", 400, "on: '2012-02-30' is not a day"), ("members/CICA?role=king", 404, "unknown role 'king'"),
        ("members/CICA?datum=2012-01-01", 400, "Unknown parameter 'datum'"), ("members/CICA?on=2012-01-01&on=2013-01-01", 400, "more than once"),
        ("memberships/KAZ?past=perhaps", 400, "true or false"), ("overlaps/CICA?other=", 400, "other is empty"),
        ("overlaps/CICA?by=month", 400, "by must be year"), ("overlaps/CICA?by=", 400, "by must be year"),
        ("overlaps/CICA?from=2011", 400, "from requires by"), ("overlaps?any-day=true", 400, "any-day requires by"),
        ("overlaps?by=year&on=2012-01-01", 400, "on cannot be combined with by"), ("overlaps?by=year&from=2012&to=2011", 400, "are not valid"),
        ("overlaps?by=year&to=99999", 400, "are not valid"), ("overlaps?other=CSTO", 400, "Unknown parameter 'other'"),
        ("compare?here=ours&there=ours&by=year&on=2012-01-01", 400, "on cannot be combined with by"),
        ("compare?here=ours", 400, "there is missing"), ("compare?here=ours&there=/etc/passwd", 404, "no source is called"),
        ("compare?here=ours&there=data/cica.ttl", 404, "no source is called"), ("compare?here=ours&there=..", 404, "no source is called"),
        ("query/nothing", 404, "/api lists all operations"), ("query/size-by-year?since=x", 400, "whole number"), ("panel/org-month", 400, "kind must be org-year or"), ("panel/org-year?layout=igor", 400, "dyad-year"),
        ("panel/org-year?roles=king", 404, "king"), ("panel/org-year.json", 406, ".csv"), ("members/CICA.jsonl", 406, ".json, .csv"), ("panel/org-year?from=2012&to=2011", 400, "are not valid"),
        ("match", 400, "name is missing"), ("match?name=x&type=river", 400, "type must be state or organization"), ("match?name=x&add=size", 400, "unknown property"),
        ("match?name=x&on=soon", 400, "soon"),
        ("query/size-by-year?since=99999999999999999999", 400, "whole number"), ("query/members-on?organization=KAZ", 404, "is the state"),
        ("query/members-on?asOf=2012-01-01", 400, "Unknown parameter 'asOf'"), ("members", 404, "/api"), ("members/", 404, "/api"),
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
def test_parameter_values_stay_text(web: httpx.Client, server: Server, value: str) -> None:
    text = quote(value, safe="")
    for address in (
        f"members/{text}", f"members/CICA?role={text}", f"members/CICA?on={text}", f"members/CICA?{text}=1", f"memberships/{text}",
        f"memberships/KAZ?past={text}", f"overlaps/{text}", f"overlaps/CICA?other={text}", f"audit?on={text}",
        f"overlaps?by={text}", f"overlaps/CICA?by=year&from={text}&any-day={text}",
        f"compare?here={text}&there=ours", f"compare?here=ours&there={text}", f"compare?here=ours&there=ours&organization={text}",
        f"panel/{text}", f"panel/org-year?from=2012&to=2012&roles={text}", f"panel/dyad-year?layout={text}", f"match?name={text}", f"match?name=KAZ&on={text}&add={text}&language={text}",
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
            if "/panel/" in link:
                assert len(found.text.splitlines()) > 1
                continue
            rows = found.json()
            assert rows["results"]["bindings"] if "/query/" in link else rows, link


def declared(cli: click.Group, name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


def test_a_command_has_the_parameters_of_its_operation() -> None:
    for operation in (o for o in operations().values() if not o.name.startswith("query-")):
        name = operation.path.split("/")[0]
        command = declared(cli, {"checks": "audit"}.get(name, name))
        taken = {p.name: p for p in command.params}
        for parameter in operation.parameters:
            if (operation.name, parameter.name) == ("match", "name"):  # the command takes a table in place of names
                continue
            param = taken[parameter.argument]
            if isinstance(param, click.Option):
                assert (param.opts, param.help) == ([f"--{parameter.name}"], parameter.help)
        assert command.help is not None
        second = operation.name in (
            "all-overlaps",
            "checks",
            "why-resource",
            "stale-sources",
        )  # the command has another operation too
        assert second or command.help.startswith(operation.summary)


def test_an_operation_answers_with_the_arguments_and_columns_that_it_declares(graph: Graph) -> None:
    for operation in operations().values():
        examples = {p.name: [p.example] for p in operation.parameters if p.example}
        pairs = declaration.read(operation.parameters, examples)
        arguments = declaration.arguments(operation.parameters, pairs)
        if not operation.name.startswith("query-"):
            takes = dict(inspect.signature(operation.answer).parameters)
            assert list(takes) == ["graph", *arguments], operation.name
        answer = operation.answer(graph, **arguments)
        for form in operation.media.values():
            assert b"".join(answer.write(form))
        if operation.fields:
            header = b"".join(answer.write("csv")).decode().partition("\n")[0].split(",")
            assert set(header) <= {field.name for field in operation.fields}
            assert set(header) >= {field.name for field in operation.fields if field.always}
            document = json.loads(b"".join(answer.write("json")))
            assert isinstance(document, dict if operation.document else list), operation.name
            for row in () if operation.document else document:
                for field in operation.fields:
                    value = row.get(field.name)
                    if value is None:
                        assert field.name not in row or "null" in field.types
                    else:
                        assert JSON_TYPES[type(value)] in field.types, (operation.name, field.name)


JSON_TYPES = {str: "string", int: "integer", bool: "boolean", list: "array"}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("org-year", []),
        ("state-year?from=2010&to=2012&roles=member,observer", ["--from", "2010", "--to", "2012", "--roles", "member,observer"]),
        ("dyad-year?from=2012&to=2012&any-day=true", ["--from", "2012", "--to", "2012", "--any-day"]),
        ("dyad-year?from=2012&to=2012&layout=igor", ["--from", "2012", "--to", "2012", "--layout", "igor"]),
        ("org-dyad-year?from=1990&to=1992", ["--from", "1990", "--to", "1992"]),
    ],
)  # fmt: skip
def test_a_panel_has_the_bytes_of_the_command(
    web: httpx.Client, few: Project, tmp_path: Path, address: str, options: list[str], form: str
) -> None:
    kind, _, query = address.partition("?")
    found = web.get(f"api/panel/{kind}.{form}?{query}")
    assert found.status_code == 200, found.text
    file = tmp_path / f"panel.{form}"
    command = ["panel", kind, *options, "-o", str(file), "--project", str(few.root)]
    assert CliRunner().invoke(cli, command).exit_code == 0
    assert found.content == file.read_bytes()
    media = {"csv": "text/csv", "jsonl": "application/jsonl"}[form]
    assert found.headers["content-type"].startswith(media)
    assert web.get(f"api/panel/{address}", headers={"Accept": media}).content == found.content


def test_a_panel_beyond_the_limit_is_refused_before_it_is_complete(web: httpx.Client, server: Server) -> None:
    refused = web.get("api/panel/dyad-year.csv")  # 150 megabytes
    assert refused.status_code in (400, 504), refused.text
    assert "limit" in refused.text or "longer than" in refused.text
    assert server.alive()


NAMES = ["Kazakhstan", "Czech Republic", "cica", "Georgia", "Narnia", "", "=1+1", 'A "quoted", name', "Türkiye"]


def test_names_are_matched_with_the_bytes_of_the_command(web: httpx.Client, few: Project, tmp_path: Path) -> None:
    names = [name for name in NAMES if name]
    table = tmp_path / "names.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["name"], *([name] for name in names)])
    options = ["--on", "2012-06-13", "--type", "state", "--add", "iso2", "--add", "label", "--language", "ru"]
    command = ["match", str(table), "--column", "name", *options, "--project", str(few.root)]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    asked: list[tuple[str, str | int | float | bool | None]] = [*(("name", name) for name in names), ("on", "2012-06-13"), ("type", "state"), ("add", "iso2"), ("add", "label"), ("language", "ru")]  # fmt: skip
    found = web.get("api/match.csv", params=asked)
    assert found.status_code == 200, found.text
    assert found.content == done.stdout_bytes
    rows = web.get("api/match", params=asked).json()
    assert rows == list(csv.DictReader(io.StringIO(found.text, newline="")))
    assert {row["name"]: row["match_code"] for row in rows}["Kazakhstan"] == "KAZ"


def test_long_answers_keep_to_the_limits(server: Server, graph: Graph) -> None:
    """All overlaps of three thousand years take a second and more, in which others are answered."""
    every = Call("all-overlaps", (("form", "csv"), ("by", "year"), ("prefer", "editors"), ("disputed", "apart")))
    release = Release("x", lambda: graph.store)
    output = SpooledOutput()
    assert run_operation.answer(release, Limits(), every, output).status == 200
    least = Limits(size=(output.size - 1) // 4)
    output.clear()
    assert run_operation.answer(release, least, every, output).status == 400
    assert "which is the limit" in output.content().decode()
    with ThreadPoolExecutor() as pool:
        long = pool.submit(httpx.get, f"{server.base}api/overlaps?by=year&from=1&to=3000", timeout=30)
        assert server.alive(within=5)
        assert long.result().status_code in (200, 504)  # on a busy machine


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    """Schemathesis generates requests from the description, and checks the answers against it."""
    command = [
        PROGRAMS / "schemathesis", "--config-file", ROOT / "tests" / "schemathesis.toml", "run", server.base + "api/openapi.json", "--max-examples", "3", "--generation-deterministic",
        "--no-color", "--max-time", "10",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120, env={**os.environ})
    assert done.returncode == 0, done.stdout[-4000:]
    tested = re.search(r"Tested: ([0-9]+)", done.stdout)
    assert tested is not None
    assert int(tested[1]) >= 5  # the first requests are not queries; a busy machine may test no others in time


def test_answers_are_the_same_as_in_the_document(server: Server, root: Path) -> None:
    shown = SHOWN.findall((root / "docs" / "api.md").read_text("utf-8"))
    assert len(shown) == 2
    for command, output in shown:
        command = command.replace("http://127.0.0.1:8000/", server.base)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert done.stdout == output


def test_requested_days_are_not_kept_in_the_store(web: httpx.Client, server: Server) -> None:
    for day in range(1, 9):
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
def rebased(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--base", OTHER, "--project", str(few.root)) as running:
        yield running


@pytest.mark.parametrize("query", ASKED)
def test_sparql_queries_and_answers_use_another_base(server: Server, rebased: Server, query: str) -> None:
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
        assert rebased.ask(query, format=form).text == found.text  # the same again, from the cache


def test_sparql_pages_and_answers_use_the_other_base(rebased: Server) -> None:
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
    assert f"FROM <{OTHER}graph/nothing>: this store has no such graph" in refused.json()["detail"]


def test_another_base_is_put_under_every_iri(web: httpx.Client, rebased: Server) -> None:
    found = httpx.get(f"{rebased.base}api/members/CICA?on={DAY}", timeout=30)
    assert found.text == rebase(web.get(f"api/members/CICA?on={DAY}").text, OTHER)
    assert json.loads(found.text)[0]["member"].startswith(OTHER)
    named = f"api/members/{quote(OTHER + 'id/org/cica', safe='')}?on={DAY}"
    assert httpx.get(rebased.base + named, timeout=30).text == found.text
    assert found.headers["etag"] != web.get(f"api/members/CICA?on={DAY}").headers["etag"]
