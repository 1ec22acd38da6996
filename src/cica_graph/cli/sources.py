"""The command that lists sources: sources."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import day, echo, format_option, opened, show_table, source_options, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.model.errors import UsageError
from cica_graph.operations.answer import TableAnswer
from cica_graph.operations.sources import SOURCES, SourceSummary, StaleSources, list_sources, list_stale_sources


@operation_command(SOURCES, help="With --stale: the organizations with memberships that rest on old, lost or single "
                   "sources.")  # fmt: skip
@click.option("--stale", is_flag=True, help="List what should be looked up again, by organization.")
@click.option("--on", type=day, default="today", metavar="DAY", help="Day of --stale (default: today).")
@source_options
@format_option
def sources(stale: bool, on: date, project: Path | None, store: str | None, form: str) -> None:
    """List the sources of the graph."""
    if form == "ttl":
        raise UsageError("Sources have no Turtle form here. Use --format json, or `export`.")
    graph = opened(project, store)
    answer: TableAnswer[SourceSummary] | TableAnswer[StaleSources]
    if stale:
        answer = list_stale_sources(graph, on=on)
        organizations = {row["organization"] for row in answer.records}
        talk(f"{len(organizations)} organizations with memberships on old, lost or single sources")
        columns = answer.columns
    else:
        answer = list_sources(graph)
        talk(f"{len(answer.results)} sources")
        columns = ("source", "kind", "speaks_for", "memberships", "copy_of", "title")
    if form == "table":
        show_table(answer.records, columns)
    else:
        echo(answer.write(form))
