"""Historical and non-state names: each is itself if the graph has it, and never taken for something else.

The names are in historical_names.tsv. A homonym is also the present name of a state in another language: Kamerun.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from cica_graph import Graph, NotFound
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.query import ReconcileQuery
from cica_graph.reconcile.search import Search


def historical() -> Iterator[tuple[str, str]]:
    """Yield each name and the code of the state that it means, or an empty text."""
    text = (Path(__file__).parent / "historical_names.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        yield from ((name, row["expected"]) for name in row["names"].split(" | "))


HISTORICAL = dict(historical())


@pytest.fixture(scope="module")
def search(graph: Graph) -> Search:
    return Search(Catalog(graph.store))


def sure(search: Search, name: str, **query: object) -> str:
    found = search.candidates(ReconcileQuery((name,), **query))  # type: ignore[arg-type]
    return found[0].entity.code if found and found[0].sure else ""


def test_no_historical_name_is_matched_with_another_thing(search: Search) -> None:
    assert len(HISTORICAL) >= 400
    wrong = {name: (code, taken) for name, code in HISTORICAL.items() if (taken := sure(search, name)) != code}
    assert wrong == {}


def test_no_historical_name_is_found_as_another_thing(graph: Graph) -> None:
    """The names that commands and the API accept are those of the graph."""
    wrong = {}
    for name, code in HISTORICAL.items():
        try:
            found = graph.names.find(name, suggest=False).code
        except NotFound:
            found = ""
        if found not in ("", code):
            wrong[name] = (code, found)
    assert wrong == {}
