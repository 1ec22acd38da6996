"""The group of commands that read memberships from other datasets: import. The registry has the importers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial, update_wrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import click

from cica_graph.cli.common import Command, Progress, day, keep, progress_bar, project_option, talk
from cica_graph.files import atomic, registry
from cica_graph.imports.concordance import Concordance
from cica_graph.imports.importer import Importer, ImportRequest
from cica_graph.model.errors import ValidationFailed
from cica_graph.model.progress import OnProgress
from cica_graph.pipeline import build
from cica_graph.project.source_files import Project


class _Importers(click.Group):
    """The registered importers as commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return registry.names("cica_graph.importers")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return _command(cmd_name, registry.load("cica_graph.importers", cmd_name))


@click.group("import", cls=_Importers)
def imports() -> None:
    """Read memberships from other datasets into files, with one graph for each source.

    A file can be put into data/: its graph names the source of its reports, and `compare` shows where sources
    contradict each other. data/concordance.tsv gives the codes of organizations in the datasets. Other packages can
    add importers.

    With --store the graphs go into a store, next to the graphs of `build --store` and of earlier imports, or else
    together with the states and organizations of the project. An import into the same store replaces its own graphs.
    Commands that take --store then answer according to all sources. Tables of rejected input still go to the directory.
    """


def _command(name: str, importer: Importer) -> click.Command:
    """Return an importer as a command, with the options that every importer has."""

    def run(
        files: tuple[Path, ...], out: Path, store: str | None, on: date | None, project: Path | None, **options: Any
    ) -> None:
        target = _Target(out, store, on, project)
        with target.directory() as directory:
            with Progress() as on_step:
                ours = Project.at(project)
                graph = build.graph(ours, on_step).store
            with _reading() as on_progress:
                concordance = Concordance.of(ours.concordance, graph)
                request = ImportRequest(files, directory, graph, concordance, target.location, out, on_progress)
                report = importer(request, **options)
            for message in report.messages:
                talk(message)
        if not report.complete:
            raise click.exceptions.Exit(1)

    update_wrapper(run, importer)
    # click keeps the options of a function in a list on it, which it changes: each command needs its own.
    run.__dict__["__click_params__"] = list(getattr(importer, "__click_params__", ()))
    return click.command(name)(_import_options(run))


def _import_options(command: Command) -> Command:
    """Add what every import takes: files, the directory or the store to write to, and the project."""
    for option in (
        click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)),
        click.option(
            "-o", "--output", "out", type=click.Path(path_type=Path, file_okay=False), default="imports",
            show_default=True, metavar="DIR",
            help="Directory to write to. Its files are replaced together, and only if the import succeeds.",
        ),
        click.option(
            "--store", metavar="DIR|URL",
            help="Put the graphs into a directory or a SPARQL store instead of files, for commands that take --store.",
        ),
        click.option("--on", type=day, metavar="DAY", help="Derive this day for the store, for queries about it."),
        project_option,
    )[::-1]:  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True)
class _Target:
    """Where an import writes.

    :ivar out: the directory of its files; with a store, of those that are not graphs.
    :ivar store: the store of its graphs, None if they are files.
    :ivar on: the day that is derived for the store.
    """

    out: Path
    store: str | None
    on: date | None
    project: Path | None

    def location(self, name: str, graph: str) -> str:
        """Return where the user finds a graph: see ``ImportRequest.location``."""
        where = self.out / name
        return f"in {where}" if self.store is None else f"for {self.store} as g:{graph or where.stem}"

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Yield the directory to write to. With a store it is temporary, and its graphs go into the store at the end.

        :raises UsageError: the store cannot be written to. If possible, this is raised before the import begins.
        """
        if self.store is None:
            if self.on is not None:
                raise click.UsageError("--on needs --store.")
            yield self.out
            return
        from cica_graph.store.load import refuse_unwritable

        refuse_unwritable(self.store)
        with _terminable(), _temporary() as directory:
            yield directory
            graphs = sorted(directory.glob("*.ttl"))
            tables = sorted(set(directory.iterdir()) - set(graphs))
            if tables:
                self.out.mkdir(parents=True, exist_ok=True)
                atomic.copy(tables, self.out)
            keep(self.store, partial(self._built, self.store, graphs))

    def _built(self, store: str, graphs: Sequence[Path], on_step: Callable[[str], None]) -> build.BuiltGraph:
        from cica_graph.store.load import is_filled
        from cica_graph.store.store import Store

        earlier = Store.open(store) if is_filled(store) else None
        built = build.imported_graph(Project.at(self.project), graphs, earlier, on_step)
        if built.findings:
            raise ValidationFailed(f"the files have findings, see `check`; {self.store} is unchanged", built.findings)
        if self.on is not None:
            build.add_day(built, self.on)
        return built


@contextmanager
def _reading() -> Iterator[OnProgress | None]:
    """Show the progress of reading, clean up when the process is ended, and print each finding of an error."""
    try:
        with _terminable(), progress_bar() as on_progress:
            yield on_progress
    except ValidationFailed as error:
        for finding in error.findings:
            where = f"{finding.file}:{finding.line}" if finding.line else finding.file
            talk(f"{where}: {finding.message}")
        raise


@contextmanager
def _terminable() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that unfinished files are removed."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _temporary() -> Iterator[Path]:
    """Make a directory that is removed at the end, also if a signal arrives while it is made."""
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        with TemporaryDirectory(prefix="cica-graph-") as name:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
            yield Path(name)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ending)
