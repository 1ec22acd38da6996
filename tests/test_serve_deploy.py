"""Tests of docs/deploy.md: systemd checks the unit, hadolint checks the image, and the proxies run with the configurations shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path

import httpx
import pytest
import rdflib

from cica_graph import open_graph, queries
from cica_graph.project.source_files import Project
from cica_graph.serve.config import Limits, Scheduling, Settings
from cica_graph.serve.executor import MAX_UNSENT
from cica_graph.serve.pool.scheduler import MIN_WAIT
from cica_graph.store.load import fill
from serving import JSON, PATIENCE, SLOW, Server, free_port, serving
from test_publish_hosting import program, started

NAME = "kg.example.org"
LIMITS, SCHEDULING = Limits(), Scheduling()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands that are shown but not run, with the reason; commands that begin with curl are run.
NOT_RUN = {
    "python3 -m venv": "installs into /opt",
    "/opt/cica-graph/bin/pip install": "installs from the network",
    "systemctl": "needs a machine that systemd has started",
    "journalctl": "needs a machine that systemd has started",
    "podman": "needs a base image from the network; what it builds is checked below",
}


@pytest.fixture(scope="module")
def document(root: Path) -> str:
    return (root / "docs" / "deploy.md").read_text("utf-8")


@pytest.fixture(scope="module")
def blocks(document: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for language, body in BLOCK.findall(document):
        found.setdefault(language, []).append(body)
    assert set(found) == {"sh", "ini", "nginx", "text"}
    return found


def commands(blocks: dict[str, list[str]]) -> list[str]:
    return [line for block in blocks["sh"] for line in block.splitlines()]


# ---- systemd ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unit(blocks: dict[str, list[str]]) -> str:
    (text,) = blocks["ini"]
    return text


def test_systemd_accepts_the_unit_and_rates_it_as_secure(unit: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")
    file = tmp_path / "cica-graph.service"
    file.write_text(unit.replace("/opt/cica-graph/bin/cica-graph", str(Path(sys.executable).with_name("cica-graph"))))
    verified = subprocess.run([analyze, "verify", "--man=no", str(file)], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    # Exposure from 0 to 10, here in tenths; a service without any of it has 9.6.
    rated = subprocess.run(
        [analyze, "security", "--offline=yes", "--threshold=15", "--no-pager", str(file)],
        capture_output=True,
        text=True,
    )
    assert rated.returncode == 0, rated.stdout


def test_the_unit_starts_a_server_and_gives_it_time_to_stop(unit: str, few: Project) -> None:
    parsed = ConfigParser(interpolation=None, delimiters=["="])
    parsed.optionxform = str  # type: ignore[assignment]  # the names of systemd have capitals
    parsed.read_string(unit)
    service = parsed["Service"]
    program, *arguments = service["ExecStart"].split()
    assert program == "/opt/cica-graph/bin/cica-graph"
    assert int(service["TimeoutStopSec"]) > LIMITS.seconds + LIMITS.patience
    assert service["Environment"] == f"CICA_GRAPH_CACHE=/var/cache/{service['CacheDirectory']}"
    port = str(free_port())
    arguments[arguments.index("8000")] = port
    with serving(command=[sys.executable, "-m", "cica_graph", *arguments, "--project", str(few.root)]) as server:
        assert server.base == f"http://127.0.0.1:{port}/"
        assert len(server.family()) < int(service["TasksMax"]) / 4


# ---- The container ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def image(root: Path) -> list[list[str]]:
    """Return the instructions of the last stage, each as a list of words."""
    text = (root / "Containerfile").read_text("utf-8")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    last = max(n for n, line in enumerate(lines) if line[0] == "FROM")
    return lines[last:]


def test_the_container_file_passes_its_linter(root: Path) -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [str(linter), "--format", "json", str(root / "Containerfile")], capture_output=True, text=True
    )
    assert (json.loads(done.stdout), done.returncode) == ([], 0), done.stderr


def test_the_image_contains_all_files_of_the_package(root: Path, tmp_path: Path) -> None:
    """The copied files make the same wheel as the whole tree."""
    text = (root / "Containerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE):
        *sources, target = line.split()
        for name in sources:
            place = tmp_path / target / (name if target == "./" else "")
            if (root / name).is_dir():
                shutil.copytree(root / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(root / name, place)
    code = (
        "import sys; from hatchling.builders.wheel import WheelBuilder\n"
        "for f in WheelBuilder(sys.argv[1]).recurse_included_files(): print(f.distribution_path)"
    )
    made, whole = (
        subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=True).stdout
        for place in (tmp_path, root)
    )
    assert sorted(made.split("\n")) == sorted(whole.split("\n"))
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    for needed in (project["readme"], *project["license-files"]):
        assert (tmp_path / needed).is_file()


def test_the_image_runs_as_nobody_and_has_a_health_check(image: list[list[str]], few: Project) -> None:
    said = {name: value for name, value in image if name not in ("COPY", "ENV")}
    assert set(said) == {"FROM", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"}
    assert all(int(number) > 1000 for number in said["USER"].split(":"))
    assert said["EXPOSE"] == str(Settings().port)
    start = json.loads(said["ENTRYPOINT"])
    assert start[0].startswith("/opt/cica-graph/bin/")
    check = json.loads(said["HEALTHCHECK"].removeprefix("CMD "))
    options = ["--port", "0", "--project", str(few.root)]
    with serving(command=[sys.executable, "-m", "cica_graph", *start[1:], *options]) as server:
        _, port = server.address
        here = [sys.executable, *check[1:]]
        assert "8000" in here[-1]
        assert subprocess.run([*here[:-1], here[-1].replace("8000", str(port))], check=False).returncode == 0
    here[-1] = here[-1].replace("8000", str(port))
    assert subprocess.run(here, capture_output=True, check=False).returncode != 0


# ---- Proxies ---------------------------------------------------------------------------------


class Proxy:
    """A proxy in front of a server, with a certificate; clients use its name, from any address of this machine."""

    def __init__(self, name: str, server: Server, port: int, certificate: Path) -> None:
        self.name, self.server, self.port, self.certificate = name, server, port, certificate

    def client(self, last: int = 1) -> httpx.Client:
        """Return a client at 127.0.0.``last``."""
        transport = httpx.HTTPTransport(
            local_address=f"127.0.0.{last}", verify=ssl.create_default_context(cafile=self.certificate)
        )

        def name(request: httpx.Request) -> None:
            request.headers["Host"] = NAME
            request.extensions["sni_hostname"] = NAME

        base = f"https://127.0.0.1:{self.port}/"
        return httpx.Client(transport=transport, base_url=base, event_hooks={"request": [name]}, timeout=PATIENCE)


NGINX = """
daemon off; master_process off; pid {run}/pid; error_log {run}/error.log warn;
events {{ }}
http {{
    access_log off; include /etc/nginx/mime.types;
    client_body_temp_path {run}/body; proxy_temp_path {run}/proxy; fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi; scgi_temp_path {run}/scgi;
    {shown}
}}
"""


def configured(name: str, shown: str, run: Path, server: Server, port: int, certificate: Path, key: Path) -> str:
    """Return the configuration in the document, with other ports and another path of the certificate."""
    changes = {"127.0.0.1:8000": "{}:{}".format(*server.address)}
    if name == "nginx":
        changes |= {
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            f"/etc/ssl/{NAME}.pem": str(certificate),
            f"/etc/ssl/{NAME}.key": str(key),
        }
    else:
        changes[f"{NAME} {{"] = f"{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {certificate} {key}"
    for old, new in changes.items():
        assert shown.count(old) == 1, old
        shown = shown.replace(old, new)
    if name == "nginx":
        return NGINX.format(run=run, shown=shown)
    return "{\n\tadmin off\n\tauto_https off\n}\n" + shown


@pytest.fixture(scope="module")
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "1", "--address", f"https://{NAME}/", "--project", str(few.root)) as running:
        yield running.with_pages()


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, server: Server, blocks: dict[str, list[str]]) -> Iterator[Proxy]:
    name = request.param
    binary = program(name)
    openssl = program("openssl")
    (shown,) = blocks["nginx" if name == "nginx" else "text"]
    run = Path(tempfile.mkdtemp(prefix="deploy-"))
    run.chmod(0o755)
    certificate, key, config, port = run / "cert.pem", run / "key.pem", run / "conf", free_port()
    making = (
        f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={NAME} "
        f"-addext subjectAltName=DNS:{NAME} -keyout {key} -out {certificate}"
    )
    subprocess.run(making.split(), check=True, capture_output=True)
    config.write_text(configured(name, shown, run, server, port, certificate, key), "utf-8")
    command = {
        "nginx": [binary, "-p", str(run), "-c", str(config)],
        "caddy": [binary, "run", "--config", str(config), "--adapter", "caddyfile"],
    }[name]
    try:
        with started(command, run, port):
            yield Proxy(name, server, port, certificate)
    finally:
        shutil.rmtree(run)


def test_every_command_is_run_or_has_a_reason(blocks: dict[str, list[str]]) -> None:
    shown = commands(blocks)
    for command in shown:
        assert command.startswith(("curl ", *NOT_RUN)), command
    assert all(any(command.startswith(known) for command in shown) for known in ("curl ", *NOT_RUN))


def test_commands_in_the_document_give_answers(proxy: Proxy, blocks: dict[str, list[str]], tmp_path: Path) -> None:
    program("curl")
    # A usual request, except for the address of the host name and the certificate authority.
    (tmp_path / ".curlrc").write_text(
        f'connect-to = "{NAME}:443:127.0.0.1:{proxy.port}"\ncacert = "{proxy.certificate}"\n', "utf-8"
    )
    answers = [
        subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, env=os.environ | {"CURL_HOME": str(tmp_path)}
        ).stdout
        for command in commands(blocks)
        if command.startswith("curl ")
    ]
    assert json.loads(answers[0])["status"] == "ok"
    assert answers[1:] == ["true\n"]


def test_a_proxy_passes_answers_unchanged(proxy: Proxy) -> None:
    plain = httpx.get(proxy.server.url, headers={"Accept": "text/turtle", "Accept-Encoding": "identity"})
    with proxy.client() as client:
        read = rdflib.Graph().parse(data=client.get("sparql").content, format="turtle")
        endpoints = read.objects(None, rdflib.URIRef("http://www.w3.org/ns/sparql-service-description#endpoint"))
        assert [str(o) for o in endpoints] == [f"https://{NAME}/sparql"]
        packed = client.get("sparql", headers={"Accept": "text/turtle", "Accept-Encoding": "gzip"})
        assert packed.content == plain.content
        assert packed.headers["content-encoding"] == "gzip"
        assert {name.strip().lower() for name in packed.headers["vary"].split(",")} >= {"accept", "accept-encoding"}
        same = client.get("sparql", headers={"Accept": "text/turtle", "If-None-Match": packed.headers["etag"]})
        assert same.status_code == 304
        policies = packed.headers.get_list("content-security-policy")
        assert policies == plain.headers.get_list("content-security-policy")
        page = client.get("sparql", headers={"Accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)
        assert style is not None
        assert client.get(style[1]).headers["content-type"].startswith("text/css")
        assert client.get("nothing").json()["status"] == 404


def test_a_proxy_passes_large_requests_up_to_the_limits_of_the_server(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert client.get("sparql", params={"query": "ASK {} #" + "x" * 50_000}).status_code == 200
        assert client.get("sparql", headers={"X-Filler": "x" * 70_000}).status_code in (400, 431)  # 400 is nginx's
        direct = {"Content-Type": "application/sparql-query", "Accept": JSON}
        assert client.post("sparql", content="ASK {} #" + "x" * 90_000, headers=direct).status_code == 200
        assert client.post("sparql", content=b"x" * ((1 << 20) + 100_000), headers=direct).status_code == 413
        whole = client.get("sparql", params={"query": "SELECT * { ?s ?p ?o }"}, headers={"Accept": JSON})
        assert len(whole.content) > 1 << 20
        assert len(whole.json()["results"]["bindings"]) > 10_000


def test_a_proxy_shows_metrics_only_to_its_own_machine(proxy: Proxy) -> None:
    with proxy.client(1) as here, proxy.client(9) as elsewhere:
        assert here.get("metrics").status_code == 200
        assert elsewhere.get("metrics").status_code == 403
        assert elsewhere.get("health").status_code == 200


def test_a_client_that_disconnects_from_a_proxy_stops_its_query(proxy: Proxy) -> None:
    gone = 'cica_graph_queries_total{outcome="gone"}'
    before = proxy.server.metric(gone)
    slow = f"{SLOW} # {proxy.name}"
    with proxy.client() as client, pytest.raises(httpx.ReadTimeout):
        client.get("sparql", params={"query": slow}, timeout=1)
    begin = time.monotonic()
    while proxy.server.metric(gone) == before:
        assert time.monotonic() < begin + LIMITS.seconds - 3, "it was not told"
        time.sleep(0.05)


def test_no_request_is_lost_when_the_data_change(proxy: Proxy) -> None:
    stop, seen, lost = threading.Event(), Counter[int](), list[object]()

    def ask(last: int) -> None:
        with proxy.client(last) as client:
            for number in range(10_000):
                try:
                    query = f"ASK {{}} # {proxy.name} {last} {number}"
                    answer = client.post("sparql", data={"query": query}) if number % 2 else client.get(
                        "sparql", params={"query": query}
                    )  # fmt: skip
                    assert answer.status_code == 200, answer.text
                    seen[last] += 1
                except (httpx.HTTPError, AssertionError) as error:
                    lost.append(error)
                if stop.wait(0.06):  # below the rate limit
                    return

    served = proxy.server.said().count("serving ")
    with ThreadPoolExecutor(3) as many:
        asking = [many.submit(ask, last) for last in (11, 12, 13)]
        try:
            for turn in (1, 2):
                os.kill(proxy.server.process.pid, 1)  # SIGHUP
                proxy.server.wait_for("serving ", times=served + turn)
                time.sleep(0.5)
        finally:
            stop.set()
        for each in asking:
            each.result()
    assert not lost
    assert min(seen.values()) > 3


def test_nginx_limits_the_rate_of_each_client(proxy: Proxy) -> None:
    with proxy.client(21) as client, proxy.client(22) as other:
        statuses = Counter(client.get("health").status_code for _ in range(400))
        assert statuses[200] >= 100
        if proxy.name == "nginx":
            assert statuses[429] == 400 - statuses[200] > 0, "this machine is too slow to ask 20 times a second"
        else:  # it has no limit for each client
            assert statuses[200] == 400
        assert other.get("health").status_code == 200


def test_the_cookbook_runs_within_the_documented_memory(tmp_path: Path) -> None:
    """On the shipped graph, from a store, so that the server does not make its pages."""
    fill(str(tmp_path / "store"), open_graph().store)
    options = ["--memory-limit", "128", "--time-limit", "60", "--store", str(tmp_path / "store")]
    with serving("--workers", "1", *options) as server:
        for query in queries.folder("cookbook"):
            on = query.default("asOf") if query.snapshot else ""
            assert server.ask(query.text, on=on).status_code == 200, query.name


# ---- Numbers in the document -----------------------------------------------------------------


def test_numbers_in_the_document_are_those_of_the_server(document: str, blocks: dict[str, list[str]]) -> None:
    nginx, caddy = blocks["nginx"][0], blocks["text"][0]
    wait = max(MIN_WAIT, SCHEDULING.time_slice) + SCHEDULING.time_slice + 2 * LIMITS.seconds
    for said, so in {
        "after five idle seconds": LIMITS.idle == 5,
        "A query may take ten seconds, or 26 if it had to wait": LIMITS.seconds == 10 and 25 < wait <= 26,
        "An address may have 64 kB": LIMITS.head == 64 << 10,
        "at most for the time limit plus ten seconds": LIMITS.patience == 10,
        "at most 2 simultaneous queries": SCHEDULING.short + SCHEDULING.long == 2,
        "at most 32 × `--max-size`": MAX_UNSENT == 32,
        "2 GB with two": 2 * (SCHEDULING.short + SCHEDULING.long) * LIMITS.memory == 2 << 30,
        "512 connections for each worker": LIMITS.connections == 512,
    }.items():
        assert said in document, said
        assert so, said
    assert f"client_max_body_size {LIMITS.body >> 20}m;" in nginx
    assert f"large_client_header_buffers 4 {LIMITS.head >> 10}k;" in nginx
    for text, keep, read in ((nginx, r"keepalive_timeout (\d+)s", r"proxy_read_timeout (\d+)s"),
                             (caddy, r"keepalive (\d+)s", r"response_header_timeout (\d+)s")):  # fmt: skip
        assert int(re.findall(keep, text)[0]) < LIMITS.idle
        assert int(re.findall(read, text)[0]) > wait
