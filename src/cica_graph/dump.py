"""Entities of a Wikidata-shaped JSON dump, one at a time, with the line they stand on.

A dump is a JSON array with one entity a line (https://www.wikidata.org/wiki/Wikidata:Database_download), plain,
``.gz`` or ``.bz2``. A single entity, and the answer of ``wbgetentities`` or ``Special:EntityData``
(``{"entities": {...}}``), are read too. A line that is broken is a problem with its number, and the rest is kept.
Memory does not grow with the file.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cica_graph.errors import Misuse

MAX_LINE = 64 * 1024 * 1024  # bytes; the largest real entities have some 4 MB
MAX_RATIO = 400  # unpacked to packed; sparse tables of noughts and ones reach some 50
FREE = 64 * 1024 * 1024  # bytes that may be unpacked before the ratio counts
Progress = Callable[[int, int], None]  # bytes read so far, bytes in all
Entity = dict[str, Any]


@dataclass(frozen=True)
class Problem:
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

    :raises Misuse: no such file.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}") from error
    with raw:
        if path.suffix == ".gz":
            yield raw, io.BufferedReader(_Unpacked(gzip.GzipFile(fileobj=raw), raw), 1 << 18)
        elif path.suffix == ".bz2":
            yield raw, io.BufferedReader(_Unpacked(bz2.BZ2File(raw), raw), 1 << 18)
        else:
            yield raw, raw


def share(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Return what tells one file's progress as its share of the whole; files count alike."""
    if progress is None:
        return None
    return lambda done, size: progress(number * size + done, count * size)


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


def entities(path: Path, progress: Progress | None = None) -> Iterator[tuple[int, Entity] | Problem]:
    """Yield each entity with its line, and a problem for each line that is no entity.

    :raises Misuse: no such file.
    """
    size = path.stat().st_size if path.is_file() else 0
    with opened(path) as (raw, stream):
        number = 0
        try:
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                if number == 1 and line.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not _whole(line):
                    yield from _document(line + stream.read(MAX_LINE))
                    return
                if len(line) > MAX_LINE:
                    yield Problem(number, f"the line is longer than {MAX_LINE >> 20} MiB")
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE)
                    continue
                yield from _line(number, line)
                if progress is not None and number % 256 == 0:
                    progress(raw.tell(), size)
        except (OSError, EOFError) as error:  # what gzip and bz2 say of a file that is cut off or damaged
            yield Problem(number, f"the file cannot be read on: {error}")
        if progress is not None:
            progress(size, size)


def _whole(line: bytes) -> bool:
    """Tell whether a first line that opens an object closes it too: then the file has one entity a line."""
    try:
        return "entities" not in json.loads(line.strip().removeprefix(b"\xef\xbb\xbf").rstrip(b","))
    except ValueError:
        return False


def _line(number: int, line: bytes) -> Iterator[tuple[int, Entity] | Problem]:
    text = line.strip().removeprefix(b"\xef\xbb\xbf").rstrip(b",").strip()
    if text in (b"", b"[", b"]"):
        return
    yield from _entity(number, text)


def _document(text: bytes) -> Iterator[tuple[int, Entity] | Problem]:
    for found in _entity(1, text.removeprefix(b"\xef\xbb\xbf")):
        if isinstance(found, Problem) or not isinstance(found[1].get("entities"), dict):
            yield found
            continue
        for entity in found[1]["entities"].values():
            if isinstance(entity, dict):
                yield 1, entity


def _entity(number: int, text: bytes) -> Iterator[tuple[int, Entity] | Problem]:
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            seen: set[str] = set()
            doubled.extend(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return made

    try:
        entity = json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        yield Problem(number, f"the line is not JSON: {error}")
        return
    if doubled:
        yield Problem(number, f"the key {doubled[0]!r} stands twice in one object; the last was taken")
    if isinstance(entity, dict):
        yield number, entity
    else:
        yield Problem(number, "the line is JSON, but no entity")
