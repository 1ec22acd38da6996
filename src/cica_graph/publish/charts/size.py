"""Number of members of organizations, year by year up to a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from cica_graph.graph import Graph
from cica_graph.memberships.counting import count_members
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Actor
from cica_graph.model.results import Count
from cica_graph.publish.charts import membership_counts
from cica_graph.publish.charts.chart import Cell, Chart, build_chart
from cica_graph.store.store import value

PARAMS: Final = {"organizations": "CICA,CIS,CSTO,EurAsEC,LAS,SCO", "since": "1990"}
_COUNTS: Final = ("members", "presumed", "atMost")  # columns of the query
_YEARS: Final = (1945, 2030)  # the years of the query size-by-year
_COLUMNS: Final = ("organization", "day", "members", "presumed", "at_most")


def draw(graph: Graph, on: date, organizations: str, since: str) -> Chart:
    """Draw a panel for each organization: certain members, presumed members on top, then possible members.

    A row of the table is a count on the last day of a year, or on the requested day.

    :raises NotFound: a name is unknown.
    :raises UsageError: there are too many organizations, the year is not valid, or no organization had a member.
    """
    begin = _year(since, on)
    rows: list[tuple[Cell, ...]] = []
    years: list[dict[str, Cell]] = []
    summaries: list[str] = []
    for panel, actor in enumerate(membership_counts.named(graph, organizations)):
        now = count_members(membership_counts.members(graph, actor, on).items())
        summary = membership_counts.summary(graph, actor, now, on)
        counts = _year_ends(graph, actor, begin, on) | {on: now}
        for day, n in counts.items():
            recorded = n.possible or graph.record(actor.iri, on=day) != "not recorded"
            rows.append((actor.code, day.isoformat(), *(n if recorded else (None, None, None))))
            lows = (0, n.certain, n.presumed)
            for certainty, low, high in zip(("certain", "presumed", "possible"), lows, n, strict=True):
                if low < high or certainty == "certain":
                    years.append({"panel": panel, "year": day.year, "certainty": certainty, "low": low, "high": high})
        years[-1] |= {"heading": f"{actor.code} ({summary})"}
        day, n = next(iter(counts.items()))
        summaries.append(
            f"{actor.code} {n} at the end of {day.year}, then {summary}" if day != on else f"{actor.code} {summary}"
        )
    if not any(year["high"] for year in years):
        raise UsageError(f"no members of {organizations} are known from {begin} to {on}")
    return build_chart(
        "size",
        "Number of members",
        f"at the end of each year and on {on}",
        f"A panel for each organization with its number of members, year by year up to {on}. A range includes possible "
        f"members, and each part of a sum is named. {'; '.join(summaries)}.",
        _COLUMNS,
        rows,
        {"years": years},
    )


def _year(text: str, on: date) -> int:
    first, last = _YEARS
    if not first <= on.year <= last:
        raise UsageError(f"the chart needs a day from {first} to {last}, not {on}")
    if not (text.isdecimal() and first <= int(text) <= on.year):
        raise UsageError(f"since must be a year from {first} to {on.year}, the year of the day, not {text!r}")
    return int(text)


def _year_ends(graph: Graph, organization: Actor, begin: int, on: date) -> dict[date, Count]:
    """Return the counts at the end of each year before a day, for years with possible members."""
    found = graph.query("size-by-year", organization=organization.iri, since=str(begin), until=str(on.year - 1))
    return {
        date(int(value(row["year"])), 12, 31): Count(*(int(value(row[name])) for name in _COUNTS)) for row in found.rows
    }
