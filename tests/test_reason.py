"""The rules give the same statements as owlrl, and merging hides no contradiction."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cica_graph import Graph
from cica_graph.model.terms import BASE, CG, CONCEPT, OWL, RDF_TYPE, XSD
from cica_graph.pipeline.steps import judge, load, reason
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store
from conftest import share


def owlrl_closure(triples: list[ox.Triple]) -> set[ox.Triple]:
    """Return the statements that owlrl adds, filtered as in ``reason``."""
    import owlrl
    from rdflib import BNode, URIRef
    from rdflib import Literal as RdfLiteral
    from rdflib.term import Node

    from cica_graph.pipeline.steps.validate import to_rdflib

    def term(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
        if isinstance(node, URIRef):
            return ox.NamedNode(str(node))
        if isinstance(node, BNode):
            return ox.BlankNode(str(node))
        assert isinstance(node, RdfLiteral)
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or XSD + "string")))

    graph = to_rdflib(triples)
    before = set(graph)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    added = set()
    for s, p, o in graph:
        if (s, p, o) in before or isinstance(s, RdfLiteral):
            continue
        triple = ox.Triple(term(s), term(p), term(o))  # type: ignore[arg-type]
        if reason.ours(triple):
            added.add(triple)
    return added


@pytest.fixture(scope="module")
def ontology() -> list[ox.Triple]:
    store, findings = load.load(Project.at(None).graph_files)
    assert findings == []
    return sorted(
        {t for name in ("ontology", "schemes") for t in store.graph(ox.NamedNode(f"{BASE}graph/{name}"))},
        key=str,
    )


def few_of_each_kind(triples: list[ox.Triple]) -> list[ox.Triple]:
    """Return the axioms, and the statements about the first few things with the same predicates and the same classes."""
    about: dict[object, list[ox.Triple]] = {}
    for triple in triples:
        about.setdefault(triple.subject, []).append(triple)
    kinds: dict[frozenset[object], int] = {}
    chosen: list[ox.Triple] = []
    for subject in sorted(about, key=str):
        said = about[subject]
        kind = frozenset((t.predicate, t.object if t.predicate.value == RDF_TYPE else None) for t in said)
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] <= 5 or not re.match(f"<{BASE}(id|doc|graph)/", str(subject)):
            chosen += said
    return chosen


def without_texts(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    return [t for t in triples if not (isinstance(t.object, ox.Literal) and t.object.language)]


def assert_same_as_owlrl(triples: list[ox.Triple]) -> None:
    store = Store.from_triples(triples)
    reason.reason(store)
    ours = set(without_texts(store.graph(reason.INFERRED)))
    assert len(ours) > 1_000
    assert ours == owlrl_closure(without_texts(triples))


def test_the_rules_give_exactly_what_owlrl_gives_on_a_few_things_of_each_kind(graph: Graph) -> None:
    whole = load.authored(graph.store)
    chosen = few_of_each_kind(whole)
    assert {t.predicate for t in chosen} == {t.predicate for t in whole}
    assert len(chosen) < len(whole) / 2
    assert_same_as_owlrl(chosen)


@pytest.mark.soak
def test_the_rules_give_exactly_what_owlrl_gives_on_the_shipped_data(graph: Graph) -> None:
    assert_same_as_owlrl(load.authored(graph.store))


THINGS = [ox.NamedNode(f"{BASE}id/x/{n}") for n in "abcde"]
CLASSES = [
    "State",
    "Organization",
    "Organ",
    "Person",
    "Membership",
    "Cooperation",
    "Instrument",
    "BindingInstrument",
    "Tally",
]
PROPERTIES = [
    "member", "organization", "role", "by", "toward", "organOf", "within", "participatesIn", "memberOf", "observerOf",
    "force", "hasMembership", "basedOn",
]  # fmt: skip
CONCEPTS = ["founding-member", "member", "observer", "binding", "non-binding"]
things, classes = st.sampled_from(THINGS), st.sampled_from([ox.NamedNode(CG + name) for name in CLASSES])
properties = st.sampled_from([ox.NamedNode(CG + name) for name in PROPERTIES])
concepts = st.sampled_from([ox.NamedNode(CONCEPT + name) for name in CONCEPTS])
about_concepts = st.sampled_from([ox.NamedNode(CG + name) for name in ("role", "inRole", "force")])
statements = st.one_of(
    st.builds(ox.Triple, things, st.just(ox.NamedNode(RDF_TYPE)), classes),
    st.builds(ox.Triple, things, properties, things),
    st.builds(ox.Triple, things, about_concepts, concepts),
)


def axioms(ontology: list[ox.Triple]) -> list[ox.Triple]:
    """Return the axioms, and the statements about the concepts that the tests use."""
    used = {ox.NamedNode(CONCEPT + name) for name in CONCEPTS}
    return [
        t
        for t in ontology
        if not isinstance(t.object, ox.Literal) and (t.subject in used or not str(t.subject).startswith(f"<{CONCEPT}"))
    ]


@share(0.1)
@given(st.lists(statements, min_size=1, max_size=8))
def test_the_rules_give_what_owlrl_gives_on_anything(ontology: list[ox.Triple], made: list[ox.Triple]) -> None:
    triples = [*axioms(ontology), *made]
    store = Store.from_triples(triples)
    reason.reason(store)
    assert set(store.graph(reason.INFERRED)) == owlrl_closure(triples)


EQUALITY = """
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix x: <https://w3id.org/cica-graph/id/x/> .
x:a x:headOf x:b , x:c . x:b owl:differentFrom x:c . x:headOf a owl:FunctionalProperty .
"""


def test_equal_and_different_things_can_contradict_each_other() -> None:
    made = [q.triple for q in ox.parse(EQUALITY, format=ox.RdfFormat.TURTLE)]
    assert judge.contradictions(made)
    assert not judge.contradictions(made[:-1])


@share(0.1)
@given(st.lists(statements, min_size=1, max_size=8))
def test_contradictions_are_those_of_all_rules(ontology: list[ox.Triple], made: list[ox.Triple]) -> None:
    whole = judge.relevant([*axioms(ontology), *made])
    equality = ox.Triple(THINGS[0], ox.NamedNode(OWL + "sameAs"), THINGS[0])  # so that no rule is left out
    assert judge.contradictions(whole) == judge.contradictions([*whole, equality])


@share(0.1)
@given(st.lists(statements, min_size=1, max_size=8))
def test_merged_graph_has_every_contradiction_of_the_full_graph(
    ontology: list[ox.Triple], made: list[ox.Triple]
) -> None:
    whole = judge.relevant([*axioms(ontology), *made])
    if judge.contradictions(whole):
        assert judge.contradictions(judge.merge_equivalent(whole))


HEAD = f"@prefix cg: <{CG}> . @prefix s: <{BASE}id/state/> . @prefix o: <{BASE}id/org/> . @prefix c: <{CONCEPT}> . "


CONTRADICTIONS = {  # a statement that the shipped graph excludes, the thing, and words of the finding
    "s:KAZ a cg:Organization .": ("id/state/KAZ", "Organization and .*State|State and .*Organization"),
    "s:KGZ cg:memberOf o:cica ; cg:observerOf o:cica .": ("id/state/KGZ", "exclude each other"),
    "s:u cg:organOf s:u .": ("id/state/u", "to itself"),
    "s:v cg:organOf s:w . s:w cg:organOf s:v .": ("id/state/[vw]", "to each other"),
    "c:member a cg:Instrument .": ("concept/member", "Concept and .*Instrument|Instrument and .*Concept"),
}


EXCLUSIVE_RANGES = """
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
cg:Court a owl:Class ; rdfs:subClassOf cg:Organization ; owl:disjointWith cg:Bank .
cg:Bank a owl:Class ; rdfs:subClassOf cg:Organization .
cg:judgeOf a owl:ObjectProperty ; rdfs:range cg:Court .
cg:depositorOf a owl:ObjectProperty ; rdfs:range cg:Bank .
o:body a cg:Organization . s:KAZ cg:judgeOf o:body .
"""


@pytest.mark.parametrize(
    ("deposits", "number"),
    [("s:KGZ cg:depositorOf o:body", 1), ("o:other a cg:Organization . s:KGZ cg:depositorOf o:other", 0)],
)
def test_ranges_of_two_relations_to_an_organization_can_contradict_each_other(
    ontology: list[ox.Triple], deposits: str, number: int
) -> None:
    """The relations have different subjects: their organization must not be split."""
    made = [q.triple for q in ox.parse(f"{HEAD}{EXCLUSIVE_RANGES}{deposits} .", format=ox.RdfFormat.TURTLE)]
    merged = judge.merge_equivalent(judge.relevant([*axioms(ontology), *made]))
    assert len(judge.contradictions(merged)) >= number
    findings = judge.judge([*axioms(ontology), *made])
    assert [f.subject for f in findings] == [f"{BASE}id/org/body {RDF_TYPE} {CG}Court" for _ in range(number)]


def test_contradictions_in_the_shipped_graph_are_found(graph: Graph) -> None:
    made = [q.triple for text in CONTRADICTIONS for q in ox.parse(HEAD + text, format=ox.RdfFormat.TURTLE)]
    whole = load.authored(graph.store)
    named = {t.subject for t in made}
    findings = judge.judge([*few_of_each_kind(whole), *(t for t in whole if t.subject in named), *made])
    missing = [
        text
        for text, (thing, words) in CONTRADICTIONS.items()
        if not any(re.search(thing, f"{f.subject} {f.message}") and re.search(words, f.message) for f in findings)
    ]
    assert missing == [], findings


def test_shipped_graph_has_no_contradiction(graph: Graph) -> None:
    assert judge.judge(load.authored(graph.store)) == []


def test_merged_graph_is_much_smaller(graph: Graph) -> None:
    whole = judge.relevant(load.authored(graph.store))
    assert len(judge.merge_equivalent(whole)) < len(whole) / 3
