"""Pictures of the graph on one day, each with the table that it is drawn from.

The form of each is a Vega-Lite specification in a file beside its module; the module asks the graph for the figures.
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
    """Return one of :data:`CHARTS` as the graph has it on a day.

    Parameters are texts, as the command line gives them; one that is left out keeps the default of its chart.

    :raises UsageError: no such chart or parameter, a value that makes no sense, or nothing that could be drawn.
    """
    if name not in _MODULES:
        raise UsageError(f"no chart is called {name!r}{near(name, CHARTS)}; the charts are {', '.join(CHARTS)}")
    module = _MODULES[name]
    known: Mapping[str, str] = module.PARAMS
    for param in params:
        if param not in known:
            takes = ", ".join(f"{key}={default}" for key, default in known.items())
            raise UsageError(f"chart {name} has no parameter {param!r}{near(param, known)}; it takes: {takes}")
    made: Chart = module.draw(graph, on, **(dict(known) | params))
    return made
