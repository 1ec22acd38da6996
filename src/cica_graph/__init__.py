"""Memberships of international organizations, with dates, roles and sources.

>>> from cica_graph import open_graph
>>> graph = open_graph()
>>> [overlap.missing for overlap in graph.overlaps("CICA", "CSTO", on="2012-06-13")]
[('ARM', 'BLR')]

``open_graph`` opens the shipped project or another one, ``open_store`` a store. Both return a ``Graph``.
Its methods answer questions. The names in ``__all__`` are the public API; ``docs/python.md`` describes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cica_graph.graph import Graph, open_graph, open_store
from cica_graph.model.errors import (
    CicaGraphError,
    Finding,
    InvalidDate,
    NotFound,
    ProjectError,
    QueryError,
    UsageError,
    ValidationFailed,
)
from cica_graph.model.results import Audit, Membership, Overlap
from cica_graph.store.store import Result

if TYPE_CHECKING:
    from cica_graph.memberships.panels import Panel

__all__ = [
    "Audit",
    "CicaGraphError",
    "Finding",
    "Graph",
    "InvalidDate",
    "Membership",
    "NotFound",
    "Overlap",
    "Panel",
    "ProjectError",
    "QueryError",
    "Result",
    "UsageError",
    "ValidationFailed",
    "open_graph",
    "open_store",
]


def __getattr__(name: str) -> object:
    if name == "Panel":  # imported on demand, since it needs numpy
        from cica_graph.memberships.panels import Panel

        return Panel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
