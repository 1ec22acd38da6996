"""Network of organizations that share many members, drawn as a ring."""

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
from cica_graph.publish.charts.membership_counts import OrganizationPair, pairs

PARAMS: Final = {"organizations": "", "percent": "20"}
_SIDE: Final = 300
_ROOM: Final = 14  # for each organization on the ring, so that neighbouring names do not touch
_COLUMNS: Final = (
    "organization", "other", "shared", "shared_presumed", "shared_at_most", "total", "total_presumed", "total_at_most",
    "joined",
)  # fmt: skip


def draw(graph: Graph, on: date, organizations: str, percent: str) -> Chart:
    """Draw a line between two organizations that share at least a percentage of the members of the larger one.

    A row of the table is a pair that may share a member. It contains the size of the larger organization and whether
    a line joins the pair: certainly, presumably (counting presumed members), possibly (counting possible members) or
    not.

    :raises NotFound: a name is unknown.
    :raises UsageError: the percentage is not valid, or there are fewer than two organizations, or too many names.
    """
    if not (percent.isdecimal() and 1 <= int(percent) <= 100):
        raise UsageError(f"percent must be a whole number from 1 to 100, not {percent!r}")
    found = pairs(graph, on, organizations)
    joined = {pair: _joined(pair, int(percent)) for pair in found.pairs if pair.shared.possible}
    ring = _ring(list(found.sizes), found.pairs)
    place = {actor: _place(number, len(ring)) for number, actor in enumerate(ring)}
    nodes: list[dict[str, Cell]] = []
    for actor, (x, y) in place.items():
        size = found.sizes[actor]
        nodes.append(
            {
                "code": actor.code,
                "total": str(size),
                "certain": size.certain,
                "members": size.presumed,
                "most": size.possible,
                "x": x,
                "y": y,
            }
        )
    lines: list[dict[str, Cell]] = []
    for pair, certainty in joined.items():
        if certainty != "no":
            (x, y), (x2, y2) = place[pair.larger], place[pair.smaller]
            lines.append({"certainty": certainty, "part": _part(pair, certainty), "x": x, "y": y, "x2": x2, "y2": y2})
    return build_chart(
        "network",
        "Organizations that share members",
        f"on {on}",
        _description(len(ring), len(found.pairs), joined, percent),
        _COLUMNS,
        [(p.larger.code, p.smaller.code, *p.shared, *p.larger_total, certainty) for p, certainty in joined.items()],
        {"organizations": nodes, "lines": lines},
        width=(side := max(_SIDE, _ROOM * len(ring))),
        height=side,
        notes=[f"Line: at least {percent} % of the larger organization's members are in both", found.note],
    )


def _description(organizations: int, pairs: int, joined: Mapping[OrganizationPair, Certainty], percent: str) -> str:
    count = Counter(joined.values())
    closest = sorted(joined, key=lambda pair: -_part(pair, joined[pair]))[:3]
    named = [f"{p.larger.code} and {p.smaller.code} ({p.shared} of {p.larger_total})" for p in closest]
    return (
        f"{organizations} organizations in a ring, each with its number of members. Of {pairs} pairs, "
        f"{len(joined)} share members or may share members. Lines join pairs that share at least {percent} percent "
        f"of the members of the larger organization: {count['certain']} solid lines if they certainly do, "
        f"{count['presumed']} with long dashes if they presumably do, {count['possible']} with short dashes if they "
        "possibly do." + (f" The closest pairs: {listed(named)}." if named else "")
    )


def _joined(pair: OrganizationPair, percent: int) -> Certainty:
    answers: tuple[Certainty, ...] = ("certain", "presumed", "possible")
    for answer, shared, total in zip(answers, pair.shared, pair.larger_total, strict=True):
        if total and 100 * shared >= percent * total:
            return answer
    return "no"


def _part(pair: OrganizationPair, certainty: Certainty) -> float:
    """Return the shared fraction of the larger organization, with possible members only if the line is possible."""
    return pair.closeness if certainty in ("certain", "presumed") else pair.closeness_at_most


def _place(number: int, total: int) -> tuple[float, float]:
    """Return a position on the ring, clockwise from the top. Further digits would differ between machines."""
    angle = 2 * pi * number / total
    return round(sin(angle), 4), round(cos(angle), 4)


def _ring(actors: list[Actor], pairs: Iterable[OrganizationPair]) -> list[Actor]:
    """Return the organizations in an order in which neighbours share many members: each is followed by the closest."""
    closeness = {frozenset((pair.larger, pair.smaller)): (pair.closeness, pair.closeness_at_most) for pair in pairs}
    ring, left = actors[:1], actors[1:]
    while left:
        here = ring[-1]
        ring.append(max(left, key=lambda actor: closeness[frozenset((here, actor))]))  # for ties, the larger
        left.remove(ring[-1])
    return ring
