"""Operations for the queries of the cookbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from cica_graph import queries
from cica_graph.formats import sparql_results
from cica_graph.formats.media_types import RESULTS
from cica_graph.graph import Graph
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import Argument, Kind, Operation, Parameter
from cica_graph.operations.memberships import ON
from cica_graph.queries import Query
from cica_graph.store.store import Result

_KINDS: Final[Mapping[str, Kind]] = {"xsd:date": "day", "xsd:integer": "number"}


@dataclass(frozen=True)
class QueryAnswer(Answer):
    """The result of a query."""

    result: Result

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the result in a SPARQL results format: ``json``, ``xml``, ``csv`` or ``tsv``."""
        yield sparql_results.render(self.result, form).encode()


def cookbook() -> list[Operation]:
    """Return an operation for each query of the cookbook."""
    return [of_query(query) for query in queries.folder("cookbook")]


def of_query(query: Query) -> Operation:
    """Return a query as an operation. A query about a day takes it as ``on``, as all operations do."""
    parameters = [
        Parameter(name, f"{kind} (default: the value in the query).", _KINDS.get(kind, "text"), keyword=name)
        for name, kind in query.params.items()
        if name != "asOf"
    ]
    if query.snapshot or "asOf" in query.params:
        example = query.default("asOf") if "asOf" in query.params else ""
        parameters.append(Parameter("on", ON.help, "day", default="today", example=example))
    return Operation(
        f"query-{query.name}", f"query/{query.name}", query.title, tuple(parameters), partial(_answer, query=query),
        media=RESULTS,
    )  # fmt: skip


def _answer(graph: Graph, *, query: Query, on: date | None = None, **params: Argument) -> QueryAnswer:
    given = {name: str(value) for name, value in params.items() if value is not None}
    return QueryAnswer(graph.query(query, on=on, **given))
