"""Tests of the reconciliation service on a real server: both versions, previews, errors, hostile input."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect, sync_playwright
from reconciler import reconcile

from cica_graph import Graph, open_graph
from cica_graph.linking.candidate import LONGEST
from cica_graph.linking.matcher import BY_CODE, MARGIN, THRESHOLD
from cica_graph.model.spellings import SUCCESSOR
from cica_graph.project.source_files import Project
from cica_graph.reconcile.query import MOST, USUAL
from cica_graph.reconcile.search import BY_BARE_NUMBER, MISSED, WRONG_TIME
from cica_graph.serve.endpoints.reconcile_input import BATCH, IDS, PROPERTIES, VALUES
from cica_graph.serve.endpoints.reconcile_service import WAITING
from serving import Server, serving
from test_site_browser import QUIET, Quiet

FORM = "application/x-www-form-urlencoded"
NASTY = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; DROP ALL; --", "x> } SERVICE <http://127.0.0.1:9/> {",
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "\0", "{{7*7}}", "${7*7}", "\r\nX-Injected: 1", "\u202eabc",
    "a" * 5000, "(a+)+$" * 50, '"* NEAR/2 AND OR NOT', "=cmd|' /C calc'!A0", "🏳️‍🌈", "\ufffe", "javascript:alert(1)",
)  # fmt: skip


@pytest.fixture(scope="module")
def graph(few: Project) -> Graph:
    """The graph that the server has; other tests add days to that of the session."""
    return open_graph(few.root)


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--project", str(few.root)) as running:
        yield running.with_pages()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, timeout=30) as opened:
        yield opened


def batch(client: httpx.Client, queries: object) -> httpx.Response:
    return client.post("reconcile", data={"queries": json.dumps(queries, ensure_ascii=False)})


def found(client: httpx.Client, **query: object) -> list[dict[str, object]]:
    """Return the candidates of one query, in version 0.2."""
    result = batch(client, {"q": query}).raise_for_status().json()["q"]["result"]
    assert isinstance(result, list)
    return result


def match(client: httpx.Client, *queries: object) -> httpx.Response:
    return client.post("reconcile/1.0/match", json={"queries": queries})


# ---- The specification -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "version", "must", "should", "robust"),
    [("reconcile", "0.2", "29 of 29", "13 of 13", "31 of 31"),
     ("reconcile/1.0", "1.0-draft", "9 of 9", "6 of 6", "7 of 7")],
)  # fmt: skip
def test_the_conformance_suite_passes(
    server: Server, root: Path, path: str, version: str, must: str, should: str, robust: str
) -> None:
    harness = root.parent / "shared" / "suites" / "harness" / "reconciliation.py"
    if not harness.is_file():
        pytest.skip("the conformance suites are not beside the project")
    command = [sys.executable, str(harness), "--base-url", server.base + path, "--versions", version]
    known = ["--known", "Kazakhstan=state/KAZ", "--known", "League of Arab States=org/las"]
    rest = ["--type", "State", "--property", "iso2"] if version != "0.2" else ["--property", "iso2"]
    done = subprocess.run([*command, *known, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"must: {must}\nshould: {should}\nrobust: {robust}\n" in done.stdout
    assert "0 failed, 0 skipped" in done.stdout


def test_addresses_in_the_manifest_work_and_ignore_the_host_header(server: Server, client: httpx.Client) -> None:
    plain = client.get("reconcile").json()
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}):
        assert client.get("reconcile", headers=headers).json() == plain
    assert "evil" not in client.get("reconcile/1.0", headers={"Host": "evil.example"}).text
    ident = quote("state/KAZ", safe="")
    for kind, told in plain["suggest"].items():
        suggested = httpx.get(told["service_url"] + told["service_path"], params={"prefix": "sta"}).json()["result"]
        assert suggested, kind
        flyout = told["service_url"] + told["flyout_service_path"].replace("${id}", quote(suggested[0]["id"], safe=""))
        assert suggested[0]["name"] in html.unescape(httpx.get(flyout).json()["html"])
    for template in (plain["view"]["url"], plain["preview"]["url"]):
        assert template.startswith(server.base)
        assert "Казахстан" in httpx.get(template.replace("{{id}}", ident), follow_redirects=True).text
    draft = client.get("reconcile/1.0").json()
    for template in (plain["view"]["url"].replace("{{", "{").replace("}}", "}"), draft["view"]["url"]):
        page = httpx.get(template.replace("{id}", ident), follow_redirects=True)
        assert str(page.url) == server.base + "id/state/KAZ.html"
    assert httpx.get(plain["logo"]).headers["Content-Type"] == "image/svg+xml"


def test_the_manifest_has_the_public_address(few: Project) -> None:
    options = ["--address", "https://data.example.org/cica/", "--project", str(few.root)]
    with serving("--workers", "1", *options) as running:
        manifest = httpx.get(running.base + "reconcile").json()
        assert manifest["preview"]["url"] == "https://data.example.org/cica/reconcile/preview?id={{id}}"
        assert manifest["view"]["url"] == "https://data.example.org/cica/id/{{id}}"
        assert manifest["suggest"]["entity"]["service_url"] == "https://data.example.org/cica/reconcile"
        page = httpx.get(running.base + "reconcile/preview", params={"id": "org/cica"}).text
        assert 'href="https://w3id.org/cica-graph/id/org/cica"' in page


def test_get_and_post_give_the_same_results_under_the_same_keys(client: httpx.Client) -> None:
    queries = {"k é 1": {"query": "Казахстан"}, "": {"query": "CICA"}, "q/2": {"query": "nobody at all"}}
    post = batch(client, queries)
    get = client.get("reconcile", params={"queries": json.dumps(queries)})
    assert post.json() == get.json()
    assert list(post.json()) == list(queries)
    assert [[c["id"] for c in r["result"]] for r in post.json().values()] == [["state/KAZ"], ["org/cica"], []]


def test_a_candidate_has_a_score_a_description_and_features(client: httpx.Client) -> None:
    (burma,) = found(client, query="Burma", type="State", properties=[{"pid": "on", "v": "2012-06-13"}])
    assert burma == {
        "id": "state/MMR",
        "name": "Myanmar (Burma)",
        "description": "state MMR; label 'Burma'; called 'Burma' only until 1989-06-17",
        "type": [{"id": "State", "name": "State"}],
        "score": 76.8,
        "features": [
            {"id": "name", "value": 96.0},
            {"id": "code", "value": False},
            {"id": "type", "value": True},
            {"id": "on", "value": 0.0},
            {"id": "rivals", "value": 0},
        ],
        "match": False,
    }


def test_days_may_have_the_formats_of_openrefine(client: httpx.Client) -> None:
    for day, taken in (
        ("1985-01-01T00:00:00Z", True),
        (1985, True),
        ("1985", True),
        ("2012-06-13T00:00:00Z", False),
        ("", True),
    ):
        first = found(client, query="Zaire", properties=[{"pid": "on", "v": day}])[0]
        assert (first["id"], first["match"]) == ("state/COD", taken), day


def test_openrefine_queries_with_type_strict_should_work(client: httpx.Client) -> None:
    """OpenRefine sends `should` with a type: entities of another type come after entities of this type."""
    query = {
        "query": "Georgia",
        "type": "State",
        "type_strict": "should",
        "properties": [{"pid": "iso2", "p": "code", "v": "GE"}],
    }
    first = found(client, **query)[0]
    assert (first["id"], first["match"]) == ("state/GEO", True)
    other = found(client, query="CICA", type="State", type_strict="should")[0]
    assert (other["id"], other["match"]) == ("org/cica", False)


def test_both_versions_give_the_same_candidates(client: httpx.Client) -> None:
    for name in ("Kazakhstan", "Korea", "Zaire", "Soviet Union", "CICA", "Nowhere"):
        old = found(client, query=name, properties=[{"pid": "on", "v": "2000"}])
        conditions = [
            {"matchType": "name", "propertyValue": name},
            {"matchType": "property", "propertyId": "on", "propertyValue": 2000},
        ]
        (new,) = match(client, {"conditions": conditions}).json()["results"]
        assert [(c["id"], c["score"], c["match"]) for c in new["candidates"]] == [
            (c["id"], c["score"], c["match"]) for c in old
        ]


def test_the_draft_finds_by_id_and_by_required_properties(client: httpx.Client) -> None:
    by_id = {"conditions": [{"matchType": "id", "propertyValue": ["state/KAZ", "Q232"]}]}
    members = {
        "type": "State",
        "limit": 50,
        "conditions": [
            {"matchType": "property", "propertyId": "memberOf", "propertyValue": {"id": "org/csto"}, "required": True},
            {
                "matchType": "property",
                "propertyId": "memberOf",
                "propertyValue": ["EurAsEC"],
                "matchQuantifier": "none",
                "required": True,
            },
            {"matchType": "property", "propertyId": "on", "propertyValue": "2012-06-13"},
        ],
    }
    one, two = match(client, by_id, members).json()["results"]
    assert [c["id"] for c in one["candidates"]] == ["state/KAZ"]
    assert [c["id"] for c in two["candidates"]] == ["state/ARM"]
    assert {f["id"]: f["name"] for f in one["candidates"][0]["features"]}["code"]


def test_names_and_ids_in_the_draft_may_be_required_or_excluded(client: httpx.Client) -> None:
    def asked(*conditions: tuple[str, object, dict[str, object]]) -> list[str]:
        query = {
            "conditions": [{"matchType": kind, "propertyValue": value, **more} for kind, value, more in conditions]
        }
        return [c["id"] for c in match(client, query).raise_for_status().json()["results"][0]["candidates"]]

    code: dict[str, object] = {"propertyId": "iso3"}
    assert asked(("name", "Nowhere", {}), ("property", "KAZ", code)) == ["state/KAZ"]
    assert asked(("name", "Nowhere", {"required": True}), ("property", "KAZ", code)) == []
    assert asked(("name", "Kazakhstan", {"required": True}), ("property", "KAZ", code)) == ["state/KAZ"]
    assert asked(("id", "state/KGZ", {"required": True}), ("property", "KAZ", code)) == ["state/KGZ"]
    east: tuple[str, object, dict[str, object]] = (
        "property",
        "Eastern Asia",
        {"propertyId": "region", "required": True},
    )
    everybody = {"state/CHN", "state/HKG", "state/JPN", "state/KOR", "state/MNG", "state/PRK", "state/TWN"}
    assert set(asked(east)) == everybody
    assert set(
        asked(east, ("name", ["Japan", "Китай"], {"matchQuantifier": "none", "required": True}))
    ) == everybody - {"state/JPN", "state/CHN"}
    assert set(asked(east, ("id", "state/MNG", {"matchQuantifier": "none", "required": True}))) == everybody - {
        "state/MNG"
    }
    assert asked(("name", ["Japan", "Japon"], {"matchQuantifier": "all", "required": True})) == ["state/JPN"]
    assert asked(("name", ["Japan", "Ruritania"], {"matchQuantifier": "all", "required": True})) == []


def test_no_entity_has_two_types(client: httpx.Client) -> None:
    both = ["State", "Organization"]
    assert found(client, query="Kazakhstan", type=both)[0]["id"] == "state/KAZ"
    assert found(client, query="Kazakhstan", type=both, type_strict="all") == []


def test_data_extension_returns_values(client: httpx.Client) -> None:
    wanted: dict[str, Any] = {
        "ids": ["state/KAZ", "org/cica", "state/XXX"],
        "properties": [
            {"id": "iso3"},
            {"id": "label", "settings": {"language": "ar"}},
            {"id": "memberOf", "settings": {"on": "2012-06-13", "limit": "2"}},
            {"id": "joined:org/cica"},
            {"id": "unheardOf"},
        ],
    }
    old = client.post("reconcile", data={"extend": json.dumps(wanted)}).json()
    assert [column["id"] for column in old["meta"]] == [p["id"] for p in wanted["properties"]]
    assert old["rows"]["state/KAZ"] == {
        "iso3": [{"str": "KAZ"}],
        "label": [{"str": "كازاخستان"}],
        "memberOf": [
            {"id": "org/csto", "name": "Collective Security Treaty Organization"},
            {"id": "org/cis", "name": "Commonwealth of Independent States"},
        ],
        "joined:org/cica": [{"str": "2002-06-04"}],
        "unheardOf": [],
    }
    assert set(old["rows"]) == set(wanted["ids"])
    assert not any(old["rows"]["state/XXX"].values())
    new = client.post("reconcile/1.0/extend", json=wanted).json()
    assert [row["id"] for row in new["rows"]] == wanted["ids"]
    label = new["rows"][0]["properties"][1]["values"]
    assert label == [{"str": "كازاخستان", "lang": "ar", "dir": "rtl"}]
    proposed = client.get("reconcile/properties", params={"type": "Organization"}).json()["properties"]
    assert {"member", "kind", "joined:org/sco"} <= {p["id"] for p in proposed}
    assert "iso2" not in {p["id"] for p in proposed}


def test_suggestions_come_in_parts(client: httpx.Client) -> None:
    first = client.get("reconcile/suggest/entity", params={"prefix": ""}).json()["result"]
    second = client.get("reconcile/suggest/entity", params={"prefix": "", "cursor": 10}).json()["result"]
    assert len(first) == len(second) == 10
    assert {e["id"] for e in first}.isdisjoint({e["id"] for e in second})
    draft = client.get("reconcile/1.0/suggest/entity", params={"prefix": "", "offset": 5, "limit": 10}).json()["result"]
    assert [e["id"] for e in draft] == [e["id"] for e in (*first, *second)][5:15]
    (zaire,) = client.get("reconcile/suggest/entity", params={"prefix": "zaï"}).json()["result"]
    assert (zaire["id"], zaire["description"]) == ("state/COD", "state COD, Zaire")


# ---- The document ----------------------------------------------------------------------------


def test_commands_in_the_document_give_the_output_shown(server: Server, root: Path) -> None:
    shown = re.findall(
        r"^```sh\n(.*?)^```$", (root / "docs" / "reconcile.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(shown) == 3
    for block in shown:
        command, _, output = block.removeprefix("$ ").partition("\n")
        assert command.startswith("curl ")
        command = command.replace("http://127.0.0.1:8000/", server.base)
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert done.stdout.rstrip("\n") == output.rstrip("\n")


def test_the_limits_in_the_document_are_the_limits(root: Path) -> None:
    text = " ".join((root / "docs" / "reconcile.md").read_text("utf-8").split())
    assert f"| a batch | {BATCH} queries |" in text
    assert f"| {PROPERTIES} conditions of {VALUES} values each, {MOST} candidates (default: {USUAL}) |" in text
    assert f"| requests in a process | {WAITING} |" in text
    assert f"| {IDS} ids, {PROPERTIES} properties |" in text
    assert f"| a name | {LONGEST:,} characters |" in text
    scores = {BY_CODE: "| 100 |", BY_BARE_NUMBER: "| 85 |", SUCCESSOR: "| 50 |", THRESHOLD: "is 90 or more"}
    assert all(said in text and f"{100 * score:g}" in said for score, said in scores.items())
    assert (MARGIN, WRONG_TIME, MISSED) == (0.03, 0.8, 0.85), "and the words for them"


# ---- Real clients ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, which the client uses
def test_reconciler_reconciles_a_data_frame(server: Server) -> None:
    """PyPI `reconciler`. Without any candidate the library itself fails: it uses numpy.NaN, which numpy 2 removed."""
    frame = pandas.DataFrame({"name": ["Kazakhstan", "Congo", "Korea"], "code": ["KAZ", "COD", "PRK"]})
    plain = reconcile(frame["name"], type_id="State", reconciliation_endpoint=server.base + "reconcile")
    assert dict(zip(plain["input_value"], plain["id"], strict=True)) == {
        "Kazakhstan": "state/KAZ", "Congo": "state/COG", "Korea": "state/KOR",
    }  # fmt: skip
    assert list(plain["match"]) == [True, True, False]
    coded = reconcile(
        frame["name"], type_id="State", top_res="all", property_mapping={"iso3": frame["code"]},
        reconciliation_endpoint=server.base + "reconcile",
    )  # fmt: skip
    assert list(coded[coded["match"]]["id"]) == ["state/KAZ", "state/COD", "state/PRK"]


def test_another_site_can_frame_a_preview_fetch_json_and_use_jsonp(server: Server, tmp_path: Path) -> None:
    """Chromium does what OpenRefine and the test bench do: CORS with a preflight, JSONP, and a preview in a frame."""
    program = shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed: run `make system`")
    page_of_theirs = f"""<!doctype html><title>x</title><link rel="icon" href="data:,">
        <iframe src="{server.base}reconcile/preview?id=state%2FKAZ"></iframe>
        <script>function got(manifest) {{ document.title = manifest.versions[0] }}</script>
        <script src="{server.base}reconcile?callback=got"></script>"""
    asking = """async base => {
        const json = {method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify({queries: [{conditions: [{matchType: "name", propertyValue: "Zaire"}]}]})}
        const form = {method: "POST", body: new URLSearchParams({queries: '{"q": {"query": "Казахстан"}}'})}
        const bad = {method: "POST", body: new URLSearchParams({queries: "{"})}
        const [draft, final, refused] = await Promise.all([fetch(base + "/1.0/match", json), fetch(base, form), fetch(base, bad)])
        return [(await draft.json()).results[0].candidates[0].id, (await final.json()).q.result[0].id, (await refused.json()).detail]
    }"""
    (tmp_path / "index.html").write_text(page_of_theirs, "utf-8")
    # A local host, because Chromium does not let remote sites connect to this machine.
    theirs = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=theirs.serve_forever, daemon=True).start()
    with theirs, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        page = browser.new_page()
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if "status of 400" not in message.text else None
        )
        page.goto(f"http://127.0.0.1:{theirs.server_port}/")
        expect(page).to_have_title("0.2")
        framed = page.frame_locator("iframe")
        expect(framed.get_by_role("heading")).to_have_text("Kazakhstan")
        assert framed.locator("h1").evaluate("h => getComputedStyle(h).fontSize") == "16px", "its style has come too"
        draft, final, refused = page.evaluate(asking, server.base + "reconcile")
        browser.close()
        theirs.shutdown()
    assert (draft, final) == ("state/COD", "state/KAZ")
    assert refused.startswith('"queries" is not JSON')
    assert complaints == []


@pytest.mark.parametrize("callback", ["cb", "jQuery1_2.done", "$._x"])
def test_jsonp_only_calls_the_function(client: httpx.Client, callback: str) -> None:
    queries = json.dumps({"</script><b>": {"query": "Zaire"}})
    for path, params in (
        ("reconcile", {}),
        ("reconcile", {"queries": queries}),
        ("reconcile/suggest/entity", {"prefix": "a"}),
    ):
        answer = client.get(path, params={**params, "callback": callback})
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        inner = re.fullmatch(rf"/\*\*/{re.escape(callback)}\((.*)\);", answer.text)
        assert inner is not None
        assert "<" not in answer.text
        assert json.loads(inner[1]) == client.get(path, params=params).json()


@pytest.mark.parametrize("callback", ["alert(1);//", "a b", "<script>", "a.", "1a", "a" * 101, "é", "a\n", "[1]"])
def test_jsonp_with_an_invalid_function_name_is_refused(client: httpx.Client, callback: str) -> None:
    answer = client.get("reconcile", params={"callback": callback})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert "not the name of a function" in answer.json()["detail"]


# ---- Refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("queries", "status", "says"),
    [
        ("{", 400, '"queries" is not JSON: Expecting property name'),
        ("[]", 400, '"queries" is a list; expected an object'),
        ('{"q":5}', 400, '"queries/q" is a number; expected an object'),
        ('{"q":{}}', 400, '"queries/q" needs a member "query" or "properties"'),
        ('{"q":{"query":5}}', 400, '"queries/q/query" is a number; expected a string'),
        ('{"q":{"query":null}}', 400, '"queries/q/query" is null'),
        ('{"q":{"query":"x","limit":0}}', 400, '"queries/q/limit" is less than 1'),
        ('{"q":{"query":"x","limit":"5"}}', 400, "limit\" is the string '5'; expected a whole number"),
        ('{"q":{"query":"x","limit":1e999}}', 400, "expected a whole number"),
        ('{"q":{"query":"x","limit":NaN}}', 400, "NaN is not a number"),
        ('{"q":{"query":"x","type_strict":"maybe"}}', 400, "one of any, all, should"),
        ('{"q":{"query":"x","tpye":"State"}}', 400, "has an unknown member 'tpye'"),
        ('{"q":{"query":"x","properties":[{"pid":"iso2"}]}}', 400, '"queries/q/properties/0" needs a member "v"'),
        ('{"q":{"query":"x","properties":[{"pid":"iso2","v":{"name":"n"}}]}}', 400, 'properties/0/v" needs a member "id"'),
        ('{"q":{"query":"\\ud800"}}', 400, "a lone surrogate"),
        ('{"\\udfff":{"query":"x"}}', 400, "a lone surrogate"),
        ('{"q":' + "[" * 5000 + "]" * 5000 + "}", 400, "nested too deeply"),
        (json.dumps({f"q{i}": {"query": "x"} for i in range(BATCH + 1)}), 413, f"{BATCH + 1} (maximum {BATCH})"),
        (json.dumps({"q": {"query": "x", "properties": [{"pid": "x", "v": 1}] * (PROPERTIES + 1)}}), 413, f"(maximum {PROPERTIES})"),
        (json.dumps({"q": {"query": "x", "type": ["State"] * 1000}}), 413, 'Too many items in "queries/q/type": 1,000'),
    ],
)  # fmt: skip
def test_an_error_in_a_batch_names_the_wrong_member(client: httpx.Client, queries: str, status: int, says: str) -> None:
    answer = client.post("reconcile", data={"queries": queries})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert says in answer.json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"queries":{}}', '"request/queries" is an object; expected a list'),
        ("{}", 'needs a member "queries"'),
        ('{"queries":[{"conditions":[]}]}', "Send at least one condition"),
        ('{"queries":[{"conditions":[{"matchType":"shape","propertyValue":1}]}]}', "one of name, id, property"),
        ('{"queries":[{"conditions":[{"matchType":"property","propertyValue":1}]}]}', "propertyId"),
        ('{"queries":[{"conditions":[{"matchType":"name","propertyValue":"x","required":1}]}]}', "true or false"),
        ('{"queries":[{"type":["a"],"conditions":[{"matchType":"name","propertyValue":"x"}]}]}', 'type" is a list; expected a string'),
    ],
)  # fmt: skip
def test_an_error_in_a_batch_of_the_draft_names_the_wrong_member(client: httpx.Client, content: str, says: str) -> None:
    answer = client.post("reconcile/1.0/match", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"ids":5,"properties":[]}', '"extend/ids" is a number'),
        ('{"ids":[null],"properties":[]}', '"extend/ids/0" is null'),
        ('{"ids":[]}', 'needs a member "properties"'),
        ('{"ids":[],"properties":[{}]}', '"extend/properties/0" needs a member "id"'),
        ('{"ids":[],"properties":[{"id":"memberOf","settings":{"on":"soon"}}]}', "'soon' is not a date"),
        (json.dumps({"ids": ["a"] * (IDS + 1), "properties": []}), f'Too many items in "extend/ids": {IDS + 1} (maximum {IDS}).'),
    ],
)  # fmt: skip
def test_an_error_in_a_data_extension_names_the_wrong_member(client: httpx.Client, content: str, says: str) -> None:
    answer = client.post("reconcile", data={"extend": content})
    assert answer.status_code in (400, 413)
    assert says in answer.json()["detail"]


def test_wrong_methods_media_types_and_parameters_are_refused(client: httpx.Client) -> None:
    assert client.put("reconcile", content="x").status_code == 405
    assert set(client.put("reconcile").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert client.get("reconcile/1.0/match").status_code == 405
    assert client.post("reconcile", json={"queries": {}}).status_code == 415
    assert client.post("reconcile/1.0/match", data={"queries": "[]"}).headers["Accept-Post"] == "application/json"
    assert client.post("reconcile", data={"other": "x"}).status_code == 400
    assert "'query'" in client.get("reconcile", params={"query": "x"}).json()["detail"]
    assert client.get("reconcile/suggest/planet").status_code == 404
    assert client.head("reconcile").status_code == 200
    preflight = client.options("reconcile/1.0/match", headers={"Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, preflight.headers["Allow"]) == (204, "POST, OPTIONS")
    assert client.get("reconcile/suggest/entity", params={"cursor": "x"}).status_code == 400
    assert client.get("reconcile/suggest/entity", params={"prefix": "%ff"}).status_code == 200
    assert client.get("reconcile/suggest/entity?prefix=%ff").status_code == 400


# ---- Hostile requests ------------------------------------------------------------------------


class _Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.attributes = set[str](), set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_is_escaped_everywhere(server: Server, client: httpx.Client, text: str) -> None:
    asked = [
        client.get("reconcile/preview", params={"id": text}),
        client.get("reconcile/1.0/preview", params={"id": text}),
        client.get("reconcile/properties", params={"type": text, "limit": 3}),
        *(client.get(f"reconcile/suggest/{kind}", params={"prefix": text}) for kind in ("entity", "property", "type")),
        client.get("reconcile/suggest/entity", params={"prefix": "a", "type": text}),
        *(client.get(f"reconcile/flyout/{kind}", params={"id": text}) for kind in ("entity", "property", "type")),
        batch(client, {text[:50]: {"query": text, "type": text, "properties": [{"pid": text, "v": text}]}}),
        client.post("reconcile", data={"extend": json.dumps({"ids": [text], "properties": [{"id": text}]})}),
        match(client, {"lang": text, "conditions": [{"matchType": "id", "propertyValue": text}]}),
        client.get("reconcile", params={text: "x"}),
        client.get("reconcile", params={"queries": text}, headers={"Accept": "text/html"}),
    ]
    for answer in asked:
        assert answer.status_code in (200, 400, 404), answer.text
        assert "X-Injected" not in answer.headers
        if answer.headers["Content-Type"].startswith("text/html"):
            page = _Elements(answer.text)
            assert page.tags.isdisjoint({"script", "img", "iframe", "b"})
            assert not any(name.startswith("on") for name in page.attributes)
    for answer in asked[7:10]:
        page = _Elements(answer.json()["html"])
        assert page.tags <= {"p", "strong"}
        assert not page.attributes
    assert server.alive()


def test_only_a_preview_may_be_framed(client: httpx.Client) -> None:
    page = client.get("reconcile/preview", params={"id": "state/KAZ"})
    policy = page.headers["Content-Security-Policy"]
    assert page.headers.get_list("Content-Security-Policy") == [policy]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert (
        "frame-ancestors 'none'"
        in client.get("sparql", headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    )
    sheet = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
    assert sheet is not None
    assert client.get(str(page.url.join(sheet[1]))).headers["Content-Type"] == "text/css; charset=utf-8"


def test_compressed_and_large_bodies_are_refused_before_they_are_read(server: Server, client: httpx.Client) -> None:
    bomb = gzip.compress(b"queries=" + b"%7B" * 10_000_000)
    assert len(bomb) < 100_000
    for path, media in (
        ("reconcile", FORM),
        ("reconcile/1.0/match", "application/json"),
        ("reconcile/1.0/extend", "application/json"),
    ):
        packed = client.post(path, content=bomb, headers={"Content-Type": media, "Content-Encoding": "gzip"})
        assert packed.status_code == 415
        assert client.post(path, content=b"x" * (2 << 20), headers={"Content-Type": media}).status_code == 413
    many = "&".join(f"a{i}=1" for i in range(5000))
    assert client.post("reconcile", content=many, headers={"Content-Type": FORM}).status_code == 400
    assert server.alive()


def test_queries_are_answered_while_the_largest_batches_run(server: Server, client: httpx.Client) -> None:
    """Eight of the most expensive batches: names of the maximum length that resemble very many names."""
    words = "Conference Organization Community Republic United Islands Saint Guinea Congo"
    worst = {
        f"q{i}": {"query": f"{words} {i}"[:95], "properties": [{"pid": "memberOf", "v": ["UN"] * 20}] * PROPERTIES}
        for i in range(BATCH)
    }
    statuses, soon = list[int](), server.soon()
    threads = [threading.Thread(target=lambda: statuses.append(batch(client, worst).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    taken: list[float] = []
    while any(thread.is_alive() for thread in threads):
        begin = time.monotonic()
        assert server.ask(f"ASK {{}} # {len(taken)}").status_code == 200
        taken.append(time.monotonic() - begin)
        time.sleep(0.05)
    assert statuses == [200] * 8
    assert len(taken) > 2
    assert sorted(taken)[len(taken) // 2] < soon, taken


def test_too_many_requests_are_refused_and_other_queries_are_answered(server: Server, client: httpx.Client) -> None:
    """Each request extends all entities by their memberships, in a different year."""
    pages = [client.get("reconcile/1.0/suggest/entity", params={"limit": 100, "offset": at}) for at in (0, 100)]
    ids = [entity["id"] for page in pages for entity in page.json()["result"]]
    assert len(ids) == IDS
    soon = server.soon()
    flood = [socket.create_connection(server.address, timeout=60) for _ in range(2 * WAITING)]
    for number, connection in enumerate(flood):
        wanted = [
            {"id": ident, "settings": {"on": f"{1900 + number}"}}
            for ident in ("memberOf", "takesPartIn", "possiblyMemberOf") * 3
        ]
        body = json.dumps({"ids": ids, "properties": wanted}).encode()
        head = f"POST /reconcile/1.0/extend HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
    taken: list[float] = []
    for number in range(5):
        begin = time.monotonic()
        assert server.ask(f"ASK {{}} # many {number}").status_code == 200
        taken.append(time.monotonic() - begin)
    statuses: list[int] = []
    for connection in flood:
        with connection, connection.makefile("rb") as answer:
            head = answer.read().partition(b"\r\n\r\n")[0].decode().lower()
        statuses.append(int(head.split()[1]))
        assert statuses[-1] != 503 or "retry-after: 2" in head
    assert set(statuses) == {200, 503}
    assert sorted(taken)[2] < soon, taken


def test_a_store_without_states_gives_no_candidates(tmp_path: Path) -> None:
    import pyoxigraph as ox

    store = ox.Store(str(tmp_path / "store"))
    store.add(ox.Quad(ox.NamedNode("urn:x:a"), ox.NamedNode("urn:x:b"), ox.Literal("c"), ox.NamedNode("urn:x:g")))
    store.flush()
    del store
    with serving("--store", str(tmp_path / "store"), "--workers", "1") as running:
        answer = httpx.post(running.base + "reconcile", data={"queries": '{"q":{"query":"Kazakhstan"}}'})
        assert answer.json() == {"q": {"result": []}}


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_NEAR = st.dictionaries(
    st.sampled_from(["q0", "q1", ""]),
    st.fixed_dictionaries(
        {},
        optional={
            "query": st.text(max_size=20) | _ANY,
            "type": st.sampled_from(["State", ["State", "x"], []]) | _ANY,
            "type_strict": st.sampled_from(["any", "all", "should"]) | _ANY,
            "limit": st.integers(-3, 300) | _ANY,
            "properties": st.lists(st.fixed_dictionaries({"pid": st.sampled_from(["iso2", "on", "memberOf", "?"]), "v": _ANY}), max_size=3) | _ANY,
        },
    ) | _ANY,
    max_size=3,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_NEAR | _ANY)
def test_any_json_gets_an_answer_or_an_explanation(client: httpx.Client, sent: object) -> None:
    for answer in (
        client.post("reconcile", data={"queries": json.dumps(sent)}),
        client.post("reconcile", data={"extend": json.dumps(sent)}),
        client.post("reconcile/1.0/match", content=json.dumps(sent), headers={"Content-Type": "application/json"}),
    ):
        assert answer.status_code in (200, 400, 413), answer.text
        told = answer.json()
        assert answer.status_code == 200 or len(told["detail"]) < 500
        if answer.status_code == 200 and isinstance(sent, dict) and "meta" not in told and "results" not in told:
            assert set(told) == set(sent)


# ---- Comparison with the command line --------------------------------------------------------


def test_the_service_and_the_match_command_give_the_same_candidates(
    client: httpx.Client, graph: Graph, tmp_path: Path
) -> None:
    names = ["Kazakhstan", "Zaire", "Korea", "CICA", "Nowhere", "Soviet Union", "Казахстан"]
    table = tmp_path / "names.csv"
    table.write_text("name\n" + "".join(f"{name}\n" for name in names), "utf-8")
    command = [sys.executable, "-m", "cica_graph", "match", str(table), "--column", "name"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(",") for line in done.stdout.splitlines()[1:]]
    for name, row in zip(names, rows, strict=True):
        first = next(iter(found(client, query=name)), None)
        iri = f"https://w3id.org/cica-graph/id/{first['id']}" if first and first["match"] else ""
        assert row[1] == iri, name
