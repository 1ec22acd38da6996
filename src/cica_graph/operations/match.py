"""Operation ``match``: the state or organization that each name means."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cica_graph.files.table_reader import TableReader, TableRow
from cica_graph.formats.text import to_json
from cica_graph.graph import Graph
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import Field, Operation, Parameter
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.search import Search
from cica_graph.reconcile.table import Matched, Plan

TYPES: Final = {"state": "State", "organization": "Organization"}
_COLUMN: Final = "name"
_FIELDS: Final = (
    Field("name", "Name as given."),
    Field("match_iri", "IRI of the state or organization; empty unless the match is sure."),
    Field("match_code", "Code or acronym."),
    Field("match_label", "English label."),
    Field("match_score", "Score of the best candidate, from 0 to 100."),
    Field("match_status", "`match`, `ambiguous`, `weak` or `none`."),
    Field("match_reason", "Reason of the match, or the candidates."),
)


@dataclass(frozen=True)
class MatchAnswer(Answer):
    """A table of names with the columns of their matches."""

    header: list[str]
    rows: list[list[str]]

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the table as ``csv`` or ``json``."""
        if form == "json":
            yield to_json([dict(zip(self.header, row, strict=True)) for row in self.rows]).encode()
            return
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        yield out.getvalue().encode()


@lru_cache(maxsize=1)
def search(graph: Graph) -> Search:
    """Return the index of names of a graph. It takes a second to make, and is kept for the next call."""
    return Search(Catalog(graph.store))


def match_names(
    graph: Graph, *, name: Sequence[str], on: str | None, type: str | None, add: Sequence[str], language: str
) -> MatchAnswer:
    """Answer :data:`MATCH`."""
    rows = iter([TableRow(number, [text]) for number, text in enumerate(name, start=2)])
    table = TableReader(Path("the request"), [_COLUMN], ",", rows)
    plan = Plan(_COLUMN, on or "", types=(TYPES[type],) if type else (), extend=tuple(add), language=language)
    matched = Matched(table, plan, search(graph))
    return MatchAnswer(matched.header(), [row for row in matched.rows() if isinstance(row, list)])


MATCH: Final = Operation(
    "match",
    "match",
    "Find the state or organization that each name means.",
    (
        Parameter("name", "Name in any language, acronym, code or IRI; may be repeated.", required=True, many=True,
                  example="Kyrgyz Republic"),
        Parameter("on", "Date of the names and memberships: YYYY-MM-DD, YYYY-MM or YYYY.", metavar="DAY"),
        Parameter("type", "Match only states or only organizations (default: both).", choices=tuple(TYPES)),
        Parameter("add", "Property of the match to add as a column; may be repeated.", many=True, metavar="PROPERTY"),
        Parameter("language", "Language of added labels.", default="en", metavar="TAG"),
    ),
    match_names,
    description="A name is matched only if the match is sure. Otherwise the columns are empty and the reason lists the "
    "candidates. Properties are those of the reconciliation service, such as iso2, iso3, m49, cow, wikidata, memberOf "
    "and joined:org/cica.",
    fields=_FIELDS,
)  # fmt: skip
