"""Memberships as tables show them."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.publish.site.cells import Column, Link, Table
from cica_graph.publish.site.view import Spell, World

_TIME = Column("time", "Time", "bar")
_SPELL = (
    Column("role", "Role", "links"),
    Column("start", "Since"),
    Column("end", "Until"),
    Column("standing", "Holds", "standing"),
)
_CITED = (Column("membership", "Spell", "links"), Column("sources", "Sources", "links"))


def spells_table(world: World, name: str, caption: str, spells: Iterable[Spell], other: str) -> Table:
    """Return memberships as a table; ``other`` is the side that the page is not about."""
    heading = "Member" if other == "member" else "Organization"
    columns = (Column("name", heading, "links"), *_SPELL, _TIME, *_CITED)
    rows = []
    for spell in spells:
        cells = world.cells(spell, other)
        rows.append(tuple(cells[column.key] for column in columns))
    return Table(name, caption, columns, tuple(rows), asof=True)


def coded(world: World, iri: str) -> Link:
    """Return a link that shows the code of a state or organization."""
    link = world.link(iri)
    return Link(link.code or link.label, link.path, iri, link.code)


def span(sure: int, most: int) -> int | str:
    """Return a count, or the range that it lies in."""
    return sure if sure == most else f"{sure} to {most}"
