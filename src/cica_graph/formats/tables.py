"""Rows as an aligned table, CSV, TSV or JSON, in the order of the caller."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, Literal

from cica_graph.files.table_writer import TableWriter
from cica_graph.formats.text import encodable, escape, to_json
from cica_graph.model.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

FORMATS: Final = ("table", "csv", "tsv", "json", "ttl")

Value = str | int | bool | None | list[str]
Record = dict[str, Value]

# A column as narrow as a date is folded last, so that codes and dates stay on one line.
_DAY: Final = len("2012-06-13")
_NARROWEST: Final = 2  # one wide character

_WORDS: Final = re.compile(r"(?<= )")
# A word too long for a line breaks after # and /, and inside a hyphenated name, but not inside a date.
_PARTS: Final = re.compile(r"(?<=[#/])|(?<=-)(?=[^\W\d])")


def render(
    records: Sequence[Record],
    columns: Sequence[str],
    form: str,
    *,
    headings: Mapping[str, str] | None = None,
    width: int | None = None,
) -> str:
    """Return the records as text that ends with a newline.

    ``table`` is plain aligned text for a pipe. With a ``width`` in terminal cells, long values are folded; without
    it, lines are as long as needed. ``csv`` and ``tsv`` have the keys as header. ``json`` has every key of the
    records, also those that are not columns.

    :raises UsageError: the format is unknown, or is ``ttl``, which needs the graph and not rows.
    """
    if form == "table":
        lines = _plain(records, columns, headings or {}, width)
        return "".join(line + "\n" for line in lines)
    if form in ("csv", "tsv"):
        return _delimited(records, columns, "," if form == "csv" else "\t")
    if form == "json":
        return to_json(list(records))
    reason = "needs a graph, and these are rows" if form == "ttl" else "is not a format of tables"
    raise UsageError(f"{form!r} {reason}. Choose one of table, csv, tsv, json.")


def show(
    records: Sequence[Record],
    columns: Sequence[str],
    *,
    console: Console,
    headings: Mapping[str, str] | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> None:
    """Print the records as a table that fits the console. The widest columns are folded, and all columns are shown."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    head, rows = _cells(records, columns, headings or {})
    natural = _natural(head, rows)
    # Two spaces between columns where there is room, else one.
    gap = 2 if sum(natural) + 2 * (len(columns) - 1) <= console.width else 1
    widths = _fit(head, rows, console.width - gap * (len(columns) - 1))
    numeric = _numeric(records, columns)

    def text(cell: str, width: int) -> Text:
        # Text, because brackets and colons in a plain string would be markup or emoji.
        return Text("\n".join(_wrap(cell, width)))

    # The box adds one space between columns.
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0), header_style="bold")
    for cell, width, number in zip(head, widths, numeric, strict=True):
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(text(cell, width), width=width, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(text(cell, width) for cell, width in zip(row, widths, strict=True)))
    if title:
        console.print(Text(escape(title), style="bold"))
    console.print(table)
    if caption:
        console.print(Text(escape(caption), style="dim"))


def _plain(
    records: Sequence[Record], columns: Sequence[str], headings: Mapping[str, str], width: int | None
) -> list[str]:
    from rich.cells import cell_len

    head, rows = _cells(records, columns, headings)
    widths = _natural(head, rows) if width is None else _fit(head, rows, width - 2 * (len(columns) - 1))
    numeric = _numeric(records, columns)
    lines = []
    for row in (head, *rows):
        folded = (_wrap(cell, width) for cell, width in zip(row, widths, strict=True))
        for parts in zip_longest(*folded, fillvalue=""):
            padded = []
            for part, width, number in zip(parts, widths, numeric, strict=True):
                space = " " * (width - cell_len(part))
                padded.append(space + part if number else part + space)
            lines.append("  ".join(padded).rstrip(" "))
    return lines


def _cells(
    records: Sequence[Record], columns: Sequence[str], headings: Mapping[str, str]
) -> tuple[list[str], list[list[str]]]:
    """Return the header row and the rows as text that is safe in a terminal."""
    head = [escape(headings.get(column, column)) for column in columns]
    return head, [[escape(_shown(record.get(column))) for column in columns] for record in records]


def _shown(value: Value) -> str:
    """Return a value for people: False is blank, which makes True easy to see."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return _word(value)


def _word(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else str(value)


def _numeric(records: Sequence[Record], columns: Sequence[str]) -> list[bool]:
    """Return for each column whether it contains only numbers."""
    kinds = [{type(r[c]) for r in records if r.get(c) is not None} for c in columns]
    return [kind == {int} for kind in kinds]


def _natural(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column, in terminal cells, without folding."""
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]


def _fit(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return widths that together fit into the room. The widest columns are reduced first, to the same width.

    If that is not enough, all columns are reduced. A column always keeps two cells, even if the table gets too wide.
    """
    from rich.cells import cell_len

    natural = _natural(head, rows)
    held = []
    for heading, *cells in zip(head, *rows, strict=True):
        word = max((cell_len(piece.rstrip()) for piece in _WORDS.split(heading)), default=0)
        held.append(max(1, word, min(_DAY, max(map(cell_len, cells), default=0))))
    nothing = [_NARROWEST] * len(natural)
    for floors in (held, nothing):
        for cap in range(max([*natural, _NARROWEST]), _NARROWEST - 1, -1):
            widths = [max(floor, min(width, cap)) for floor, width in zip(floors, natural, strict=True)]
            spare = room - sum(widths)
            if spare >= 0:
                folded = [i for i, width in enumerate(natural) if width > widths[i]]
                for i in sorted(folded, key=lambda i: -natural[i])[:spare]:
                    widths[i] += 1
                return widths
    return nothing


def _wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most the width in terminal cells."""
    from rich.cells import cell_len, chop_cells

    def fits(line: str) -> bool:
        return cell_len(line.rstrip(" ")) <= width

    lines = [""]
    for word in _WORDS.split(text):
        if fits(lines[-1] + word):
            lines[-1] += word
            continue
        lines.append("")
        for part in _PARTS.split(word):
            if fits(lines[-1] + part):
                lines[-1] += part
            else:
                lines += chop_cells(part.rstrip(" "), width)
                lines[-1] += " " * part.endswith(" ")
    return [line.rstrip(" ") for line in lines if line] or [""]


def _delimited(records: Sequence[Record], columns: Sequence[str], delimiter: str) -> str:
    out = io.StringIO(newline="")
    table = TableWriter(out, columns, delimiter=delimiter)
    for record in records:
        values = (record.get(column) for column in columns)
        table.write([" ".join(value) if isinstance(value, list) else value for value in values])
    return encodable(out.getvalue())
