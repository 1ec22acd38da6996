"""Proofs and their checker: each proof of the shipped graph is accepted, and a changed proof or file is refused."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import Graph as RdfGraph
from rdflib import URIRef

from cica_graph import Graph
from cica_graph.evidence.counts import NumberExplainer
from cica_graph.evidence.document import AnyProof, Citations, citations, document
from cica_graph.evidence.read import read, readings_of
from cica_graph.evidence.records import Evidence
from cica_graph.evidence.why import Explainer
from cica_graph.model.terms import BASE, CG, ID, SKOS, local
from cica_graph.pipeline.steps.derive import members, snapshot
from cica_graph.pipeline.steps.load import load
from cica_graph.project.source_files import Project
from cica_graph.proof_check import Sources, check_proof
from cica_graph.store.store import Store, value

Json = dict[str, Any]
CLAIMS = 426
NOWHERE = Citations({}, {})
TALLIES = """
PREFIX cg: <https://w3id.org/cica-graph/ns#>
PREFIX g:  <https://w3id.org/cica-graph/graph/>
PREFIX qb: <http://purl.org/linked-data/cube#>
SELECT ?finding ?count ?presumed ?most
WHERE { ?finding qb:dataSet g:findings ; a cg:Tally ; cg:count ?count ; cg:presumed ?presumed ; cg:atMost ?most }
"""


@pytest.fixture(scope="module")
def files(graph: Graph) -> list[Path]:
    project = graph.built.project
    return [file.path for file in (*project.ontology, *project.data)]


@pytest.fixture(scope="module")
def sources(files: list[Path]) -> Sources:
    return Sources(files)


def made(graph: Graph, proof: AnyProof | None, cites: Citations | None = None) -> Json:
    assert proof is not None
    return document(proof, cites or citations(graph.store, graph.built.project.data, proof))


def answers(proof: Json) -> list[Json]:
    """Return the answers in a proof."""
    if proof["question"] == "answer":
        return [proof]
    if proof["question"] == "overlap":
        return [each for pair in proof["proofs"] for each in pair.values()]
    return list(proof["proofs"])


@pytest.mark.parametrize("one_in", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_every_tally_has_a_proof_that_the_checker_accepts(graph: Graph, sources: Sources, one_in: int) -> None:
    rows = graph.store.select(TALLIES)
    assert len(rows) > 100
    for row in rows[::one_in]:
        proof = made(graph, NumberExplainer(graph.store).finding(value(row["finding"])), NOWHERE)
        assert proof["count"] == [int(value(row[name])) for name in ("count", "presumed", "most")]
        assert check_proof(proof, sources) == []


@pytest.mark.parametrize("one_in", [20, pytest.param(1, marks=pytest.mark.soak)])
def test_every_verdict_has_a_proof_that_the_checker_accepts(graph: Graph, sources: Sources, one_in: int) -> None:
    audits = graph.audit()
    assert len(audits) == CLAIMS
    kinds = {(a.verdict, a.reason, a.population): a for a in audits}  # one of each kind, and some of all
    for audit in {a.claim: a for a in (*kinds.values(), *audits[::one_in])}.values():
        proof = made(graph, graph.why_verdict(audit.claim), NOWHERE)
        assert (proof["verdict"], proof["explanation"]) == (audit.verdict, audit.reason)
        assert check_proof(proof, sources) == []


@pytest.mark.parametrize(
    "on", ["2012-06-13", *(pytest.param(day, marks=pytest.mark.soak) for day in ("1973-03-01", "2026-11-30"))]
)
def test_every_overlap_has_a_proof_that_the_checker_accepts(graph: Graph, sources: Sources, on: str) -> None:
    for found in graph.overlaps("CICA", *_others(graph), on=on):
        proof = made(graph, graph.why_overlap("CICA", found.other, on=on), NOWHERE)
        counts = [list(count) if count else count for count in (found.shared_count, found.total_count)]
        assert [proof["shared"], proof["total"]] == counts
        assert sorted(graph.names[iri].code for iri in proof["missing"]) == list(found.missing)
        if found.other != "UN":  # 200 members take long; the verdict on claim:un has them
            assert check_proof(proof, sources) == []


def _others(graph: Graph) -> list[str]:
    return sorted(a.code for a in graph.names.actors.values() if a.kind == "organization" and a.code != "CICA")


CASES = [("JOR", "CICA", "2008-06-01"), ("UZB", "CSTO", "2012-06-13"), ("UZB", "CSTO", "2013-01-01"),
         ("ARM", "CICA", "2012-06-13"), ("ARM", "CICA", "2026-11-30"), ("KAZ", "EurAsEC", "2026-01-01"),
         ("QAT", "CICA", "2014-05-15"), ("SYC", "OIC", "1995-01-01"), ("EGY", "LAS", "1984-01-01")]  # fmt: skip


@pytest.mark.parametrize(("member", "organization", "on"), [*CASES[:7], CASES[8]])
def test_a_proof_without_one_reason_is_refused(
    graph: Graph, sources: Sources, member: str, organization: str, on: str
) -> None:
    for role in ("member", "observer"):
        proof = made(graph, graph.why(member, organization, on=on, role=role))
        assert check_proof(proof, sources) == []
        for number in range(len(proof["reasons"])):
            less = {**proof, "reasons": proof["reasons"][:number] + proof["reasons"][number + 1 :]}
            assert check_proof(less, sources)


def changed(proof: Json) -> Iterator[Json]:
    """Yield a proof with one field changed, for each field that the checker must read."""
    other = {"certain": "possible", "possible": "presumed", "no": "certain"}
    yield proof | {"answer": other.get(proof["answer"], "no")}
    yield proof | {"contested": not proof["contested"]}
    yield proof | {"settled_by": None if proof["settled_by"] else "editors"}
    yield proof | {"considered": proof["considered"] - 1}
    yield proof | {"on": "1901-01-01"}
    yield proof | {"attested": "1901-01-01"}
    for number, spell in enumerate(proof["spells"]):
        yield proof | {"spells": [*proof["spells"][:number], spell[1:], *proof["spells"][number + 1 :]]}
        yield proof | {"spells": [*proof["spells"], [spell[0]]]}
    for number, reason in enumerate(proof["reasons"]):
        for field, text in (("node", ID + "membership/x"), ("source", "x"), ("first", "1900-01-01"), ("reason", "x")):
            wrong = reason | {field: text}
            yield proof | {"reasons": [*proof["reasons"][:number], wrong, *proof["reasons"][number + 1 :]]}


@pytest.mark.parametrize(("member", "organization", "on"), CASES[:4])
def test_a_changed_proof_is_refused(graph: Graph, sources: Sources, member: str, organization: str, on: str) -> None:
    proof = made(graph, graph.why(member, organization, on=on))
    for wrong in changed(proof):
        assert check_proof(wrong, sources), wrong


def test_a_number_that_hides_somebody_is_refused(graph: Graph, sources: Sources) -> None:
    proof = made(graph, graph.why_overlap("CICA", "CSTO", on="2012-06-13"))
    for number in range(len(proof["proofs"])):
        assert check_proof({**proof, "proofs": proof["proofs"][:number] + proof["proofs"][number + 1 :]}, sources)
    numbers: Json = {"shared": [6, 6, 6], "total": None, "missing": []}
    for field, wrong in numbers.items():
        assert check_proof(proof | {field: wrong}, sources)
    verdict = made(graph, graph.why_verdict("claim:csto"))
    fields: Json = {"verdict": "contradicted", "reason": "in-doubt", "claimed": 6, "finding": None}
    for field, wrong in fields.items():
        assert check_proof(verdict | {field: wrong}, sources)
    tally = made(graph, graph.why_verdict("claim:since-launch"))["finding"]
    assert check_proof(tally, sources) == []
    assert check_proof(tally | {"count": [9, 9, 9]}, sources)
    for field in ("listed", "proofs"):
        assert check_proof(tally | {field: tally[field][1:]}, sources)
    founder = made(graph, graph.why("KAZ", "CICA", on="2012-06-13"))
    other = tally["listed"][1:], tally["proofs"][1:]
    assert check_proof(tally | {"listed": [*other[0], founder["member"]], "proofs": [*other[1], founder]}, sources)
    tally = made(graph, graph.why_verdict("claim:observer-states"))["finding"]
    assert check_proof(tally, sources) == []
    assert check_proof(tally | {"left_out": []}, sources)
    assert check_proof(tally | {"count": [7, 8, 11]}, sources)


def authored(store: Store) -> list[ox.Quad]:
    """Return the authored statements that give the evidence."""
    computed = {
        BASE + "graph/" + name for name in ("bounds", "standings", "inferred", "findings", "audit", "provenance")
    }
    names = {name for name in store.graphs() if name not in computed and "/asof/" not in name}
    return [
        q
        for q in store.quads()
        if isinstance(q.graph_name, ox.NamedNode)
        and q.graph_name.value in names
        and q.predicate.value.removeprefix(SKOS) not in ("prefLabel", "altLabel", "definition", "note")
    ]


def mutation(quads: list[ox.Quad], node: str, random: Random) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """Return the statements to remove and to add: a report or membership is deleted, or one of its dates changes."""
    own = [q for q in quads if q.subject == ox.NamedNode(node)]
    kind = random.choice(("delete", "start", "end"))
    if kind == "delete":
        return own, []
    predicate = ox.NamedNode(CG + kind)
    removed = [q for q in own if q.predicate == predicate]
    years = [int(q.object.value.strip("[")[:4]) for q in removed if isinstance(q.object, ox.Literal)] or [2012]
    edtf = ox.NamedNode("http://id.loc.gov/datatypes/edtf/EDTF")
    date_text = random.choice((f"{years[0] + random.randint(-9, 9)}", f"{years[0]}-06-30"))
    return removed, [ox.Quad(own[0].subject, predicate, ox.Literal(date_text, datatype=edtf), own[0].graph_name)]


def year_of(text: str) -> int:
    """Return the first year in a date."""
    return int(re.findall(r"\d{4}", text)[0])


@contextmanager
def changed_sources(sources: Sources, removed: list[ox.Quad], added: list[ox.Quad]) -> Iterator[Sources]:
    """Yield the sources with some statements removed and others added."""
    result = copy.copy(sources)
    for name in ("nodes", "covers", "_horizon", "_entries"):
        vars(result).pop(name, None)
    before = [(URIRef(q.subject.value), URIRef(q.predicate.value), None) for q in removed]  # type: ignore[union-attr]
    whole = [triple for pattern in before for triple in sources.statements.triples(pattern)]
    more = RdfGraph().parse(data="".join(f"{q.triple} .\n" for q in added), format="turtle")
    for triple in whole:
        sources.statements.remove(triple)
    sources.statements += more
    yield result
    for triple in more:
        sources.statements.remove(triple)
    for triple in whole:
        sources.statements.add(triple)


def evidence_of(quads: list[ox.Quad]) -> tuple[Evidence, Explainer]:
    store = Store()
    store.add_quads(quads)
    readings = readings_of(store)
    evidence = read(store, readings)
    return evidence, Explainer(evidence, {reading.node: reading for reading in readings})


@pytest.mark.parametrize("mutations", [20, pytest.param(200, marks=pytest.mark.soak)])
def test_a_change_of_the_data_changes_only_the_answers_with_proofs_that_name_it(few: Project, mutations: int) -> None:
    sources = Sources(file.path for file in (*few.ontology, *few.data))
    quads = authored(load(few.graph_files)[0])
    before, explainer = evidence_of(quads)
    random, different = Random(13), 0
    for node in random.sample(sorted(explainer.readings), mutations):
        removed, added = mutation(quads, node, random)
        gone = set(removed)
        after, later = evidence_of([q for q in quads if q not in gone] + added)
        reading = explainer.readings[node]
        pair = reading.member, reading.organization
        assert {p: r for p, r in before.reports.items() if p != pair} == {
            p: r for p, r in after.reports.items() if p != pair
        }, node
        assert (before.coverages, before.lives) == (after.coverages, after.lives)
        with changed_sources(sources, removed, added) as files:
            for on in days(explainer, later, node):
                old, new = (each.explain(*pair, "member", on) for each in (explainer, later))
                assert check_proof(document(new, NOWHERE), files) == []
                accepted = check_proof(document(old, NOWHERE), files) == []
                if old.answer != new.answer:
                    different += 1
                    named = {w.node for spells in (old.spells, *old.other_spells.values()) for s in spells for w in s}
                    assert node in named
                    assert not accepted
    assert different > mutations


def days(before: Explainer, after: Explainer, node: str) -> list[date]:
    """Return days around the dates of a node before and after a change."""
    found = {date(2003, 7, 1), date(2012, 6, 13), date(2026, 11, 30)}
    for each in (before, after):
        if (reading := each.readings.get(node)) is not None:
            texts = [text for text in (reading.start, reading.end) if text]
            starts = [date(year_of(text), 7, 1) for text in texts]
            found |= {day + timedelta(years * 366) for day in starts for years in (-1, 0, 1)}
    return sorted(found)


def test_snapshots_before_and_after_a_deletion_differ_in_one_member(few_graph: Graph) -> None:
    day, counts = date(2012, 6, 13), dict[bool, Json]()
    for whole in (True, False):
        store = few_graph.store.copy()
        if not whole:
            gone = ox.NamedNode(ID + "membership/csto-RUS-1")
            quads = [
                q for q in store.quads() if gone not in (q.subject, q.object) and "/asof/" not in str(q.graph_name)
            ]
            store = Store()
            store.add_quads(quads)
        snapshot(store, day)
        known = members(store, day)
        counts[whole] = {local(iri): set(known.certain[iri]) for iri in known.certain}
    assert {name for name in counts[True] if counts[True][name] != counts[False].get(name)} == {"csto"}
    assert counts[True]["csto"] - counts[False]["csto"] == {ID + "state/RUS"}
