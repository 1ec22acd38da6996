"""Command ``match``: the state or organization that each row of a table means."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from cica_graph.cli.common import Progress, dates_option, opened, project_option, talk
from cica_graph.cli.operation_command import operation_command
from cica_graph.files import atomic, table_reader
from cica_graph.model.dates import DateOrder
from cica_graph.operations.match import MATCH, TYPES, search
from cica_graph.reconcile.table import Matched, Plan, headings

SHOWN = 20  # bad rows that are reported one by one


@operation_command(
    MATCH, without=("name",), help="FILE is a CSV or TSV table with a header. The output has its columns and rows, and "
    "the columns of the matches."
)  # fmt: skip
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", default="", metavar="NAME", help="Column with the names.")
@click.option("--on-column", default="", metavar="NAME", help="Column with the date of each row.")
@dates_option
@click.option("--property", "properties", multiple=True, metavar="PROPERTY=COLUMN",
              help="Column with a known property, as in iso3=code; may be repeated.")  # fmt: skip
@click.option("--prefix", default="match_", show_default=True, metavar="TEXT", help="Prefix of the new columns.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
              help="Output file (default: stdout).")  # fmt: skip
@project_option
def match(
    file: Path, column: str, on: str | None, on_column: str, order: DateOrder | None, type: str | None,
    properties: tuple[str, ...], add: tuple[str, ...], language: str, prefix: str, output: Path | None,
    project: Path | None,
) -> None:  # fmt: skip
    """Match a table."""
    if on and on_column:
        raise click.UsageError("--on cannot be combined with --on-column.")
    types = (TYPES[type],) if type else ()
    plan = Plan(column, on or "", on_column, types, headings(properties), add, language, prefix, order)
    index = search(opened(project))
    bad = 0
    with Progress() as progress, table_reader.open_table(file) as read, _written(output) as out:
        matched = Matched(read, plan, index)
        progress(f"reading {file}")
        write = csv.writer(out, delimiter=read.delimiter, lineterminator="\n").writerow
        write(matched.header())
        for row in matched.rows():
            if isinstance(row, table_reader.BadRow):
                bad += 1
                if bad <= SHOWN:
                    talk(f"{file}:{row.line}: {row.reason}; the row was skipped")
            else:
                write(row)
    if bad > SHOWN:
        talk(f"{file}: {bad - SHOWN:,} more rows were skipped")
    counts = ", ".join(f"{matched.count[s]:,} {s}" for s in ("match", "ambiguous", "weak", "none"))
    talk(f"{matched.count.total():,} rows: {counts}")
    if bad:
        raise click.exceptions.Exit(1)


@contextmanager
def _written(output: Path | None) -> Iterator[TextIO]:
    """Open the output: a file that is written completely or not at all, or standard output."""
    if output is None:
        yield sys.stdout
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with atomic.text_files(output) as (file,):
        yield file
