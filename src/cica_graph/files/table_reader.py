"""Rows of a table, CSV or TSV, one at a time, and those that are none with their reason.

The file may be UTF-8 or, with a byte order mark, UTF-16; plain, ``.gz`` or ``.bz2``; with any line ends. Cells may
hold line ends when quoted (RFC 4180). Memory does not grow with the file: what is longer than a row can be is told
and left out. A quotation mark that nobody closed costs its own line: those that it would swallow are read again.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TextIO

from cica_graph.files.streams import Progress, opened
from cica_graph.model.errors import UsageError

MAX_ROW: Final = 1 << 20  # characters of one row, with all its lines
MAX_AGAIN: Final = 64 << 20  # characters of a file that are read a second time
SHOWN: Final = 200  # characters that are kept of what is too long
_DELIMITERS: Final = ",\t;"
_ODD: Final = re.compile("[\0\udc80-\udcff]")


@dataclass(frozen=True)
class Row:
    """A row with as many cells as the header.

    :ivar line: where it begins, counted from 1.
    """

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Bad:
    """A row that could not be read, or the place from which a file cannot be read on.

    :ivar line: where it begins, counted from 1.
    :ivar cells: what can be shown of it.
    """

    line: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class Table:
    """A table that is being read.

    :ivar header: its first row, without spaces around the names.
    """

    path: Path
    header: list[str]
    delimiter: str
    rows: Iterator[Row | Bad]

    def column(self, name: str) -> int:
        """Return where a column stands.

        :raises UsageError: there is no such column, or more than one.
        """
        if (count := self.header.count(name)) != 1:
            raise UsageError(f"{self.path} has {'no' if count == 0 else count} column {name!r}; it has: {self.has()}")
        return self.header.index(name)

    def has(self) -> str:
        """Return the names of the columns, as many as can be told in a sentence."""
        names = ", ".join(self.header)
        return names if len(names) <= SHOWN else f"{names[:SHOWN]} ... ({len(self.header)} columns)"


@contextmanager
def table(path: Path, progress: Progress | None = None) -> Iterator[Table]:
    """Open a table and read its header; ``progress`` hears of bytes of the file as it is on the disk.

    :raises UsageError: no such file, no header, or no text.
    """
    size = path.stat().st_size if path.is_file() else 0
    with opened(path) as (raw, stream):
        try:
            lines = _Lines(_text(path, stream))
            first = lines.peek()
            delimiter = "\t" if ".tsv" in path.suffixes else max(_DELIMITERS, key=first.count)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(reader, [])]
        except (OSError, EOFError) as error:
            raise UsageError(f"{path} cannot be read: {error}") from error
        except csv.Error as error:
            raise UsageError(f"{path} has no header that can be read: {error}") from error
        if odd("".join(header)):
            raise UsageError(f"{path} is no text in UTF-8; save it as CSV in UTF-8")
        if not any(header):
            raise UsageError(f"{path} is empty: its first row names the columns")
        yield Table(path, header, delimiter, _rows(reader, lines, len(header), raw, size, progress))
    if progress is not None:
        progress(size, size)


def odd(text: str) -> str:
    """Return what is wrong with a text that was not text in the file, or nothing."""
    if (found := _ODD.search(text)) is None:
        return ""
    return "a NUL byte" if found[0] == "\0" else f"byte 0x{ord(found[0]) - 0xDC00:02X}, which is not UTF-8"


def shown(text: str) -> str:
    """Return a text that any file can hold: bytes that were none of it are written ``\\xE9``."""
    return _ODD.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02X}", text)


def _text(path: Path, stream: io.BufferedReader) -> TextIO:
    mark = stream.peek(4)[:4]
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.TextIOWrapper(stream, "utf-16", errors="replace", newline="")
    if mark.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xd0\xcf\x11\xe0")):
        raise UsageError(f"{path} is a packed file or a workbook; save it as CSV, or name it .gz or .bz2 if it is such")
    return io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """Lines of a text; those of the row under way can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._again, self._budget = text, deque[str](), MAX_AGAIN
        self.row: list[str] = []
        self.number = 0  # of the last line
        self._length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        self._length += len(line)
        if self._length > MAX_ROW:
            if len(line) > MAX_ROW:
                self.row[-1] = line[:SHOWN]
                while line and not line.endswith(("\n", "\r")):
                    line = self._text.readline(MAX_ROW)
            raise csv.Error(f"longer than {MAX_ROW:,} characters")
        return line

    @property
    def first(self) -> int:
        """The line on which the row under way began."""
        return self.number - len(self.row) + 1

    def peek(self) -> str:
        """Return the next line and keep it."""
        self._again.append(self._text.readline(MAX_ROW + 1))
        return self._again[0]

    def begin(self) -> None:
        """Forget the row before."""
        self.row, self._length = [], 0

    def give_back(self) -> None:
        """Read the lines of this row again but for the first, as long as there has not been too much of that."""
        length = self._length - len(self.row[0])
        if length <= self._budget:
            self._budget -= length
            self.number -= len(self.row) - 1
            self._again.extendleft(reversed(self.row[1:]))
            del self.row[1:]


def _rows(
    reader: Iterator[list[str]], lines: _Lines, width: int, raw: IO[bytes], size: int, progress: Progress | None
) -> Iterator[Row | Bad]:
    for count in itertools.count(1):
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield from _bad(lines, [], f"the row cannot be read: {error}")
        except (OSError, EOFError) as error:
            yield Bad(lines.first, [], f"the file cannot be read on from here: {error}")
            return
        else:
            if len(cells) == width:
                yield Row(lines.first, cells)
            elif cells:
                number = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
                yield from _bad(lines, cells, f"it has {number}, and the header has {width}")
        if progress is not None and count % 1024 == 0:
            progress(raw.tell(), size)


def _bad(lines: _Lines, cells: list[str], fault: str) -> Iterator[Bad]:
    """Yield a row that is none: of several lines only the first, when the others can be read again."""
    if len(lines.row) > 1:
        lines.give_back()
        cells, fault = [], "a quotation mark is opened and not closed"
    for number, line in enumerate(lines.row, first := lines.first):
        shown = [cell[:SHOWN] for cell in cells or [line.rstrip("\r\n")]]
        yield Bad(number, shown, fault if number == first else f"swallowed by the quotation mark of line {first}")
