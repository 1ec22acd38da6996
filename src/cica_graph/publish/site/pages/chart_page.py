"""Page of charts, each with its data table."""

from __future__ import annotations

from collections.abc import Iterator

from cica_graph.model.errors import UsageError
from cica_graph.publish import charts
from cica_graph.publish.charts import Chart
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import PageColumn, PageTable
from cica_graph.publish.site.view import SiteView


def drawn(view: SiteView) -> list[Chart]:
    """Return the charts that can be drawn from this graph."""
    found = []
    for name in charts.CHARTS:
        try:
            found.append(charts.chart(view.graph, name, view.day))
        except UsageError:  # the graph has no data for it, or lacks its default organizations
            continue
    return found


def page(shown: list[Chart]) -> Page:
    """Return the page of charts."""
    tables = {chart.name: _table(chart) for chart in shown}
    lead = "Charts of the graph, each with a command to draw it and with its data as a table."
    return Page("charts", "charts.html", "Charts", lead=lead, tables=tables, more={"charts": tuple(shown)})


def _table(chart: Chart) -> PageTable:
    columns = tuple(PageColumn(name, name.replace("_", " ")) for name in chart.columns)
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in chart.rows)
    return PageTable(chart.name, chart.title, columns, rows)


def files(shown: list[Chart]) -> Iterator[tuple[str, bytes]]:
    """Yield each chart as an SVG file, with its data as CSV."""
    for chart in shown:
        yield f"chart/{chart.name}.svg", chart.svg()
        yield f"chart/{chart.name}.csv", chart.csv()
