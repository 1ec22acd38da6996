"""Who is in which of several organizations on a day: an UpSet plot (https://upset.app/).

Drawn here and not by altair-upset, for which a set has an element or not: here each member is in an organization for
certain, possibly or not, and each combination of these answers is a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.publish.charts import membership_counts
from cica_graph.publish.charts.chart import Chart, build_chart
from cica_graph.publish.charts.listing import listed

PARAMS: Final = {"organizations": "CICA,CIS,CSTO,EurAsEC,LAS,SCO"}
_DRAWN: Final = 15  # columns; there may be many of one member each
_TOLD: Final = 5  # combinations that are put into words


def draw(graph: Graph, on: date, organizations: str) -> Chart:
    """Draw the combinations of organizations in which there are members, the most frequent first.

    A row of the table is a combination: the answer for each organization, how many members, and their codes.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: fewer than two organizations or too many, or none has a member.
    """
    actors = membership_counts.named(graph, organizations, least=2)
    inside = {actor: membership_counts.answers(graph, actor, on) for actor in actors}
    members = defaultdict[tuple[str, ...], list[str]](list)
    for iri in sorted(set().union(*inside.values())):
        members[tuple(inside[actor].get(iri, "no") for actor in actors)].append(graph.names[iri].code)
    if not members:
        raise UsageError(f"{listed([a.code for a in actors])} have no members that are known on {on}")
    found = sorted(members.items(), key=lambda item: (-len(item[1]), item[0].count("no"), item[0]))
    drawn = found[:_DRAWN]
    codes = [actor.code for actor in actors]
    counted = "; ".join(f"{len(who)} {_words(codes, combination)}" for combination, who in found[:_TOLD])
    left = f"the {_DRAWN} most frequent of {len(found)} combinations" if len(found) > _DRAWN else ""
    return build_chart(
        "upset",
        "Members by combination of organizations",
        f"on {on}",
        f"{sum(map(len, members.values()))} members of {listed(codes, len(codes))} on {on}, certain or possible, by "
        f"the combination that they are in{f'; drawn are {left}' if left else ''}. The most frequent: {counted}.",
        [*codes, "count", "members"],
        [(*combination, len(who), " ".join(sorted(who))) for combination, who in found],
        {
            "combinations": [{"column": place, "count": len(who)} for place, (_, who) in enumerate(drawn)],
            "dots": [
                {"column": column, "row": row, "holds": holds}
                for column, (combination, _) in enumerate(drawn)
                for row, holds in enumerate(combination)
            ],
            "organizations": [
                {"row": row, "code": actor.code, "total": str(membership_counts.count(inside[actor].values()))}
                for row, actor in enumerate(actors)
            ],
        },
        notes=[f"Drawn are {left}." if left else ""],
    )


def _words(codes: Sequence[str], combination: Sequence[str]) -> str:
    sure = [code for code, holds in zip(codes, combination, strict=True) if holds == "certain"]
    maybe = [f"possibly {code}" for code, holds in zip(codes, combination, strict=True) if holds == "possible"]
    names = sure + maybe
    return f"only in {names[0]}" if len(names) == 1 else f"in {listed(names, len(names))}"
