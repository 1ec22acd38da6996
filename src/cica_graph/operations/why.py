"""The operation that explains an answer: the evidence for and against a membership on a day."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cica_graph.evidence.why import Leaf, Proof
from cica_graph.formats import tables
from cica_graph.formats.tables import Record
from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import local
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import NAME, Field, Operation, Parameter
from cica_graph.operations.memberships import ON
from cica_graph.project.lines import Place, places

_FIELDS: Final = (
    Field("side", "`for` or `against` the membership."),
    Field("reason", "Kind of evidence about the day, such as `begun` or `over`."),
    Field("first", "First day on which the reason applies; null if unbounded.", ("string", "null")),
    Field("last", "Last day on which the reason applies; null if unbounded.", ("string", "null")),
    Field("source", "Source, or `editors`."),
    Field("states", "Dates that the membership or report states.", ("string", "null")),
    Field("node", "IRI of the membership, report, coverage, state or organization."),
    Field("file", "File that states it; null if unknown.", ("string", "null")),
    Field("line", "Line in the file; null if unknown.", ("integer", "null")),
)


@dataclass(frozen=True)
class ProofAnswer(Answer):
    """The proof of an answer.

    :ivar records: one row for each reason.
    """

    proof: Proof
    records: list[Record]
    columns: tuple[str, ...] = tuple(field.name for field in _FIELDS)

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the reasons as ``csv`` or ``tsv``, or the whole proof as ``json``."""
        if form == "json":
            yield (json.dumps(self._document(), ensure_ascii=False, indent=2) + "\n").encode()
        else:
            yield tables.render(self.records, self.columns, form).encode()

    def _document(self) -> dict[str, object]:
        proof = self.proof
        return {
            "member": proof.member,
            "organization": proof.organization,
            "role": proof.role,
            "on": proof.on.isoformat(),
            "answer": proof.answer,
            "contested": proof.contested,
            "settled_by": proof.settled_by,
            "considered": proof.considered,
            "reasons": self.records,
        }


def explain_membership(graph: Graph, *, member: str, organization: str, role: str, on: date) -> ProofAnswer:
    """Answer :data:`WHY`."""
    if role == "any":
        raise UsageError("A proof is about one role. Use --role member, for example.")
    proof = graph.why(member, organization, role=role, on=on)
    leaves = [("for", leaf) for leaf in proof.supporting] + [("against", leaf) for leaf in proof.opposing]
    found = places(graph.built.project.data, {leaf.node for _, leaf in leaves if leaf.node})
    return ProofAnswer(proof, [_record(side, leaf, found) for side, leaf in leaves])


def _record(side: str, leaf: Leaf, found: Mapping[str, Place]) -> Record:
    place = found.get(leaf.node)
    return {
        "side": side,
        "reason": leaf.rule,
        "first": leaf.first.isoformat() if leaf.first else None,
        "last": leaf.last.isoformat() if leaf.last else None,
        "source": _document(leaf.source),
        "states": " ".join(f"{name} {text}" for name, text in leaf.states.items()) or None,
        "node": leaf.node,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _document(source: str) -> str:
    """Return the short name of a source: its IRI is ``doc/NAME#document``."""
    return source.rpartition("/")[2].partition("#")[0] if "/" in source else local(source)


WHY: Final = Operation(
    "why",
    "why/{member}/{organization}",
    "Explain whether a state or organization is a member of an organization on a day.",
    (
        Parameter("member", f"State or organization. {NAME}", required=True, positional=True, example="JOR"),
        Parameter("organization", f"Organization. {NAME}", required=True, positional=True, example="CICA"),
        Parameter("role", "Role of the member.", default="member"),
        ON,
    ),
    explain_membership,
    description="The reasons are the reports, coverages and lives that the answer follows from, each with its source, "
    "file and line.",
    fields=_FIELDS,
    document=True,
)
