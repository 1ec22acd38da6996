"""Options, output and progress of commands."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from textwrap import fill
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from cica_graph.formats import tables
from cica_graph.formats.text import escape
from cica_graph.graph import Graph, open_graph, open_store, readings
from cica_graph.model.dates import DateOrder, Day
from cica_graph.model.errors import InvalidDate, UsageError
from cica_graph.model.progress import OnProgress

if TYPE_CHECKING:
    from rich.status import Status

    from cica_graph.files.registry import Group
    from cica_graph.pipeline.build import BuiltGraph

Command = TypeVar("Command", bound=Callable[..., Any])
PATIENCE = 1.0  # seconds before a progress line appears


def day(text: str) -> date:
    """Read the value of an option that is a day."""
    try:
        return Day.of(text)
    except InvalidDate as error:
        raise click.BadParameter(str(error)) from error


class RegisteredName(click.ParamType[str]):
    """Type of an argument that is a name in a group of the registry, which is read when the command runs."""

    name = "name"

    def __init__(self, group: Group) -> None:
        self.group = group

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name.

        :raises click.BadParameter: nothing is registered under it.
        """
        from cica_graph.files import registry

        return click.Choice(registry.names(self.group)).convert(value, param, ctx)


project_option = click.option(
    "--project",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Project directory (default: the shipped data).",
)
dates_option = click.option(
    "--dates",
    "order",
    type=click.Choice(get_args(DateOrder)),
    help="Order of day, month and year in dates such as 01/02/1999 (default: refuse those with two readings).",
)
store_option = click.option(
    "--store",
    metavar="DIR|URL",
    help="Query the graph in a directory or SPARQL store that `build --store` or `import --store` filled.",
)
param_option = click.option(
    "-p", "--param", "params", multiple=True, metavar="KEY=VALUE", help="Set a parameter; may be repeated."
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(tables.FORMATS),
    default="table",
    show_default=True,
    help="Output format.",
)


def key_values(params: Iterable[str]) -> dict[str, str]:
    """Read the values of ``-p``.

    :raises UsageError: one is not KEY=VALUE.
    """
    values = {}
    for param in params:
        key, equals, text = param.partition("=")
        if not (equals and key):
            raise UsageError(f"-p {param!r} is not KEY=VALUE")
        values[key] = text
    return values


def keep(where: str, make: Callable[[Progress], BuiltGraph]) -> None:
    """Make a graph, fill a store with it, and print the number of statements.

    :raises UsageError: the store cannot be written. ``load.refuse`` checks that before the graph is made.
    """
    from cica_graph.store.load import fill

    with Progress() as progress:
        built = make(progress)
        progress(f"filling {where}")
        new = fill(
            where, built.store, readings(), lambda done, of: progress(f"filling {where}: {done} of {of} batches")
        )  # fmt: skip
        count = built.store.count()
    talk(f"{where}: {count:,} statements" + ("" if new else ", unchanged"))


class Progress(AbstractContextManager["Progress"]):
    """Line on a terminal with the current step, after the first second."""

    def __init__(self) -> None:
        self._step = "opening"
        self._status: Status | None = None
        self._timer = threading.Timer(PATIENCE, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._status is not None:
            self._status.stop()

    def __call__(self, step: str) -> None:
        """Set the current step."""
        self._step = step
        if self._status is not None:
            self._status.update(f"{step} ...")

    def _show(self) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(f"{self._step} ...")
        self._status.start()


@contextmanager
def progress_bar() -> Iterator[OnProgress | None]:
    """Show on a terminal how much has been read, the speed and the remaining time."""
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


WIDE = 120  # columns from which a table has room for lists


def room() -> int:
    """Return the width of the output in columns; a pipe has no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000


def talk(message: str) -> None:
    """Print a message on stderr, folded on a terminal, without control characters."""
    for line in message.split("\n"):
        text = escape(line)
        if sys.stderr.isatty():
            hang = " " * (len(text) - len(text.lstrip()) + 2)
            width = max(shutil.get_terminal_size().columns, 40)
            text = fill(text, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
        click.echo(text, err=True)


def show(
    records: Sequence[tables.Record], form: str, *, keys: Sequence[str], columns: Sequence[str],
    title: str | None = None, brief: Sequence[tables.Record] | None = None,
) -> None:  # fmt: skip
    """Print records as data in a form, or as a table.

    ``keys`` are the columns of data; ``columns`` those of a table. ``brief`` has the rows of the table if people are
    better served by shorter values. The ``title`` is printed above a table on a terminal.
    """
    if form == "table":
        show_table(records if brief is None else brief, columns, title=title)
    else:
        click.echo(tables.render(records, keys, form), nl=False)


def show_table(
    records: Sequence[tables.Record], columns: Sequence[str], *, headings: Mapping[str, str] = MappingProxyType({}),
    title: str | None = None,
) -> None:  # fmt: skip
    """Print records as a table: framed and folded on a terminal, plain in a pipe."""
    if sys.stdout.isatty():
        from rich.console import Console

        tables.show(records, columns, console=Console(), headings=headings, title=title)
    else:
        click.echo(tables.render(records, columns, "table", headings=headings), nl=False)


def echo(parts: Iterable[bytes]) -> None:
    """Print the parts of an answer."""
    for part in parts:
        click.echo(part.decode(), nl=False)


def source_options(command: Command) -> Command:
    """Add the options for the source of the graph: ``--project`` and ``--store``."""
    return project_option(store_option(command))


def source(project: Path | None, store: str | None, progress: Progress) -> Graph:
    """Open the graph of a project or of a store.

    :raises UsageError: both are given, or the source does not exist.
    """
    if store is None:
        return open_graph(project, progress)
    if project is not None:
        raise UsageError("--project cannot be combined with --store.")
    return open_store(store)


def opened(project: Path | None, store: str | None = None) -> Graph:
    """Open the graph of a project or of a store, and warn if its files have faults.

    :raises UsageError: both are given, or the source does not exist.
    """
    with Progress() as progress:
        graph = source(project, store, progress)
    for finding in graph.findings[:1]:
        talk(f"warning: {finding.file or finding.subject}: {finding.message}; see `check`")
    return graph
