"""How many members each two organizations share on a day, as a share of the one and of the other."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.listing import listed
from cica_graph.publish.charts.membership_counts import pairs

PARAMS: Final = {"organizations": ""}
_COLUMNS: Final = ("organization", "other", "shared", "shared_at_most", "total", "total_at_most")


def draw(graph: Graph, on: date, organizations: str) -> Chart:
    """Draw the organizations that are named, or all that may have members on the day, the largest first.

    A row of the table says how many members of an organization are in another one too, and of how many.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: there are no two, or more are named than fit.
    """
    asked = pairs(graph, on, organizations)
    sizes, found = asked.sizes, asked.pairs
    place = {actor: number for number, actor in enumerate(sizes)}
    both_ways = [(p.larger, p.of, p.smaller, p.shared) for p in found]
    both_ways += [(p.smaller, p.of_smaller, p.larger, p.shared) for p in found]
    both_ways.sort(key=lambda cell: (place[cell[0]], place[cell[2]]))
    rows = [(one.code, other.code, both.sure, both.most, of.sure, of.most) for one, of, other, both in both_ways]
    cells: list[dict[str, Cell]] = [
        {"row": place[one], "column": place[other], "shared": both.sure, "most": both.most, "total": of.sure}
        for one, of, other, both in both_ways
    ]
    sides: list[dict[str, Cell]] = [
        {"row": place[actor], "code": actor.code, "total": str(total)} for actor, total in sizes.items()
    ]
    (largest, *_, smallest) = sizes.items()
    closest = sorted((p for p in found if p.closeness), key=lambda p: -p.closeness)[:3]
    said = (
        f"{len(sizes)} organizations, from {largest[0].code} with {largest[1]} members to {smallest[0].code} with "
        f"{smallest[1]} on {on}. Each row says how many of its members are in each of the others. "
        f"{sum(not p.shared.most for p in found)} of the {len(found)} pairs share none."
    )
    if closest:
        names = [f"{p.larger.code} and {p.smaller.code} ({p.shared} of {p.of} and of {p.of_smaller})" for p in closest]
        said += f" The closest are {listed(names)}."
    return build_chart(
        "overlaps",
        "Members that organizations share",
        f"on {on}",
        said,
        _COLUMNS,
        rows,
        {"cells": cells, "organizations": sides},
        notes=[asked.note],
    )
