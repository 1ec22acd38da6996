"""A real server in another process, for tests."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

JSON = "application/sparql-results+json"


def counting(lists: int) -> str:
    """Return a query that combines lists of ten numbers. It needs little memory, and no data."""
    values = " ".join(f"VALUES ?v{number} {{ 0 1 2 3 4 5 6 7 8 9 }}" for number in range(lists))
    return f"SELECT (COUNT(*) AS ?n) {{ {values} FILTER(?v0 != ?v1) }}"


SLOW = counting(12)  # runs for hours
SHORT = counting(6)  # a tenth of a second
PATIENCE = 60.0  # maximum seconds for any step on a busy machine


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Server:
    """A running server. Its log and error output go to files, so that it never waits for the test."""

    def __init__(self, *options: str, command: list[str] | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="cica-serve-"))
        self._log, self._said = self.directory / "log", self.directory / "said"
        command = command or [sys.executable, "-m", "cica_graph", "serve", "--port", "0", *options]
        with self._log.open("wb") as log, self._said.open("wb") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=said)
        self.base = self.wait_for(r"serving (http://\S+/)")[1]
        self.url = self.base + "sparql"
        host, port = re.fullmatch(r"http://(.+):(\d+)/", self.base).groups()  # type: ignore[union-attr]
        self.address = host, int(port)

    def said(self) -> str:
        """Return the error output."""
        return self._said.read_text("utf-8")

    def logged(self, text: str, times: int = 1) -> list[dict[str, Any]]:
        """Return the lines of the access log with a text in their query. The server writes a line after the answer."""
        until = time.monotonic() + 5 * PATIENCE
        while True:
            lines = [json.loads(line) for line in self._log.read_text("utf-8").splitlines()]
            found = [line for line in lines if text in line["query"]]
            if len(found) == times:
                return found
            assert time.monotonic() < until, found
            time.sleep(0.02)

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until a pattern is in the error output a number of times, and return the last match."""
        until = time.monotonic() + 5 * PATIENCE
        while time.monotonic() < until:
            found = list(re.finditer(pattern, self.said()))
            if len(found) >= times:
                return found[-1]
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}: {self.said()}")
            time.sleep(0.02)
        raise AssertionError(f"not said {times} times: {pattern}; but {self.said()}")

    def ask(self, query: str, accept: str = JSON, timeout: float = PATIENCE, **params: str) -> httpx.Response:
        """Send a query by GET, on a new connection."""
        return httpx.get(self.url, params={"query": query, **params}, headers={"Accept": accept}, timeout=timeout)

    def soon(self) -> float:
        """Return the seconds that a simple query may take while others run: one, or more on a slow machine."""
        taken = []
        for number in range(9):
            begin = time.monotonic()
            self.ask(f"ASK {{}} # alone {number} {begin}").raise_for_status()
            taken.append(time.monotonic() - begin)
        return max(1.0, 30 * sorted(taken)[len(taken) // 2])

    def alive(self, within: float = PATIENCE) -> bool:
        """Tell if the server still answers the simplest query."""
        return bool(self.ask("ASK {}", timeout=within).json() == {"head": {}, "boolean": True})

    def rows(self, query: str, on: str = "") -> list[dict[str, str]]:
        """Return the rows of a SELECT query, as texts."""
        found = self.ask(query, on=on).raise_for_status().json()["results"]["bindings"]
        return [{name: cell["value"] for name, cell in row.items()} for row in found]

    def metric(self, name: str) -> float:
        """Return one number of /metrics."""
        text = httpx.get(self.base + "metrics", timeout=PATIENCE).text
        (line,) = (line for line in text.splitlines() if line.startswith(name + " "))
        return float(line.split()[1])

    def family(self) -> dict[int, str]:
        """Return the descendant processes, each with its state."""
        found = {}
        for path in Path("/proc").iterdir():
            if path.name.isdigit():
                try:
                    stat = (path / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                found[int(path.name)] = (int(stat[1]), stat[0])
        below, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, (parent, _) in found.items() if parent in below} - below
            below, grown = below | more, bool(more)
        return {pid: found[pid][1] for pid in below - {self.process.pid} if found[pid][1] != "Z"}

    def with_pages(self) -> Server:
        """Wait until the pages are built: the first server of a test session builds them."""
        until = time.monotonic() + 5 * PATIENCE
        while (state := httpx.get(self.base + "health", timeout=30).json()["pages"]) == "building":
            assert time.monotonic() < until, "the pages are not built"
            time.sleep(0.1)
        assert state == "ready", self.said()
        return self

    def query_processes(self) -> list[int]:
        """Return the query workers: they have no standard output."""
        return [pid for pid in self.family() if _target(pid, 1) == "/dev/null"]

    def stop(self) -> int:
        """Stop the server, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def _target(pid: int, descriptor: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())
    except OSError:
        return ""


@contextmanager
def serving(*options: str, command: list[str] | None = None) -> Iterator[Server]:
    """Run a server, and check that it leaves no processes and no traceback behind."""
    server = Server(*options, command=command)
    try:
        yield server
    finally:
        family = server.family()
        code = server.stop()
        until = time.monotonic() + 5 * PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in family) and time.monotonic() < until:
            time.sleep(0.05)
    left = [pid for pid in family if Path(f"/proc/{pid}").exists()]
    assert code == 0, server.said()
    assert not left, f"processes left behind: {left}"
    assert "Traceback" not in server.said()
