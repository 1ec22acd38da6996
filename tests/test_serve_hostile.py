"""Tests of a real server under attack: it must still answer other clients."""

from __future__ import annotations

import gzip
import json
import platform
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from cica_graph.project.source_files import Project
from cica_graph.serve.config import Limits
from cica_graph.serve.http import protocol
from serving import JSON, PATIENCE, SHORT, SLOW, Server, serving

LIMITS = Limits()
# Each query takes longer than the time limit.
ASK = b"GET /sparql?query=ASK%20%7B%7D HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    options = ["--time-limit", "1", "--memory-limit", "300", "--project", str(few.root)]
    with serving("--workers", "1", *options) as running:
        yield running.with_pages()


def limited(limits: Limits, project: Project) -> list[str]:
    """Return a command for a server with limits that have no option."""
    code = (
        "import sys; from pathlib import Path; from cica_graph.serve.config import Limits, Settings;"
        "from cica_graph.serve.server.supervisor import serve;"
        f"serve(Settings(port=0, workers=1, project=Path(sys.argv[1]), limits={limits!r}))"
    )
    return [sys.executable, "-c", code, str(project.root)]


@pytest.fixture(scope="module")
def impatient(few: Project) -> Iterator[Server]:
    """A server with short timeouts, so that the tests do not have to wait."""
    with serving(command=limited(Limits(patience=1.0, idle=1, connections=20), few)) as running:
        yield running


def connect(server: Server) -> socket.socket:
    return socket.create_connection(server.address, timeout=30)


def status(connection: socket.socket) -> int:
    """Return the status of the next answer, or 0 if the connection is closed without one."""
    line = connection.makefile("rb").readline()
    return int(line.split()[1]) if line else 0


def test_the_hostile_suite_passes_and_the_server_survives_every_case(root: Path, few: Project, tmp_path: Path) -> None:
    harness, report = root.parent / "shared" / "suites" / "harness", tmp_path / "report.json"
    if not harness.is_dir():
        pytest.skip("the conformance suites are not beside the project")
    for seconds in (3, 10):  # some cases have to be answered, and a busy machine takes longer over them
        options = ["--time-limit", str(seconds), "--memory-limit", "300", "--project", str(few.root)]
        with serving("--workers", "1", *options) as server:
            command = [sys.executable, str(harness / "hostile.py"), "http", "--query-url", server.url]
            done = subprocess.run([*command, "--json", str(report)], capture_output=True, text=True, check=False)
            assert server.alive()
        if done.returncode == 0:
            break
    cases = json.loads(report.read_text("utf-8"))
    assert [case for case in cases if not case["ok"]] == [], done.stdout
    assert len(cases) == 39


# ---- Floods ----------------------------------------------------------------------------------


def get(query: str) -> bytes:
    """Return a request for a query as bytes, because two hundred client threads would measure Python and not the server."""
    params = httpx.QueryParams({"query": query})
    return f"GET /sparql?{params} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def test_simple_queries_take_under_a_second_while_two_hundred_slow_ones_run(server: Server) -> None:
    soon, slow = server.soon(), [connect(server) for _ in range(200)]
    for number, client in enumerate(slow):
        client.sendall(get(f"{SLOW} # {number}"))
    taken: list[float] = []
    for number in range(15):
        # A query not seen before, so that a process has to run it.
        for request in (get(f"ASK {{}} # {number}"), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"):
            begin = time.monotonic()
            with connect(server) as client:
                client.sendall(request)
                assert status(client) == 200
            taken.append(time.monotonic() - begin)
        time.sleep(0.1)
    # One in ten may take longer.
    assert sorted(taken)[len(taken) * 9 // 10 - 1] < soon, taken
    # Each request is answered in the end; it is enough to wait for two thirds.
    statuses: list[int] = []
    while len(statuses) < 130:
        answered, _, _ = select.select(slow, [], [], PATIENCE)
        assert answered
        for client in answered:
            lines = client.makefile("rb").read().split(b"\r\n\r\n")[0].split(b"\r\n")
            statuses.append(int(lines[0].split()[1]))
            assert statuses[-1] != 503 or any(line.startswith(b"retry-after: ") for line in lines)
            slow.remove(client)
            client.close()
    assert set(statuses) <= {503, 504}
    assert statuses.count(503) > 100
    for client in slow:
        client.close()
    assert server.alive()


def test_a_query_that_takes_too_long_is_stopped_with_an_explanation(server: Server) -> None:
    begin = time.monotonic()
    answer = server.ask(f"{SLOW} # alone")
    assert answer.status_code == 504
    assert "longer than 1 seconds" in answer.json()["detail"]
    assert 1 <= time.monotonic() - begin < 15


def test_a_query_that_takes_all_memory_is_stopped_with_an_explanation(server: Server) -> None:
    doubled = " ".join(f"BIND(CONCAT(?x{i}, ?x{i}) AS ?x{i + 1})" for i in range(30))
    answer = server.ask(f"SELECT (STRLEN(?x30) AS ?n) {{ BIND('aaaaaaaaaa' AS ?x0) {doubled} }}")
    assert answer.status_code in (500, 504)
    assert "MB of memory" in answer.json()["detail"] or answer.status_code == 504
    assert server.alive()


@pytest.mark.skipif(platform.system() != "Linux", reason="sockets are refused by Linux alone")
def test_query_workers_have_no_network(server: Server) -> None:
    assert server.alive()
    for pid in server.query_processes():
        assert re.search(r"^Seccomp:\s+2$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE), pid


def test_a_query_that_overflows_the_stack_ends_only_its_worker(server: Server) -> None:
    answer = httpx.post(server.url, data={"query": "ASK { FILTER(" + "!" * 40_000 + "true) }"}, timeout=20)
    assert answer.status_code == 500
    assert "too deeply nested for the engine" in answer.json()["detail"]
    assert server.alive()


# ---- Disconnected and slow clients -----------------------------------------------------------


def test_a_client_that_disconnects_stops_its_query(impatient: Server) -> None:
    gone = 'cica_graph_queries_total{outcome="gone"}'
    before = impatient.metric(gone)
    begin = time.monotonic()
    for number in range(3):
        with connect(impatient) as client:
            client.sendall(get(f"{SLOW} # {2000 + number}"))
            time.sleep(0.5)  # it runs among the long ones by now
    while running := [pid for pid, state in impatient.family().items() if state == "R"]:
        assert time.monotonic() < begin + 9, running  # a second before they would be stopped anyway
        time.sleep(0.05)
    while impatient.metric(gone) != before + 3:
        assert time.monotonic() < begin + PATIENCE
        time.sleep(0.05)


def test_a_short_query_may_finish_after_its_client_disconnects(impatient: Server) -> None:
    gone, killed = 'cica_graph_queries_total{outcome="gone"}', 'cica_graph_query_processes_total{event="killed"}'
    left, before = impatient.metric(gone), impatient.metric(killed)
    for number in range(10):
        with connect(impatient) as client:
            client.sendall(get(f"{SHORT} # {number}"))
            time.sleep(0.01)
    assert impatient.alive()
    assert impatient.metric(gone) > left
    assert impatient.metric(killed) <= before + 5, "a new process costs more than such a query"


# Twelve megabytes in rows of 64 kB, without a delay.
LARGE = """SELECT ?n ?m ?x {
  BIND("aaaaaaaaaaaaaaaa" AS ?a) BIND(REPLACE(?a, "a", ?a) AS ?b) BIND(REPLACE(?b, "a", ?b) AS ?x)
  VALUES ?n { 1 2 3 4 5 6 7 8 9 10 11 12 } VALUES ?m { 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 }
} # %d"""


def begin_to_read(client: socket.socket, number: int) -> None:
    """Read the first part of a large answer."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(get(LARGE % number))
    assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_client_that_disconnects_while_reading_leaves_nothing_behind(impatient: Server) -> None:
    answering = _answering(impatient)
    assert len(impatient.ask(LARGE % 0).content) > 12 << 20
    before = _open_files(answering)
    for number in range(20):
        with connect(impatient) as client:
            begin_to_read(client, number)
    until = time.monotonic() + 30
    while _open_files(answering) > before and time.monotonic() < until:
        time.sleep(0.05)
    assert _open_files(answering) <= before
    assert impatient.alive()


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _answering(server: Server) -> int:
    """Return the web process: the only one that has an epoll and no children, unless another is starting."""
    until = time.monotonic() + PATIENCE
    while True:
        polls = [pid for pid in server.family() if "eventpoll" in "".join(_opened(pid))]
        parents = [pid for pid in polls if Path(f"/proc/{pid}/task/{pid}/children").read_text()]
        found = set(polls) - set(parents) - set(server.query_processes())
        if len(found) == 1:
            return found.pop()
        assert time.monotonic() < until, found
        time.sleep(0.05)


def _opened(pid: int) -> list[str]:
    """Return the files that a process has open."""
    try:
        return [str(opened.readlink()) for opened in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it ends at this moment
        return []


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"GET /sp",
        b"GET /sparql HTTP/1.1\r\nHost: x\r\nX-Long: ",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 100\r\n\r\nASK",
    ],
    ids=["nothing", "a line", "a head", "a body"],
)
def test_the_server_does_not_wait_for_a_slow_sender(impatient: Server, part: bytes) -> None:
    begin = time.monotonic()
    with connect(impatient) as client:
        stop = threading.Event()

        def drip() -> None:
            while part and not stop.wait(0.2):
                try:
                    client.sendall(b"a")
                except OSError:
                    return

        client.sendall(part)
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert status(client) in (0, 408)
        except ConnectionError:
            pass
        finally:
            stop.set()
            dripping.join()
    assert 0.8 < time.monotonic() - begin < 30
    assert impatient.alive()


def test_the_server_does_not_wait_for_a_slow_reader(impatient: Server) -> None:
    with connect(impatient) as client:
        begin_to_read(client, 100)
        begin = time.monotonic()
        time.sleep(0.3)  # the gauge is set ten times a second
        assert impatient.metric("cica_graph_connections") >= 1
        while impatient.metric("cica_graph_connections"):
            assert time.monotonic() < begin + 60
            time.sleep(0.15)  # so that the connection of the question is not the one that is counted
        assert time.monotonic() - begin > 0.8
    assert impatient.alive()


def test_idle_connections_are_closed_for_new_ones(impatient: Server) -> None:
    idle = [connect(impatient) for _ in range(60)]
    try:
        assert impatient.alive()
        assert httpx.get(impatient.base + "metrics").status_code == 200
    finally:
        for client in idle:
            client.close()


# ---- Odd requests ----------------------------------------------------------------------------


def test_an_endless_head_is_refused(server: Server) -> None:
    with connect(server) as client:
        client.sendall(ASK)
        try:
            for _ in range(1000):
                client.sendall(b"X-Filler: " + b"a" * 990 + b"\r\n")
        except ConnectionError:
            pass
        with suppress(ConnectionError):
            assert status(client) in (0, 431)
    assert server.alive()


@pytest.mark.parametrize("size", [80_000, 1_000_000])
def test_an_address_that_is_too_long_is_431(server: Server, size: int) -> None:
    with connect(server) as client:
        client.sendall(b"GET /sparql?query=" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status(client) == 431


def test_a_header_with_ten_thousand_tags_is_refused(server: Server) -> None:
    tags = ", ".join(f'"{n:06}"' for n in range(10_000))
    with connect(server) as client:
        client.sendall(ASK + f"If-None-Match: {tags}\r\n\r\n".encode())
        assert status(client) == 431
    assert server.alive()


def test_a_compressed_body_is_refused_without_decompressing_it(server: Server) -> None:
    bomb = gzip.compress(b"ASK {} #" + b"x" * 50_000_000)
    answer = httpx.post(
        server.url,
        content=bomb,
        headers={"Content-Type": "application/sparql-query", "Content-Encoding": "gzip"},
        timeout=20,
    )
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert server.alive()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_huge_body_is_refused_and_the_refusal_arrives(server: Server, chunked: bool) -> None:
    body = b"x" * (20 << 20)
    content = (body[i : i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    answer = httpx.post(server.url, content=content, headers={"Content-Type": "application/sparql-query"}, timeout=20)
    assert answer.status_code == 413
    assert "1,048,576" in answer.json()["detail"]
    assert server.alive()


def test_forwarding_headers_and_host_change_nothing(server: Server) -> None:
    foreign = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=6.6.6.6;host=evil.example",
    }
    for accept in ("text/turtle", "text/html", JSON):
        plain = httpx.get(server.url, headers={"Accept": accept})
        odd = httpx.get(server.url, headers={"Accept": accept, **foreign})
        assert odd.content == plain.content
        assert "evil.example" not in odd.text + str(odd.headers)
    server.ask("ASK {} # forwarded")
    httpx.get(server.url, params={"query": "ASK {} # forwarded"}, headers=foreign)
    lines = server.logged("forwarded", times=2)
    assert {line["client"] for line in lines} == {"127.0.0.1"}


def test_many_requests_in_one_packet_are_answered_in_order(server: Server) -> None:
    """HTTP/1.1 pipelining, RFC 9112 section 9.3.2."""
    with connect(server) as client:
        count = 20
        one = b"GET /sparql?query=SELECT%%20(%d%%20AS%%20%%3Fx)%%20%%7B%%7D&format=csv HTTP/1.1\r\nHost: x\r\n%b\r\n"
        client.sendall(b"".join(one % (n, b"LimitedProtocol: close\r\n" * (n == count - 1)) for n in range(count)))
        data = b""
        while part := client.recv(1 << 16):
            data += part
    bodies = [int(part.split(b"\r\n\r\nx\r\n")[1].split(b"\r\n")[0]) for part in data.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == list(range(count))


def test_expect_100_continue_gets_an_answer(server: Server) -> None:
    with connect(server) as client:
        client.sendall(
            b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
            b"Content-Length: 6\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert client.recv(4096).startswith(b"HTTP/1.1 100")
        client.sendall(b"ASK {}")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


# ---- Addresses and parameters ----------------------------------------------------------------

ESCAPES = [
    "/../sparql", "/static/../sparql", "/static/../../../../etc/passwd", "/static/..%2f..%2fsettings.py",
    "/static/%2e%2e/settings.py", "/static/%252e%252e/settings.py", "/static/..%5csettings.py", "/static/.../style.css",
    "/static//style.css", "/static/style.css/", "/static/style.css%00.svg", "/%73parql%2f", "/%2573parql", "//sparql",
    "/./health", "/health/.", "/health%0d%0aX-Injected:%201", "/%ff%fe", "/%c0%ae%c0%ae/health", "/sparql;a=b", "/SPARQL",
    "/" + "a/" * 5000, "/" + "%2e%2e%2f" * 3000, "/*", "/:8000@evil.example/",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES, ids=lambda path: path[:40])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_odd_path_is_not_found_and_never_redirects(server: Server, path: str, accept: str) -> None:
    with connect(server) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n".encode())
        answer = client.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0].split()[1] in (b"404", b"400"), answer[:200]
    assert not [line for line in lines if line.startswith((b"location:", b"x-injected"))]
    assert b"root:" not in body
    assert b"class Settings" not in body
    assert not re.findall(rb"<script(?![^>]* src=)", body)  # the site's own is a file
    assert server.alive()


@pytest.mark.parametrize(
    "target", ["http://evil.example/sparql", "evil.example:443", "*", "/sparql HTTP/9.9", "\x00", "/a b c"]
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "CONNECT", "TRACE", "PRI", "G\u00cbT"])
def test_an_odd_request_line_gets_an_answer_or_closes_the_connection(server: Server, method: str, target: str) -> None:
    with connect(server) as client:
        client.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        with suppress(ConnectionError):
            answer = client.makefile("rb").read()
            assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
            assert not answer.startswith(b"HTTP/1.1 5")
            assert b"\r\nlocation:" not in answer.lower()
    assert server.alive()


INJECTED = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; DROP ALL; #", "} INSERT DATA { <a:a> <b:b> 1 } #",
    "https://e.example/> } #", "\\u003E \\u0022", "a\r\nX-Injected: 1", "\x00", "{{ 7 * 7 }}", "{% include 'layout.html' %}",
    "../../../etc/passwd", "javascript:alert(1)", "\u202egnp.exe", "%s%n%p", "x" * 5000, "2012-06-13' OR 1=1", "\ufeffASK {}",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["query", "on", "format", "output", "example", "default-graph-uri", "named-graph-uri", "none"]
)
def test_injected_text_stays_inside_its_parameter(server: Server, name: str) -> None:
    """In a page, in JSON, by GET and by POST: escaped, and never part of a query, a header or a path."""
    triples = server.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    with httpx.Client(timeout=PATIENCE) as client:
        for injected in INJECTED:
            fields = {name: injected} if name == "example" else {"query": "ASK {}", name: injected}
            for accept in ("text/html", JSON):
                for answer in (
                    client.get(server.url, params=fields, headers={"Accept": accept}),
                    client.post(server.url, data=fields, headers={"Accept": accept}),
                ):
                    assert answer.status_code in (200, 400, 406, 413), (injected, answer.text[:300])
                    assert "x-injected" not in answer.headers
                    if answer.headers["content-type"].startswith("text/html"):
                        assert "<script" not in answer.text
                        assert "<img" not in answer.text
                        assert 'href="javascript' not in answer.text
                    assert "root:" not in answer.text
    assert server.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == triples


def test_a_template_expression_in_a_query_is_not_evaluated(server: Server) -> None:
    page = httpx.get(
        server.url, params={"query": "ASK {} # {{ 7 * 7 }} </textarea>"}, headers={"Accept": "text/html"}
    ).text
    assert "{{ 7 * 7 }} &lt;/textarea&gt;" in page


def test_unread_long_answers_are_limited(few: Project) -> None:
    """The limit is thirty-two times the largest answer, in addition to the buffers of the system; the next gets 503."""
    limits = Limits(size=8 << 20, patience=120)
    with serving(command=limited(limits, few)) as server, ExitStack() as held:
        clients = [held.enter_context(connect(server)) for _ in range(60)]
        statuses = []
        for number, client in enumerate(clients):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(get(LARGE % number))
            statuses.append(status(client))
        assert set(statuses) == {200, 503}
        assert statuses.index(503) >= 32
        assert server.alive()  # short requests are answered
        held.close()
        again = time.monotonic() + PATIENCE
        while server.ask(LARGE % 100).status_code != 200:
            assert time.monotonic() < again
            time.sleep(0.1)


def test_protocol_class_has_the_given_limits() -> None:
    assert issubclass(protocol.protocol_class(LIMITS), protocol.LimitedProtocol)
    assert protocol.protocol_class(LIMITS).limits is LIMITS
