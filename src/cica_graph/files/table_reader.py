"""Reader for CSV and TSV tables.

The file may be UTF-8, or UTF-16 with a byte order mark; plain, ``.gz`` or ``.bz2``; with any line endings. Quoted cells
may contain line endings (RFC 4180). Rows are read one at a time, and a row that cannot be read is returned with the
reason. Memory use is constant: a row that is too long is an error and is skipped. A quotation mark that is never closed
spoils only its own line, because the lines after it are read again.
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

from cica_graph.files.streams import opened
from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress

MAX_ROW: Final = 1 << 20  # maximum characters of one row, with all its lines
MAX_AGAIN: Final = 64 << 20  # maximum characters of a file that are read a second time
SHOWN: Final = 200  # characters of a text in a message
_DELIMITERS: Final = ",\t;"
_ODD: Final = re.compile("[\0\udc80-\udcff]")


@dataclass(frozen=True)
class TableRow:
    """A row with as many cells as the header.

    :ivar line: its first line, counted from 1.
    """

    line: int
    cells: list[str]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read, or the place after which the file cannot be read.

    :ivar line: its first line, counted from 1.
    :ivar cells: as much of it as was read.
    """

    line: int
    cells: list[str]
    reason: str


@dataclass(frozen=True)
class TableReader:
    """An open table.

    :ivar header: its first row, without spaces around the names.
    """

    path: Path
    header: list[str]
    delimiter: str
    rows: Iterator[TableRow | BadRow]

    def column(self, name: str) -> int:
        """Return the index of a column.

        :raises UsageError: the column does not exist, or several have this name.
        """
        if (count := self.header.count(name)) != 1:
            number = f"{count} columns" if count else "no column"
            raise UsageError(f"{self.path} has {number} {name!r}; its columns are: {self.headings()}")
        return self.header.index(name)

    def headings(self) -> str:
        """Return the names of the columns for a message, shortened if there are many."""
        names = ", ".join(self.header)
        return names if len(names) <= SHOWN else f"{names[:SHOWN]} ... ({len(self.header)} columns)"


@contextmanager
def open_table(path: Path, on_progress: OnProgress | None = None) -> Iterator[TableReader]:
    """Open a table and read its header. ``on_progress`` gets the number of bytes read from the disk, and the total.

    :raises UsageError: the file does not exist, is not text, or has no header.
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
            raise UsageError(f"{path} has no valid header: {error}") from error
        if invalid_text("".join(header)):
            raise UsageError(f"{path} is not UTF-8 text; save it as CSV in UTF-8")
        if not any(header):
            raise UsageError(f"{path} is empty; the first row must contain the names of the columns")
        yield TableReader(path, header, delimiter, _rows(reader, lines, len(header), raw, size, on_progress))
    if on_progress is not None:
        on_progress(size, size)


def invalid_text(text: str) -> str:
    """Return a description of the first byte that is not text, or an empty text."""
    if (found := _ODD.search(text)) is None:
        return ""
    return "a NUL byte" if found[0] == "\0" else f"byte 0x{ord(found[0]) - 0xDC00:02X}, which is not UTF-8"


def printable(text: str) -> str:
    """Return a text that can be written to any file, with invalid bytes as ``\\xE9``."""
    return _ODD.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02X}", text)


def _text(path: Path, stream: io.BufferedReader) -> TextIO:
    mark = stream.peek(4)[:4]
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.TextIOWrapper(stream, "utf-16", errors="replace", newline="")
    if mark.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xd0\xcf\x11\xe0")):
        raise UsageError(
            f"{path} is a compressed file or a workbook; save it as CSV, or give it the suffix .gz or .bz2"
        )
    return io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """Iterator over the lines of a text that can return to the lines of the current row."""

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
        """The first line of the current row."""
        return self.number - len(self.row) + 1

    def peek(self) -> str:
        """Return the next line without consuming it."""
        self._again.append(self._text.readline(MAX_ROW + 1))
        return self._again[0]

    def begin(self) -> None:
        """Start a new row."""
        self.row, self._length = [], 0

    def give_back(self) -> None:
        """Read all lines of this row except the first again, unless too much has been read again already."""
        length = self._length - len(self.row[0])
        if length <= self._budget:
            self._budget -= length
            self.number -= len(self.row) - 1
            self._again.extendleft(reversed(self.row[1:]))
            del self.row[1:]


def _rows(
    reader: Iterator[list[str]], lines: _Lines, width: int, raw: IO[bytes], size: int, on_progress: OnProgress | None
) -> Iterator[TableRow | BadRow]:
    for count in itertools.count(1):
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield from _bad(lines, [], f"the row cannot be read: {error}")
        except (OSError, EOFError) as error:
            yield BadRow(lines.first, [], f"the rest of the file cannot be read: {error}")
            return
        else:
            if len(cells) == width:
                yield TableRow(lines.first, cells)
            elif cells:
                number = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
                yield from _bad(lines, cells, f"it has {number}, but the header has {width}")
        if on_progress is not None and count % 1024 == 0:
            on_progress(raw.tell(), size)


def _bad(lines: _Lines, cells: list[str], fault: str) -> Iterator[BadRow]:
    """Yield a bad row: only its first line, if the other lines can be read again."""
    if len(lines.row) > 1:
        lines.give_back()
        cells, fault = [], "a quotation mark is not closed"
    for number, line in enumerate(lines.row, first := lines.first):
        shown = [cell[:SHOWN] for cell in cells or [line.rstrip("\r\n")]]
        yield BadRow(
            number, shown, fault if number == first else f"part of the quoted cell that begins in line {first}"
        )
