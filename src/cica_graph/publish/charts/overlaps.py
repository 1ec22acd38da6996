"""Matrix of the members that organizations share on a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.listing import listed
from cica_graph.publish.charts.membership_counts import pairs

PARAMS: Final = {"organizations": ""}
_COLUMNS: Final = (
    "organization", "other", "shared", "shared_presumed", "shared_at_most", "total", "total_presumed", "total_at_most",
)  # fmt: skip


def draw(graph: Graph, on: date, organizations: str) -> Chart:
    """Draw the named organizations (default: the ten with most members on the day), the largest first.

    A row of the table contains the number of members of one organization, and how many are also in another.

    :raises NotFound: a name is unknown.
    :raises UsageError: there are fewer than two organizations, or too many names.
    """
    compared = pairs(graph, on, organizations)
    sizes, found = compared.sizes, compared.pairs
    place = {actor: number for number, actor in enumerate(sizes)}
    both_ways = [(p.larger, p.larger_total, p.smaller, p.shared) for p in found]
    both_ways += [(p.smaller, p.smaller_total, p.larger, p.shared) for p in found]
    both_ways.sort(key=lambda cell: (place[cell[0]], place[cell[2]]))
    rows = [(one.code, other.code, *both, *total) for one, total, other, both in both_ways]
    cells: list[dict[str, Cell]] = [
        {
            "row": place[one],
            "column": place[other],
            "certain": both.certain,
            "shared": both.presumed,
            "most": both.possible,
            "total": total.presumed,
        }
        for one, total, other, both in both_ways
    ]
    sides: list[dict[str, Cell]] = [
        {"row": place[actor], "code": actor.code, "total": str(total)} for actor, total in sizes.items()
    ]
    (largest, *_, smallest) = sizes.items()
    closest = sorted((p for p in found if p.closeness), key=lambda p: -p.closeness)[:3]
    description = (
        f"{len(sizes)} organizations, from {largest[0].code} with {largest[1]} members to {smallest[0].code} with "
        f"{smallest[1]} on {on}. Each row shows how many members of an organization are in each of the others. "
        f"{sum(not p.shared.possible for p in found)} of the {len(found)} pairs share no members."
    )
    if closest:
        names = [
            f"{p.larger.code} and {p.smaller.code} ({p.shared} of {p.larger_total} and of {p.smaller_total})"
            for p in closest
        ]
        description += f" The closest pairs: {listed(names)}."
    return build_chart(
        "overlaps",
        "Members that organizations share",
        f"on {on}",
        description,
        _COLUMNS,
        rows,
        {"cells": cells, "organizations": sides},
        notes=[compared.note],
    )
