"""Where an answer is put until it is whole: in memory, or when it is long, in a file without a name."""

from __future__ import annotations

import tempfile
from typing import IO, Final

from cica_graph.formats.rebase import rebase
from cica_graph.model.terms import BASE

SMALL: Final = 64 << 10  # bytes up to which an answer stays in memory


class Sink:
    """Takes text and bytes, and counts them.

    :ivar size: bytes taken so far.
    :ivar file: what holds all of them when they are more than :data:`SMALL`.
    :ivar base: what the IRIs of the graph in it are below.
    """

    base = BASE

    def __init__(self) -> None:
        self.size = 0
        self.file: IO[bytes] | None = None
        self._parts: list[bytes] = []

    def write(self, part: str | bytes) -> None:
        """Put something at the end."""
        data = part.encode() if isinstance(part, str) else part
        self.size += len(data)
        self._parts.append(data)
        if self.size > SMALL:
            if self.file is None:
                self.file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
            self.file.write(self.content())
            self._parts.clear()

    def content(self) -> bytes:
        """Return what is in memory: everything, unless there is a file."""
        return b"".join(self._parts)

    def clear(self) -> None:
        """Begin anew."""
        self.close()
        self.size, self.file, self._parts = 0, None, []

    def close(self) -> None:
        """Let go of the file; whoever was given its descriptor can still read it."""
        if self.file is not None:
            self.file.close()


class Rebased(Sink):
    """Puts another base under the IRIs of what it takes, which is text and cut nowhere within an IRI."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def write(self, part: str | bytes) -> None:
        """Put something at the end."""
        super().write(rebase(part if isinstance(part, str) else part.decode(), self.base))
