"""The interface of importers: functions that read memberships from another dataset, registered as
``cica_graph.importers``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cica_graph.imports.concordance import Concordance
from cica_graph.model.progress import OnProgress
from cica_graph.store.store import Store


@dataclass(frozen=True)
class ImportRequest:
    """The request that an importer gets.

    :ivar files: the files to read, at least one.
    :ivar directory: the directory to write to. Each ``.ttl`` file in it is one named graph.
    :ivar graph: the project's graph, with the names, codes and links of its organizations and states.
    :ivar concordance: the organizations by their codes in datasets.
    :ivar location: returns where the user finds a graph, as the end of a sentence (``in imports/cow-igo.ttl``), by the
        name of its file, and the local name of the graph if it is not the stem of the file.
    :ivar tables: the directory in which the user finds files that are not graphs.
    :ivar on_progress: takes the bytes read so far and the total; None if nobody watches.
    """

    files: tuple[Path, ...]
    directory: Path
    graph: Store
    concordance: Concordance
    location: Callable[[str, str], str]
    tables: Path
    on_progress: OnProgress | None


@dataclass(frozen=True)
class ImportReport:
    """The result of an import, for a person.

    :ivar messages: lines of text.
    :ivar complete: False if some of the input could not be used; the command then exits with 1.
    """

    messages: tuple[str, ...]
    complete: bool = True


class Importer(Protocol):
    """Reader of memberships from another dataset, as a command ``cica-graph import NAME``.

    Another package adds one by an entry point ``NAME`` in the group ``cica_graph.importers``. The docstring is the help
    of the command. Options are added with ``click.option`` and become keyword arguments.
    """

    __name__: str
    __doc__: str | None

    def __call__(self, request: ImportRequest, /, **options: Any) -> ImportReport:
        """Read the files and write graphs and tables, all or none.

        :raises UsageError: a file does not exist or does not have the form that is read.
        :raises ValidationFailed: the files have faults, and nothing was written.
        """
