"""The page of pictures, each with the table it is drawn from."""

from __future__ import annotations

from collections.abc import Iterator

from cica_graph.model.errors import UsageError
from cica_graph.publish import charts
from cica_graph.publish.charts import Chart
from cica_graph.publish.site.page import Page
from cica_graph.publish.site.page_table import PageColumn, PageTable
from cica_graph.publish.site.view import SiteView


def drawn(view: SiteView) -> list[Chart]:
    """Return the pictures that this graph has figures for."""
    found = []
    for name in charts.CHARTS:
        try:
            found.append(charts.chart(view.graph, name, view.day))
        except UsageError:  # there is nothing to be drawn, or none of the organizations that it shows
            continue
    return found


def page(shown: list[Chart]) -> Page:
    """Return the page that shows the pictures."""
    tables = {chart.name: _table(chart) for chart in shown}
    lead = "Drawn from the graph by its own commands. Nothing is said by colour alone, and each has its table."
    return Page("charts", "charts.html", "Pictures", lead=lead, tables=tables, more={"charts": tuple(shown)})


def _table(chart: Chart) -> PageTable:
    columns = tuple(PageColumn(name, name.replace("_", " ")) for name in chart.columns)
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in chart.rows)
    return PageTable(chart.name, chart.title, columns, rows)


def files(shown: list[Chart]) -> Iterator[tuple[str, bytes]]:
    """Yield each picture as a file of its own, with its table."""
    for chart in shown:
        yield f"chart/{chart.name}.svg", chart.svg()
        yield f"chart/{chart.name}.csv", chart.csv()
