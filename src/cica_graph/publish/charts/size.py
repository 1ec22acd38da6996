"""How many members organizations had, year by year up to a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Actor
from cica_graph.publish.charts import membership_counts
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.publish.charts.membership_counts import Count
from cica_graph.store.store import value

PARAMS: Final = {"organizations": "CICA,CIS,CSTO,EurAsEC,LAS,SCO", "since": "1990"}
_YEARS: Final = (1945, 2030)  # those that the query size-by-year counts
_COLUMNS: Final = ("organization", "day", "members", "at_most")


def draw(graph: Graph, on: date, organizations: str, since: str) -> Chart:
    """Draw a panel for each organization: certain members, and on top of them those that are only possible.

    A row of the table is a count on a day: the last of each year, and the one that is asked about.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: too many organizations, no such year, or none had a member.
    """
    begin = _year(since, on)
    rows: list[tuple[Cell, ...]] = []
    years: list[dict[str, Cell]] = []
    said: list[str] = []
    for panel, actor in enumerate(membership_counts.named(graph, organizations)):
        now = membership_counts.count(membership_counts.answers(graph, actor, on).values())
        counts = _year_ends(graph, actor, begin, on) | {on: now}
        for day, n in counts.items():
            rows.append((actor.code, day.isoformat(), n.sure, n.most))
            years.append({"panel": panel, "year": day.year, "holds": "certain", "low": 0, "high": n.sure})
            if n.sure < n.most:
                years.append({"panel": panel, "year": day.year, "holds": "possible", "low": n.sure, "high": n.most})
        years[-1] |= {"heading": f"{actor.code} ({now})"}
        day, n = next(iter(counts.items()))
        said.append(f"{actor.code} {n} at the end of {day.year}, then {now}" if day != on else f"{actor.code} {now}")
    if not any(year["high"] for year in years):
        raise UsageError(f"none of {organizations} is known to have had members from {begin} to {on}")
    return build_chart(
        "size",
        "Number of members",
        f"at the end of each year and on {on}",
        f"A panel for each organization: its members year by year up to {on}, certain or, as a range, up to all that "
        f"are possible. {'; '.join(said)}.",
        _COLUMNS,
        rows,
        {"years": years},
    )


def _year(text: str, on: date) -> int:
    first, last = _YEARS
    if not first <= on.year <= last:
        raise UsageError(f"members are counted by year from {first} to {last}, and not on {on}")
    if not (text.isdecimal() and first <= int(text) <= on.year):
        raise UsageError(f"since is a year from {first} to {on.year}, that of the day, and not {text!r}")
    return int(text)


def _year_ends(graph: Graph, organization: Actor, begin: int, on: date) -> dict[date, Count]:
    """Return the counts on the last days of the years that had ended by a day, where anybody may have been a member."""
    found = graph.query("size-by-year", organization=organization.iri, since=str(begin), until=str(on.year - 1))
    return {
        date(int(value(row["year"])), 12, 31): Count(int(value(row["members"])), int(value(row["atMost"])))
        for row in found.rows
    }
