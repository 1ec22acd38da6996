"""Operations on overlaps: members that organizations share, on a day or by year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from cica_graph.graph import Graph
from cica_graph.model.results import Overlap
from cica_graph.operations.answer import TableAnswer, records
from cica_graph.operations.declaration import NAME, Field, Operation, Parameter
from cica_graph.operations.memberships import ON
from cica_graph.operations.policy import POLICY, under_policy

BY: Final = Parameter(
    "by",
    "Report the last day of each year. Consecutive years with equal results share a row.",
    choices=("year",),
)
YEARS: Final = (
    Parameter("from", "First year (default: first year in the data).", "number", keyword="since", metavar="YEAR"),
    Parameter("to", "Last year (default: last year in the data).", "number", keyword="until", metavar="YEAR"),
    Parameter("any-day", "Count members on any day of a year, not only on its last day.", "flag"),
)
_YEARS: Final = ("from_year", "to_year")
_FIELDS: Final = (
    Field("from_year", "First year of the row.", ("integer",), always=False),
    Field("to_year", "Last year of the row.", ("integer",), always=False),
    Field("organization", "Acronym of the organization."),
    Field("other", "Acronym of the other organization."),
    Field("shared", "Certain members of both organizations; null if not recorded.", ("integer", "null")),
    Field("shared_presumed", "The same, including presumed members.", ("integer", "null")),
    Field("shared_at_most", "The same, including presumed and possible members.", ("integer", "null")),
    Field("total", "Certain members of the other organization; null if not recorded.", ("integer", "null")),
    Field("total_presumed", "The same, including presumed members.", ("integer", "null")),
    Field("total_at_most", "The same, including presumed and possible members.", ("integer", "null")),
    Field("both", "Codes of the certain members of both.", ("array",)),
    Field("missing", "Codes of presumed members of the other that are not even possible members.", ("array",)),
)


class OverlapSpan(NamedTuple):
    """An overlap, with the first and the last of the years in which it is the same; zero for a day."""

    overlap: Overlap
    from_year: int = 0
    to_year: int = 0


def count_overlaps(
    graph: Graph, *, organization: str, other: Sequence[str], by: str | None, since: int | None, until: int | None,
    any_day: bool, on: date | None,
) -> TableAnswer[OverlapSpan]:  # fmt: skip
    """Answer :data:`OVERLAPS`."""
    names = (organization, *other)
    if by:
        return _answer(graph.overlaps_by_year(*names, since=since, until=until, any_day=any_day), whole=False)
    assert on is not None, "the day has a default"
    return _answer(graph.overlaps(*names, on=on), whole=False)


def count_all_overlaps(
    graph: Graph, *, by: str | None, since: int | None, until: int | None, any_day: bool, on: date | None
) -> TableAnswer[OverlapSpan]:
    """Answer :data:`ALL_OVERLAPS`."""
    if by:
        return _answer(graph.overlaps_by_year(since=since, until=until, any_day=any_day), whole=True)
    assert on is not None, "the day has a default"
    return _answer(graph.all_overlaps(on=on), whole=True)


def _answer(found: Sequence[Overlap] | Iterator[tuple[int, list[Overlap]]], *, whole: bool) -> TableAnswer[OverlapSpan]:
    by_year = not isinstance(found, Sequence)
    spans = _spans(found) if not isinstance(found, Sequence) else [OverlapSpan(overlap) for overlap in found]
    left_out = {*(() if by_year else _YEARS), *(() if whole else ("organization",))}
    columns = tuple(field.name for field in _FIELDS if field.name not in left_out)
    rows = records([span.overlap for span in spans], [column for column in columns if column not in _YEARS])
    if by_year:
        rows = [{"from_year": s.from_year, "to_year": s.to_year, **row} for s, row in zip(spans, rows, strict=True)]
    return TableAnswer(spans, columns, rows)


def _spans(years: Iterable[tuple[int, list[Overlap]]]) -> list[OverlapSpan]:
    """Return each overlap with the first and the last of consecutive years in which it is the same."""
    runs: defaultdict[Overlap, list[list[int]]] = defaultdict(list)
    for number, found in years:
        for overlap in found:
            if runs[overlap] and runs[overlap][-1][1] == number - 1:
                runs[overlap][-1][1] = number
            else:
                runs[overlap].append([number, number])
    spans = [OverlapSpan(overlap, first, last) for overlap, pairs in runs.items() for first, last in pairs]
    return sorted(spans, key=lambda s: (s.overlap.organization.casefold(), s.overlap.other.casefold(), s[1:]))


_TIME: Final = (BY, *(p._replace(requires="by") for p in YEARS), ON._replace(excludes="by"))

OVERLAPS: Final = Operation(
    "overlaps",
    "overlaps/{organization}",
    "Count the members that an organization shares with others, and name the missing members.",
    (
        Parameter("organization", f"Organization. {NAME}", required=True, positional=True, example="CICA"),
        Parameter("other", f"Another organization. {NAME}", many=True, positional=True),
        *_TIME,
        *POLICY,
    ),
    under_policy(count_overlaps),
    description="Without another organization, the answer has every organization that shares a member on the day.",
    fields=tuple(field for field in _FIELDS if field.name != "organization"),
)

ALL_OVERLAPS: Final = Operation(
    "all-overlaps",
    "overlaps",
    "Count the members that every two organizations share.",
    (*_TIME, *POLICY),
    under_policy(count_all_overlaps),
    fields=_FIELDS,
)
