"""The HTTP client: retries, limits and secret credentials. The servers are real, on loopback."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cica_graph.model.errors import UsageError
from cica_graph.store.http_client import Client, Credentials, refuse_address
from cica_graph.store.remote import RemoteEngine

SECRET = "correct-horse"
EMPTY = json.dumps({"head": {"vars": []}, "results": {"bindings": []}}).encode()


class Server(ThreadingHTTPServer):
    """Server that answers each request by the next of its moods, and normally after the last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.moods: list[Callable[[Handler], None]] = []
        self.asked: list[str | None] = []  # the credentials of each request

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/query"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers.get("Authorization"))
        (self.server.moods.pop(0) if self.server.moods else lambda h: h.answer(200, EMPTY))(self)

    def answer(self, status: int, body: bytes = b"", **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def ask(server: Server, credentials: Credentials | None = None) -> list[float]:
    waited: list[float] = []
    RemoteEngine(server.address, client=Client(5.0, credentials, waited.append)).read_manifest()
    return waited


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_server_is_asked_again_a_little_later_each_time(server: Server, status: int) -> None:
    server.moods = [lambda h: h.answer(status), lambda h: h.answer(status), lambda h: h.answer(status, Retry_After="7")]
    assert ask(server) == [2, 4, 7]
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [429, 502, 503])
def test_client_stops_after_a_limit(server: Server, status: int) -> None:
    server.moods = [lambda h: h.answer(status, b"busy")] * 9
    with pytest.raises(UsageError, match=f"answered {status}: busy"):
        ask(server)
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 500, 501, 504])
def test_any_other_refusal_is_final(server: Server, status: int) -> None:
    server.moods = [lambda h: h.answer(status, b"no")]
    with pytest.raises(UsageError, match=str(status)):
        ask(server)
    assert len(server.asked) == 1


def test_incomplete_answer_is_refused(server: Server) -> None:
    for more, words in (
        ({"X_SPARQL_MaxRows": "10000"}, "truncated its answer at 10000 rows.*increase or remove ResultSetMaxRows"),
        (
            {"X_SQL_State": "S1TAT", "X_SQL_Message": "RC...: Returning incomplete results"},
            "gave only a part of the answer",
        ),
    ):
        server.moods = [lambda h, more=more: h.answer(200, EMPTY, **more)]  # type: ignore[misc]
        with pytest.raises(UsageError, match=words):
            ask(server)
    server.moods = [lambda h: h.answer(200, EMPTY[:-5])]
    with pytest.raises(UsageError, match="is truncated or is not SPARQL JSON"):
        ask(server)


def test_credentials_are_sent_after_the_first_challenge_and_with_each_later_request(server: Server) -> None:
    server.moods = [lambda h: h.answer(401, WWW_Authenticate='Basic realm="x"')]
    client = Client(5.0, Credentials("ann", SECRET))
    remote = RemoteEngine(server.address, client=client)
    remote.read_manifest()
    remote.read_manifest()
    basic = "Basic " + base64.b64encode(f"ann:{SECRET}".encode()).decode()
    assert server.asked == [None, basic, basic]


def test_a_token(server: Server) -> None:
    server.moods = [lambda h: h.answer(401, WWW_Authenticate="Bearer")]
    ask(server, Credentials("", SECRET, token=True))
    assert server.asked == [None, f"Bearer {SECRET}"]


def test_a_password_does_not_go_over_http_to_another_machine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.moods = [lambda h: h.answer(401, WWW_Authenticate='Basic realm="x"')]
    monkeypatch.setattr("cica_graph.store.http_client.HERE", ())
    with pytest.raises(UsageError, match="requests a password over http"):
        ask(server, Credentials("ann", SECRET))
    assert server.asked == [None]


def test_credentials_are_not_sent_to_another_host(server: Server) -> None:
    server.moods = [lambda h: h.answer(307, Location="http://192.0.2.1/query")]
    with pytest.raises(UsageError, match="another host"):
        ask(server, Credentials("ann", SECRET))


def test_sources_of_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://store.example.org/sparql"
    netrc = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(netrc))
    assert Credentials.of(url) is None
    netrc.write_text(f"machine store.example.org login ann password {SECRET}\n")
    found = Credentials.of(url)
    assert found
    assert (found.user, found.secret) == ("ann", SECRET)
    assert Credentials.of("https://other.example.org/") is None
    monkeypatch.setenv("CICA_GRAPH_STORE_USER", "bob")
    monkeypatch.setenv("CICA_GRAPH_STORE_PASSWORD", "x")
    assert (found := Credentials.of(url))
    assert found.user == "bob"
    monkeypatch.setenv("CICA_GRAPH_STORE_TOKEN", SECRET)
    assert (found := Credentials.of(url))
    assert found.token
    monkeypatch.delenv("CICA_GRAPH_STORE_TOKEN")
    monkeypatch.delenv("CICA_GRAPH_STORE_USER")
    netrc.write_text(f"machine store.example.org login ann passwort {SECRET}\n")
    with pytest.raises(UsageError, match="is not a valid netrc file: see line") as refused:
        Credentials.of(url)
    assert SECRET not in str(refused.value)


def test_secrets_are_not_in_messages_and_logs(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.moods = [lambda h: h.answer(401, b"no", WWW_Authenticate='Basic realm="x"')] * 2
    with pytest.raises(UsageError, match="denies access") as refused:
        ask(server, Credentials("ann", SECRET))
    basic = base64.b64encode(f"ann:{SECRET}".encode()).decode()
    said = str(refused.value) + caplog.text + repr(Credentials("ann", SECRET))
    assert SECRET not in said
    assert basic not in said
    assert "HTTP Request" in caplog.text


@pytest.mark.parametrize("command", [["members", "CICA"], ["build"], ["store", "check"]])
def test_a_password_in_an_address_is_refused_and_not_repeated(command: list[str]) -> None:
    address = f"http://ann:{SECRET}@127.0.0.1:1/sparql"
    given = [address] if command[0] == "store" else ["--store", address]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cica-graph")), *command, *given], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert SECRET not in done.stdout + done.stderr
    assert "CICA_GRAPH_STORE_PASSWORD" in done.stderr


@pytest.mark.parametrize("address", ["ftp://example.org/", "http:///x", "https://[::1", "http://a:b:c/"])
def test_invalid_addresses_are_refused(address: str) -> None:
    with pytest.raises(UsageError):
        refuse_address(address)
