"""Commands that read memberships from other datasets: import wikidata."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

import click

from cica_graph import build as steps
from cica_graph.cli.common import Progress as Steps
from cica_graph.cli.common import day, project_option, talk
from cica_graph.dump import Progress
from cica_graph.errors import Found
from cica_graph.imports import wikidata as reader
from cica_graph.imports.wikidata_spells import Known
from cica_graph.sources import Project

SHOWN = 20  # problems told on stderr; the table has all


@click.group("import")
def imports() -> None:
    """Read memberships from other datasets into files of the project's vocabulary, one graph a source.

    They go to a directory of their own and not into data/: sources contradict each other, and `compare` says where.
    """


@imports.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    default="imports",
    show_default=True,
    metavar="DIR",
    help="Where the files go; replaced together, and only when all went well.",
)
@click.option(
    "--as-of",
    type=day,
    metavar="DAY",
    help="The day the dump speaks for, which attests what has no end.",
)
@project_option
def wikidata(files: tuple[Path, ...], out: Path, as_of: date | None, project: Path | None) -> None:
    """Read "member of" (P463) statements from Wikidata dumps: JSON, N-Triples or Turtle, plain, .gz or .bz2.

    Writes wikidata.ttl, the memberships between things that the project links to Wikidata; wikidata-undated.ttl,
    those of which no date is known; wikidata-unlinked.tsv, every other statement and why it is no membership;
    wikidata-problems.tsv; and wikidata-statements.nt, every statement whole, in Wikidata's own RDF.
    """
    with Steps() as progress:
        known = Known.of(steps.graph(Project.at(project), progress).store)
    with _stopping(), _bar() as tell:
        try:
            outcome = reader.convert(files, known, out, as_of=as_of, progress=tell, shown=SHOWN)
        except Found as error:
            for finding in error.findings:
                _tell(finding.file, finding.line, finding.message)
            raise
    for problem in outcome.problems:
        _tell(*problem)
    if outcome.problem_count > len(outcome.problems):
        talk(f"... and {outcome.problem_count - len(outcome.problems):,} more, see {out / reader.NAMES[3]}")
    same = f"; {outcome.repeated:,} say the same as another and share its membership" if outcome.repeated else ""
    said = f"{outcome.problem_count:,} problem" if outcome.problem_count else "no problem"
    talk(f"{outcome.statements:,} statements, {said}{'' if outcome.problem_count == 1 else 's'}")
    talk(f"{outcome.dated:,} in {out / reader.NAMES[0]}, {outcome.undated:,} in {out / reader.NAMES[1]}{same}")
    talk(f"{outcome.kept_out.total():,} in {out / reader.NAMES[2]}:")
    for reason, count in outcome.kept_out.most_common():
        talk(f"  {count:,} {reason}")


def _tell(file: str, line: int, message: str) -> None:
    talk(f"{file}:{line}: {message}" if line else f"{file}: {message}")


@contextmanager
def _stopping() -> Iterator[None]:
    """Turn the signal to end into an exception, so that drafts are taken away."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """Show on a terminal how far reading has come, how fast, and how long it will take."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)
