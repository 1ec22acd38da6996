"""Operations that explain: an answer, an overlap, a verdict, or the statements about a resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence import document
from cica_graph.evidence.counts import NumberExplainer
from cica_graph.evidence.document import AnyProof, Citations
from cica_graph.formats import tables
from cica_graph.formats.tables import Record
from cica_graph.graph import Graph
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.terms import GRAPH, ID, PREFIXES
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import NAME, Field, Operation, Parameter
from cica_graph.operations.memberships import ON
from cica_graph.project.lines import places
from cica_graph.store.store import SNAPSHOT, Row, value

_FIELDS: Final = (
    Field("member", "IRI of the member."),
    Field("organization", "IRI of the organization."),
    Field("answer", "Answer about the member, such as `certain`."),
    Field("side", "`for` or `against` the membership, or `open`.", ("string",)),
    Field("reason", "Kind of evidence about the day, such as `begun` or `over`."),
    Field("first", "First day on which the reason applies; null if unbounded.", ("string", "null")),
    Field("last", "Last day on which the reason applies; null if unbounded.", ("string", "null")),
    Field("source", "IRI of the source; or `editors`."),
    Field("title", "Title of the source; null if unknown.", ("string", "null")),
    Field("day", "Day for which the source speaks; null if unknown.", ("string", "null")),
    Field("sections", "IRIs of the sections.", ("array",)),
    Field("states", "Dates that the membership or report states.", ("string", "null")),
    Field("node", "IRI of the membership, report, coverage, state or organization."),
    Field("file", "File that states it; null if unknown.", ("string", "null")),
    Field("line", "Line in the file; null if unknown.", ("integer", "null")),
)
_STATEMENT: Final = ("property", "value", "graph", "step", "file", "line")
_STEPS: Final = {
    "bounds": "bound", "standings": "settle", "inferred": "reason", "findings": "derive", "audit": "audit",
    "provenance": "record",
}  # fmt: skip
_MEDIA: Final = {"application/json": "json", "text/csv": "csv", "text/turtle": "ttl"}


@dataclass(frozen=True)
class ProofAnswer(Answer):
    """A proof, with the places that it rests on."""

    proof: AnyProof
    cites: Citations

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(field.name for field in _FIELDS)

    @property
    def records(self) -> list[Record]:
        """One row for each reason."""
        return [
            {
                "member": proof.member,
                "organization": proof.organization,
                "answer": proof.answer,
                **document.reason(leaf, self.cites),
            }
            for proof in document.answers(self.proof)
            for leaf in proof.reasons
        ]

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the reasons as ``csv`` or ``tsv``, or the whole proof as ``json`` or ``ttl`` (PROV-O)."""
        if form == "json":
            content = document.document(self.proof, self.cites)
            yield (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
        elif form == "ttl":
            from cica_graph.evidence.provenance import triples
            from cica_graph.formats.turtle import turtle

            yield turtle(triples(self.proof, self.cites))
        else:
            yield tables.render(self.records, self.columns, form).encode()


@dataclass(frozen=True)
class StatementsAnswer(Answer):
    """The statements about a resource.

    :ivar records: one row for each statement, with the file that states it or the step that computes it.
    """

    iri: str
    records: list[Record]
    triples: list[ox.Triple]
    columns: tuple[str, ...] = _STATEMENT

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the statements as ``json``, ``csv``, ``tsv`` or ``ttl``."""
        if form == "ttl":
            from cica_graph.formats.turtle import turtle

            yield turtle(self.triples)
        elif form == "json":
            content = {"resource": self.iri, "statements": self.records}
            yield (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
        else:
            yield tables.render(self.records, self.columns, form).encode()


def explain(
    graph: Graph, *, name: str, organization: str, role: str | None, on: date
) -> ProofAnswer:  # fmt: skip
    """Answer :data:`WHY`."""
    if role == "any":
        raise UsageError("A proof is about one role. Use --role member, for example.")
    proof: AnyProof
    if role is None and graph.names.find(name).kind == "organization":
        proof = graph.why_overlap(name, organization, on=on)
    else:
        proof = graph.why(name, organization, role=role or "member", on=on)
    return _proof(graph, proof)


def explain_resource(graph: Graph, *, name: str) -> ProofAnswer | StatementsAnswer:
    """Answer :data:`WHY_RESOURCE`."""
    iri = _resource(graph, name)
    numbers = NumberExplainer(graph.store)
    if (verdict := numbers.verdict(iri)) is not None:
        return _proof(graph, verdict)
    if (number := numbers.finding(iri)) is not None:
        return _proof(graph, number)
    return _statements(graph, iri)


def _proof(graph: Graph, proof: AnyProof) -> ProofAnswer:
    return ProofAnswer(proof, document.citations(graph.store, graph.built.project.data, proof))


def _resource(graph: Graph, name: str) -> str:
    """Return the IRI that a name means: that of a state or organization, a prefixed name, a claim, or an IRI.

    :raises NotFound: the graph has no statement about it.
    """
    prefix, colon, rest = name.partition(":")
    candidates = [PREFIXES[prefix] + rest] if colon and prefix in PREFIXES else [name] if colon else []
    try:
        candidates.append(graph.names.find(name, suggest=False).iri)
    except NotFound:
        candidates.append(f"{ID}claim/{name}")
    for iri in candidates:
        if _is_iri(iri) and graph.store.graphs_with(iri):
            return iri
    raise NotFound(f"the graph has no statement about {name!r}; use a name, a claim, or an IRI such as claim:members")


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _statements(graph: Graph, iri: str) -> StatementsAnswer:
    query = queries.shipped("store", "places").bind(thing=ox.NamedNode(iri))
    rows = [row for row in graph.store.select(query) if not value(row["graph"]).startswith(SNAPSHOT)]
    files = graph.built.project.graph_files
    homes = places(files, {value(row["graph"]) for row in rows})
    records, triples = list[Record](), list[ox.Triple]()
    for row in rows:
        home, (triple, name) = homes.get(value(row["graph"])), _triple(iri, row)
        place = places([file for file in files if home and file.name == home.file], [iri]).get(iri)
        step = _STEPS.get(name.removeprefix(GRAPH)) if home is None else None
        record: Record = {"property": triple.predicate.value, "value": value(row["o"]), "graph": name, "step": step}
        records.append(record | {"file": place.file if place else None, "line": place.line if place else None})
        triples.append(triple)
    order = sorted(range(len(records)), key=lambda n: (records[n]["step"] is not None, str(triples[n])))
    return StatementsAnswer(iri, [records[n] for n in order], [triples[n] for n in order])


def _triple(iri: str, row: Row) -> tuple[ox.Triple, str]:
    predicate = row["p"]
    assert isinstance(predicate, ox.NamedNode), "the engine gives no other"
    return ox.Triple(ox.NamedNode(iri), predicate, row["o"]), value(row["graph"])


WHY: Final = Operation(
    "why",
    "why/{name}/{organization}",
    "Explain the answer about a member of an organization on a day, or the number of members that two organizations "
    "share.",
    (
        Parameter("name", f"State or organization. {NAME}", required=True, positional=True, example="JOR"),
        Parameter("organization", f"Organization. {NAME}", required=True, positional=True, example="CICA"),
        Parameter("role", "Role of the member (default: member, and for two organizations the members they share)."),
        ON,
    ),
    explain,
    description="The reasons are the reports, coverages and lives that the answer follows from, each with its source, "
    "file and line.",
    fields=_FIELDS,
    media=_MEDIA,
    document=True,
)

WHY_RESOURCE: Final = Operation(
    "why-resource",
    "why/{name}",
    "Explain the verdict on a claim, a number, or every statement about a resource.",
    (
        Parameter(
            "name", "Claim, finding, state, organization, membership or any other resource: a name or an IRI.",
            required=True, positional=True, example="claim:members",
        ),
    ),
    explain_resource,
    description="A claim or a finding has the answers about everybody who is counted. Another resource has its "
    "statements, each with the file that states it or the step that computes it.",
    media=_MEDIA,
    document=True,
)  # fmt: skip
