"""Tables of a page: cells, columns, and the same table as CSV."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Literal

from cica_graph.files.table_writer import TableWriter
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


Stretch = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Bar:
    """The parts of a membership on a time axis: the answer, and start and width in thousandths."""

    parts: tuple[tuple[Certainty, int, int], ...]


@dataclass(frozen=True)
class Standing:
    """Answer for a membership on the reference day, with the bounds from which a script computes it for other days.

    :ivar certainty: the answer for the day.
    :ivar stretches: earliest start, latest start, earliest end and latest end as days, and a mark: ``open`` if no
        source reports an end, ``disputed`` if sources disagree. Empty: unknown. A membership may have several
        stretches, or none.
    :ivar suspensions: the same four bounds of each suspension.
    :ivar suspended: certainty of a suspension on the day.
    """

    certainty: Certainty
    stretches: tuple[Stretch, ...]
    suspensions: tuple[tuple[str, str, str, str], ...] = ()
    suspended: Certainty = "no"

    @property
    def bounds(self) -> tuple[str, str, str, str]:
        """The outer bounds of all stretches."""
        if not self.stretches:
            return "", "", "", ""
        starts, begun, lasted, ends, _ = zip(*self.stretches, strict=True)
        return (
            min(starts), min(filter(None, begun), default=""), max(lasted), "" if "" in ends else max(ends),
        )  # fmt: skip


@dataclass(frozen=True)
class TableRecords:
    """Data for the script: the organizations without recorded members, and their lives.

    :ivar life: first and last possible day of the organization; empty: unknown.
    :ivar covered: first and last days on which a source names all members.
    """

    life: tuple[str, str]
    covered: tuple[tuple[str, str], ...]


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
    :ivar records: for a table of the members of an organization.
    :ivar anchors: id of each row, for links to it; an empty id is omitted.
    """

    name: str
    caption: str
    columns: tuple[PageColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: int = 0
    asof: bool = False
    records: TableRecords | None = None
    anchors: tuple[str, ...] = ()

    def csv(self) -> bytes:
        """Return the rows as CSV (https://www.rfc-editor.org/rfc/rfc4180).

        A column of links becomes three columns: labels, codes and IRIs. Several links in a cell are joined by ``; ``.
        Bars are omitted, because the bounds are columns already.
        """
        kinds = [column.kind for column in self.columns]
        out = io.StringIO(newline="")
        table = TableWriter(out, (name for c in self.columns for name in _NAMES[c.kind](c.key)), line_end="\r\n")
        for row in self.rows:
            table.write(chain.from_iterable(map(_values, row, kinds)))
        return out.getvalue().encode()


_BOUNDS = ("earliest_start", "latest_start", "earliest_end", "latest_end")
_NAMES: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "text": lambda key: (key,),
    "number": lambda key: (key,),
    "links": lambda key: (key, f"{key}_code", f"{key}_iri"),
    "standing": lambda key: ("status", "suspended", *_BOUNDS),
    "bar": lambda key: (),
}


@lru_cache(50_000, typed=True)  # most cells of a site occur on many pages
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


def answers(stretch: Stretch) -> list[tuple[Certainty, str, str]]:
    """Return the answers of a stretch from the least to the most certain, each with its outermost days or ``""``."""
    earliest, latest, ending, over, mark = stretch
    found: list[tuple[Certainty, str, str]] = [("disputed" if mark == "disputed" else "possible", earliest, over)]
    if latest and mark != "disputed":
        if mark == "open" or not over:
            found.append(("presumed", latest, over))
        if ending and latest <= ending:
            found.append(("certain", latest, ending))
    return found
