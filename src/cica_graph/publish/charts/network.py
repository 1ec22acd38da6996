"""Organizations in a ring, joined where they share many members."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from math import cos, pi, sin
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Actor
from cica_graph.model.results import Certainty
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.listing import listed
from cica_graph.publish.charts.membership_counts import Pair, pairs

PARAMS: Final = {"organizations": "", "percent": "20"}
_COLUMNS: Final = ("organization", "other", "shared", "shared_at_most", "total", "total_at_most", "joined")


def draw(graph: Graph, on: date, organizations: str, percent: str) -> Chart:
    """Draw a line between two organizations that share at least some percent of the larger one's members.

    A row of the table is a pair that may share a member, with the size of the larger one, and whether it is joined:
    for certain, possibly (if all that is possible held), or not.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: no such percentage, no two organizations, or more are named than fit.
    """
    if not (percent.isdecimal() and 1 <= int(percent) <= 100):
        raise UsageError(f"percent is a whole number from 1 to 100, not {percent!r}")
    asked = pairs(graph, on, organizations)
    joined = {pair: _joined(pair, int(percent)) for pair in asked.pairs if pair.shared.most}
    ring = _ring(list(asked.sizes), asked.pairs)
    place = {actor: _place(number, len(ring)) for number, actor in enumerate(ring)}
    nodes: list[dict[str, Cell]] = []
    for actor, (x, y) in place.items():
        size = asked.sizes[actor]
        nodes.append({"code": actor.code, "total": str(size), "members": size.sure, "most": size.most, "x": x, "y": y})
    lines: list[dict[str, Cell]] = []
    for pair, holds in joined.items():
        if holds != "no":
            (x, y), (x2, y2) = place[pair.larger], place[pair.smaller]
            lines.append({"holds": holds, "part": _part(pair, holds), "x": x, "y": y, "x2": x2, "y2": y2})
    return build_chart(
        "network",
        "Organizations that share members",
        f"on {on}",
        _description(len(ring), len(asked.pairs), joined, percent),
        _COLUMNS,
        [
            (p.larger.code, p.smaller.code, p.shared.sure, p.shared.most, p.of.sure, p.of.most, holds)
            for p, holds in joined.items()
        ],
        {"organizations": nodes, "lines": lines},
        notes=[f"A line: at least {percent} % of the larger one are in both", asked.note],
    )


def _description(organizations: int, pairs: int, joined: Mapping[Pair, Certainty], percent: str) -> str:
    count = Counter(joined.values())
    closest = sorted(joined, key=lambda pair: -_part(pair, joined[pair]))[:3]
    named = [f"{p.larger.code} and {p.smaller.code} ({p.shared} of {p.of})" for p in closest]
    return (
        f"{organizations} organizations in a ring, each with the number of its members. Of {pairs} pairs, "
        f"{len(joined)} share members or may. A line joins {count['certain']} pairs that share at least {percent} "
        f"percent of the larger one's members, and a broken line {count['possible']} that possibly do."
        + (f" The closest: {listed(named)}." if named else "")
    )


def _joined(pair: Pair, percent: int) -> Certainty:
    if pair.of.sure and 100 * pair.shared.sure >= percent * pair.of.sure:
        return "certain"
    return "possible" if 100 * pair.shared.most >= percent * pair.of.most else "no"


def _part(pair: Pair, holds: Certainty) -> float:
    """Return which part of the larger one's members is shared, counting what is possible where only that joins them."""
    return pair.closeness if holds == "certain" else pair.closeness_at_most


def _place(number: int, of: int) -> tuple[float, float]:
    """Return a place on the ring, clockwise from the top; digits beyond the fourth are not the same everywhere."""
    angle = 2 * pi * number / of
    return round(sin(angle), 4), round(cos(angle), 4)


def _ring(actors: list[Actor], found: Iterable[Pair]) -> list[Actor]:
    """Return the organizations so that neighbours share much: after each comes the closest that is left."""
    closeness = {frozenset((pair.larger, pair.smaller)): (pair.closeness, pair.closeness_at_most) for pair in found}
    ring, left = actors[:1], actors[1:]
    while left:
        here = ring[-1]
        ring.append(max(left, key=lambda actor: closeness[frozenset((here, actor))]))  # of equals the larger
        left.remove(ring[-1])
    return ring
