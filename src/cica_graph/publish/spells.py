"""CSV: the table of membership spells."""

from __future__ import annotations

import csv
import io
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.store import Store

_COLUMNS: Final = (
    "membership,organization,organization_label,member,member_label,kind,iso2,iso3,m49,cow,role,spell,start,end,"
    "earliest_start,latest_start,earliest_end,latest_end,suspensions,sources"
)
_PARTS: Final = {"suspensions": ";", "sources": " "}


def spells_csv(store: Store) -> bytes:
    """One row a membership spell (https://www.rfc-editor.org/rfc/rfc4180, so lines end in CRLF).

    ``start`` and ``end`` are EDTF as stated, the four bounds are days. ``suspensions`` are EDTF intervals,
    ``2011-11-12/2023-05-07``, with ``..`` for a side that no source gives, joined by ``;``. ``kind``, the
    codes and ``cow`` are the member's. No cell is a formula to a spreadsheet: one that begins with ``=``,
    ``+``, ``-``, ``@``, a tab or a carriage return, as none of ours does, gets a single quote in front.
    """
    out = io.StringIO(newline="")
    writer, columns = csv.writer(out), _COLUMNS.split(",")
    writer.writerow(columns)
    for row in store.select(queries.shipped("select", "spells").text):
        cells = {name: term.value for name, term in row.items() if isinstance(term, ox.Literal)}
        for name, mark in _PARTS.items():  # an engine may join them in any order
            cells[name] = mark.join(sorted(cells.get(name, "").split(mark)))
        writer.writerow([inert(cells.get(name, "")) for name in columns])
    return out.getvalue().encode()


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
