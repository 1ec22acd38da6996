"""The queries of the build give the same in both engines: rules, snapshot, counts, audit.

All on the whole shipped graph; on two cores, the slowest (independent) takes about three seconds in rdflib.
"""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cica_graph import Graph, queries
from cica_graph.memberships.counting import KnownMembers
from cica_graph.model.terms import CG, GRAPH, ID, RDF_TYPE
from cica_graph.pipeline.steps import derive, load
from cica_graph.pipeline.steps.validate import to_rdflib
from cica_graph.queries import Query
from cica_graph.store.store import Store, day_literal, value
from conftest import Engines, from_pyoxigraph, from_rdflib

DAY = date(2012, 6, 13)  # the default of every ?asOf
RULES = {query.name: query for query in queries.folder("rules")}
DERIVE = {query.name: query for query in queries.folder("derive")}
# The definition of overlaps in SPARQL. The package computes them in Python, because the queries take ten times as long.
FIXTURES = Path(__file__).parent / "fixtures" / "spells"
members = st.sets(st.integers(0, 9))
OVERLAPS = {name: queries.read(name, (FIXTURES / f"{name}.rq").read_text("utf-8")) for name in ("overlaps", "missing")}


def test_9_rules_and_13_derivations_are_collected() -> None:
    assert (len(RULES), len(DERIVE)) == (9, 13)


@pytest.mark.parametrize("day", [date(1992, 1, 1), date(2008, 6, 1), DAY, date(2014, 5, 15), date(2026, 11, 25)])
def test_overlaps_are_those_of_sparql(engines: Engines, day: date) -> None:
    store = Store()
    store.restore(engines.graph.store.dump())
    derive.snapshot(store, day)
    assert overlaps_as_in_sparql(store, day) > 500


def test_only_claimed_overlaps_are_computed(graph: Graph) -> None:
    rows = graph.query(
        "SELECT DISTINCT ?set ?about ?other { ?o a cg:Overlap ; qb:dataSet ?set ; cg:about ?about ; cg:counterpart ?other }"
    ).rows
    pairs = {(value(row["set"]), value(row["about"]), value(row["other"])) for row in rows}
    claimed = {pair[1:] for pair in pairs if pair[0] == GRAPH + "claims"}
    counted = {pair[1:] for pair in pairs if pair[0] == GRAPH + "findings"}
    assert counted <= claimed
    assert {pair[1].rpartition("/")[2] for pair in claimed - counted} == {"cu", "ameripol"}  # no members in common
    assert len(claimed) == 190


def test_the_closest_share_most() -> None:
    sure = {"a": {"1", "2", "3"}, "b": {"1"}, "c": {"1", "2"}, "d": {"9"}}
    maybe = {"a": {"1", "2", "3", "4"}, "b": {"1", "3", "4"}, "c": {"1", "2"}, "d": {"9"}, "e": {"1"}}
    assert dict(derive.closest(KnownMembers(sure, sure, maybe), 2)) == {
        "a": ["c", "b"],  # two certain ones, then one
        "b": ["a", "c"],
        "c": ["a", "b"],
        "d": [],
        "e": ["a", "b"],  # equals by name
    }


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefg"), st.tuples(members, members)), st.integers(1, 5))
def test_closest_organizations_agree_with_all_pairs(made: dict[str, tuple[set[int], set[int]]], most: int) -> None:
    sure = {name: {str(n) for n in certain} for name, (certain, _) in made.items()}
    maybe = {name: {str(n) for n in certain | possible} for name, (certain, possible) in made.items()}

    def rank(one: str, other: str) -> tuple[int, int, str]:
        return -len(sure[one] & sure[other]), -len(maybe[one] & maybe[other]), other

    expected = {
        one: sorted((o for o in made if o != one and maybe[one] & maybe[o]), key=lambda o: rank(one, o))[:most]
        for one in made
    }
    assert dict(derive.closest(KnownMembers(sure, sure, maybe), most)) == expected


def overlaps_as_in_sparql(store: Store, day: date) -> int:
    """Compare all overlaps of a day with the results of the queries; return the number of triples."""
    derive.overlaps(store, day, permutations(derive.members(store, day).possible, 2))
    kind, on = (ox.NamedNode(iri) for iri in (RDF_TYPE, CG + "asOf"))
    found = store.graph(derive.FINDINGS)
    of_day = {t.subject for t in found if t.predicate == on and t.object == day_literal(day)}
    overlaps = {t.subject for t in found if t.predicate == kind and t.object == ox.NamedNode(CG + "Overlap")} & of_day
    asked = {t for query in OVERLAPS.values() for t in store.construct(query.bind(asOf=day_literal(day)), day)}
    of_claims = {CG + name for name in ("exceptHere", "inBoth", "inDoubt", "counted")}
    assert {t for t in found if t.subject in overlaps and t.predicate.value not in of_claims} == asked
    return len(asked)


# The others are compared on a small project: see test_page_checks.
@pytest.mark.parametrize("name", sorted((DERIVE | OVERLAPS).keys() - {"audit", "independent", "listed"}))
def test_a_derivation_gives_the_same_in_both_engines(few_engines: Engines, name: str) -> None:
    query = (DERIVE | OVERLAPS)[name]
    assert_same(few_engines, query, DAY if query.snapshot else None)


@pytest.mark.parametrize("name", [name for name in RULES if name != "transitive"])
def test_a_rule_gives_the_same_in_both_engines(few_engines: Engines, name: str) -> None:
    assert_same(few_engines, RULES[name], None)


def assert_same(few_engines: Engines, query: Query, day: date | None) -> None:
    if day is not None:
        derive.snapshot(few_engines.graph.store, day)
    ours = few_engines.in_pyoxigraph(query.text, day)
    assert ours
    assert few_engines.in_rdflib(query.text, day) == ours


def test_the_rule_of_transitivity_gives_the_same_in_both_engines(few_engines: Engines) -> None:
    """No shipped organ is a part of a part of a part: three are added."""
    store = Store.from_triples(few_engines.graph.store.triples())
    task_force, team, desk = (ox.NamedNode(f"{ID}organ/{n}") for n in ("cica-contact-task-force", "team", "desk"))
    within = ox.NamedNode(CG + "within")
    added = [ox.Triple(team, within, task_force), ox.Triple(desk, within, team)]
    triples = [*store.triples(), *added]
    ours = from_pyoxigraph(Store.from_triples(triples).query(RULES["transitive"].text))
    assert from_rdflib(to_rdflib(triples).query(RULES["transitive"].text)) == ours
    ministry = ox.NamedNode(f"{ID}organ/cica-contact-ministry")
    expected = {(team, ministry), (desk, task_force)}
    assert {(line[0][0], line[2][0]) for line in ours if line[0] and line[2]} == {
        (a.value, b.value) for a, b in expected
    }


@pytest.mark.parametrize("name", [name for name in RULES if name != "transitive"])
def test_rule_gives_the_same_result_on_the_authored_statements(few_engines: Engines, name: str) -> None:
    authored = load.authored(few_engines.graph.store)
    ours = from_pyoxigraph(Store.from_triples(authored).query(RULES[name].text))
    assert from_rdflib(to_rdflib(authored).query(RULES[name].text)) == ours
