"""Command ``chart``: pictures of the graph."""

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
    help="Picture, data as csv, or Vega-Lite as json (default: by the suffix of FILE, or svg).",
)
@param_option
@click.option(
    "--on",
    type=day,
    metavar="DAY",
    help="Date to show (default: the latest day with claims, as on the site).",
)
@project_option
def chart(
    name: str, path: Path | None, form: str | None, params: tuple[str, ...], on: date | None, project: Path | None
) -> None:
    """Draw a chart of a day: timeline, overlaps, upset, size or network.

    \b
    timeline  accessions to an organization  -p organization=CICA
    overlaps  shared members                 -p organizations=CICA,CIS (default: largest 10)
    upset     members in several             -p organizations=CICA,CIS
    size      members by year                -p organizations=CICA -p since=1990
    network   most shared members            -p organizations=CICA,CIS -p percent=20

    Presumed memberships are paler than certain ones. Possible ones have a broken outline.
    """
    form = form or _by_suffix(path)
    if path is None and form == "png" and sys.stdout.isatty():
        raise UsageError("PNG is binary. Use -o FILE, or redirect the output.")
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
        raise UsageError(f"Unknown format of {path}. Use --format, or the suffix .{', .'.join(FORMATS)}.")
    return suffix
