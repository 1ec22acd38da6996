"""Each of the 132 facts of the profile is in the graph: a complete table of ASK queries."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import Graph
from cica_graph.model.terms import CG
from cica_graph.pipeline.steps.load import authored

HERE = Path(__file__).parent
with (HERE / "facts.csv").open(encoding="utf-8", newline="") as file:
    FACTS = {row["fact_id"]: row for row in csv.DictReader(file)}
PREFIXES = (HERE / "prefixes.rq").read_text("utf-8")


def test_the_table_has_132_facts() -> None:
    assert list(FACTS) == [f"F{n:02d}" for n in range(1, 133)]


@pytest.fixture(scope="module")
def said(graph: Graph) -> ox.Store:
    """The authored statements."""
    store = ox.Store()
    store.bulk_extend(ox.Quad(*triple) for triple in authored(graph.store))
    return store


def test_graph_supports_every_fact_of_the_profile(said: ox.Store) -> None:
    missing = [fact for fact, row in FACTS.items() if not said.query(PREFIXES + row["ask"])]
    assert missing == []


@pytest.mark.parametrize("fact", FACTS)
def test_ask_query_is_false_without_the_statements_of_its_fact(said: ox.Store, fact: str) -> None:
    carrying = {q.subject for q in said.quads_for_pattern(None, ox.NamedNode(CG + "fact"), ox.Literal(fact))}
    assert carrying, f"nothing cites {fact}"
    removed = [quad for subject in carrying for quad in said.quads_for_pattern(subject, None, None)]
    for quad in removed:
        said.remove(quad)
    try:
        assert not said.query(PREFIXES + FACTS[fact]["ask"])
    finally:
        said.extend(removed)


def test_every_fact_that_the_data_cite_is_in_the_table(graph: Graph) -> None:
    cited = {
        t.object.value
        for t in authored(graph.store)
        if t.predicate.value == CG + "fact" and isinstance(t.object, ox.Literal)
    }
    assert cited == set(FACTS)
