"""CSV and TSV for people and spreadsheets: no cell is ever run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TextIO

LineEnd = Literal["\n", "\r\n"]

# https://owasp.org/www-community/attacks/CSV_Injection, also behind spaces and quotation marks that a program may trim.
_FORMULA: Final = re.compile(r'[\s"]*[=+\-@＝＋－＠\t\r\n]')
# A signed number, time zone or duration, or a date as XML Schema, EDTF or Wikidata (with its precision) write it.
_ONE: Final = (
    r"[+-](?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\d\d:\d\d|P[\dYMWDTHS.]+"
    r"|\d{4,}(?:-\d\d){1,2}(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?(?:/\d+)?)"
)
_VALUES: Final = re.compile(f"{_ONE}(?: {_ONE})*", re.ASCII)
_BREAKS: Final = re.compile(r"[\t\r\n]+")


class TableWriter:
    """Writes the rows of one table, CSV by RFC 4180 or TSV, to a text file.

    A cell that contains a quotation mark or the delimiter is quoted. In TSV, tabs and line breaks become a space, so
    that every row is one line.

    :ivar write: takes the cells of a row: text, numbers, truth values, dates, or None for an empty cell.
    """

    def __init__(
        self,
        file: TextIO,
        header: Iterable[str],
        *,
        delimiter: str = ",",
        line_end: LineEnd = "\n",
        keep_breaks: bool | None = None,
    ) -> None:
        """Write the header. ``keep_breaks`` (default: only in CSV) keeps line breaks within cells."""
        target = file if line_end == "\r\n" else _LineFeeds(file)
        self._writer = csv.writer(target, delimiter=delimiter)
        self._keep_breaks = delimiter != "\t" if keep_breaks is None else keep_breaks
        self.write(header)

    def write(self, cells: Iterable[object]) -> None:
        """Write one row."""
        self._writer.writerow([self._cell(cell) for cell in cells])

    def _cell(self, cell: object) -> object:
        if isinstance(cell, bool):
            return "true" if cell else "false"
        if cell is None or isinstance(cell, int | float):
            return cell
        text = str(cell)
        return guard(text if self._keep_breaks else _BREAKS.sub(" ", text))


class _LineFeeds:
    """Ends lines in LF: the csv module quotes a lone CR only if lines end in CRLF (up to Python 3.12)."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line[:-2] + "\n")


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows below a header as CSV in UTF-8 with CRLF line ends, https://www.rfc-editor.org/rfc/rfc4180.

    A column that a row lacks is an empty cell. No cell is a formula: see ``guard``.
    """
    out = io.StringIO(newline="")
    table = TableWriter(out, columns, line_end="\r\n")
    for row in rows:
        table.write([row.get(name) for name in columns])
    return out.getvalue().encode()


def guard(text: str) -> str:
    """Return a text with a single quote in front if a spreadsheet would run it as a formula.

    Numbers, dates, durations and time zones are values and stay unchanged: ``-5``, ``-1.5e3``, ``-PT8H``, ``-08:00``.
    """
    return "'" + text if _FORMULA.match(text) and not _VALUES.fullmatch(text) else text


def unguard(text: str) -> str:
    """Return the text that ``guard`` was given, for a table that is read again."""
    return text[1:] if text.startswith("'") and guard(text[1:]) == text else text
