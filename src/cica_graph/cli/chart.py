"""The command that draws: chart."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from cica_graph.cli.common import day, key_values, opened, param_option, project_option, talk
from cica_graph.formats.text import to_json
from cica_graph.model.errors import UsageError
from cica_graph.publish import charts
from cica_graph.publish.export.export import write

FORMATS = ("svg", "png", "csv", "json")


@click.command()
@click.argument("name")
@click.option("-o", "--output", "path", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="A picture, the table behind it as csv, or its Vega-Lite as json; when left out, the suffix of FILE or svg.",
)
@param_option
@click.option(
    "--on",
    type=day,
    metavar="DAY",
    help="The day shown; the latest that claims are about when left out, as on the site.",
)
@project_option
def chart(
    name: str, path: Path | None, form: str | None, params: tuple[str, ...], on: date | None, project: Path | None
) -> None:
    """Draw what is known on a day: timeline, overlaps, upset, size or network.

    timeline: who joined an organization when (-p organization=CICA). overlaps: how many members each two share (all,
    or -p organizations=CICA,CIS). upset: who is in which of several (-p organizations=...). size: members by year (-p
    organizations=..., -p since=1990). network: which share most (-p organizations=..., -p percent=20). What is only
    possible has a broken outline.
    """
    form = form or _by_suffix(path)
    if path is None and form == "png" and sys.stdout.isatty():
        raise UsageError("a PNG is nothing to print on a terminal; name a file with -o, or redirect the output")
    graph = opened(project)
    if on is None:
        from cica_graph.publish.site.view import SiteView

        on = SiteView(graph).day
    drawn = charts.chart(graph, name, on, **key_values(params))
    if form == "json":
        data = to_json(drawn.spec()).encode()
    else:
        data = {"svg": drawn.svg, "png": drawn.png, "csv": drawn.csv}[form]()
    if path is None:
        talk(drawn.title)
        sys.stdout.buffer.write(data)
    else:
        write(data, path)
        talk(f"{path}: {drawn.title}")


def _by_suffix(path: Path | None) -> str:
    if path is None:
        return "svg"
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        raise UsageError(f"{path} ends in none of .{', .'.join(FORMATS)}; say which with --format")
    return suffix
