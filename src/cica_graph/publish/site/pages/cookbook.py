"""Pages and files of the query cookbook: each query with its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.formats import sparql_results, tables
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import Cell, PageColumn, PageLink, PageTable, Text
from cica_graph.publish.site.view import SiteView
from cica_graph.store.store import value


def pages(view: SiteView) -> Iterator[Page]:
    """Yield the list of queries, and a page for each query."""
    cookbook = list(queries.folder("cookbook"))
    rows: list[tuple[Cell, ...]] = [
        ((PageLink(q.name, f"query/{q.name}"),), q.title, ", ".join(f"{p}={t}" for p, t in q.params.items()))
        for q in cookbook
    ]
    columns = (
        PageColumn("query", "Query", "links"),
        PageColumn("does", "Does"),
        PageColumn("parameters", "Parameters"),
    )
    table = PageTable("main", "Queries", columns, tuple(rows))
    yield Page(
        "queries",
        "list.html",
        "Query cookbook",
        lead="Ready-to-run SPARQL queries, with their results.",
        tables={"main": table},
    )
    for query in cookbook:
        yield recipe(view, query)


def recipe(view: SiteView, query: queries.Query) -> Page:
    """Return the page of one query, with its results on the day of the view."""
    on = view.day.isoformat()
    result = view.answer(query)
    rows = tuple(tuple(_cell(view, row.get(name)) for name in result.columns) for row in result.rows[:1000])
    columns = tuple(PageColumn(name, name, "links") for name in result.columns)
    table = PageTable(
        "answer",
        f"Results for {on}" if "asOf" in query.params else "Results",
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
        crumbs=(PageLink("Query cookbook", "queries"),),
        tables={"answer": table} if rows else {},
        more={"text": query.text, "params": tuple(query.params.items()), "day": on if "asOf" in query.params else ""},
    )


def files(view: SiteView) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the cookbook: each query, with its results as JSON and CSV."""
    for query in queries.folder("cookbook"):
        yield f"query/{query.name}.rq", query.text.encode()
        yield from results(view, query).items()


def results(view: SiteView, query: queries.Query) -> dict[str, bytes]:
    """Return the results of a query as JSON and CSV, by path."""
    result = view.answer(query)
    table = tables.render(sparql_results.records(result), result.columns, "csv")
    return {
        f"query/{query.name}.json": sparql_results.render(result, "json").encode(),
        f"query/{query.name}.csv": table.encode(),
    }


def _cell(view: SiteView, term: Any) -> Cell:
    if term is None:
        return ""
    if isinstance(term, ox.NamedNode):
        return (view.link(term.value),)
    lang = term.language or "" if isinstance(term, ox.Literal) else ""
    return (Text(value(term), "" if lang == "en" else lang),)
