"""Operations ``audit`` and ``checks``: the claims of sources, compared with the graph and with the pages themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

from cica_graph.formats.tables import Record
from cica_graph.graph import Graph
from cica_graph.model.results import Audit, PageCheck
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

_CHECK_FIELDS: Final = (
    Field("page", "Title of the page, with `by` `page` and `all`.", always=False),
    Field("organization", "Acronym of the organization of the page, with `by` `page` and `all`.", always=False),
    Field("aspect", "Kind of check, with `by` `kind` and `all`.", always=False),
    Field("says", "The statement of the page, with `by` `all`.", always=False),
    Field("finds", "The result of the comparison, with `by` `all`.", always=False),
    Field("verdict", "Verdict, with `by` `all`.", always=False),
    Field("why", "Reason for the verdict, with `by` `all`.", always=False),
    Field("certainty", "Basis of the verdict, with `by` `all`.", always=False),
    Field("sources", "Titles of the sources, with `by` `all`.", ("array",), always=False),
    Field("claim", "IRI of the statement; empty if the page omits it. With `by` `all`.", always=False),
    Field("checks", "Number of checks, with `by` `page` and `kind`.", ("integer",), always=False),
    *(
        Field(verdict, f"Number of checks with the verdict `{verdict}`, with `by` `page` and `kind`.", ("integer",),
              always=False)
        for verdict in ("confirmed", "consistent", "undetermined", "contradicted", "omitted", "unchecked")
    ),
)  # fmt: skip
_VERDICTS: Final = tuple(field.name for field in _CHECK_FIELDS[-6:])
_ALL: Final = tuple(field.name for field in _CHECK_FIELDS[:10])


def check_pages(graph: Graph, *, by: str) -> TableAnswer[PageCheck]:
    """Answer :data:`CHECKS`."""
    results = graph.page_checks()
    if by == "all":
        return TableAnswer(results, _ALL, records(results, _ALL, {"page": "title"}))
    keys = ("page", "organization") if by == "page" else ("aspect",)
    return TableAnswer(results, (*keys, "checks", *_VERDICTS), _summary(results, keys))


def _summary(results: Sequence[PageCheck], keys: Sequence[str]) -> list[Record]:
    groups: dict[tuple[str, ...], Counter[str]] = {}
    for check in {each.check: each for each in results}.values() if keys == ("aspect",) else results:
        key = tuple(check.title if name == "page" else str(getattr(check, name)) for name in keys)
        groups.setdefault(key, Counter())[check.verdict] += 1
    return [
        {
            **dict(zip(keys, key, strict=True)),
            "checks": verdicts.total(),
            **{verdict: verdicts[verdict] for verdict in _VERDICTS},
        }
        for key, verdicts in sorted(groups.items())
    ]


CHECKS: Final = Operation(
    "checks",
    "checks",
    "Check the pages that make claims: counts, overlaps, brackets, arithmetic, dates, and what a page omits.",
    (
        Parameter(
            "by", "Check the pages of the sources: sum up by page or by kind, or list all checks.",
            default="page", choices=("page", "kind", "all"), example="kind",
        ),
    ),
    check_pages,
    description="Each statement of a page is compared with the page itself, with other pages, and with the graph.",
    fields=_CHECK_FIELDS,
)  # fmt: skip
