"""The command that says which state or organization the cells of a column mean: match."""

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
from cica_graph.reconcile import table as tables
from cica_graph.reconcile.catalog import Catalog
from cica_graph.reconcile.search import Search

SHOWN = 20  # rows that cannot be read are told one by one
_TYPES = {"state": "State", "organization": "Organization"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", default="", metavar="NAME", help="Heading of the column with the names.")
@click.option("--on", default="", metavar="DAY",
              help="What names and memberships are for: YYYY-MM-DD, YYYY-MM or YYYY.")  # fmt: skip
@click.option("--on-column", default="", metavar="NAME", help="Heading of a column with the day of each row.")
@click.option("--type", "kind", type=click.Choice(list(_TYPES)), help="What the names are of; both when left out.")
@click.option("--property", "properties", multiple=True, metavar="PROPERTY=COLUMN",
              help="What else is known: iso3=code; may be repeated, and does without --column.")  # fmt: skip
@click.option("--add", "extend", multiple=True, metavar="PROPERTY",
              help="A property of what is found to write beside it; may be repeated.")  # fmt: skip
@click.option("--language", default="en", show_default=True, metavar="TAG", help="Of labels that are added.")
@click.option("--prefix", default="match_", show_default=True, metavar="TEXT",
              help="What the headings of the new columns begin with.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
              help="Where the table goes; stdout when left out.")  # fmt: skip
@project_option
def match(
    file: Path, column: str, on: str, on_column: str, kind: str | None, properties: tuple[str, ...],
    extend: tuple[str, ...], language: str, prefix: str, output: Path | None, project: Path | None,
) -> None:  # fmt: skip
    """Say which state or organization each row of FILE, a CSV or TSV with a header, means, and write it beside.

    By name in any language, acronym, code or IRI. What is not sure is left empty, with the candidates as its reason.
    Properties are those of the reconciliation service: iso2, iso3, m49, cow, wikidata, memberOf, joined:org/cica.
    """
    if on and on_column:
        raise click.UsageError("--on and --on-column both say the day; give one of them.")
    types = (_TYPES[kind],) if kind else ()
    plan = tables.Plan(column, on, on_column, types, tables.headings(properties), extend, language, prefix)
    search = Search(Catalog(opened(project).store))
    bad = 0
    with Progress() as progress, table_reader.open_table(file) as read, _written(output) as out:
        matched = tables.Matched(read, plan, search)
        progress(f"reading {file}")
        write = csv.writer(out, delimiter=read.delimiter, lineterminator="\n").writerow
        write(matched.header())
        for row in matched.rows():
            if isinstance(row, table_reader.BadRow):
                bad += 1
                if bad <= SHOWN:
                    talk(f"{file}:{row.line}: {row.reason}; the row was left out")
            else:
                write(row)
    if bad > SHOWN:
        talk(f"{file}: and {bad - SHOWN:,} more rows that were left out")
    told = ", ".join(f"{matched.count[s]:,} {s}" for s in ("match", "ambiguous", "weak", "none"))
    talk(f"{matched.count.total():,} rows: {told}")
    if bad:
        raise click.exceptions.Exit(1)


@contextmanager
def _written(output: Path | None) -> Iterator[TextIO]:
    """Give what is written to: a file that is there when all of it is, or stdout."""
    if output is None:
        yield sys.stdout
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with atomic.text_files(output) as (file,):
        yield file
