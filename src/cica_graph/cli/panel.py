"""The command that makes panels: one row for each thing and year."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cica_graph.cli.common import WIDE, Progress, opened, room, show, source_options, talk, years_options
from cica_graph.formats.tables import Record
from cica_graph.model.errors import UsageError
from cica_graph.publish.export import panel as panels

_MORE = ("iso3", "m49", "cow", "wikidata", "label")
# As cica_graph.memberships.panels has them, which is not imported to say what there is: it needs numpy.
KINDS = ("org-year", "state-year", "dyad-year", "org-dyad-year")


@click.command()
@click.argument("kind", metavar="PANEL", type=click.Choice(KINDS))
@years_options
@click.option("--roles", default="member", show_default=True, metavar="ROLE,...", help="Roles to count; 'any' is all.")
@click.option("--layout", type=click.Choice(["igor"]), help="Lay out dyad-year as the R package igoR does.")
@click.option(
    "--format", "form", type=click.Choice(("table", *panels.FORMATS)),
    help="Form of the output; that of FILE's suffix, or a table, when left out.",
)  # fmt: skip
@click.option(
    "-o", "--output", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Write to a file, and what its columns are to FILE-metadata.json beside it.",
)  # fmt: skip
@source_options
def panel(
    kind: str, since: int | None, until: int | None, any_day: bool, roles: str, layout: str | None, form: str | None,
    path: Path | None, project: Path | None, store: str | None,
) -> None:  # fmt: skip
    """Write one row for each organization, state or pair of them and each year, with the codes to merge it by.

    org-year and state-year count members and memberships; dyad-year the organizations that each two states are both
    in; org-dyad-year the members that each two organizations share. Certain counts stand beside those at most.
    """
    form = form or _form(path)
    if form == "table" and path is not None:
        raise click.UsageError("A table is for reading; a FILE is csv, jsonl or parquet.")
    if form == "parquet" and path is None:
        raise click.UsageError("Parquet goes to a file: name it with -o.")
    wanted = [role.strip() for role in roles.split(",")]
    made = opened(project, store).panel(kind, since=since, until=until, roles=wanted, any_day=any_day, layout=layout)
    talk(f"{made.title}, {made.years[0]} to {made.years[-1]}")
    if made.left_out:
        talk(f"left out, having no state number of Correlates of War: {', '.join(made.left_out)}")
    if path is not None:
        with Progress() as progress:
            progress(f"writing {path}")
            beside = panels.write(made, form, path)
        talk(f"{path}: {path.stat().st_size:,} bytes; its columns are explained in {beside}")
    elif form == "table":
        names = [column.name for column in made.columns]
        rows: list[Record] = [
            dict(zip(names, row, strict=True)) for b in made.batches() for row in zip(*b.values(), strict=True)
        ]
        shown, headings = names, dict[str, str]()
        if room() < WIDE:  # then our code has to be enough, and headings break where a word ends
            shown = [name for name in names if not name.startswith(_MORE)]
            headings = {name: name.replace("_", " ") for name in shown}
            talk("left out for want of room: other codes and labels; --format csv has them")
        show(rows, form, keys=names, columns=shown, headings=headings)
    else:
        for chunk in panels.chunks(made, form):
            sys.stdout.buffer.write(chunk)


def _form(path: Path | None) -> str:
    if path is None:
        return "table"
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in panels.FORMATS:
        raise UsageError(
            f"{path} does not say which form it is to have; give --format, or a suffix of .csv, .jsonl or .parquet"
        )
    return suffix
