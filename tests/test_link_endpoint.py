"""The endpoint reader against a real SPARQL server, `oxigraph serve`, on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cica_graph.linking import endpoint
from cica_graph.linking.candidate import Candidate, target
from cica_graph.linking.dataset import Dataset, candidates

FIXTURE = Path(__file__).parent / "fixtures" / "link" / "endpoint.ttl"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
    assert program, "the dev extra installs oxigraph"
    place = str(tmp_path_factory.mktemp("store"))
    subprocess.run([program, "load", "--location", place, "--file", str(FIXTURE)], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "serve-read-only", "--location", place, "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}/query"
        for _ in range(600):
            try:
                httpx.get(url, params={"query": "ASK {}"}).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
        server.terminate()


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_pages_of_any_size_give_the_complete_result(address: str, page: int) -> None:
    found = list(endpoint.statements(address, page=page))
    assert len(found) == len(set(map(str, found))) >= 8
    assert found == list(endpoint.statements(address))


def test_candidates_are_read(address: str) -> None:
    found = {
        c.iri.rpartition("/")[2]: c
        for c in candidates(Dataset(address, target("wikidata")))
        if isinstance(c, Candidate)
    }
    assert set(found) == {"Q232", "Q81299"}
    assert ("iso3", "KAZ") in found["Q232"].codes
    assert found["Q81299"].kind == "organization"
