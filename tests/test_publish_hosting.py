"""The configuration for three web servers, tested in the real servers; docs/publish.md describes their behaviour."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, sync_playwright

from cica_graph import Graph
from cica_graph.formats.media_types import formats
from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE
from cica_graph.publish.catalog.hosting import hosting
from cica_graph.publish.export.export import export
from cica_graph.store.store import Store

SERVERS = ("nginx", "apache2", "caddy")
MOUNTS = ("/", "/graphs/cica/")
# Debian installs servers in directories that only root has in its PATH.
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
POLICY_OF_SVG = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
SECRET = b"not to be seen"


# ---- A published folder, and servers for it ------------------------------------------------------


def program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"{name} is not installed; `make system` installs it on Debian")
    return found


@pytest.fixture(scope="module")
def folder(graph: Graph) -> dict[str, bytes]:
    """A folder in the published layout, with real RDF for one organization."""

    def rdf(iri: str, *suffixes: str) -> dict[str, bytes]:
        store = Store.from_triples(graph.about([iri]))
        forms = {"ttl": "turtle", "jsonld": "jsonld", "nt": "ntriples", "rdf": "rdfxml"}
        path = iri.removeprefix(BASE)
        links = "".join(
            f'<link rel="alternate" type="{TYPES[s]}" href="{path.rpartition("/")[2]}.{s}">' for s in suffixes
        )
        page = f"<!doctype html><title>{path}</title>{links}".encode()
        return {f"{path}.html": page, **{f"{path}.{s}": export(store, forms[s]) for s in suffixes}}

    files = {
        "index.html": b"<!doctype html><title>Front</title>",
        "404.html": b"<!doctype html><title>Not found here</title>",
        "search.html": b"<!doctype html><title>Search</title>",
        **rdf(f"{BASE}id/org/cica", "ttl", "jsonld", "nt", "rdf"),
        "id/org/cica.csv": b"membership\r\n",
        "id/org/cica.memberships.csv": b"membership\r\n",
        **rdf(f"{BASE}id/state/KAZ", "ttl", "jsonld", "nt"),
        **rdf(f"{BASE}concept/member", "ttl", "jsonld", "nt"),
        **rdf(f"{BASE}ns", "ttl", "jsonld", "rdf"),
        "doc/cica-profile.html": b"<!doctype html>",
        "doc/cica-profile.ttl": b"",
        "graph/cica.html": b"<!doctype html>",
        "graph/cica.nt": b"",
        "graph/v1.2-x.ttl": b"",  # an IRI with a dot in it, and no page
        "shapes.html": b"<!doctype html>",
        "shapes.ttl": b"",
        "query/members-on.html": b"<!doctype html>",
        "query/members-on.rq": b"SELECT * { ?s ?p ?o }",
        "query/members-on.csv": b"a\r\n",
        "query/members-on.json": b"{}",
        "chart/size.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        **{
            f"download/latest/cica-graph.{s}": b"x"
            for s in TYPES
            if s not in ("html", "svg", "xml", "css", "js", "txt")
        },
        "static/style.css": b"p { color: red }",
        "static/site.js": PROBE,
        "static/index.json": b'{"read": true}',
        "probe.html": PAGE,
        ".well-known/void": b"# void",
        ".well-known/security.txt": b"Contact: x",
        "sitemap.xml": b"<urlset/>",
        "robots.txt": b"",
        "SHA256SUMS": b"0  x",
        "CITATION.cff": b"cff-version: 1.2.0",
        ".git/config": SECRET,
        "id/.hidden.html": SECRET,
        "static/.env": SECRET,
        ".well-known/.env": SECRET,
    }
    files["id/org/big.nt"] = b"<urn:x:s> <urn:x:p> <urn:x:o> .\n" * 1000
    return files


TYPES = {
    "html": "text/html; charset=utf-8",
    "ttl": "text/turtle; charset=utf-8",
    "jsonld": "application/ld+json; charset=utf-8",
    "nt": "application/n-triples; charset=utf-8",
    "nq": "application/n-quads; charset=utf-8",
    "trig": "application/trig; charset=utf-8",
    "rdf": "application/rdf+xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "graphml": "application/xml; charset=utf-8",
    "rq": "application/sparql-query; charset=utf-8",
    "ru": "application/sparql-update; charset=utf-8",
    "cff": "application/yaml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}


def test_served_media_types_are_those_of_the_catalog() -> None:
    for suffix, kind in formats().items():
        if suffix in TYPES:
            assert TYPES[suffix] == kind.type + "; charset=utf-8" * kind.text


# A page that does everything that a page of the site does, and one thing that must be blocked.
PAGE = b"""<!doctype html>
<link rel="stylesheet" href="static/style.css"><link rel="icon" href="data:,">
<script type="application/ld+json">{"@id": "x"}</script>
<script src="static/site.js" defer></script>
<script>document.documentElement.dataset.inline = "ran"</script>
<p>text</p><svg viewBox="0 0 9 9" width="9" height="9"><rect width="9" height="9" fill="red"/></svg><img src="chart/size.svg" alt="">
"""
PROBE = b"""const root = document.documentElement.dataset;
root.script = "ran";
root.colour = getComputedStyle(document.querySelector("p")).color;
root.width = document.querySelector("rect").getBBox().width;
fetch("static/index.json").then((r) => r.json()).then((j) => { root.fetched = j.read; });
"""

# A server with other sites, and with its own directory listings and content negotiation if it supports them.
NGINX = """
daemon off; master_process off; pid {run}/pid; error_log {run}/error.log warn;
events {{ }}
http {{
    access_log off; include /etc/nginx/mime.types; default_type application/octet-stream;
    client_body_temp_path {run}/body; proxy_temp_path {run}/proxy; fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi; scgi_temp_path {run}/scgi;
    server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; location ~ \\. {{ return 404; }} {include} }}
}}
"""
APACHE = """
ServerRoot /usr/lib/apache2
ServerName localhost
DefaultRuntimeDir {run}
PidFile {run}/pid
Mutex file:{run} default
ErrorLog {run}/error.log
LogLevel warn
Listen 127.0.0.1:{port}
User nobody
Group nogroup
{modules}
Include /etc/apache2/mods-available/mime.conf
Include /etc/apache2/mods-available/negotiation.conf
Include /etc/apache2/mods-available/dir.conf
Include /etc/apache2/mods-available/deflate.conf
TraceEnable Off
DocumentRoot {root}
Alias /aliased/ {root}/
<Directory {root}>
    Options Indexes FollowSymLinks MultiViews
    AllowOverride {override}
    Require all granted
</Directory>
"""
MODULES = "mpm_event authz_core alias dir autoindex negotiation mime setenvif filter deflate headers rewrite"
CADDY = """
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    root * {root}
    {include}
    respond 404
}}
"""


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes

    def header(self, name: str) -> str:
        return ", ".join(v for v in self.headers.get_all(name, []) if v)


@dataclass
class Host:
    """A running server."""

    name: str
    mount: str
    port: int
    folder: Path
    log: Path

    def ask(self, path: str, accept: str | None = None, method: str = "GET", **headers: str) -> Answer:
        """Request a path below the mount, which is sent unchanged."""
        return self.raw(self.mount + path, accept, method, **headers)

    def raw(self, path: str, accept: str | None = None, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in ({} if accept is None else {"Accept": accept}).items() | headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def place(self, answer: Answer) -> str:
        """Return the target of a redirect below the mount; Apache includes the host."""
        location = answer.header("Location")
        if self.name == "apache2":
            location = location.removeprefix(f"http://127.0.0.1:{self.port}")
        assert location.startswith(self.mount), location
        assert not location.startswith("//")
        return location.removeprefix(self.mount)


@contextmanager
def started(command: list[str], run: Path, port: int) -> Iterator[None]:
    environment = {"PATH": PATH, "XDG_DATA_HOME": str(run), "XDG_CONFIG_HOME": str(run), "HOME": str(run)}
    said: IO[bytes]
    with (run / "said.log").open("wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, env=environment
        )
    try:
        for _ in range(1200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (run / "said.log").read_text("utf-8")
            time.sleep(0.05)
        else:
            raise AssertionError(f"{command[0]} does not answer")
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def served(
    server: str, mount: str, files: dict[str, bytes], override: str = "FileInfo Indexes Options"
) -> Iterator[Host]:
    """Start a server that serves a folder at the path of the mount."""
    binary = program(server)
    # Not pytest's directory: a server that root starts reads as nobody, who may not look into it.
    top = Path(tempfile.mkdtemp(prefix="hosting-"))
    try:
        top.chmod(0o755)
        root, run = top / "www", top / "run"
        run.mkdir(mode=0o755)
        folder = root / mount.strip("/")
        for path, data in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        (top / "secret.txt").write_bytes(SECRET)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        given: dict[str, object] = {"run": run, "root": root, "port": port, "override": override}
        given["modules"] = "\n".join(f"LoadModule {m}_module modules/mod_{m}.so" for m in MODULES.split())
        text, word, end, name = {
            "nginx": (NGINX, "include", ";", "nginx.conf"),
            "caddy": (CADDY, "import", "", "Caddyfile"),
            "apache2": (APACHE, "", "", ""),
        }[server]
        config = run / "server.conf"
        config.write_text(text.format(include=f"{word} {root}{mount}{name}{end}", **given), "utf-8")
        command = {
            "nginx": [binary, "-p", str(run), "-c", str(config)],
            "apache2": [binary, "-f", str(config), "-D", "FOREGROUND"],
            "caddy": [binary, "run", "--config", str(config), "--adapter", "caddyfile"],
        }[server]
        with started(command, run, port):
            yield Host(server, mount, port, folder, run / ("said.log" if server == "caddy" else "error.log"))
    finally:
        shutil.rmtree(top)


def address(mount: str) -> str:
    return f"https://example.org{mount}"


@pytest.fixture(scope="module")
def hosts(folder: dict[str, bytes]) -> Iterator[dict[tuple[str, str], Host]]:
    """Every server there is, at the root and at a path; those that are not installed are left out."""
    with ExitStack() as stack:
        yield {
            (server, mount): stack.enter_context(served(server, mount, folder | hosting(BASE, address(mount))))
            for server in SERVERS
            if shutil.which(server, path=PATH)
            for mount in MOUNTS
        }


@pytest.fixture(params=[(s, m) for s in SERVERS for m in MOUNTS], ids=lambda p: f"{p[0]}{p[1]}")
def host(request: pytest.FixtureRequest, hosts: dict[tuple[str, str], Host]) -> Host:
    program(request.param[0])
    return hosts[request.param]


# ---- IRIs --------------------------------------------------------------------------------------

NEGOTIATED = [  # path, Accept, what it leads to
    ("id/org/cica", None, "html"), ("id/org/cica", "", "html"), ("id/org/cica", "*/*", "html"), ("id/org/cica", BROWSER, "html"),
    ("id/org/cica", "text/html", "html"), ("id/org/cica", "application/xhtml+xml", "html"), ("id/org/cica", "text/*", "html"),
    ("id/org/cica", "text/turtle", "ttl"), ("id/org/cica", "TEXT/Turtle;Q=0.5", "ttl"), ("id/org/cica", "application/ld+json", "jsonld"),
    ("id/org/cica", "application/json", "jsonld"), ("id/org/cica", "application/n-triples", "nt"), ("id/org/cica", "text/csv", "csv"),
    ("id/org/cica", "application/rdf+xml", "rdf"),
    ("id/org/cica", "text/turtle;q=0.9, text/html;q=0.5", "ttl"), ("id/org/cica", "text/turtle;q=0.5, text/html;q=0.9", "html"),
    ("id/org/cica", "text/html;q=0.2, text/turtle;q=0.9, application/ld+json;q=0.5", "ttl"),
    ("id/org/cica", "text/turtle;q=0, application/ld+json", "jsonld"), ("id/org/cica", "application/*;q=0.9, text/html;q=0.1", "jsonld"),
    ("id/org/cica", "text/html;q=0, */*", "ttl"), ("id/org/cica", "text/html;q=0.1,*/*;q=0.8", "ttl"), ("id/org/cica", "text/*;q=0.3,text/csv", "csv"),
    ("id/org/cica", "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,*/*;q=0.1", "ttl"),
    ("id/org/cica", "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,text/html;q=0.2", "jsonld"),
    ("id/org/cica", 'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
    ("id/org/cica", 'application/ld+json;profile="a,b;q=0";q=0.8, text/html;q=0.7', "jsonld"), ("id/org/cica", "text/turtle;charset=utf-8;q=0.1", "ttl"),
    ("id/org/cica", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "html"), ("id/org/cica", "image/png, *;q=.2", "html"),
    ("id/org/cica", "text/turtle, text/html", "html"), ("id/org/cica", " text/turtle ; q=1.000 ,text/html ;q=0.999", "ttl"),
    ("id/state/KAZ", "text/csv, text/turtle;q=0.5", "ttl"), ("id/state/KAZ", "application/rdf+xml, */*;q=0.1", "html"),
    ("concept/member", "application/n-triples", "nt"), ("ns", "application/rdf+xml", "rdf"), ("ns", "application/rdf+xml;q=0.9,*/*;q=0.1", "rdf"),
    ("doc/cica-profile", "text/turtle", "ttl"), ("graph/cica", "application/n-triples", "nt"), ("graph/v1.2-x", "text/turtle", "ttl"),
    ("graph/v1.2-x", "*/*", "ttl"), ("shapes", "text/turtle", "ttl"), ("query/members-on", "application/json", "json"),
    ("query/members-on", "application/sparql-results+json", "json"), ("query/members-on", "text/csv", "csv"),
    ("query/members-on", "text/turtle, text/html;q=0.5", "html"), ("search", BROWSER, "html"),
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_iri_redirects_to_the_accepted_format(host: Host, method: str) -> None:
    for path, accept, suffix in NEGOTIATED:
        answer = host.ask(path, accept, method)
        assert (answer.status, host.place(answer)) == (303, f"{path}.{suffix}"), (path, accept)
        assert "accept" in {v.strip().lower() for v in answer.header("Vary").split(",")}
        assert (method == "GET") or answer.body == b""
    there = host.raw(host.mount + "id/org/cica.ttl", method=method)
    assert (there.status, there.header("Content-Type")) == (200, TYPES["ttl"])


@pytest.mark.parametrize(("path", "accept"), [
    ("id/org/cica", "image/png"), ("id/org/cica", "text/turtle;q=0"), ("id/org/cica", "*/*;q=0"), ("id/org/cica", ", ,"),
    ("id/org/cica", "text/turtlex, xtext/turtle, text/html+x"), ("id/state/KAZ", "text/csv"), ("query/members-on", "text/turtle"),
])  # fmt: skip
def test_response_406_lists_the_available_formats(host: Host, path: str, accept: str) -> None:
    answer = host.ask(path, accept)
    assert (answer.status, answer.header("Location")) == (406, "")
    assert "accept" in answer.header("Vary").lower()
    for name in (b"text/html", b"text/turtle", b"application/ld+json", b"application/n-triples", b"text/csv"):
        assert name in answer.body
    assert host.ask(path, accept, "HEAD").status == 406


@pytest.mark.parametrize("accept", [
    ";;;", "*", "text/turtle;q=x", "text/turtle;q=1.5", "text/turtle;q=-1", "a" * 6000, 'text/turtle; profile="a,b;c', "text/turtle;q=" + "0" * 6000,
    "text/turtle;" + " " * 6000 + "x", "text/turtle;a=" * 500, ", ," * 2000, "*/*;" * 1500, "\xff\xfe",
])  # fmt: skip
def test_malformed_accept_header_is_not_a_server_error(host: Host, accept: str) -> None:
    assert host.ask("id/org/cica", accept).status in (303, 400, 406)


@pytest.mark.parametrize("path", [
    "id/org/nothing", "id/org/cic", "id/org/cica.xyz", "id/org", "id/org/", "id/org/cica/", "id/org/cica/x", "id/org/cica.ttl/",
    "id/org/cica.ttl/x", "nothing", "nothing/", "id", "graph/asof/2012-06-13", "id/org/%2a", "id/org/[a-z]*", "id/org/cica%3f", "id/org/ci%00ca",
])  # fmt: skip
def test_missing_path_is_not_found_in_any_format(host: Host, path: str) -> None:
    for accept in (None, "text/html", "text/turtle", "*/*"):
        answer = host.ask(path, accept)
        assert answer.status == 404 or ("%00" in path and answer.status == 400), (path, accept)
        assert not answer.header("Location")
        if "%00" not in path:
            assert (answer.header("Content-Type"), b"Not found here" in answer.body) == (TYPES["html"], True)


def test_not_found_page_is_always_sent_completely(host: Host) -> None:
    first = host.ask("nothing")
    known = {
        "If-None-Match": first.header("ETag") or '"x"',
        "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
        "Range": "bytes=0-3",
    }
    again = host.ask("nothing", **known)
    assert (again.status, again.body) == (404, first.body)


def test_redirect_drops_the_query(host: Host) -> None:
    assert host.place(host.ask("id/org/cica?x=1&y=//example.com", "text/turtle")) == "id/org/cica.ttl"
    assert host.ask("id/org/cica.ttl?x=1").status == 200


OFFERS = {
    "html": ("text/html", "application/xhtml+xml"), "ttl": ("text/turtle",), "jsonld": ("application/ld+json", "application/json"),
    "nt": ("application/n-triples",), "rdf": ("application/rdf+xml",), "csv": ("text/csv",), "json": ("application/json", "application/sparql-results+json"),
}  # fmt: skip


def chosen(ranges: list[tuple[str, str]], there: Iterable[str]) -> str:
    """Negotiate as RFC 9110 section 12.5.1 asks, with the first decimal of a quality, in another way than servers do."""
    best = (0.0, "")
    for suffix in (s for s in OFFERS if s in there):
        names = OFFERS[suffix]
        for wanted in (names, (names[0].partition("/")[0] + "/*",), ("*/*",)):
            if found := next((q for name, q in ranges if name in wanted), None):
                quality = float(found)
                rough = int(quality * 10 + 1e-9) / 10 if quality >= 0.1 else (0.01 if quality else 0)
                best = max(best, (rough, suffix), key=lambda b: b[0])
                break
    return best[1]


NAMES = sorted(
    {n for names in OFFERS.values() for n in names} | {"text/*", "application/*", "*/*", "image/png", "text/plain"}
)
QUALITIES = [
    "1",
    "1.0",
    "1.000",
    "0.999",
    "0.95",
    "0.9",
    "0.85",
    "0.5",
    "0.2",
    "0.15",
    "0.1",
    "0.05",
    "0.001",
    "0",
    "0.0",
    "0.000",
]


@given(
    ranges=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(QUALITIES)), min_size=1, max_size=6, unique_by=lambda r: r[0]),
    parameter=st.sampled_from(["", ";level=1", "; charset=utf-8", ';profile="a,b;q=1"']),
    gap=st.sampled_from(["", " ", "  "]),
    plain=st.booleans(),
    path=st.sampled_from(["id/org/cica", "id/state/KAZ", "ns", "query/members-on", "graph/v1.2-x"]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_negotiation_is_that_of_http(
    hosts: dict[tuple[str, str], Host], ranges: list[tuple[str, str]], parameter: str, gap: str,
    plain: bool, path: str,
) -> None:  # fmt: skip
    def written(name: str, quality: str) -> str:
        return name + parameter + ("" if plain and quality == "1" else f"{gap};{gap}q={quality}")

    accept = f"{gap},{gap}".join(written(*r) for r in ranges)
    for (_, mount), host in hosts.items():
        if mount == "/":
            want = chosen(ranges, [s for s in OFFERS if (host.folder / f"{path}.{s}").is_file()])
            answer = host.ask(path, accept)
            got = host.place(answer).removeprefix(f"{path}.") if answer.status == 303 else ""
            assert got == want, (host.name, accept)
            page = (host.folder / f"{path}.html").is_file()
            assert answer.status == (303 if want else 406 if page else 404), (host.name, accept)


# ---- Files -------------------------------------------------------------------------------------


def test_every_file_has_its_type(host: Host, folder: dict[str, bytes]) -> None:
    bare = {".well-known/void": TYPES["ttl"], "SHA256SUMS": TYPES["txt"]}
    for path, data in folder.items():
        if data != SECRET:
            answer = host.ask(path)
            assert (answer.status, answer.body) == (200, data), path
            assert answer.header("Content-Type").lower() == (bare.get(path) or TYPES[path.rpartition(".")[2]]), path
    front = host.ask("")
    assert (front.status, front.header("Content-Type"), front.body) == (200, TYPES["html"], folder["index.html"])


def test_apache_may_have_the_folder_anywhere(hosts: dict[tuple[str, str], Host]) -> None:
    program("apache2")
    host = hosts["apache2", "/"]
    answer = host.raw("/aliased/id/org/cica", "text/turtle")
    assert (answer.status, host.place(answer)) == (303, "aliased/id/org/cica.ttl")
    answer = host.raw("/aliased/id/org/nothing")
    assert (answer.status, b"Not found here" in answer.body) == (404, True)
    assert host.raw("/aliased/.git/config").status == host.raw("/aliased/nginx.conf").status == 404


def test_folder_without_a_slash_redirects(host: Host) -> None:
    if host.mount != "/":
        answer = host.raw(host.mount.rstrip("/"))
        assert (answer.status, host.place(answer)) == (301, "")


@pytest.mark.parametrize(
    "path", ["", "id/org/cica", "id/org/cica.ttl", "id/org/cica.html", "nothing", "chart/size.svg", ".well-known/void"]
)
def test_every_answer_has_the_headers(host: Host, path: str) -> None:
    want = {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
    }  # fmt: skip
    for accept, method in ((None, "GET"), ("image/png", "GET"), (None, "HEAD"), (None, "POST")):
        answer = host.ask(path, accept, method)
        assert {name: answer.header(name) for name in want} == want, (path, method)
        policy = answer.header("Content-Security-Policy")
        assert policy == (POLICY_OF_SVG if path.endswith(".svg") else POLICY) or (policy == POLICY and method == "POST")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_methods_that_write_are_refused(host: Host, method: str) -> None:
    for path in ("", "id/org/cica", "id/org/cica.ttl", "new.ttl", "id/"):
        answer = host.ask(path, method=method, Content_Length="0")
        assert answer.status == 405, path
        assert re.split(r",\s*", answer.header("Allow")) == ["GET", "HEAD"]


@pytest.mark.parametrize("path", ["id/org/cica.ttl", "id/org/cica.html", "id/org/big.nt", "static/style.css", ""])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_unchanged_file_is_not_sent_again(host: Host, path: str, coding: str) -> None:
    first = host.ask(path, Accept_Encoding=coding)
    again = host.ask(path, Accept_Encoding=coding, If_None_Match=first.header("ETag"))
    assert (again.status, again.body) == (304, b"")
    assert host.ask(path, Accept_Encoding=coding, If_None_Match='"other"').body == first.body
    dated = host.ask(path, If_Modified_Since=first.header("Last-Modified"))
    assert (dated.status, dated.body) == (304, b"")


def test_text_is_compressed_for_clients_that_accept_it(host: Host, folder: dict[str, bytes]) -> None:
    big = "id/org/big.nt"
    packed, plain = host.ask(big, Accept_Encoding="gzip"), host.ask(big)
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body == folder[big]
    assert "accept-encoding" in packed.header("Vary").lower()
    assert plain.header("Content-Encoding") == ""
    assert host.ask(big, Range="bytes=0-9").status == 206


@pytest.mark.parametrize("path", [
    ".htaccess", "nginx.conf", "Caddyfile", "w3id.htaccess", "nginx%2econf", "x/../nginx.conf", "./nginx.conf", "/nginx.conf", "nginx.conf/",
    ".git/config", ".git/", ".git", "static/.env", "id/.hidden.html", "id/.hidden", "%2egit/config", "static/%2eenv", ".well-known/.env", ".well-known/../.git/config",
    "../secret.txt", "../../secret.txt", "../../../secret.txt", "%2e%2e/secret.txt", "%2e%2e/%2e%2e/%2e%2e/secret.txt", "..%2fsecret.txt",
    "..%2f..%2f..%2fsecret.txt", "static/../../../../secret.txt", "%252e%252e/secret.txt", "..%5csecret.txt", "/etc/passwd", "//etc/passwd",
    "%2fetc%2fpasswd", "%ff%fe", "%C3%A9", "a%20b", "x" * 5000, "%0d%0aSet-Cookie:a=b", "?a=%22%3E%3Cscript%3E", "<script>alert(1)</script>",
])  # fmt: skip
def test_only_published_files_are_served(host: Host, path: str, folder: dict[str, bytes]) -> None:
    answer = host.ask(path)
    assert answer.status in ((200,) if path.startswith("?") else (400, 403, 404, 414)), path
    assert SECRET not in answer.body
    assert b"root:x:0" not in answer.body
    assert b"<script>alert" not in answer.body
    assert not answer.header("Set-Cookie")
    assert answer.body not in hosting(BASE, address(host.mount)).values()


@pytest.mark.parametrize("path", [
    "//id/org/cica", "//example.com/id/org/cica", "//example.com/../id/org/cica", "/\\example.com/../id/org/cica", "/./id/org/cica", "/x/../id/org/cica",
    "//example.com/%2e%2e/id/org/cica", "///id/org/cica",
])  # fmt: skip
def test_no_path_leads_to_another_host(host: Host, path: str) -> None:
    for start in {
        path,
        host.mount.rstrip("/") + path,
        path.replace("id/org", host.mount.strip("/") + "/id/org").replace("//id", "/id"),
    }:
        answer = host.raw(start, "text/turtle")
        assert answer.status in (303, 400, 404), start
        if answer.status == 303:
            assert host.place(answer) == "id/org/cica.ttl", start


def test_log_has_no_complaint(host: Host) -> None:
    host.ask("id/org/cica")
    host.ask("id/org/cica.ttl")
    host.ask(".well-known/void", method="POST")
    text = host.log.read_text("utf-8", "replace")
    assert not re.findall(
        r"uninitialized|\[(?:emerg|alert|crit)\]|:(?:emerg|alert|crit)\]|panic|\"level\":\"error\"", text
    ), text


# ---- Clients -----------------------------------------------------------------------------------


def harness(root: Path, host: Host, *args: str) -> list[str]:
    """Run the checks for Linked Data on canonical IRIs, which lead to this server, and return those that fail."""
    script = root.parent / "shared" / "suites" / "harness" / "lod_conneg.py"
    if not script.is_file():
        pytest.skip("the suites are not beside the project")
    local = f"http://127.0.0.1:{host.port}{host.mount}"
    command = [sys.executable, str(script), *args, "--missing", f"{BASE}id/org/nothing", "--map", f"{BASE}={local}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    passed, failed = map(int, re.findall(r"\d+", done.stdout.splitlines()[-1]))
    found = re.findall(r"^FAIL .*", done.stdout, re.MULTILINE)
    assert (passed > 25, failed) == (True, len(found)), done.stderr
    return found


def test_harness_for_linked_data_passes(host: Host, root: Path) -> None:
    failed = harness(root, host, f"{BASE}id/org/cica")
    # Apache adds an empty Allow header to ours, and the harness reads the last of the two.
    assert [line.split()[1] for line in failed] == (["L15"] if host.name == "apache2" else []), failed


@pytest.fixture(scope="module")
def published(site: Path) -> Iterator[Host]:
    """The output of `build`, on nginx."""
    files = {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}
    mount = "/graphs/cica/"
    with served("nginx", mount, files | hosting(BASE, address(mount))) as host:
        yield host


def test_harness_passes_on_the_published_site(published: Host, root: Path) -> None:
    things = ("id/org/cica", "id/state/KAZ", "id/membership/cica-THA-2", "concept/member", "graph/cica")
    types = ("text/turtle", "application/ld+json", "application/n-triples")
    assert harness(root, published, *(BASE + thing for thing in things), "--graph-types", *types) == []
    assert (
        harness(
            root, published, f"{BASE}ns", "--graph-types", "text/turtle", "application/ld+json", "application/rdf+xml"
        )
        == []
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def complaints(browser: Browser, host: Host, path: str, ask: str = "1") -> tuple[object, list[str]]:
    """Open a page; return the value of an expression on it, and the complaints of the browser."""
    page, said = browser.new_page(), list[str]()
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: said.append(str(e)))
    page.route("**/favicon.ico", lambda route: route.abort())  # of the host, which is not ours
    page.goto(f"http://127.0.0.1:{host.port}{host.mount}{path}", wait_until="networkidle")
    answer = page.evaluate(ask)
    page.close()
    return answer, said


def test_content_security_policy_allows_only_the_needs_of_the_pages(
    hosts: dict[tuple[str, str], Host], browser: Browser
) -> None:
    program("nginx")
    host = hosts["nginx", "/graphs/cica/"]
    found, said = complaints(browser, host, "probe.html", "({...document.documentElement.dataset})")
    assert found == {"script": "ran", "colour": "rgb(255, 0, 0)", "width": "9", "fetched": "true"}
    (refused,) = said
    assert "inline script" in refused


@pytest.mark.parametrize("path", [
    "", "id/org/cica", "id/state/KAZ.html", "compare.html?with=CICA&with=CSTO", "search.html?q=KAZ", "audit.html", "charts.html", "chart/timeline.svg",
    "query/size-by-year", "ns", "data.html",
])  # fmt: skip
def test_policy_lets_published_pages_work(published: Host, browser: Browser, path: str) -> None:
    assert complaints(browser, published, path)[1] == []


# ---- What is written ---------------------------------------------------------------------------


def test_base_and_site_decide_which_files_are_written() -> None:
    served_from = hosting(BASE, "https://example.org/graphs/cica/")
    assert list(served_from) == [".htaccess", "nginx.conf", "Caddyfile", "w3id.htaccess"]
    assert b"location ^~ /graphs/cica/ {" in served_from["nginx.conf"]
    anywhere = hosting(BASE)
    assert list(anywhere) == [".htaccess", "nginx.conf", "Caddyfile"]
    assert b"location ^~ / {" in anywhere["nginx.conf"]
    own = hosting("https://example.org/graphs/cica/")
    assert own == {name: data for name, data in served_from.items() if name != "w3id.htaccess"}
    assert hosting("https://example.org/x/", "https://example.org/graphs/cica/") == own
    assert anywhere[".htaccess"] == own[".htaccess"]
    assert "w3id.htaccess" not in hosting(BASE, BASE)


@pytest.mark.parametrize(
    ("base", "site"), [("x", None), (BASE, "x"), (BASE, "https://example.org/;}/"), (BASE, "https://example.org/x")]
)
def test_invalid_address_is_refused(base: str, site: str | None) -> None:
    with pytest.raises(UsageError, match="is not a base for IRIs"):
        hosting(base, site)


def test_files_are_plain_text_and_begin_with_a_comment() -> None:
    for name, data in hosting(BASE, "https://example.org/graphs/cica/").items():
        text = data.decode("ascii")
        assert text.endswith("\n"), name
        assert not re.search(r"[ \t]$|\r|\{%|\n\n\n", text, re.MULTILINE), name
        assert text.startswith("# ")


# ---- Redirects of w3id.org ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def w3id() -> Iterator[Host]:
    """An Apache with the configuration of w3id.org, and the file in a separate directory."""
    files = {".htaccess": hosting(BASE, "https://example.org/graphs/cica/")["w3id.htaccess"], "README.md": b""}
    with served("apache2", "/cica-graph/", files, override="All") as host:
        yield host


@pytest.mark.parametrize(("path", "accept", "target"), [
    ("", None, ""), ("", "text/turtle", ""), ("index.html", None, "index.html"), ("download/0.1.0/cica-graph.ttl", "text/html", "download/0.1.0/cica-graph.ttl"),
    ("download/latest/SHA256SUMS", None, "download/latest/SHA256SUMS"), (".well-known/void", "text/turtle", ".well-known/void"), ("sitemap.xml", None, "sitemap.xml"),
    ("id/org/cica", None, "id/org/cica.html"), ("id/org/cica", "*/*", "id/org/cica.html"), ("id/org/cica", BROWSER, "id/org/cica.html"),
    ("id/org/cica", "text/turtle", "id/org/cica.ttl"), ("id/org/cica", "application/ld+json", "id/org/cica.jsonld"), ("id/org/cica", "application/json", "id/org/cica.jsonld"),
    ("id/org/cica", "application/n-triples", "id/org/cica.nt"), ("id/org/cica", "text/csv", "id/org/cica.csv"), ("id/org/cica", "image/png", "id/org/cica.html"),
    ("id/org/cica", "text/turtle;q=0.9, text/html;q=0.5", "id/org/cica.ttl"), ("id/org/cica", "text/turtle;q=0, application/ld+json", "id/org/cica.jsonld"),
    ("id/org/cica", "text/turtle, text/html", "id/org/cica.html"), ("id/org/cica", "text/html;q=0.2, text/turtle;q=0.9, application/ld+json;q=0.5", "id/org/cica.ttl"),
    ("id/org/cica.ttl", "text/html", "id/org/cica.ttl"), ("ns", "application/rdf+xml", "ns.rdf"), ("ns", "application/rdf+xml, */*;q=0.1", "ns.rdf"), ("ns", "text/turtle", "ns.ttl"),
    ("ns", BROWSER, "ns.html"), ("ns/0.1.0", "text/turtle", "ns/0.1.0"), ("shapes", "text/turtle", "shapes.ttl"), ("query/members-on", "text/turtle", "query/members-on.html"),
    ("query/members-on", "text/csv", "query/members-on.csv"), ("query/members-on", "application/json", "query/members-on.json"), ("graph/asof/2012-06-13", "application/n-triples", "graph/asof/2012-06-13.nt"),
    ("concept/member", "TEXT/TURTLE", "concept/member.ttl"), ("doc/cica-profile", "application/rdf+xml", "doc/cica-profile.html"),
])  # fmt: skip
def test_w3id_redirects_to_the_site(w3id: Host, path: str, accept: str | None, target: str) -> None:
    for method in ("GET", "HEAD"):
        answer = w3id.ask(path, accept, method)
        assert (answer.status, answer.header("Location")) == (303, f"https://example.org/graphs/cica/{target}")


def test_w3id_redirects_to_published_files(w3id: Host, site: Path) -> None:
    for thing in (
        "id/org/cica",
        "concept/member",
        "doc/cica-profile",
        "graph/cica",
        "ns",
        "shapes",
        "query/size-by-year",
    ):
        for accept in (BROWSER, *(name for names in OFFERS.values() for name in names)):
            target = w3id.ask(thing, accept).header("Location").removeprefix("https://example.org/graphs/cica/")
            assert (site / target).is_file(), (thing, accept, target)


@pytest.mark.parametrize(
    "path",
    [
        "/example.com/",
        "//example.com/id/org/cica",
        "\\example.com",
        "@example.com",
        "%0d%0aSet-Cookie:a=b",
        "id/org/%2f%2fexample.com",
    ],
)
def test_w3id_redirects_to_no_other_host(w3id: Host, path: str) -> None:
    answer = w3id.ask(path)
    assert answer.status in (303, 400, 403, 404)
    assert not answer.header("Set-Cookie")
    assert answer.status != 303 or answer.header("Location").startswith("https://example.org/graphs/cica/")


def test_w3id_file_follows_the_rules_of_w3id() -> None:
    """https://w3id.org/docs/rules/: those that a program can check in a line or two."""
    text = hosting(BASE, "https://example.org/graphs/cica/")["w3id.htaccess"].decode("ascii")
    directives = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert directives[0] == "RewriteEngine on"
    assert {line.split()[0] for line in directives} == {"RewriteEngine", "RewriteCond", "RewriteRule"}
    for line in (d.split() for d in directives if d.startswith("RewriteRule")):
        assert len(line) == 4, "no space in the flags"
        assert re.fullmatch(r"\^\(.*\)\$", line[1]), "anchored, and relative to the directory"
        assert re.fullmatch(r"https://example\.org/graphs/cica/\$1(?:\.[a-z]+)?", line[2]), "a host that is written out"
        assert line[3] == "[R=303,L]"
    assert "GitHub username" in text


def test_configuration_is_not_rebased_for_it_is_given_the_base() -> None:
    """Only the redirects of w3id.org contain a canonical IRI, because they are for the canonical base."""
    for name, data in hosting(BASE, "https://example.org/graphs/cica/").items():
        assert (BASE.encode() in data) == (name == "w3id.htaccess")
        assert (rebase(data, "https://example.org/graphs/cica/") == data) == (name != "w3id.htaccess")
