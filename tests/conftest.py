"""What tests share: a cache of their own, and the shipped graph opened once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cica_graph import Graph, open_graph


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("CICA_GRAPH_CACHE")
    os.environ["CICA_GRAPH_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["CICA_GRAPH_CACHE"]
    else:
        os.environ["CICA_GRAPH_CACHE"] = before


@pytest.fixture(scope="session")
def graph() -> Graph:
    return open_graph()


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[1]
