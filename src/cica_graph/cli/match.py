"""The command `match`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from cica_graph.cli.common import Progress, opened, project_option, talk
from cica_graph.files import atomic, table_reader
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.search import Search
from cica_graph.reconcile.table import Matched, Plan, headings

SHOWN = 20  # bad rows that are reported one by one
_TYPES = {"state": "State", "organization": "Organization"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", default="", metavar="NAME", help="Heading of the column of names.")
@click.option("--on", default="", metavar="DAY",
              help="Date of all names and memberships: YYYY-MM-DD, YYYY-MM or YYYY.")  # fmt: skip
@click.option("--on-column", default="", metavar="NAME", help="Heading of a column with the date of each row.")
@click.option("--type", "kind", type=click.Choice(list(_TYPES)),
              help="Match only states or only organizations (default: both).")  # fmt: skip
@click.option("--property", "properties", multiple=True, metavar="PROPERTY=COLUMN",
              help="Match a column of codes or other values too, for example iso3=code. Repeatable.")  # fmt: skip
@click.option("--add", "extend", multiple=True, metavar="PROPERTY",
              help="Add a column with a property of the match. Repeatable.")  # fmt: skip
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Language of added labels.")
@click.option("--prefix", default="match_", show_default=True, metavar="TEXT",
              help="Prefix of the headings of the new columns.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
              help="Output file (default: standard output).")  # fmt: skip
@project_option
def match(
    file: Path, column: str, on: str, on_column: str, kind: str | None, properties: tuple[str, ...],
    extend: tuple[str, ...], language: str, prefix: str, output: Path | None, project: Path | None,
) -> None:  # fmt: skip
    """Match each row of a table to a state or organization.

    FILE is a CSV or TSV file with a header. Rows are matched by name in any language, acronym, code or IRI, and the
    match is written to new columns. If a match is not certain, they are empty and the last one lists the candidates.
    The properties are those of the reconciliation service: iso2, iso3, m49, cow, wikidata, memberOf, joined:org/cica.
    """
    if on and on_column:
        raise click.UsageError("--on and --on-column cannot be used together.")
    types = (_TYPES[kind],) if kind else ()
    plan = Plan(column, on, on_column, types, headings(properties), extend, language, prefix)
    search = Search(Catalog(opened(project).store))
    bad = 0
    with Progress() as progress, table_reader.open_table(file) as read, _written(output) as out:
        matched = Matched(read, plan, search)
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
