"""Files read as streams: plain or packed, with on_progress, and with problems in place of what cannot be read."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cica_graph.model.errors import UsageError

MAX_LINE = 64 * 1024 * 1024  # bytes; the largest real entities have some 4 MB
MAX_RATIO = 400  # unpacked to packed; sparse tables of noughts and ones reach some 50
FREE = 64 * 1024 * 1024  # bytes that may be unpacked before the ratio counts


@dataclass(frozen=True)
class ReadProblem:
    """Something in a dump that could not be read.

    :ivar line: counted from 1.
    """

    line: int
    message: str


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], io.BufferedReader]]:
    """Open a file as it is and uncompressed, by its suffix; the first tells how far reading has come.

    Reading raises OSError or EOFError where a packed file is damaged, is cut off, or unpacks to more than
    :data:`MAX_RATIO` times its size.

    :raises UsageError: no such file.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    with raw:
        if path.suffix == ".gz":
            yield raw, io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=raw), raw), 1 << 18)
        elif path.suffix == ".bz2":
            yield raw, io.BufferedReader(_Unpacked(bz2.BZ2File(raw), raw), 1 << 18)
        else:
            yield raw, raw


class _Unpacked(io.RawIOBase):
    """What a packed file holds, as long as it is in proportion to its size."""

    def __init__(self, unpacked: gzip.GzipFile | bz2.BZ2File, raw: IO[bytes]) -> None:
        self._unpacked, self._raw, self._count = unpacked, raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._unpacked.read1(len(buffer))
        except zlib.error as error:  # the one of its kind that is no OSError
            raise OSError(f"it is damaged: {error}") from error
        self._count += len(data)
        if self._count > FREE and self._count > MAX_RATIO * self._raw.tell():
            raise OSError(f"it unpacks to more than {MAX_RATIO} times its size; unpack it first if that is meant")
        buffer[: len(data)] = data
        return len(data)
