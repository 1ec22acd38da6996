"""The endpoint beside `oxigraph serve-read-only` and `rdflib-endpoint`: the same data and queries, in one run.

The data are a synthetic project of `growth`, about 100,000 triples. Each kind of request goes to each server in turn,
round by round, so that a busy minute falls on all; the ratios are of the medians. wrk sends them, from this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import quote

import httpx
import pyoxigraph as ox

from benchmarks import growth
from benchmarks.naive import ROOT
from cica_graph.model.terms import CG, ID, RDF_TYPE
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project

OURS, OXIGRAPH, RDFLIB = "cica-graph serve", "oxigraph serve-read-only", "rdflib-endpoint"
NEW, AGAIN, OVERLAP = "lookups not seen before", "a lookup again", "overlaps of two organizations"
KINDS: Final = (NEW, AGAIN, OVERLAP)
CONNECTIONS, THREADS = 32, 2
JSON = "application/sparql-results+json"

LOOKUP = "SELECT%20*%20%7B%20%3C{}%3E%20%3Fp%20%3Fo%20%7D"
QUERY = Path(__file__).with_name("overlap.rq")


@dataclass(frozen=True)
class Rate:
    """What one run of wrk gave.

    :ivar rate: answers a second.
    :ivar p99: milliseconds that 99 of 100 waited at most.
    :ivar cpu: milliseconds of processor that the server took for each; other work on the machine changes it little.
    :ivar failed: answers other than 200.
    """

    rate: float
    p99: float
    cpu: float
    failed: int


@dataclass(frozen=True)
class Server:
    """A server that runs.

    :ivar endpoint: the path of its SPARQL endpoint.
    """

    name: str
    port: int
    endpoint: str
    process: subprocess.Popen[bytes]

    def url(self, query: str) -> str:
        """Return the address that asks a query, which is percent-encoded already."""
        return f"http://127.0.0.1:{self.port}{self.endpoint}?query={query}"


def queries(store: ox.Store) -> dict[str, list[str]]:
    """Return the queries of each kind, percent-encoded."""
    kind, membership = ox.NamedNode(RDF_TYPE), ox.NamedNode(CG + "Membership")
    subjects = sorted({q.subject.value for q in store.quads_for_pattern(None, kind, membership)})  # type: ignore[union-attr]
    text = QUERY.read_text("utf-8")
    organizations = [f"{ID}org/org{n}" for n in range(growth.ORGANIZATIONS)]
    pairs = [(a, b) for a, b in product(organizations, repeat=2) if a != b]
    lookups = [LOOKUP.format(quote(subject, safe="")) for subject in subjects]
    overlaps = [quote(text.replace("urn:x:one", a).replace("urn:x:other", b), safe="") for a, b in pairs]
    return {NEW: lookups, AGAIN: lookups[:1], OVERLAP: overlaps}


def measure(server: Server, kind: str, asked: Sequence[str], seconds: int, turn: int) -> Rate:
    """Send one kind of request for so many seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{server.endpoint}?query={query}\n" for query in asked))
        file.flush()
        script = str(Path(__file__).with_name("serve.lua"))
        command = [
            "wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", script,
            f"http://127.0.0.1:{server.port}/", "--", file.name, "again" if kind == AGAIN else "fresh", str(turn),
        ]  # fmt: skip
        before = spent(server)
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        cpu = spent(server) - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    count = re.search(r"(\d+) requests in", said)
    if rate is None or p99 is None or count is None:
        raise SystemExit(f"wrk said something else than expected:\n{said}")
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[p99[2]]
    cpu = cpu * 1000 / max(int(count[1]), 1)
    return Rate(float(rate[1]), float(p99[1]) * unit, cpu, int(failed[1]) if failed else 0)


def answers(server: Server, query: str) -> list[str]:
    """Return the rows of an answer, in an order of their own."""
    found = httpx.get(server.url(query), headers={"Accept": JSON}, timeout=120).raise_for_status().json()
    return sorted(json.dumps(row, sort_keys=True) for row in found["results"]["bindings"])


def compare(servers: Sequence[Server], asked: dict[str, list[str]]) -> None:
    """Make sure that all servers give the same answers.

    :raises SystemExit: they do not, so that their speeds say nothing.
    """
    for kind, texts in asked.items():
        for text in (texts[0], texts[len(texts) // 2], texts[-1]):
            first, *others = [answers(server, text) for server in servers]
            if not first or any(other != first for other in others):
                raise SystemExit(f"the servers give different answers, or none, to {kind}: {text}")


@contextmanager
def running(name: str, command: list[str], port: int, endpoint: str) -> Iterator[Server]:
    """Run a server until the end of the block, from when it answers."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        server = Server(name, port, endpoint, process)
        try:
            _wait(server)
            yield server
        finally:
            process.terminate()


def _wait(server: Server) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and server.process.poll() is None:
        try:
            asked = [server.url("ASK%20%7B%7D"), f"http://127.0.0.1:{server.port}/"]
            # The second is 503 as long as pages are being made, which takes a core.
            if all(httpx.get(url, headers={"Accept": f"{JSON}, */*"}, timeout=30).status_code == 200 for url in asked):
                return
            time.sleep(0.2)
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit(f"{server.name} does not answer")


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def servers(rdflib_endpoint: Path | None, workers: int) -> Iterator[tuple[list[Server], dict[str, list[str]]]]:
    """Make the data, and run the servers on them."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        directory, folder, file = Path(place) / "project", Path(place) / "oxigraph", Path(place) / "data.nq"
        growth.project(directory, spells=8)
        os.environ["CICA_GRAPH_CACHE"] = str(Path(place) / "cache")
        file.write_bytes(build.graph(Project.at(directory)).store.dump())
        store = ox.Store()
        store.bulk_load(path=str(file), format=ox.RdfFormat.N_QUADS)
        print(f"{len({q.triple for q in store}):,} triples, {len(store):,} with their graphs", file=sys.stderr)
        oxigraph = str(Path(sys.executable).with_name("oxigraph"))
        loading = [oxigraph, "load", "--location", str(folder), "--file", str(file)]
        subprocess.run(loading, check=True, capture_output=True)
        subprocess.run([oxigraph, "optimize", "--location", str(folder)], check=True, capture_output=True)
        ours = [sys.executable, "-m", "cica_graph", "serve", "--project", str(directory), "--workers", str(workers)]
        commands = [
            (OURS, [*ours, "--port"], "/sparql"),
            (OXIGRAPH, [oxigraph, "serve-read-only", "--location", str(folder), "--bind"], "/query"),
        ]
        if rdflib_endpoint:
            # It does not look into named graphs unless told to, and needs nothing of them here.
            plain = Path(place) / "data.nt"
            triples = sorted({q.triple for q in store}, key=str)
            plain.write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
            commands.append((RDFLIB, [str(rdflib_endpoint), "serve", str(plain), "--host", "127.0.0.1", "--port"], "/"))
        found = []
        for name, command, endpoint in commands:
            port = _port()
            address = f"127.0.0.1:{port}" if name == OXIGRAPH else str(port)
            found.append(stack.enter_context(running(name, [*command, address], port, endpoint)))
        yield found, queries(store)


def family(server: Server) -> dict[int, list[str]]:
    """Return the processes of a server, by number, each with the fields of its ``/proc/PID/stat`` from the third on."""
    found = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(OSError):
                found[int(path.name)] = (path / "stat").read_text().rpartition(")")[2].split()
    members, grown = {server.process.pid}, True
    while grown:
        more = {pid for pid, stat in found.items() if int(stat[1]) in members} - members
        members, grown = members | more, bool(more)
    return {pid: found[pid] for pid in members if pid in found}


def spent(server: Server) -> float:
    """Return the seconds of processor that a server has taken, with those of its processes that have ended."""
    ticks = sum(int(ticks) for stat in family(server).values() for ticks in stat[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(server: Server) -> float:
    """Return the memory of a server with all its processes, in MB; what they share is counted once."""
    total = 0
    for pid in family(server):
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def grow(server: Server, asked: dict[str, list[str]], requests: int) -> list[tuple[int, float]]:
    """Send so many requests, most of them new, and return the memory now and then."""
    sent, found, turn = 0, [(0, memory(server))], 1000
    while sent < requests:
        for kind, seconds in ((NEW, 4), (AGAIN, 1), (OVERLAP, 1)):
            sent += round(measure(server, kind, asked[kind], seconds, turn).rate * seconds)
            turn += 1
        found.append((sent, memory(server)))
    return found


def table(rates: dict[tuple[str, str], list[Rate]], names: Sequence[str]) -> str:
    """Return the medians as Markdown: rates and the processor time of an answer, each with our share of the others'."""
    ours, *others = names
    rows, costs = [], []
    for kind in KINDS:
        rate = {name: median(r.rate for r in rates[name, kind]) for name in names}
        cost = {name: median(r.cpu for r in rates[name, kind]) for name in names}
        p99 = {name: median(r.p99 for r in rates[name, kind]) for name in names}
        rows.append([kind, *(f"{rate[n]:,.0f} ({p99[n]:,.0f} ms)" for n in names)])
        rows[-1] += [f"{rate[ours] / rate[n]:.2f}" for n in others]
        costs.append([kind, *(f"{cost[n]:.2f}" for n in names), *(f"{cost[n] / cost[ours]:.2f}" for n in others)])
    shares = [f"of {name}" for name in others]
    return "\n\n".join(
        (
            _markdown(["answers a second (p99)", *names, *shares], rows),
            _markdown(["processor, ms an answer", *names, *shares], costs),
        )
    )


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="The SPARQL endpoint beside other servers, in one run.")
    parser.add_argument("--seconds", type=int, default=8, help="how long each kind of request is sent, each time")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server has its turn")
    parser.add_argument("--workers", type=int, default=2, help="processes of ours that answer")
    parser.add_argument("--rdflib-endpoint", type=Path, metavar="PROGRAM", help="from an environment of its own")
    parser.add_argument("--requests", type=int, default=100_000, help="over which memory is watched; 0 for none")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the tables")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed; on Debian, apt install wrk")
    with servers(given.rdflib_endpoint, given.workers) as (found, asked):
        compare(found, asked)
        rates: dict[tuple[str, str], list[Rate]] = {}
        for turn in range(given.rounds):
            for kind in KINDS:
                for server in found:
                    rate = measure(server, kind, asked[kind], given.seconds, turn)
                    print(f"{server.name}: {kind}: {rate}", file=sys.stderr)
                    rates.setdefault((server.name, kind), []).append(rate)
        grown = grow(found[0], asked, given.requests) if given.requests else []
    names = [server.name for server in found]
    if given.json:
        print(json.dumps({f"{name}: {kind}": [vars(r) for r in rs] for (name, kind), rs in rates.items()}, indent=2))
        return
    print(table(rates, names))
    if grown:
        print("\n| requests of all kinds | MB |\n| ---: | ---: |")
        print("\n".join(f"| {sent:,} | {size:.0f} |" for sent, size in grown))


if __name__ == "__main__":
    main()
