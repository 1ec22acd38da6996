"""Servers that the tests start: real engines on free ports, in temporary directories."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PASSWORD = "dba"  # the default of Virtuoso, which listens on this machine only
_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 8
NumberOfBuffers = 20000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 4
[SPARQL]
{sparql}
"""


def oxigraph() -> str | None:
    """Return the program of Oxigraph's server, which the dev extra installs."""
    return shutil.which("oxigraph", path=str(Path(sys.executable).parent))


def virtuoso() -> str | None:
    """Return the program of Virtuoso, of the Debian package virtuoso-opensource-7-bin."""
    return shutil.which("virtuoso-t")


@contextmanager
def oxigraph_serve(folder: Path, how: str = "serve") -> Iterator[str]:
    """Start `oxigraph serve`, or another way to serve, and give the address of its queries."""
    program, port = oxigraph(), _free()
    assert program
    command = [program, how, "--location", str(folder), "--bind", f"127.0.0.1:{port}"]
    with _running(command, f"http://127.0.0.1:{port}/query"):
        yield f"http://127.0.0.1:{port}/query"


@contextmanager
def virtuoso_serve(folder: Path, sparql: str = "") -> Iterator[str]:
    """Start Virtuoso with more lines of its section [SPARQL], and give the address of its queries."""
    program, port = virtuoso(), _free()
    assert program
    ini = folder / "virtuoso.ini"
    ini.write_text(_INI.format(folder=folder, sql=_free(), http=port, sparql=sparql))
    with _running([program, "+foreground", "+configfile", str(ini)], f"http://127.0.0.1:{port}/sparql"):
        yield f"http://127.0.0.1:{port}/sparql"


@contextmanager
def _running(command: list[str], url: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True) as server:
        try:
            for _ in range(1200):
                try:
                    httpx.post(url, data={"query": "ASK {}"}).raise_for_status()
                    break
                except httpx.HTTPError:
                    assert server.poll() is None, f"{command[0]} ended with {server.returncode}"
                    time.sleep(0.1)
            else:
                raise AssertionError(f"{command[0]} does not answer")
            yield
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # no data are needed later, and a clean shutdown takes seconds


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port
