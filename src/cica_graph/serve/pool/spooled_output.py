"""Output of a query worker: in memory while it is short, in a temporary file when it is long."""

from __future__ import annotations

import tempfile
from typing import IO, Final

SMALL: Final = 64 << 10  # bytes; a longer answer goes to a file


class SpooledOutput:
    """Collects an answer and counts its bytes.

    ``tempfile.SpooledTemporaryFile`` is not used: it cannot tell without a private attribute whether it has a file, and
    the descriptor of that file is sent to another process.

    :ivar size: bytes written so far.
    :ivar file: the file that contains the answer; None while it has at most :data:`SMALL` bytes.
    """

    def __init__(self) -> None:
        self.size = 0
        self.file: IO[bytes] | None = None
        self._parts: list[bytes] = []

    def write(self, part: str | bytes) -> None:
        """Append text (as UTF-8) or bytes."""
        data = part.encode() if isinstance(part, str) else part
        self.size += len(data)
        self._parts.append(data)
        if self.size > SMALL:
            if self.file is None:
                self.file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
            self.file.write(self.content())
            self._parts.clear()

    def content(self) -> bytes:
        """Return the bytes in memory: the whole answer, unless there is a file."""
        return b"".join(self._parts)

    def clear(self) -> None:
        """Discard everything that was written."""
        self.close()
        self.size, self.file, self._parts = 0, None, []

    def close(self) -> None:
        """Close the file; a process that received its descriptor can still read it."""
        if self.file is not None:
            self.file.close()
