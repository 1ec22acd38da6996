"""Tables of a page: cells, columns, and the same table as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from cica_graph.files.table_writer import to_csv
from cica_graph.model.results import Certainty


@dataclass(frozen=True, repr=False)
class PageLink:
    """A named subject with a link to its page.

    :ivar label: text of the link.
    :ivar path: path of the page below the root, without suffix, with an optional fragment; empty: no page.
    :ivar iri: IRI of the subject.
    :ivar code: alpha-3 code or acronym, if any.
    :ivar lang: language of the label if it is not English.
    """

    label: str
    path: str = ""
    iri: str = ""
    code: str = ""
    lang: str = ""

    @property
    def outside(self) -> bool:
        """True for a web page outside this site."""
        return not self.path and self.iri.startswith(("https://", "http://"))

    @cached_property
    def _text(self) -> str:
        return f"Link{self.label, self.path, self.iri, self.code, self.lang}"

    def __repr__(self) -> str:
        return self._text  # the digest of a page uses this text, and many pages share few links


@dataclass(frozen=True)
class Text:
    """A text with its language."""

    text: str
    lang: str = ""


@dataclass(frozen=True)
class Bar:
    """The possible and the certain part of a membership on a time axis, as start and width in thousandths."""

    possible: tuple[int, int]
    certain: tuple[int, int] | None


@dataclass(frozen=True)
class Standing:
    """Status of a membership on the reference day, with the bounds from which a script computes it for other days.

    :ivar certainty: certainty of the membership on the day.
    :ivar bounds: earliest start, latest start, earliest end and latest end as days; empty: unknown.
    :ivar suspensions: the same four bounds of each suspension.
    :ivar suspended: certainty of a suspension on the day.
    """

    certainty: Certainty
    bounds: tuple[str, str, str, str]
    suspensions: tuple[tuple[str, str, str, str], ...] = ()
    suspended: Certainty = "no"


Cell = str | int | Text | PageLink | Bar | Standing | tuple[PageLink | Text, ...]


@dataclass(frozen=True)
class PageColumn:
    """A column: its name in the CSV file, its heading on the page, and the kind of its cells."""

    key: str
    heading: str
    kind: Literal["text", "number", "links", "standing", "bar"] = "text"


@dataclass(frozen=True)
class PageTable:
    """A table of a page.

    :ivar name: id of the table on the page, and part of the name of its CSV file.
    :ivar rows: one cell for each column.
    :ivar more: number of omitted rows, which are in the downloads.
    :ivar asof: True if the reader can choose the day of the table.
    """

    name: str
    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    asof: bool = False

    def csv(self) -> bytes:
        """Return the rows as CSV (https://www.rfc-editor.org/rfc/rfc4180).

        A column of links becomes three columns: labels, codes and IRIs. Several links in a cell are joined by ``; ``.
        Bars are omitted, because the bounds are columns already.
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
        return (cell.certainty, cell.suspended, *cell.bounds)
    if kind != "links":
        return (cell.text if isinstance(cell, Text) else str(cell),)
    parts = cell if isinstance(cell, tuple) else (cell,) if cell != "" else ()
    links = [p if isinstance(p, PageLink) else PageLink(p.text if isinstance(p, Text) else str(p)) for p in parts]
    columns = ([link.label for link in links], [link.code for link in links], [link.iri for link in links])
    return tuple("; ".join(text for text in column if text) for column in columns)
