"""UpSet plot (https://upset.app/) of the members of several organizations on a day.

The library altair-upset does not fit: its sets contain an element or not. Here a member is in an organization
with one of several answers, and each combination of answers is a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.memberships.counting import count_members
from cica_graph.model.errors import UsageError
from cica_graph.publish.charts import membership_counts
from cica_graph.publish.charts.chart import Chart, build_chart
from cica_graph.publish.charts.listing import listed

PARAMS: Final = {"organizations": "CICA,CIS,CSTO,EurAsEC,LAS,SCO"}
_ADVERBS: Final = {"certain": "", "presumed": "presumably ", "possible": "possibly ", "disputed": "disputedly "}
_DRAWN: Final = 15  # columns; many combinations may have a single member
_DESCRIBED: Final = 5  # combinations in the description


def draw(graph: Graph, on: date, organizations: str) -> Chart:
    """Draw the combinations of organizations that have common members, the most frequent first.

    A row of the table is a combination: its value for each organization, the number of members, and their codes.

    :raises NotFound: a name is unknown.
    :raises UsageError: there are fewer than two organizations or too many, or none has a member.
    """
    actors = membership_counts.named(graph, organizations, least=2)
    inside = {actor: membership_counts.members(graph, actor, on) for actor in actors}
    members = defaultdict[tuple[str, ...], list[str]](list)
    for iri in sorted(set().union(*inside.values())):
        members[tuple(inside[actor].get(iri, "no") for actor in actors)].append(graph.names[iri].code)
    if not members:
        raise UsageError(f"no members of {listed([a.code for a in actors])} are known on {on}")
    found = sorted(members.items(), key=lambda item: (-len(item[1]), item[0].count("no"), item[0]))
    drawn = found[:_DRAWN]
    codes = [actor.code for actor in actors]
    counted = "; ".join(f"{len(who)} {_words(codes, combination)}" for combination, who in found[:_DESCRIBED])
    totals = [membership_counts.summary(graph, a, count_members(inside[a].items()), on) for a in actors]
    left = f"the {_DRAWN} most frequent of {len(found)} combinations" if len(found) > _DRAWN else ""
    return build_chart(
        "upset",
        "Members by combination of organizations",
        f"on {on}",
        f"{sum(map(len, members.values()))} members or possible members of {listed(codes, len(codes))} on {on}, by "
        f"combination{f' ({left} are drawn)' if left else ''}. The most frequent: {counted}.",
        [*codes, "count", "members"],
        [(*combination, len(who), " ".join(sorted(who))) for combination, who in found],
        {
            "combinations": [{"column": place, "count": len(who)} for place, (_, who) in enumerate(drawn)],
            "dots": [
                {"column": column, "row": row, "certainty": certainty}
                for column, (combination, _) in enumerate(drawn)
                for row, certainty in enumerate(combination)
            ],
            "organizations": [
                {"row": row, "code": code, "total": total}
                for row, (code, total) in enumerate(zip(codes, totals, strict=True))
            ],
        },
        notes=[f"Shown: {left}." if left else ""],
    )


def _words(codes: Sequence[str], combination: Sequence[str]) -> str:
    names = [
        f"{adverb}{code}"
        for answer, adverb in _ADVERBS.items()
        for code, certainty in zip(codes, combination, strict=True)
        if certainty == answer
    ]
    return f"only in {names[0]}" if len(names) == 1 else f"in {listed(names, len(names))}"
