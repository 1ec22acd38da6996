"""Tables of memberships."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.publish.site.page_table import PageColumn, PageLink, PageTable
from cica_graph.publish.site.view import MembershipRow, Side, SiteView

_TIME = PageColumn("time", "Time", "bar")
_MEMBERSHIP = (
    PageColumn("role", "Role", "links"),
    PageColumn("start", "Since"),
    PageColumn("end", "Until"),
    PageColumn("standing", "Status", "standing"),
)
_CITED = (PageColumn("membership", "Membership", "links"), PageColumn("sources", "Sources", "links"))


def memberships_table(
    view: SiteView, name: str, caption: str, memberships: Iterable[MembershipRow], other: Side
) -> PageTable:
    """Return a table of memberships. ``other`` is the side that the page does not describe."""
    heading = "Member" if other == "member" else "Organization"
    columns = (PageColumn("name", heading, "links"), *_MEMBERSHIP, _TIME, *_CITED)
    rows = []
    for membership in memberships:
        cells = view.cells(membership, other)
        rows.append(tuple(cells[column.key] for column in columns))
    return PageTable(name, caption, columns, tuple(rows), asof=True)


def coded(view: SiteView, iri: str) -> PageLink:
    """Return a link labelled with the code of a state or organization."""
    link = view.link(iri)
    return PageLink(link.code or link.label, link.path, iri, link.code)


def span(sure: int, most: int) -> int | str:
    """Return a count, or the range of counts as text."""
    return sure if sure == most else f"{sure} to {most}"
