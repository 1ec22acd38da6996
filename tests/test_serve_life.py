"""Tests of the processes of a server: killed processes, changed data, stopping."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from cica_graph import open_graph
from cica_graph.project.source_files import Project
from cica_graph.serve.config import Settings
from cica_graph.serve.metrics import BOUNDS, Metrics
from cica_graph.serve.release import load_release
from cica_graph.store.load import fill
from serving import JSON, PATIENCE, SLOW, Server, serving

ORGANIZATIONS = ["cica", "cis", "csto", "sco", "las", "eac", "apec", "au"]
COUNT = "SELECT (COUNT(DISTINCT ?m) AS ?n) {{ ?s cg:organization organization:{} ; cg:member ?m }}"


@pytest.fixture
def server(few: Project) -> Iterator[Server]:
    with serving("--workers", "2", "--project", str(few.root)) as running:
        yield running.with_pages()


@pytest.fixture(scope="module")
def tiny(root: Path) -> str:
    """The smallest project, for tests that do not read its data. Nothing changes it."""
    return str(root / "tests" / "fixtures" / "base")


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


# ---- Killed processes ------------------------------------------------------------------------


@pytest.mark.parametrize("kills", [40, pytest.param(1000, marks=pytest.mark.soak)])
def test_killing_query_workers_never_gives_a_wrong_answer(server: Server, kills: int) -> None:
    right = {name: server.rows(COUNT.format(name))[0]["n"] for name in ORGANIZATIONS}
    assert len(set(right.values())) > 4
    stop, answers, wrong = threading.Event(), Counter[int](), list[str]()

    def ask(seed: int) -> None:
        choose = random.Random(seed)
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                name = choose.choice(ORGANIZATIONS)
                query = COUNT.format(name) + f" # {choose.random()}"  # new each time, so that a process runs it
                answer = client.get(server.url, params={"query": query}, headers={"Accept": JSON})
                answers[answer.status_code] += 1
                if answer.status_code == 200:
                    (row,) = answer.json()["results"]["bindings"]
                    if row["n"]["value"] != right[name]:
                        wrong.append(f"{name}: {row}")
                elif answer.status_code not in (500, 503):
                    wrong.append(answer.text)

    begin, killed = time.monotonic(), 0
    with ThreadPoolExecutor(4) as many:
        asking = [many.submit(ask, seed) for seed in range(4)]
        try:
            while killed < kills and time.monotonic() - begin < 40:
                for pid in random.Random(killed).sample(running := server.query_processes(), (len(running) + 1) // 2):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
                time.sleep(0.02)
        finally:
            stop.set()
        for each in asking:
            each.result()
    assert not wrong
    assert killed >= kills / 4, "this machine is too busy to kill so many processes"
    assert answers[200] > kills / 10
    assert answers[200] > answers[500] + answers[503], answers
    assert server.alive()


def test_a_killed_web_process_is_replaced(server: Server) -> None:
    loops = [pid for pid in server.family() if _children(pid) == [] and pid not in server.query_processes()]
    assert len(loops) == 2
    for pid in loops:
        os.kill(pid, signal.SIGKILL)
    assert server.alive(within=30)  # the socket stayed open, so the connection waits and is not refused
    until(lambda: not set(loops) & set(server.family()))


def test_a_killed_fork_server_is_replaced(server: Server) -> None:
    (parent,) = _children(server.process.pid)
    os.kill(parent, signal.SIGKILL)
    server.wait_for("the process with the graph has ended")
    server.wait_for("serving ", times=2)
    assert server.alive(within=30)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_killing_the_supervisor_ends_all_processes(tiny: str) -> None:
    server = Server("--workers", "2", "--project", tiny)
    assert server.alive()
    family = server.family()
    assert len(family) >= 4
    server.process.kill()
    server.process.wait()
    until(lambda: not [pid for pid in family if Path(f"/proc/{pid}").exists()])


# ---- Changed data ----------------------------------------------------------------------------


def copy(root: Path, place: Path) -> Path:
    """Copy a small project: the pages of the shipped one take half a minute each time that its files change."""
    shutil.copytree(root / "tests" / "fixtures" / "base", place, dirs_exist_ok=True)
    return place


def rename(project: Path, label: str) -> None:
    """Give the first organization another label, and replace the file in one step, as an editor does."""
    file = project / "data" / "alpha.ttl"
    draft = file.with_suffix(".tmp")
    draft.write_text(
        re.sub('skos:prefLabel "[^"]+"@en', f'skos:prefLabel "{label}"@en', file.read_text("utf-8"), count=1), "utf-8"
    )
    draft.replace(file)


LABEL = 'SELECT ?l { <id/org/alpha> skos:prefLabel ?l FILTER(LANG(?l) = "en") }'


def test_changed_files_are_served_and_no_request_is_lost(root: Path, tmp_path: Path) -> None:
    project = copy(root, tmp_path)
    with serving("--workers", "2", "--project", str(project)) as server:
        build = httpx.get(server.base + "health").json()["build"]
        old = server.rows(LABEL)[0]["l"]
        tag = server.ask(LABEL).headers["etag"]
        stop, seen, lost = threading.Event(), Counter[str](), list[object]()

        def ask() -> None:
            with httpx.Client(timeout=30) as client:  # one that keeps its connection, so that it may be closed on it
                while not stop.is_set():
                    try:
                        answer = client.get(server.url, params={"query": LABEL}, headers={"Accept": JSON})
                        seen[answer.raise_for_status().json()["results"]["bindings"][0]["l"]["value"]] += 1
                    except (httpx.HTTPError, KeyError, IndexError) as error:
                        lost.append(error)

        with ThreadPoolExecutor(4) as many:
            asking = [many.submit(ask) for _ in range(4)]
            try:
                for turn, label in enumerate(("First", "Second", "Second")):
                    rename(project, label)
                    if turn == 2:  # nothing has changed, but somebody wants it so
                        server.process.send_signal(signal.SIGHUP)
                    server.wait_for("serving ", times=turn + 2)
                    before = seen[label]
                    until(lambda: seen[label] > before + 50)  # noqa: B023
            finally:
                stop.set()
            for each in asking:
                each.result()
        assert not lost
        assert set(seen) == {old, "First", "Second"}
        assert server.rows(LABEL) == [{"l": "Second"}]
        assert httpx.get(server.base + "health").json()["build"] != build
        # Cached answers for the old data are not used for the new data.
        again = httpx.get(server.url, params={"query": LABEL}, headers={"Accept": JSON, "If-None-Match": tag})
        assert again.status_code == 200
        assert server.metric('cica_graph_requests_total{status="2xx"}') >= sum(seen.values())


def test_changed_data_with_findings_are_not_served_and_the_previous_data_are(root: Path, tmp_path: Path) -> None:
    project = copy(root, tmp_path)
    with serving("--workers", "1", "--project", str(project)) as server:
        before = server.rows(LABEL)
        file = project / "data" / "alpha.ttl"
        good = file.read_text("utf-8")
        file.write_text(good + "\nthis is no Turtle\n", "utf-8")
        server.wait_for("still serving the previous build")
        assert server.rows(LABEL) == before
        file.write_text(good, "utf-8")
        rename(project, "Mended")
        server.wait_for("serving ", times=2)
        until(lambda: server.rows(LABEL) == [{"l": "Mended"}])


def test_a_directory_that_replaces_another_is_served(tmp_path: Path) -> None:
    def folder(name: str, value: str) -> Path:
        store = ox.Store(str(tmp_path / name))
        store.add(ox.Quad(ox.NamedNode("urn:x:s"), ox.NamedNode("urn:x:p"), ox.Literal(value)))
        store.flush()
        return tmp_path / name

    shown = tmp_path / "shown"
    shown.symlink_to(folder("one", "one"))
    query = "SELECT ?v { <urn:x:s> <urn:x:p> ?v }"
    with serving("--workers", "1", "--store", str(shown)) as server:
        assert server.rows(query) == [{"v": "one"}]
        other = tmp_path / "other"
        other.symlink_to(folder("two", "two"))
        other.replace(shown)
        server.wait_for("serving ", times=2)
        until(lambda: server.rows(query) == [{"v": "two"}])
        answer = server.ask(query, on="2012-06-13")
        assert answer.status_code == 400
        assert "no snapshot of 2012-06-13" in answer.json()["detail"]
        assert httpx.get(f"{server.base}id/org/csto").status_code == 404
        assert httpx.get(f"{server.base}reconcile").json()["view"]["url"].endswith("/reconcile/preview?id={{id}}")


def test_a_directory_filled_by_build_has_pages_and_its_changes_are_served(root: Path, tmp_path: Path) -> None:
    """The pages are those of the project; the citation comes from the project too, because the store has none."""
    project, folder = tmp_path / "project", tmp_path / "store"
    for name in ("sources.ttl", "states.ttl", "organizations/csto.ttl"):
        (project / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "data" / name, project / "data" / name)
    cited = (root / "CITATION.cff").read_text("utf-8").replace("The cica-graph authors", "Somebody Else")
    (project / "CITATION.cff").write_text(cited, "utf-8")

    # As build does when it has checked, which these few files do not pass.
    fill(str(folder), (graph := open_graph(project)).store)
    release = load_release(Settings(project=project, folder=folder))
    assert list(release.open_store().quads()) == list(graph.store.quads())
    query = "SELECT (COUNT(*) AS ?n) { ?m cg:memberOf organization:csto }"
    with serving("--workers", "1", "--store", str(folder), "--project", str(project)) as server:
        server.with_pages()
        assert server.rows(query, on="2005-01-01") == [{"n": "6"}]
        assert "Somebody Else" in httpx.get(f"{server.base}CITATION.cff").text
        assert "CSTO had 7 members" in httpx.get(f"{server.base}id/org/csto.html?on=2010-01-01", timeout=30).text
        assert httpx.get(f"{server.base}reconcile").json()["view"]["url"] == server.base + "id/{{id}}"
        file = project / "data" / "organizations" / "csto.ttl"
        old, new = '"Collective Security Treaty Organization"@en', '"Renamed"@en'
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
        fill(str(folder), open_graph(project).store)
        server.wait_for("serving ", times=2)
        until(lambda: server.ask('ASK { organization:csto skos:prefLabel "Renamed"@en }').json()["boolean"])


def test_a_long_request_finishes_on_the_data_it_started_with(root: Path, tmp_path: Path) -> None:
    project = copy(root, tmp_path)
    with (
        serving("--workers", "1", "--project", str(project), "--time-limit", "4") as server,
        ThreadPoolExecutor(1) as one,
    ):
        long = one.submit(server.ask, SLOW)
        time.sleep(1)
        rename(project, "Other")
        server.wait_for("serving ", times=2)
        assert long.result().status_code == 504  # by its own limit, and not because it was cut short
        assert server.rows(LABEL) == [{"l": "Other"}]


# ---- Stopping --------------------------------------------------------------------------------


def test_a_running_request_is_answered_before_the_server_stops(tiny: str) -> None:
    server = Server("--workers", "1", "--time-limit", "3", "--project", tiny)
    with ThreadPoolExecutor(1) as one:
        long = one.submit(server.ask, SLOW)
        time.sleep(1)
        assert not long.done()
        server.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(server))  # no new ones
        assert long.result().status_code == 504
    assert server.process.wait(PATIENCE) == 0


def refuses(server: Server) -> bool:
    """Tell if the server refuses connections."""
    try:
        socket.create_connection(server.address, timeout=5).close()
    except OSError:
        return True
    return False


def test_ctrl_c_stops_the_server_cleanly(tiny: str) -> None:
    server = Server("--workers", "2", "--project", tiny)
    idle = socket.create_connection(server.address)
    for pid in [server.process.pid, *server.family()]:  # a terminal sends it to all
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    assert server.process.wait(PATIENCE) == 0
    assert "Traceback" not in server.said()
    idle.close()


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["--project", "nowhere"], 2, "nowhere is not a directory"),
        (["--store", "nowhere"], 2, "nowhere does not contain a store"),
        (["--project", "a", "--store", "b"], 2, "use either --project or --store"),
        (["--address", "kg.example.org"], 2, "kg.example.org' is not a base for IRIs: it does not begin with http"),
        (["--host", "256.1.1.1"], 2, "Cannot listen on 256.1.1.1:0"),
        (["--port", "70000"], 2, "70000"),
        (["--time-limit", "0"], 2, "time-limit"),
    ],
)
def test_wrong_options_give_an_error_that_explains_them(
    options: list[str], code: int, says: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "cica_graph", "serve", "--port", "0", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_with_findings_is_not_served(root: Path, tmp_path: Path) -> None:
    project = copy(root, tmp_path)
    (project / "data" / "wrong.ttl").write_text("nothing that is Turtle", "utf-8")
    command = [sys.executable, "-m", "cica_graph", "serve", "--port", "0", "--project", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Run `check`" in done.stderr


def test_a_port_in_use_gives_an_error(tiny: str) -> None:
    options = ["--workers", "2", "--project", tiny]
    with serving(*options) as server:
        command = [sys.executable, "-m", "cica_graph", "serve", *options, "--port", str(server.address[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 2
        assert "Use --host and --port" in done.stderr
        assert server.alive()


def test_help_does_not_load_the_server() -> None:
    code = (
        "import sys; from cica_graph.cli import cli\n"
        "try: cli(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('starlette', 'uvicorn', 'jinja2', 'httptools', 'cica_graph.serve') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "--workers" in done.stdout


# ---- Metrics ---------------------------------------------------------------------------------


def test_counters_are_summed_over_processes_and_survive_them() -> None:
    metrics = Metrics(2)
    if (pid := os.fork()) == 0:
        child = metrics.counters(1)
        child.add("queries", "truncated")
        child.observe(100.0)
        os._exit(0)
    os.waitpid(pid, 0)
    own = metrics.counters(0)
    own.add("queries", "truncated", 2)
    own.add("sent_bytes", amount=1e9)
    own.observe(0.003)
    lines = metrics.text("abc").decode().splitlines()
    assert 'cica_graph_build_info{digest="abc"} 1.0' in lines
    assert 'cica_graph_queries_total{outcome="truncated"} 3.0' in lines
    assert "cica_graph_sent_bytes_total 1e+09" in lines
    assert "# TYPE cica_graph_connections gauge" in lines
    assert 'cica_graph_request_seconds_bucket{le="0.0025"} 0.0' in lines
    assert 'cica_graph_request_seconds_bucket{le="0.005"} 1.0' in lines
    assert f'cica_graph_request_seconds_bucket{{le="{BOUNDS[-1]}"}} 1.0' in lines
    assert 'cica_graph_request_seconds_bucket{le="+Inf"} 2.0' in lines
    assert "cica_graph_request_seconds_count 2.0" in lines
    assert "cica_graph_request_seconds_sum 100.003" in lines
