"""Tables of memberships."""

from __future__ import annotations

from collections.abc import Iterable

from cica_graph.memberships.counting import count_members
from cica_graph.model.results import Count
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
    view: SiteView, name: str, caption: str, memberships: Iterable[MembershipRow], other: Side, organization: str = ""
) -> PageTable:
    """Return a table of memberships. ``other`` is the side that the page does not describe.

    :param organization: IRI of the organization, for a table of its members.
    """
    heading = "Member" if other == "member" else "Organization"
    columns = (PageColumn("name", heading, "links"), *_MEMBERSHIP, _TIME, *_CITED)
    rows = []
    for membership in memberships:
        cells = view.cells(membership, other)
        rows.append(tuple(cells[column.key] for column in columns))
    records = view.table_records(organization) if organization else None
    return PageTable(name, caption, columns, tuple(rows), asof=True, records=records)


def coded(view: SiteView, iri: str) -> PageLink:
    """Return a link labelled with the code of a state or organization."""
    link = view.link(iri)
    return PageLink(link.code or link.label, link.path, iri, link.code)


def counted_pairs(memberships: Iterable[MembershipRow]) -> Count:
    """Count the memberships on the reference day. Several memberships of a member in an organization count once."""
    return count_members((f"{s.member} {s.organization}", s.standing.certainty) for s in memberships)


def number(count: Count | None) -> int | str:
    """Return a count as a cell: a number if no case is uncertain, otherwise text."""
    if count is None:
        return "not recorded"
    return count.certain if count.certain == count.possible else str(count)
