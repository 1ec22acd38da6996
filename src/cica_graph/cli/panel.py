"""Command ``panel``: one row for each organization, state or pair of them, and each year."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cica_graph.cli.common import WIDE, Progress, opened, room, show_table, source_options, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.formats.tables import Record
from cica_graph.model.errors import UsageError
from cica_graph.operations.panel import PANEL, make_panel
from cica_graph.operations.policy import under
from cica_graph.publish.export.panel import FORMATS, write

if TYPE_CHECKING:
    from cica_graph.memberships.panels import Panel

_MORE = ("iso3", "m49", "cow", "wikidata", "label")


@operation_command(PANEL)
@click.option(
    "--format", "form", type=click.Choice(("table", *FORMATS)),
    help="Output format (default: by the suffix of FILE, or table).",
)  # fmt: skip
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write to FILE, and the description of its columns to FILE-metadata.json.",
)  # fmt: skip
@source_options
def panel(
    kind: str, since: int | None, until: int | None, any_day: bool, roles: str, layout: str | None, only: str | None,
    prefer: str, disputed: str, form: str | None,
    path: Path | None, project: Path | None, store: str | None,
) -> None:  # fmt: skip
    """Write a panel."""
    form = form or _form(path)
    if form == "table" and path is not None:
        raise click.UsageError("A FILE cannot be a table. Use csv, jsonl or parquet.")
    if form == "parquet" and path is None:
        raise click.UsageError("Parquet is binary. Use -o FILE.")
    answer = make_panel(
        under(opened(project, store), only, prefer, disputed), kind=kind, since=since, until=until, any_day=any_day,
        roles=roles, layout=layout,
    )  # fmt: skip
    made = answer.panel
    talk(f"{made.title}, {made.years[0]} to {made.years[-1]}")
    if made.left_out:
        talk(f"Left out, without a Correlates of War state number: {', '.join(made.left_out)}")
    if path is not None:
        with Progress() as progress:
            progress(f"writing {path}")
            description = write(made, form, path)
        talk(f"{path}: {path.stat().st_size:,} bytes. {description} describes its columns.")
    elif form == "table":
        _show(made)
    else:
        for part in answer.write(form):
            sys.stdout.buffer.write(part)


def _show(made: Panel) -> None:
    names = [column.name for column in made.columns]
    rows: list[Record] = [
        dict(zip(names, row, strict=True)) for b in made.batches() for row in zip(*b.values(), strict=True)
    ]
    columns, headings = names, dict[str, str]()
    if room() < WIDE:  # then the code has to be enough, and headings break where a word ends
        columns = [name for name in names if not name.startswith(_MORE)]
        headings = {name: name.replace("_", " ") for name in columns}
        talk("Other codes and labels are left out to fit the terminal. Use --format csv for all columns.")
    show_table(rows, columns, headings=headings)


def _form(path: Path | None) -> str:
    if path is None:
        return "table"
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise UsageError(f"Unknown format of {path}. Use --format, or the suffix .csv, .jsonl or .parquet.")
    return suffix
