"""Tests of Linked Data on a real server: dereferencing, the bytes of the static site, pages for a day."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import httpx
import lxml.html
import pyoxigraph as ox
import pytest
from playwright.sync_api import expect, sync_playwright

from cica_graph.formats.media_types import DOCUMENTS
from cica_graph.model.terms import BASE
from cica_graph.project.source_files import Project
from cica_graph.serve.config import Settings
from cica_graph.serve.http.conditional import matches
from cica_graph.serve.release import load_release
from cica_graph.serve.site_archive import packed
from serving import Server, serving

ROOT = Path(__file__).resolve().parents[1]
HARNESS = ROOT.parent / "shared" / "suites" / "harness" / "lod_conneg.py"
OTHER = "https://graphs.example/cica/"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
MEDIA = {suffix: names[0] for suffix, names in DOCUMENTS.items() if suffix != "json"}


@pytest.fixture(scope="module")
def site(few_site: Path) -> Path:
    return few_site


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--project", str(few.root)) as running:
        yield running.with_pages()


@pytest.fixture(scope="module")
def web(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base, timeout=30) as client:
        yield client


def get(web: httpx.Client, path: str, accept: str = "*/*", **headers: str) -> httpx.Response:
    return web.get(path, headers={"Accept": accept, **headers})


# ---- Dereferencing ---------------------------------------------------------------------------


@pytest.mark.skipif(not HARNESS.is_file(), reason="the suites are not there: ../shared/suites")
@pytest.mark.parametrize("thing", ["id/org/cica", "id/state/KAZ"])
def test_the_dereferencing_suite_passes(server: Server, thing: str) -> None:
    command = [
        sys.executable,
        str(HARNESS),
        BASE + thing,
        "--missing",
        f"{BASE}id/org/nothing",
        "--map",
        f"{BASE}={server.base}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "32 passed, 0 failed" in done.stdout


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        (BROWSER, "html"), ("*/*", "html"), ("text/*", "html"), ("text/turtle;q=0.9, text/html;q=0.5", "ttl"),
        ("text/turtle;q=0, application/ld+json", "jsonld"), ("application/*;q=0.9, text/html;q=0.1", "jsonld"),
        ("text/html;q=0, */*", "ttl"), ("text/turtle, text/html", "html"), ("application/rdf+xml", "rdf"),
        ("application/n-triples", "nt"), ("text/csv", "csv"), ("application/json", "jsonld"),
        ("application/xhtml+xml", "html"), ("nonsense", "html"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["id/org/cica", "id/state/KAZ", "concept/member", "doc/cica-profile", "graph/cica"])
def test_accept_chooses_the_format_and_suffix_and_file_give_the_same_bytes(
    web: httpx.Client, site: Path, path: str, accept: str, suffix: str
) -> None:
    first = get(web, path, accept)
    assert (first.status_code, first.content) == (303, b"")
    assert first.headers["location"] == f"{path.rpartition('/')[2]}.{suffix}"
    assert first.headers["vary"] == "Accept"
    assert f'<{path.rpartition("/")[2]}.ttl>; rel="describedby"; type="text/turtle"' in first.headers["link"]
    found = web.get(first.url.join(first.headers["location"]))
    assert (found.status_code, found.content) == (200, (site / f"{path}.{suffix}").read_bytes())
    assert found.headers["content-type"] == f"{MEDIA[suffix]}; charset=utf-8"


@pytest.mark.parametrize("path", ["id/state%2FKAZ", "id/state%2fKAZ", "id%2Fstate/KAZ", "id%2Fstate%2FKAZ"])
def test_an_encoded_slash_leads_to_the_same_file(web: httpx.Client, path: str) -> None:
    """Reconciliation clients encode the slash in an id such as state/KAZ."""
    there = f"{web.base_url}id/state/KAZ.html?on=2013-01-01"
    found = get(web, f"{path}?on=2013-01-01", BROWSER)
    assert found.status_code == 303
    followed = web.get(found.url.join(found.headers["location"]), follow_redirects=True)
    assert (followed.status_code, str(followed.url)) == (200, there)
    beside = found.headers["link"].split(">")[0].removeprefix("<")
    assert web.get(found.url.join(beside), follow_redirects=True).status_code == 200
    file = web.get(f"{path}.html?on=2013-01-01")  # links of a page are relative, so it has one address
    assert file.status_code == 308
    assert str(web.get(f"{path}.html?on=2013-01-01", follow_redirects=True).url) == there
    assert get(web, path.replace("%", "%25"), BROWSER).status_code == 404


@pytest.mark.parametrize(
    ("path", "suffixes"),
    [("ns", "html ttl jsonld nt rdf"), ("shapes", "html ttl"), ("query/members-on", "html csv json")],
)
def test_addresses_that_are_not_subjects_have_their_own_formats(web: httpx.Client, path: str, suffixes: str) -> None:
    there = {suffix for suffix in DOCUMENTS if get(web, f"{path}.{suffix}").status_code == 200}
    assert there == set(suffixes.split())
    refused = get(web, path, "application/x-nothing")
    assert refused.status_code == 406
    assert all(DOCUMENTS[suffix][0] in refused.json()["detail"] for suffix in there)


def test_status_406_lists_the_available_formats(web: httpx.Client) -> None:
    refused = get(web, "id/org/cica", "image/png")
    assert refused.status_code == 406
    assert refused.headers["content-type"] == "application/problem+json"
    assert all(media in refused.json()["detail"] for media in MEDIA.values())
    assert 'rel="describedby"; type="application/rdf+xml"' in refused.headers["link"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (BROWSER, "text/html; charset=utf-8"),
        ("text/turtle", "application/problem+json"),
        ("application/json", "application/problem+json"),
        ("*/*", "application/problem+json"),
    ],
)
@pytest.mark.parametrize(
    "path",
    [
        "id/org/nothing",
        "id/org/nothing.ttl",
        "id/org/cica/",
        "id/org/",
        "id",
        "concept",
        "id/org/cica.xyz",
        "id/org/CICA.TTL",
        ".htaccess",
        "nginx.conf",
        "Caddyfile",
        ".well-known/",
        "static/",
    ],
)
def test_status_404_has_the_requested_format(web: httpx.Client, path: str, accept: str, media: str) -> None:
    missing = get(web, path, accept)
    assert (missing.status_code, missing.headers["content-type"]) == (404, media)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["id/org/cica", "id/org/cica.ttl", "id/org/nothing", ""])
def test_pages_accept_only_methods_that_read(web: httpx.Client, method: str, path: str) -> None:
    refused = web.request(method, path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_head_is_get_without_a_body(web: httpx.Client) -> None:
    for path in (
        "id/org/cica",
        "id/org/cica.html",
        "id/org/cica.ttl",
        "id/org/nothing",
        "",
        "id/org/cica.html?on=2013-01-01",
    ):
        whole, head = web.get(path), web.head(path)
        assert head.content == b""
        assert head.status_code == whole.status_code
        for response in (whole, head):
            del response.headers["date"]
        assert head.headers == whole.headers, path


def test_scripts_of_other_sites_can_read_answers(web: httpx.Client) -> None:
    for path in ("id/org/cica", "id/org/cica.ttl", "id/org/nothing"):
        assert get(web, path, Origin="https://x.example").headers["access-control-allow-origin"] == "*"
    asked = web.options("id/org/cica", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "GET"})
    assert asked.status_code == 204
    assert "GET" in asked.headers["access-control-allow-methods"]


def test_files_link_to_their_other_formats_and_to_their_subject(web: httpx.Client) -> None:
    page = web.get("id/org/cica.html").headers["link"]
    assert f'<{BASE}id/org/cica>; rel="canonical"' in page
    assert '<cica.rdf>; rel="alternate"; type="application/rdf+xml"' in page
    assert "cica.html" not in page
    data = web.get("id/org/cica.ttl").headers["link"]
    assert f'<{BASE}id/org/cica>; rel="describes"' in data
    assert '<cica.html>; rel="alternate"; type="text/html"' in data
    assert "canonical" not in data


# ---- Comparison with the static site ---------------------------------------------------------


def test_every_file_is_the_same_as_in_the_build(few: Project, site: Path) -> None:
    settings = Settings(project=few.root)
    data = packed(load_release(settings), settings)
    head, _, contents = data.partition(b"\n")
    index = json.loads(head)
    made = {path: contents[place : place + size] for path, (place, size, _) in index.items()}
    sums = made.pop("SHA256SUMS").decode()
    there = {p.relative_to(site).as_posix(): p for p in site.rglob("*") if p.is_file()}
    hidden = {".htaccess", "nginx.conf", "Caddyfile", "SHA256SUMS", "build.json"}
    assert set(made) == set(there) - hidden
    for path, content in made.items():
        assert content == there[path].read_bytes(), path
    assert set(sums.splitlines()) == {
        line for line in (site / "SHA256SUMS").read_text("utf-8").splitlines() if line[66:] not in hidden
    }


def test_files_have_their_media_type(web: httpx.Client, site: Path) -> None:
    for path, media in {
        "": "text/html", "index.html": "text/html", "static/site.js": "text/javascript", "sitemap.xml": "application/xml",
        "robots.txt": "text/plain", ".well-known/void": "text/turtle", "catalog.ttl": "text/turtle",
        "CITATION.cff": "application/yaml", "download/latest/cica-graph.nq": "application/n-quads",
        "chart/size.svg": "image/svg+xml", "query/matrix.rq": "application/sparql-query", "llms.txt": "text/plain",
    }.items():  # fmt: skip
        found = web.get(path)
        assert found.status_code == 200, path
        assert found.headers["content-type"] == f"{media}; charset=utf-8"
        assert found.content == (site / (path or "index.html")).read_bytes()
    assert "unsafe-inline" in web.get("chart/size.svg").headers["content-security-policy"]
    assert "unsafe-inline" not in web.get("index.html").headers["content-security-policy"]
    packed_ = web.get("download/latest/cica-graph-csvw.zip")
    assert packed_.headers["content-type"] == "application/zip"


def test_every_link_on_some_pages_works(web: httpx.Client, site: Path) -> None:
    for path in ("index.html", "id/state/KAZ.html?on=2013-01-01", "query/members-on.html", "data.html"):
        links = {link for link in links_of(web.get(path)) if not link.startswith(("#", "http"))}
        for link in islice(sorted(links), 80):
            assert web.head(httpx.URL(str(web.base_url)).join(path).join(link.partition("#")[0])).status_code == 200, (
                link
            )


# ---- Conditional requests --------------------------------------------------------------------


def test_each_format_has_its_own_tag_and_an_unchanged_file_is_not_sent(web: httpx.Client) -> None:
    tags = {suffix: web.get(f"id/org/cica.{suffix}").headers["etag"] for suffix in MEDIA}
    assert len(set(tags.values())) == len(tags)
    for suffix, tag in tags.items():
        path = f"id/org/cica.{suffix}"
        for header in (tag, f"W/{tag}", "*", f'"a", {tag}', f'"x,y",{tag} ,', ",".join(['"a"'] * 10_000 + [tag])):
            again = get(web, path, **{"If-None-Match": header})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert "link" in again.headers
        for header in ('"a"', tag[:-2] + '"', tag.strip('"'), "", ",".join(['"a"'] * 10_000)):
            assert get(web, path, **{"If-None-Match": header}).status_code == 200
    assert get(web, "id/org/nothing", **{"If-None-Match": "*"}).status_code == 404


def test_too_many_tags_are_refused(web: httpx.Client, server: Server) -> None:
    tag = web.get("id/org/cica.ttl").headers["etag"]
    assert get(web, "id/org/cica.ttl", **{"If-None-Match": ",".join([tag] * 10_000)}).status_code == 431
    assert server.alive()


@pytest.mark.parametrize("header", ['"' * 60_000, 'W/"' * 20_000, '"a' * 30_000, "W/" * 30_000, " ," * 30_000])
def test_any_if_none_match_header_is_read_quickly(header: str) -> None:
    import time

    begin = time.process_time()
    matches(header, '"tag"')
    assert time.process_time() - begin < 0.5


# ---- Pages for a day -------------------------------------------------------------------------


def text_of(page: httpx.Response, status: int = 200) -> str:
    assert page.status_code == status, page.text
    return " ".join(str(lxml.html.document_fromstring(page.content).xpath("string()")).split())


def links_of(page: httpx.Response, path: str = "//@href") -> list[str]:
    found = lxml.html.document_fromstring(page.content).xpath(path)
    assert isinstance(found, list)
    return [str(link) for link in found]


def test_pages_can_show_another_day(web: httpx.Client) -> None:
    assert "On 2012-06-13, CICA had 24 members" in text_of(web.get("id/org/cica.html"))
    assert "On 2005-01-01, CICA had 17 members" in text_of(web.get("id/org/cica.html?on=2005-01-01"))
    assert "On 2013-01-01, Kazakhstan was a member of" in text_of(web.get("id/state/KAZ.html?on=2013-01-01"))
    for path in ("", "index.html", "organizations.html"):
        assert "Organizations, with the number of their members on 1999-01-01" in text_of(
            web.get(f"{path}?on=1999-01-01")
        )
    assert "It counts the memberships on 1999-01-01" in text_of(web.get("states.html?on=1999-01-01"))
    assert "share on 2013-01-01" in text_of(web.get("compare.html?on=2013-01-01"))
    assert "Results for 2013-01-01" in text_of(web.get("query/members-on.html?on=2013-01-01"))
    assert "Counts claimed by sources for 2012-06-13" in text_of(web.get("audit.html?on=2012-06-13"))
    none = text_of(web.get("audit.html?on=1999-01-01"))
    assert "claimed by sources for 1999-01-01, compared with the graph: no claims" in none
    assert "Every claim" not in none
    # On the day that all pages show, it is the same page except for the links to its tables.
    assert (
        web.get("id/org/cica.html?on=2012-06-13").text.replace("?on=2012-06-13", "") == web.get("id/org/cica.html").text
    )


def test_tables_for_a_day_match_the_page(web: httpx.Client) -> None:
    links = links_of(web.get("id/org/cica.html?on=2005-01-01"), "//a[@class='csv']/@href")
    assert links
    assert all(link.endswith("?on=2005-01-01") for link in links)
    assert "has no rows for" in web.get("id/org/cica.overlaps.csv?on=1995-01-01").json()["detail"]
    rows = web.get("id/org/cica.csv?on=2005-01-01").text.splitlines()
    assert sum(",certain," in row for row in rows) == 17
    assert web.get("id/org/cica.csv?on=2005-01-01").headers["content-type"] == "text/csv; charset=utf-8"
    assert len(web.get("query/members-on.csv?on=2005-01-01").text.splitlines()) < len(
        web.get("query/members-on.csv").text.splitlines()
    )
    audit = web.get("audit.csv?on=2012-06-13")
    header, *rows = web.get("audit.csv").text.splitlines()
    assert audit.text.splitlines() == [header, *(row for row in rows if ",2012-06-13," in row)]
    assert len(audit.text.splitlines()) > 1
    assert "has no rows for" in web.get("audit.csv?on=1999-01-01").json()["detail"]
    assert web.get("query/members-on.json?on=2005-01-01").json()["results"]["bindings"]


def test_an_iri_with_a_day_leads_to_the_page_for_the_day(web: httpx.Client) -> None:
    assert get(web, "id/org/cica?on=2005-01-01", BROWSER).headers["location"] == "cica.html?on=2005-01-01"
    assert get(web, "id/org/cica?a=b&on=", BROWSER).headers["location"] == "cica.html"


def test_page_for_a_day_links_to_the_page_without_a_day(web: httpx.Client) -> None:
    page = web.get("id/org/cica.html?on=2005-01-01")
    assert page.headers["link"] == f'<{BASE}id/org/cica>; rel="canonical"'
    assert f'<link rel="canonical" href="{BASE}id/org/cica">' in page.text
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["x-robots-tag"] == "noindex"
    assert web.get("organizations.html?on=2005-01-01").headers["link"] == '<organizations.html>; rel="canonical"'
    assert "x-robots-tag" not in web.get("id/org/cica.html").headers
    tag = page.headers["etag"]
    assert tag not in (
        web.get("id/org/cica.html").headers["etag"],
        web.get("id/org/cica.html?on=2005-01-02").headers["etag"],
    )
    assert get(web, "id/org/cica.html?on=2005-01-01", **{"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("id/org/cica.html?on=2012-02-30", "is not a day"), ("id/org/cica?on=soon", "soon"),
        ("id/org/cica.html?on=2012", "2012"), ("id/org/cica.html?on=2012-01-01&on=2013-01-01", "more than one day"),
        ("id/org/cica.ttl?on=2012-01-01", "does not depend on the day"), ("ns.html?on=2012-01-01", "does not depend on the day"),
        ("id/org/cica.html?on=%ff", "not UTF-8"), ("nothing.html?on=soon", "is not a day"), ("charts.html?on=2012-01-01", "does not depend on the day"),
    ],
)  # fmt: skip
def test_a_wrong_day_gives_an_error(web: httpx.Client, asked: str, says: str) -> None:
    refused = web.get(asked)
    assert refused.status_code == 400, asked
    assert says in refused.json()["detail"]
    shown = get(web, asked, BROWSER)
    assert (shown.status_code, shown.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert says in text_of(shown, 400)


def test_pages_for_days_leave_no_snapshots_behind(web: httpx.Client, server: Server) -> None:
    for day in range(1, 9):
        assert web.get(f"id/org/cica.html?on=1998-02-{day:02}").status_code == 200
    assert server.rows("SELECT ?g { GRAPH ?g { ?s ?p ?o } FILTER(CONTAINS(STR(?g), '/asof/1998')) } LIMIT 1") == []


# ---- Hostile requests ------------------------------------------------------------------------

ODD = [
    "..", "../", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fetc%2fpasswd", "%252e%252e%252fetc/passwd", "id/../../etc/passwd",
    "id/org/..%5c..%5cpasswd", "id/org/cica.html%00", "id/org/cica%00.html", "%00", "%ff%fe", "%c0%ae%c0%ae/", "//evil.example/",
    "/evil.example", "id//org/cica", "id/org/cica%2fx", "<script>alert(1)</script>", "id/org/<img src=x onerror=alert(1)>",
    "id/org/%0d%0aSet-Cookie:a=b", "id/org/cica\\..\\", "~", "x" * 5000, "a/" * 3000, "é", "%E2%80%AE", ".git/config", "build.json",
    "id/org/cica.html/../../../x", "https://evil.example/", "id/org/cica;x=1",
]  # fmt: skip


@pytest.mark.parametrize("path", ODD, ids=lambda p: p[:30])
@pytest.mark.parametrize("accept", [BROWSER, "text/turtle"])
def test_odd_paths_are_not_found(server: Server, path: str, accept: str) -> None:
    answer = raw(server, f"GET /{path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert status in (400, 404), head
    assert b"\r\nlocation:" not in head.lower()
    assert b"\r\nset-cookie" not in head.lower()
    assert b"root:" not in body
    assert b"alert(1)" not in body


def raw(server: Server, request: str) -> bytes:
    import socket

    with socket.create_connection(server.address, timeout=30) as client:
        client.sendall(request.encode())
        return client.makefile("rb").read()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": "evil.example:8000"}, {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Prefix": "/evil"},
        {"Forwarded": "host=evil.example;proto=https"}, {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
    ],
)  # fmt: skip
def test_the_host_header_changes_nothing(web: httpx.Client, headers: dict[str, str]) -> None:
    for path, accept in (
        ("id/org/cica", "text/turtle"),
        ("id/org/cica", BROWSER),
        ("id/org/cica.ttl", "*/*"),
        ("id/org/cica.html", "*/*"),
        ("id/org/cica.html?on=2013-01-01", "*/*"),
        ("x", BROWSER),
    ):
        plain, forged = get(web, path, accept), get(web, path, accept, **headers)
        assert (forged.status_code, forged.content) == (plain.status_code, plain.content)
        for response in (plain, forged):
            del response.headers["date"]
        assert forged.headers == plain.headers


INJECTED = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "2012-06-13' OR 1=1", "2012-06-13\" } #", "a\r\nX-Injected: 1",
    "\x00", "{{ 7 * 7 }}", "../../../etc/passwd", "x" * 5000, "%s%n", "\u202e2012-06-13", "２０１２-06-13", "2012-06-13T00:00:00",
]  # fmt: skip


@pytest.mark.parametrize("value", INJECTED, ids=lambda v: ascii(v)[:30])
@pytest.mark.parametrize(
    "path", ["id/org/cica", "id/org/cica.html", "id/org/cica.csv", "index.html", "query/members-on.html"]
)
def test_injected_text_in_the_day_stays_text(web: httpx.Client, path: str, value: str) -> None:
    for accept in (BROWSER, "application/json"):
        refused = web.get(path, params={"on": value}, headers={"Accept": accept})
        assert refused.status_code == 400
        assert "x-injected" not in refused.headers
        if accept == BROWSER:
            assert "<script>alert" not in refused.text
            assert "<img" not in refused.text
    for name in ("q", "with", "x", value[:100]):  # parameters that nobody reads here
        assert web.get(path, params={name: value}).status_code in (200, 303)


# ---- Another base, and a server without pages ------------------------------------------------


def test_every_iri_has_the_given_base(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("sources.ttl", "states.ttl", "organizations/csto.ttl"):
        shutil.copy(ROOT / "data" / name, data)
    with serving("--workers", "1", "--project", str(tmp_path), "--base", OTHER) as server:
        server.with_pages()
        with httpx.Client(base_url=server.base, timeout=30) as web:
            for suffix in MEDIA:
                assert BASE.encode() not in web.get(f"id/org/csto.{suffix}").content
            turtle = web.get("id/org/csto.ttl")
            subjects = {str(t.subject) for t in ox.parse(turtle.content, format=ox.RdfFormat.TURTLE)}
            assert f"<{OTHER}id/org/csto>" in subjects
            assert f'<{OTHER}id/org/csto>; rel="describes"' in turtle.headers["link"]
            page = web.get("id/org/csto.html?on=2013-01-01")
            assert BASE not in page.text
            assert f'<link rel="canonical" href="{OTHER}id/org/csto">' in page.text
            assert get(web, "id/org/csto", "text/turtle").headers["location"] == "csto.ttl"


def test_an_invalid_base_is_refused() -> None:
    command = [sys.executable, "-m", "cica_graph", "serve", "--base", "https://w3id.org/cica-graph/x/"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 2
    assert "is not a base for IRIs" in done.stderr


# ---- A browser -------------------------------------------------------------------------------


def test_a_browser_clicks_reads_and_downloads(server: Server) -> None:
    program = shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed: run `make system`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("requestfailed", lambda request: said.append(request.url))
        page.goto(server.base + "id/org/csto")
        assert page.url == server.base + "id/org/csto.html"
        page.get_by_role("link", name="Kazakhstan", exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kazakhstan")
        page.goto(server.base + "id/org/csto.html?on=2013-06-01")
        expect(page.locator("#main tbody tr:visible")).to_have_count(6)
        with page.expect_download() as download:
            page.locator("#main-caption a.csv").click()
        assert download.value.path().read_text("utf-8").count(",certain,") == 6
        page.goto(server.base + "id/org/nothing")
        expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
        page.get_by_role("searchbox").fill("kazakh")
        page.get_by_role("searchbox").press("Enter")
        page.locator("main").get_by_role("link", name="Kazakhstan").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Kazakhstan")
        browser.close()
    assert [each for each in said if "404" not in each] == []
