"""The queries of the build give the same in both engines: rules, snapshot, counts, audit.

All on the whole shipped graph; on two cores the slowest takes rdflib some three seconds (independent).
"""

from __future__ import annotations

from datetime import date

import pyoxigraph as ox
import pytest

from cica_graph import queries
from cica_graph.queries import Query
from cica_graph.steps import derive, load
from cica_graph.steps.validate import to_rdflib
from cica_graph.store import Store
from cica_graph.terms import CG, ID
from conftest import Engines, from_pyoxigraph, from_rdflib

DAY = date(2012, 6, 13)  # the default of every ?asOf
RULES = {query.name: query for query in queries.folder("rules")}
DERIVE = {query.name: query for query in queries.folder("derive")}


def test_9_rules_and_8_derivations_are_collected() -> None:
    assert (len(RULES), len(DERIVE)) == (9, 8)


@pytest.mark.parametrize("name", DERIVE)
def test_a_derivation_gives_the_same_in_both_engines(engines: Engines, name: str) -> None:
    query = DERIVE[name]
    assert_same(engines, query, DAY if query.snapshot else None)


@pytest.mark.parametrize("name", [name for name in RULES if name != "transitive"])
def test_a_rule_gives_the_same_in_both_engines(engines: Engines, name: str) -> None:
    assert_same(engines, RULES[name], None)


def assert_same(engines: Engines, query: Query, day: date | None) -> None:
    if day is not None:
        derive.snapshot(engines.graph.store, day)
    ours = engines.in_pyoxigraph(query.text, day)
    assert ours
    assert engines.in_rdflib(query.text, day) == ours


def test_the_rule_of_transitivity_gives_the_same_in_both_engines(engines: Engines) -> None:
    """No shipped organ is a part of a part of a part: three are added."""
    store = Store.of(engines.graph.store.triples())
    task_force, team, desk = (ox.NamedNode(f"{ID}organ/{n}") for n in ("cica-contact-task-force", "team", "desk"))
    within = ox.NamedNode(CG + "within")
    added = [ox.Triple(team, within, task_force), ox.Triple(desk, within, team)]
    triples = [*store.triples(), *added]
    ours = from_pyoxigraph(Store.of(triples).run(RULES["transitive"].text))
    assert from_rdflib(to_rdflib(triples).query(RULES["transitive"].text)) == ours
    ministry = ox.NamedNode(f"{ID}organ/cica-contact-ministry")
    expected = {(team, ministry), (desk, task_force)}
    assert {(line[0][0], line[2][0]) for line in ours if line[0] and line[2]} == {
        (a.value, b.value) for a, b in expected
    }


@pytest.mark.parametrize("name", [name for name in RULES if name != "transitive"])
def test_a_rule_gives_the_same_before_anything_has_followed(engines: Engines, name: str) -> None:
    authored = load.authored(engines.graph.store)
    ours = from_pyoxigraph(Store.of(authored).run(RULES[name].text))
    assert from_rdflib(to_rdflib(authored).query(RULES[name].text)) == ours
