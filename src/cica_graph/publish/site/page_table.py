"""What stands in a page's table, and the same table as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cica_graph.files.table_writer import to_csv


@dataclass(frozen=True, repr=False)
class PageLink:
    """Something with a name.

    :ivar label: what people read.
    :ivar path: the page's path below the root, without suffix and perhaps with a fragment; empty when it has no page.
    :ivar iri: what it is called in data.
    :ivar code: alpha-3 code or acronym, where it has one.
    :ivar lang: language of the label when it is not English.
    """

    label: str
    path: str = ""
    iri: str = ""
    code: str = ""
    lang: str = ""

    @property
    def outside(self) -> bool:
        """True for a web page that is not of this site."""
        return not self.path and self.iri.startswith(("https://", "http://"))

    @cached_property
    def _said(self) -> str:
        return f"Link{self.label, self.path, self.iri, self.code, self.lang}"

    def __repr__(self) -> str:
        return self._said  # a page is compared by what it is made of, and few links are on many pages


@dataclass(frozen=True)
class Text:
    """Words in a language."""

    text: str
    lang: str = ""


@dataclass(frozen=True)
class Bar:
    """The possible and the certain part of a membership on a time axis, as start and width in thousandths."""

    possible: tuple[int, int]
    certain: tuple[int, int] | None


@dataclass(frozen=True)
class Standing:
    """One of the three answers for the reference day, with the bounds that give it for any other day.

    :ivar holds: ``certain``, ``possible`` or ``no``.
    :ivar bounds: earliest start, latest start, earliest end, latest end: days, empty where unknown.
    :ivar suspensions: the same four for each suspension.
    :ivar suspended: ``certain``, ``possible`` or ``no``.
    """

    holds: str
    bounds: tuple[str, str, str, str]
    suspensions: tuple[tuple[str, str, str, str], ...] = ()
    suspended: str = "no"


Cell = str | int | Text | PageLink | Bar | Standing | tuple[PageLink | Text, ...]


@dataclass(frozen=True)
class PageColumn:
    """A column: its key in the CSV, its heading on the page, and what its cells are.

    :ivar kind: ``text``, ``number``, ``links``, ``standing`` or ``bar``.
    """

    key: str
    heading: str
    kind: Literal["text", "number", "links", "standing", "bar"] = "text"


@dataclass(frozen=True)
class PageTable:
    """A table of a page.

    :ivar name: its id in the page and in the name of its CSV.
    :ivar rows: a cell for each column.
    :ivar more: rows that were left out, for which the data must be asked.
    :ivar asof: True when the reader may choose the day for which its standings are shown.
    """

    name: str
    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    asof: bool = False

    def csv(self) -> bytes:
        """The rows as CSV (https://www.rfc-editor.org/rfc/rfc4180).

        Links give labels, codes and IRIs in columns of their own, several in one cell joined by ``; ``. Bars are
        left out, since they draw what the bounds say.
        """
        names = [name for column in self.columns for name in _NAMES[column.kind](column.key)]
        texts = (
            [text for cell, column in zip(row, self.columns, strict=True) for text in _values(cell, column.kind)]
            for row in self.rows
        )
        return to_csv(names, (dict(zip(names, row, strict=True)) for row in texts))


_BOUNDS = ("earliest_start", "latest_start", "earliest_end", "latest_end")
_NAMES: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "text": lambda key: (key,),
    "number": lambda key: (key,),
    "links": lambda key: (key, f"{key}_code", f"{key}_iri"),
    "standing": lambda key: ("status", "suspended", *_BOUNDS),
    "bar": lambda key: (),
}


def _values(cell: Cell, kind: str) -> tuple[str, ...]:
    if kind == "bar":
        return ()
    if isinstance(cell, Standing):
        return (cell.holds, cell.suspended, *cell.bounds)
    if kind != "links":
        return (cell.text if isinstance(cell, Text) else str(cell),)
    parts = cell if isinstance(cell, tuple) else (cell,) if cell != "" else ()
    links = [p if isinstance(p, PageLink) else PageLink(p.text if isinstance(p, Text) else str(p)) for p in parts]
    columns = ([link.label for link in links], [link.code for link in links], [link.iri for link in links])
    return tuple("; ".join(text for text in column if text) for column in columns)
