"""The queries of the build give the same in both engines: rules, snapshot, counts, audit.

All on the whole shipped graph; on two cores the slowest takes rdflib some three seconds (independent).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyoxigraph as ox
import pytest

from cica_graph import queries
from cica_graph.queries import Query
from cica_graph.steps import derive, load
from cica_graph.steps.validate import to_rdflib
from cica_graph.store import Store, day_literal
from cica_graph.terms import CG, ID, RDF_TYPE
from conftest import Engines, from_pyoxigraph, from_rdflib

DAY = date(2012, 6, 13)  # the default of every ?asOf
RULES = {query.name: query for query in queries.folder("rules")}
DERIVE = {query.name: query for query in queries.folder("derive")}
# What the overlaps are, said in SPARQL: code makes them, since the queries take ten times as long.
FIXTURES = Path(__file__).parent / "fixtures" / "spells"
OVERLAPS = {name: queries.read(name, (FIXTURES / f"{name}.rq").read_text("utf-8")) for name in ("overlaps", "missing")}


def test_9_rules_and_6_derivations_are_collected() -> None:
    assert (len(RULES), len(DERIVE)) == (9, 6)


@pytest.mark.parametrize("day", [date(1992, 1, 1), date(2008, 6, 1), DAY, date(2014, 5, 15), date(2026, 11, 25)])
def test_overlaps_are_those_of_sparql(engines: Engines, day: date) -> None:
    store = Store()
    store.restore(engines.graph.store.dump())
    derive.derive(store, day)
    assert overlaps_as_in_sparql(store, day) > 500


def overlaps_as_in_sparql(store: Store, day: date) -> int:
    """Compare the overlaps that were derived with what the queries give of the same snapshot; return the triples."""
    kind, on = (ox.NamedNode(iri) for iri in (RDF_TYPE, CG + "asOf"))
    found = store.graph(derive.FINDINGS)
    of_day = {t.subject for t in found if t.predicate == on and t.object == day_literal(day)}
    overlaps = {t.subject for t in found if t.predicate == kind and t.object == ox.NamedNode(CG + "Overlap")} & of_day
    asked = {t for query in OVERLAPS.values() for t in store.construct(query.bind(asOf=day_literal(day)), day)}
    assert {t for t in found if t.subject in overlaps} == asked
    return len(asked)


@pytest.mark.parametrize("name", DERIVE | OVERLAPS)
def test_a_derivation_gives_the_same_in_both_engines(engines: Engines, name: str) -> None:
    query = (DERIVE | OVERLAPS)[name]
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
