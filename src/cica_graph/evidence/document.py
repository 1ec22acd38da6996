"""Proofs as JSON values, with the sections, files and lines that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.counts import CountProof, OverlapProof, VerdictProof
from cica_graph.evidence.why import Leaf, Proof, Spells
from cica_graph.model.results import Count
from cica_graph.project.lines import Place, places
from cica_graph.project.source_files import SourceFile
from cica_graph.store.store import Store

AnyProof = Proof | CountProof | OverlapProof | VerdictProof
Json = dict[str, Any]


@dataclass(frozen=True)
class CitedSection:
    """The sections of a source that a node cites.

    :ivar title: title of the source.
    :ivar day: the day for which the source speaks as EDTF, empty if unknown.
    """

    sections: tuple[str, ...]
    title: str
    day: str


@dataclass(frozen=True)
class Citations:
    """Where the nodes of proofs are stated.

    :ivar cited: by node and source.
    :ivar places: by node.
    """

    cited: Mapping[tuple[str, str], CitedSection]
    places: Mapping[str, Place]

    def of(self, leaf: Leaf) -> tuple[CitedSection | None, Place | None]:
        """Return the citation and the place of a reason."""
        return self.cited.get((leaf.node, leaf.source)), self.places.get(leaf.node)


def citations(store: Store, files: Iterable[SourceFile], proof: AnyProof) -> Citations:
    """Return where the nodes of a proof are stated."""
    each = list(answers(proof))
    found = dict[tuple[str, str], list[tuple[str, ...]]]()
    for organization in sorted({p.organization for p in each}):
        query = queries.shipped("evidence", "cited").bind(organization=ox.NamedNode(organization))
        for node, *row in zip(*store.select_columns(query), strict=True):
            found.setdefault((node, row[1]), []).append(tuple(row))
    cited = {
        key: CitedSection(
            tuple(sorted({row[0] for row in rows})), min(row[2] for row in rows), max(row[3] for row in rows)
        )
        for key, rows in found.items()
    }
    nodes = {leaf.node for p in each for leaf in p.reasons}
    return Citations(cited, places(files, {*nodes, *([proof.claim] if isinstance(proof, VerdictProof) else [])}))


def answers(proof: AnyProof) -> Iterator[Proof]:
    """Yield the proofs of answers in a proof."""
    match proof:
        case Proof():
            yield proof
        case CountProof():
            yield from proof.proofs
        case OverlapProof():
            for each in proof.proofs:
                yield from each
        case VerdictProof():
            if proof.finding is not None:
                yield from answers(proof.finding)
            if proof.complete is not None:
                yield from proof.complete[1].proofs


@singledispatch
def document(proof: AnyProof, cites: Citations) -> Json:
    """Return a proof as a JSON value."""
    raise TypeError(f"not a proof: {proof!r}")


@document.register
def _answer(proof: Proof, cites: Citations) -> Json:
    return {
        "question": "answer",
        "member": proof.member,
        "organization": proof.organization,
        "role": proof.role,
        "on": proof.on.isoformat(),
        "answer": proof.answer,
        "contested": proof.contested,
        "settled_by": proof.settled_by,
        "considered": proof.considered,
        "reasons": [reason(leaf, cites) for leaf in proof.reasons],
        "spells": _spells(proof.spells),
        "other_spells": {role: _spells(spells) for role, spells in proof.other_spells.items()},
        "attested": proof.attested.isoformat() if proof.attested else None,
        "nearest": [day.isoformat() for day in proof.nearest],
    }


@document.register
def _count(proof: CountProof, cites: Citations) -> Json:
    return {
        "question": "count",
        "organization": proof.organization,
        "population": proof.population,
        "on": proof.on.isoformat(),
        "count": list(proof.count),
        "left_out": list(proof.left_out),
        "listed": list(proof.listed),
        "proofs": [_answer(each, cites) for each in proof.proofs],
    }


@document.register
def _overlap(proof: OverlapProof, cites: Citations) -> Json:
    return {
        "question": "overlap",
        "organization": proof.organization,
        "other": proof.other,
        "on": proof.on.isoformat(),
        "shared": _numbers(proof.shared),
        "total": _numbers(proof.total),
        "missing": list(proof.missing),
        "proofs": [{"ours": _answer(p.ours, cites), "theirs": _answer(p.theirs, cites)} for p in proof.proofs],
    }


@document.register
def _verdict(proof: VerdictProof, cites: Citations) -> Json:
    place = cites.places.get(proof.claim)
    complete = proof.complete
    return {
        "question": "verdict",
        "claim": proof.claim,
        "claimed": proof.claimed,
        "claimed_total": proof.claimed_total,
        "verdict": proof.verdict,
        "reason": proof.reason,
        "explanation": proof.explanation,
        "independent": proof.independent,
        "section": proof.section,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "finding": document(proof.finding, cites) if proof.finding else None,
        "complete": {"claim": complete[0], "finding": _count(complete[1], cites)} if complete else None,
    }


def reason(leaf: Leaf, cites: Citations) -> Json:
    """Return one reason of an answer as a JSON value."""
    citation, place = cites.of(leaf)
    return {
        "side": leaf.side,
        "reason": leaf.rule,
        "first": leaf.first.isoformat() if leaf.first else None,
        "last": leaf.last.isoformat() if leaf.last else None,
        "source": leaf.source,
        "title": citation.title if citation else None,
        "day": citation.day or None if citation else None,
        "sections": list(citation.sections) if citation else [],
        "states": " ".join(f"{name} {text}" for name, text in leaf.states.items()) or None,
        "node": leaf.node,
        "spell": leaf.spell,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _numbers(count: Count | None) -> list[int] | None:
    return list(count) if count is not None else None


def _spells(spells: Spells) -> list[list[dict[str, str]]]:
    return [[witness._asdict() for witness in spell] for spell in spells]
