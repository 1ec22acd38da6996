"""Memberships as tables show them."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.publish.site.page_table import PageColumn, PageLink, PageTable
from cica_graph.publish.site.view import MembershipRow, SiteView

_TIME = PageColumn("time", "Time", "bar")
_SPELL = (
    PageColumn("role", "Role", "links"),
    PageColumn("start", "Since"),
    PageColumn("end", "Until"),
    PageColumn("standing", "Holds", "standing"),
)
_CITED = (PageColumn("membership", "Spell", "links"), PageColumn("sources", "Sources", "links"))


def memberships_table(
    view: SiteView, name: str, caption: str, memberships: Iterable[MembershipRow], other: str
) -> PageTable:
    """Return memberships as a table; ``other`` is the side that the page is not about."""
    heading = "Member" if other == "member" else "Organization"
    columns = (PageColumn("name", heading, "links"), *_SPELL, _TIME, *_CITED)
    rows = []
    for membership in memberships:
        cells = view.cells(membership, other)
        rows.append(tuple(cells[column.key] for column in columns))
    return PageTable(name, caption, columns, tuple(rows), asof=True)


def coded(view: SiteView, iri: str) -> PageLink:
    """Return a link that shows the code of a state or organization."""
    link = view.link(iri)
    return PageLink(link.code or link.label, link.path, iri, link.code)


def span(sure: int, most: int) -> int | str:
    """Return a count, or the range that it lies in."""
    return sure if sure == most else f"{sure} to {most}"
