"""Charts of the graph on one day, each with its data table.

Each chart has a Vega-Lite specification in a file next to its module. The module gets the data from the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import ModuleType
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.publish.charts import network, overlaps, size, timeline, upset
from cica_graph.publish.charts.chart import Chart
from cica_graph.queries import near

__all__ = ["CHARTS", "Chart", "chart"]

_MODULES: Final[Mapping[str, ModuleType]] = {
    "timeline": timeline,
    "overlaps": overlaps,
    "upset": upset,
    "size": size,
    "network": network,
}
CHARTS: Final = tuple(_MODULES)


def chart(graph: Graph, name: str, on: date, /, **params: str) -> Chart:
    """Return one of :data:`CHARTS` for a day.

    :param params: parameters of the chart as texts. Missing parameters have the defaults of the chart.
    :raises UsageError: the chart or a parameter is unknown, a value is not valid, or there is no data to draw.
    """
    if name not in _MODULES:
        raise UsageError(f"unknown chart {name!r}{near(name, CHARTS)}. Charts: {', '.join(CHARTS)}")
    module = _MODULES[name]
    known: Mapping[str, str] = module.PARAMS
    for param in params:
        if param not in known:
            defaults = ", ".join(f"{key}={default}" for key, default in known.items())
            raise UsageError(f"chart {name} has no parameter {param!r}{near(param, known)}. Parameters: {defaults}")
    drawn: Chart = module.draw(graph, on, **(dict(known) | params))
    return drawn
