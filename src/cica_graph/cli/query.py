"""Commands ``query`` and ``queries``: SPARQL, and the queries of the cookbook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import (
    Progress,
    day,
    format_option,
    key_values,
    param_option,
    show,
    source,
    source_options,
    talk,
)
from cica_graph.formats import sparql_results
from cica_graph.formats.tables import FORMATS, Record
from cica_graph.formats.turtle import turtle
from cica_graph.graph import Graph, find_query
from cica_graph.memberships.names import parameter_term
from cica_graph.model.errors import QueryError
from cica_graph.queries import Query, folder, read


@click.command()
@click.argument("what", metavar="NAME|FILE|-")
@param_option
@source_options
@click.option("--on", type=day, metavar="DAY", help="Date of the query, if it has one (default: today).")
@click.option(
    "--format", "form", type=click.Choice((*FORMATS, "xml")), default="table", show_default=True,
    help="Form of the output; json, xml, csv and tsv are the W3C's formats for SPARQL results.",
)  # fmt: skip
@click.option("--guarantee", is_flag=True, help="Report whether the answer is complete by the coverages of sources.")
def query(
    what: str, params: tuple[str, ...], project: Path | None, store: str | None, on: date | None, form: str,
    guarantee: bool,
) -> None:  # fmt: skip
    """Run a query of the cookbook by NAME, or SPARQL from a FILE or, for '-', from stdin.

    The usual prefixes are declared. With --on, the query also reads the snapshot of the day, which has relations such
    as cg:memberOf. SERVICE is refused.

    With --guarantee, the command reports each pattern that can lack answers on the day. An answer is complete if
    sources name every member of the given organizations.
    """
    values = key_values(params)
    chosen = _read(what)
    if on is None and (chosen.snapshot or "asOf" in chosen.params):
        on = date.today()
    with Progress() as progress:
        graph = source(project, store, progress)
        if "on" in values:
            raise QueryError("unknown parameter 'on'; use --on for the day")
        answer = graph.query(chosen, on=on, **values)
    day = values.get("asOf") or on
    if day:
        talk(f"{chosen.name} on {day}")
    if guarantee:
        _report(graph, chosen, params=values, on=date.fromisoformat(str(day or date.today())))
    if answer.triples is not None:
        if form not in ("table", "ttl"):
            raise QueryError("the query returns triples. Use --format ttl.")
        click.echo(turtle(answer.triples), nl=False)
    elif form == "table":
        brief = sparql_results.brief(answer)
        columns = answer.columns if answer.truth is None else ("answer",)
        show(
            brief,
            form,
            keys=columns,
            columns=columns,
            title=chosen.title or chosen.name,
        )
    else:
        click.echo(sparql_results.render(answer, form), nl=False)


def _report(graph: Graph, chosen: Query, params: Mapping[str, str], on: date) -> None:
    from cica_graph.operations.guarantee import gaps

    bound = {name: parameter_term(chosen, name, text, graph.names) for name, text in params.items()}
    found = gaps(graph, replace(chosen, text=chosen.bind(**bound)), on)
    for gap in found:
        talk(f"not guaranteed: {gap.pattern}: {gap.reason}")
    if not found:
        talk(f"complete: sources name every member of the organizations in the query on {on}")


def _read(what: str) -> Query:
    if what == "-":
        return read("stdin", sys.stdin.read())
    path = Path(what)
    if path.suffix or "/" in what or path.is_file():
        try:
            return read(path.name, path.read_text("utf-8"))
        except UnicodeDecodeError as error:
            raise QueryError(f"{path} is not UTF-8") from error
    return find_query(what)


@click.command()
@format_option
def queries(form: str) -> None:
    """List the queries of the cookbook."""
    records: list[Record] = [
        {
            "query": q.name,
            "does": q.title,
            "parameters": [f"{name}={kind}" for name, kind in q.params.items()],
        }
        for q in folder("cookbook")
    ]
    columns = ("query", "does", "parameters")
    show(records, form, keys=columns, columns=columns, title="Cookbook")
