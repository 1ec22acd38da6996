"""A dataset that links lead to, and its reader, which the registry finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cica_graph.files import registry
from cica_graph.files.streams import ReadProblem
from cica_graph.linking.candidate import Candidate, Target
from cica_graph.linking.table_columns import Columns
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress

_COMPRESSED: Final = frozenset({".gz", ".bz2"})


@dataclass(frozen=True)
class Dataset:
    """A dataset, and the options for reading it.

    :ivar where: path of a file, or the http address of a SPARQL endpoint.
    :ivar target: the target that has the ids of the dataset.
    :ivar columns: roles of the columns of a table; None to guess them from the headings.
    :ivar query: file with the SELECT query for an endpoint; None for the built-in one.
    :ivar timeout: seconds to wait for an endpoint.
    """

    where: str
    target: Target
    columns: Columns | None = None
    query: Path | None = None
    timeout: float = 60.0

    @property
    def remote(self) -> bool:
        """True if the dataset is on the network."""
        return self.where.startswith(("http://", "https://"))

    @property
    def kind(self) -> str:
        """The name of its reader: the suffix of a file in lower case, without its dot, or the scheme of an address."""
        if self.remote:
            return self.where.partition(":")[0]
        suffixes = [suffix.lower() for suffix in Path(self.where).suffixes]
        return next((suffix[1:] for suffix in reversed(suffixes) if suffix not in _COMPRESSED), "")

    def path(self) -> Path:
        """Return the path of the file.

        :raises UsageError: there is no such file.
        """
        path = Path(self.where)
        if not path.is_file():
            raise UsageError(f"{path} is not a file")
        return path


class LinkReader(Protocol):
    """Reader of the things of a dataset, as candidates for links.

    Another package adds one by an entry point in the group ``cica_graph.link_readers``. Its name is the suffix of the
    files that it reads, without the dot.
    """

    def __call__(self, dataset: Dataset, on_progress: OnProgress | None, /) -> Iterator[Candidate | ReadProblem]:
        """Yield the things of a dataset, and a problem for each part that cannot be read.

        :raises UsageError: the dataset does not exist or does not have the form that is read.
        """


def candidates(dataset: Dataset, on_progress: OnProgress | None = None) -> Iterator[Candidate | ReadProblem]:
    """Yield the things of a dataset, and a problem for each part that cannot be read; memory does not grow with it.

    ``on_progress`` gets the bytes read so far and the total, which is 0 if it is not known.

    :raises UsageError: the file does not exist, no reader reads its form, or an endpoint does not answer as one.
    """
    if not dataset.remote:
        dataset.path()
    known = registry.names("cica_graph.link_readers")
    if dataset.kind not in known:
        form = f".{dataset.kind} files" if dataset.kind else "files without a suffix"
        suffixes = ", ".join(f".{name}" for name in known if not name.startswith("http"))
        raise UsageError(f"{dataset.where}: {form} cannot be read; the known suffixes are {suffixes}")
    reader: LinkReader = registry.load("cica_graph.link_readers", dataset.kind)
    return reader(dataset, on_progress)
