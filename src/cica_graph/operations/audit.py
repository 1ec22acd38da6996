"""Operation ``audit``: counts claimed by sources, compared with the graph."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.results import Audit
from cica_graph.operations.answer import TableAnswer, records
from cica_graph.operations.declaration import Field, Operation, Parameter

_FIELDS: Final = (
    Field("claim", "IRI of the claim."),
    Field("organization", "Acronym of the organization that the claim is about."),
    Field("population", "Population that is counted; for an overlap, the acronym of the other organization."),
    Field("on", "Day that the claim is about."),
    Field("claimed", "Number that the source claims.", ("integer",)),
    Field("claimed_total", "Total that the source claims, for an overlap.", ("integer", "null")),
    Field("found", "Certain number in the graph; null if there is nothing to compare.", ("integer", "null")),
    Field("found_presumed", "The same, including presumed cases.", ("integer", "null")),
    Field("found_at_most", "The same, including presumed and possible cases.", ("integer", "null")),
    Field("verdict", "`confirmed`, `consistent`, `undetermined`, `contradicted` or `unchecked`."),
    Field("independent", "True if sources other than that of the claim support the number.", ("boolean",)),
    Field("section", "IRI of the section that makes the claim."),
)


def audit_claims(graph: Graph, *, on: date | None) -> TableAnswer[Audit]:
    """Answer :data:`AUDIT`."""
    columns = tuple(field.name for field in _FIELDS)
    results = graph.audit(on=on)
    return TableAnswer(results, columns, records(results, columns))


AUDIT: Final = Operation(
    "audit",
    "audit",
    "Compare the counts that sources claim with the counts in the graph.",
    (
        Parameter(
            "on", "Only claims about this day. Each claim is checked on its own day.", "day", metavar="DAY",
            example="2012-06-13",
        ),
    ),
    audit_claims,
    fields=_FIELDS,
)  # fmt: skip
