"""Proofs as RDF, in the terms of PROV-O (https://www.w3.org/TR/prov-o/)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

import pyoxigraph as ox

from cica_graph.evidence.counts import CountProof, OverlapProof, VerdictProof
from cica_graph.evidence.document import AnyProof, Citations
from cica_graph.evidence.why import Proof
from cica_graph.model.terms import CG, DCTERMS, ID, PROV, RDF_TYPE, local
from cica_graph.store.store import day_literal

_ENTITY = ox.NamedNode(PROV + "Entity")
_SOURCE = ox.NamedNode(PROV + "hadPrimarySource")
_DERIVED = ox.NamedNode(PROV + "wasDerivedFrom")


@singledispatch
def triples(proof: AnyProof, cites: Citations) -> list[ox.Triple]:
    """Return a proof as statements: the derivations, and the sections that are primary sources."""
    raise TypeError(f"not a proof: {proof!r}")


@triples.register
def _answer(proof: Proof, cites: Citations) -> list[ox.Triple]:
    answer = _node("answer", proof.member, proof.organization, proof.role, proof.on.isoformat())
    found = [
        ox.Triple(answer, ox.NamedNode(RDF_TYPE), _ENTITY),
        ox.Triple(answer, ox.NamedNode(PROV + "value"), ox.Literal(proof.answer)),
        ox.Triple(answer, ox.NamedNode(CG + "member"), ox.NamedNode(proof.member)),
        ox.Triple(answer, ox.NamedNode(CG + "organization"), ox.NamedNode(proof.organization)),
        ox.Triple(answer, ox.NamedNode(CG + "asOf"), day_literal(proof.on)),
    ]
    for leaf in proof.reasons:
        node, (citation, place) = ox.NamedNode(leaf.node), cites.of(leaf)
        found.append(ox.Triple(answer, _DERIVED, node))
        for section in citation.sections if citation else ():
            found.append(ox.Triple(node, _SOURCE, ox.NamedNode(section)))
            found.append(
                ox.Triple(ox.NamedNode(section), ox.NamedNode(DCTERMS + "isPartOf"), ox.NamedNode(leaf.source))
            )
        if place:
            found.append(ox.Triple(node, ox.NamedNode(PROV + "atLocation"), ox.Literal(f"{place.file}:{place.line}")))
    return list(dict.fromkeys(found))


@triples.register
def _count(proof: CountProof, cites: Citations) -> list[ox.Triple]:
    finding = _node("finding", proof.organization, proof.population, proof.on.isoformat())
    return [
        *_derived(finding, proof.proofs, cites),
        *(ox.Triple(finding, _DERIVED, ox.NamedNode(n)) for n in proof.listed),
    ]


@triples.register
def _overlap(proof: OverlapProof, cites: Citations) -> list[ox.Triple]:
    finding = _node("finding", proof.organization, proof.other, proof.on.isoformat())
    return list(_derived(finding, [each for pair in proof.proofs for each in pair], cites))


@triples.register
def _verdict(proof: VerdictProof, cites: Citations) -> list[ox.Triple]:
    audit, claim = ox.NamedNode(f"{proof.claim}{'-' if '#' in proof.claim else '#'}audit"), ox.NamedNode(proof.claim)
    found = [
        ox.Triple(audit, ox.NamedNode(RDF_TYPE), _ENTITY),
        ox.Triple(audit, ox.NamedNode(PROV + "value"), ox.Literal(proof.verdict)),
        ox.Triple(audit, _DERIVED, claim),
        ox.Triple(claim, _SOURCE, ox.NamedNode(proof.section)),
    ]
    for finding in (proof.finding, proof.complete[1] if proof.complete else None):
        if finding is not None:
            other = finding.other if isinstance(finding, OverlapProof) else finding.population
            node = _node("finding", finding.organization, other, finding.on.isoformat())
            found += [ox.Triple(audit, _DERIVED, node), *triples(finding, cites)]
    return list(dict.fromkeys(found))


def _derived(finding: ox.NamedNode, proofs: tuple[Proof, ...] | list[Proof], cites: Citations) -> Iterator[ox.Triple]:
    yield ox.Triple(finding, ox.NamedNode(RDF_TYPE), _ENTITY)
    for proof in proofs:
        answer, *rest = _answer(proof, cites)
        yield ox.Triple(finding, _DERIVED, answer.subject)
        yield answer
        yield from rest


def _node(kind: str, *parts: str) -> ox.NamedNode:
    return ox.NamedNode(f"{ID}{kind}/{'-'.join(map(local, parts))}")
