"""Readers for plain and packed files, which report problems with their lines and continue."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyoxigraph as ox

from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress

MAX_LINE = 64 * 1024 * 1024  # bytes; the largest entities of Wikidata have about 4 MB
MAX_RATIO = 400  # unpacked to packed; sparse tables of zeros and ones reach about 50
FREE = 64 * 1024 * 1024  # bytes that may be unpacked before the ratio counts
MAX_PROBLEMS = 1000  # of one RDF file; with more, the file is not in the format of its suffix


@dataclass(frozen=True)
class ReadProblem:
    """A part of a file that cannot be read.

    :ivar line: counted from 1, or 0 if it is not known.
    """

    line: int
    message: str


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], io.BufferedReader]]:
    """Open a file and yield its stream on the disk, which gives the progress, and its unpacked stream.

    Reading raises OSError or EOFError if a packed file (``.gz``, ``.bz2``) is damaged, is truncated, or unpacks to
    more than :data:`MAX_RATIO` times its size.

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


def read_rdf(
    path: Path, rdf_format: ox.RdfFormat, on_progress: OnProgress | None = None
) -> Iterator[ox.Triple | ReadProblem]:
    """Yield the statements of an RDF file, and a problem for each place that cannot be read.

    After a syntax error, the parser continues at the next statement. It stops after :data:`MAX_PROBLEMS`, at a syntax
    error in RDF/XML, and where a packed file is damaged.

    :raises UsageError: no such file.
    """
    size = path.stat().st_size if path.is_file() else 0
    with opened(path) as (raw, stream):
        source = _RdfSource(stream, lambda: on_progress(raw.tell(), size) if on_progress else None)
        yield from _parsed(source, rdf_format)
    if on_progress is not None:
        on_progress(size, size)


def _parsed(source: _RdfSource, rdf_format: ox.RdfFormat) -> Iterator[ox.Triple | ReadProblem]:
    parser = iter(ox.parse(source, format=rdf_format))  # type: ignore[arg-type]  # it needs only read()
    count = problems = 0
    while problems < MAX_PROBLEMS:
        try:
            quad = next(parser)
        except (StopIteration, SyntaxError, ValueError) as error:
            if source.damage is not None:
                yield ReadProblem(
                    0, f"the rest of the file cannot be read, after {count:,} statements: {source.damage}"
                )
                return
            if isinstance(error, StopIteration):
                return
            line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
            text = str(error.msg if isinstance(error, SyntaxError) else error)[:200]
            yield ReadProblem(line, f"the statement cannot be read: {text}")
            problems = MAX_PROBLEMS if rdf_format == ox.RdfFormat.RDF_XML else problems + 1
        else:
            count += 1
            yield quad.triple
    yield ReadProblem(line, f"the rest of the file was not read, after {count:,} statements")


class _RdfSource:
    """The bytes of a file for the parser, without a byte order mark; a read error ends them and is kept."""

    def __init__(self, stream: io.BufferedReader, on_read: Callable[[], None]) -> None:
        self._stream, self._on_read, self._started = stream, on_read, False
        self.damage: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, or none at the end and after an error."""
        self._on_read()
        try:
            if not self._started:
                self._started = True
                if self._stream.peek(3)[:3] == codecs.BOM_UTF8:
                    self._stream.read(3)
            return self._stream.read(size)
        except (OSError, EOFError) as error:  # the parser would not give its message
            self.damage = error
            return b""


class _Unpacked(io.RawIOBase):
    """The content of a packed file, up to a limit in proportion to its size."""

    def __init__(self, unpacked: gzip.GzipFile | bz2.BZ2File, raw: IO[bytes]) -> None:
        self._unpacked, self._raw, self._count = unpacked, raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._unpacked.read1(len(buffer))
        except zlib.error as error:  # the other errors are OSErrors
            raise OSError(f"it is damaged: {error}") from error
        self._count += len(data)
        if self._count > FREE and self._count > MAX_RATIO * self._raw.tell():
            raise OSError(f"it unpacks to more than {MAX_RATIO} times its size. If that is right, unpack it first.")
        buffer[: len(data)] = data
        return len(data)
