"""Table of memberships."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.files.table_writer import to_csv
from cica_graph.store.store import Store, value

COLUMNS: Final = (
    "membership", "organization", "organization_label", "member", "member_label", "kind", "iso2", "iso3", "m49", "cow",
    "role", "spell", "start", "end", "earliest_start", "latest_start", "earliest_end", "latest_end", "suspensions",
    "sources", "organization_iri", "member_iri",
)  # fmt: skip
_STANDING: Final = ("earliest_start", "latest_start", "earliest_end", "latest_end", "open_ended", "disputed")
_PARTS: Final = {"suspensions": ";", "sources": " "}


def membership_rows(store: Store) -> list[dict[str, str]]:
    """Return one row for each membership, sorted by IRI, with the texts of :data:`COLUMNS`.

    ``start`` and ``end`` are EDTF as stated; the four bounds are days. ``suspensions`` are EDTF intervals joined by
    ``;``, such as ``2011-11-12/2023-05-07``, with ``..`` for an unknown side. ``kind``, the codes and ``cow`` describe
    the member. Unknown values are empty.
    """
    return store.memo("spells", lambda: _rows(store))


def _rows(store: Store) -> list[dict[str, str]]:
    rows = []
    for row in store.select(queries.shipped("select", "spells").text):
        cells = {name: term.value for name, term in row.items() if isinstance(term, ox.Literal)}
        for name, mark in _PARTS.items():  # engines join them in different orders
            cells[name] = mark.join(sorted(cells.get(name, "").split(mark)))
        rows.append({name: cells.get(name, "") for name in COLUMNS})
    return rows


def standing_rows(store: Store) -> list[dict[str, str]]:
    """Return the membership rows, one for each standing: with its bounds, ``open_ended`` and ``disputed``.

    The bounds are those after all evidence. A membership without a standing has no row, because no day is possible.
    """
    rows = {row["membership"]: row for row in membership_rows(store)}
    found = []
    for standing in store.select(queries.shipped("tables", "standings").text):
        cells = {name: value(term) for name, term in standing.items()}
        if cells["membership"] in rows:
            found.append(rows[cells["membership"]] | {name: cells.get(name, "") for name in ("standing", *_STANDING)})
    return sorted(found, key=lambda row: (row["membership"], row["standing"]))


def memberships_csv(store: Store) -> bytes:
    """Return the memberships as CSV, one row each."""
    return to_csv(COLUMNS, membership_rows(store))
