"""The query cookbook, each query with its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.formats import sparql_results, tables
from cica_graph.publish.site.cells import Cell, Column, Link, Table, Text
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.view import World
from cica_graph.store.store import value


def pages(world: World) -> Iterator[Page]:
    """Yield the list of queries, and a page for each."""
    shelf = list(queries.folder("cookbook"))
    rows: list[tuple[Cell, ...]] = [
        ((Link(q.name, f"query/{q.name}"),), q.title, ", ".join(f"{p}={t}" for p, t in q.params.items())) for q in shelf
    ]
    columns = (Column("query", "Query", "links"), Column("does", "Does"), Column("parameters", "Parameters"))
    table = Table("main", "Queries", columns, tuple(rows))
    yield Page(
        "queries",
        "list.html",
        "Query cookbook",
        lead="Questions in SPARQL, ready to run, each with its answer.",
        tables={"main": table},
    )
    for query in shelf:
        yield recipe(world, query)


def recipe(world: World, query: queries.Query) -> Page:
    """Return the page of one query, with its answer on the day of the world."""
    on = world.day.isoformat()
    result = world.answer(query)
    rows = tuple(tuple(_cell(world, row.get(name)) for name in result.columns) for row in result.rows[:1000])
    columns = tuple(Column(name, name, "links") for name in result.columns)
    table = Table(
        "answer",
        f"Answer on {on}" if "asOf" in query.params else "Answer",
        columns,
        rows,
        more=max(0, len(result.rows) - 1000),
    )
    return Page(
        f"query/{query.name}",
        "query.html",
        query.name,
        kind="query",
        lead=query.title,
        crumbs=(Link("Query cookbook", "queries"),),
        tables={"answer": table} if rows else {},
        more={"text": query.text, "params": tuple(query.params.items()), "day": on if "asOf" in query.params else ""},
    )


def files(world: World) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the cookbook: each query with its answer as JSON and CSV."""
    for query in queries.folder("cookbook"):
        yield f"query/{query.name}.rq", query.text.encode()
        yield from answers(world, query).items()


def answers(world: World, query: queries.Query) -> dict[str, bytes]:
    """Return the answer to a query in each of its forms, by path."""
    result = world.answer(query)
    table = tables.render(sparql_results.records(result), result.columns, "csv")
    return {
        f"query/{query.name}.json": sparql_results.render(result, "json").encode(),
        f"query/{query.name}.csv": table.encode(),
    }


def _cell(world: World, term: Any) -> Cell:
    if term is None:
        return ""
    if isinstance(term, ox.NamedNode):
        return (world.link(term.value),)
    lang = term.language or "" if isinstance(term, ox.Literal) else ""
    return (Text(value(term), "" if lang == "en" else lang),)
