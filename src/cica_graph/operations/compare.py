"""Operation ``compare``: differences between two sources of memberships."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from cica_graph.compare import differences, sources
from cica_graph.compare.differences import Difference, Scope
from cica_graph.graph import Graph
from cica_graph.model.names import Names
from cica_graph.operations.answer import TableAnswer
from cica_graph.operations.declaration import NAME, Field, Operation, Parameter

_FIELDS: Final = (
    Field("kind", "Kind of difference, a concept of the differences scheme."),
    Field("member", "IRI of the member."),
    Field("member_code", "Code or acronym of the member."),
    Field("organization", "IRI of the organization."),
    Field("organization_code", "Acronym of the organization."),
    Field("role", "Role; empty if the roles differ."),
    Field("here", "Value in the first source; empty if it has none."),
    Field("there", "Value in the second source; empty if it has none."),
    Field("from_year", "First year of the difference, with `by`.", ("integer", "null")),
    Field("to_year", "Last year of the difference, with `by`.", ("integer", "null")),
    Field("here_spells", "IRIs of the memberships in the first source.", ("array",)),
    Field("there_spells", "IRIs of the memberships in the second source.", ("array",)),
)
_SOURCE: Final = "'ours' for the whole graph, or a document of the graph such as cow-igo-v3."


def compare_sources(
    graph: Graph, *, here: str, there: str, on: date | None, by: str | None, organization: Sequence[str],
    include_unmatched: bool,
) -> TableAnswer[Difference]:  # fmt: skip
    """Answer :data:`COMPARE`. A source is never a file, since a name may come from the network."""
    names = graph.names
    left, right = (sources.stated(source, graph.built) for source in (here, there))
    requested = [names.find(name, ("organization",)).iri for name in organization]
    scope = differences.scope(left, right, requested, everything=include_unmatched)
    return answer_in_scope(scope, names, on, by)


def answer_in_scope(scope: Scope, names: Names, on: date | None, by: str | None) -> TableAnswer[Difference]:
    """Return the differences in a scope: over all time, on a day, or by year."""
    if on is not None:
        found = differences.on_day(scope, on)
    else:
        found = differences.every_year(scope) if by else differences.compare(scope)
    return TableAnswer(found, tuple(f.name for f in _FIELDS), differences.records(found, names))


COMPARE: Final = Operation(
    "compare",
    "compare",
    "List the differences between two sources of memberships.",
    (
        Parameter(
            "here", f"First source: {_SOURCE}", required=True, positional=True, metavar="SOURCE", example="ours"
        ),
        Parameter(
            "there", f"Second source: {_SOURCE}", required=True, positional=True, metavar="SOURCE",
            example="cow-igo-v3",
        ),
        Parameter(
            "on", "Compare the answers for this day: certain, presumed, possible or no.", "day", metavar="DAY",
            excludes="by",
            example="2012-06-13",
        ),
        Parameter(
            "by", "Compare the last day of each year. Consecutive years with equal results share a row.",
            choices=("year",),
        ),
        Parameter("organization", f"Compare only this organization; may be repeated. {NAME}", many=True, metavar="ORG"),
        Parameter(
            "include-unmatched", "Also compare members and organizations that only one source names.", "flag"
        ),
    ),
    compare_sources,
    description="The comparison covers members and organizations that both sources name. Dates differ if no day is "
    "consistent with both sources; otherwise one source is less precise.",
    fields=_FIELDS,
)  # fmt: skip
