"""Each of the 132 facts of the profile is in the graph: a complete table of ASK queries."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import Graph
from cica_graph.model.terms import CG
from cica_graph.pipeline.steps.load import authored
from cica_graph.store.store import Store

HERE = Path(__file__).parent
with (HERE / "facts.csv").open(encoding="utf-8", newline="") as file:
    FACTS = {row["fact_id"]: row for row in csv.DictReader(file)}
PREFIXES = (HERE / "prefixes.rq").read_text("utf-8")


def test_the_table_has_132_facts() -> None:
    assert list(FACTS) == [f"F{n:02d}" for n in range(1, 133)]


def test_graph_supports_every_fact_of_the_profile(graph: Graph) -> None:
    store = Store.from_triples(authored(graph.store))
    missing = [fact for fact, row in FACTS.items() if not store.ask(PREFIXES + row["ask"])]
    assert missing == []


@pytest.mark.parametrize("fact", FACTS)
def test_ask_query_is_false_without_the_statements_of_its_fact(graph: Graph, fact: str) -> None:
    triples = authored(graph.store)
    carrying = {t.subject for t in triples if t.predicate.value == CG + "fact" and t.object == ox.Literal(fact)}
    assert carrying, f"nothing cites {fact}"
    without = Store.from_triples(t for t in triples if t.subject not in carrying)
    assert not without.ask(PREFIXES + FACTS[fact]["ask"])


def test_every_fact_that_the_data_cite_is_in_the_table(graph: Graph) -> None:
    cited = {
        t.object.value
        for t in authored(graph.store)
        if t.predicate.value == CG + "fact" and isinstance(t.object, ox.Literal)
    }
    assert cited == set(FACTS)
