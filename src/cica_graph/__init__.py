"""Memberships of international organizations, with dates, roles and sources.

>>> from cica_graph import open_graph
>>> graph = open_graph()
>>> [o.missing for o in graph.overlaps("CICA", "CSTO", on="2012-06-13")]
[('ARM', 'BLR')]

``open_graph`` opens the shipped project or your own; the ``Graph`` it gives answers ``members``,
``memberships``, ``overlaps``, ``audit``, a ``panel`` and any SPARQL ``query``. Errors are drawn in
``cica_graph.model.errors``.
"""

from cica_graph.graph import Graph, open_graph
from cica_graph.model.errors import CicaGraphError, Finding
from cica_graph.model.results import Audit, Membership, Overlap
from cica_graph.store.store import Result

__all__ = ["Audit", "CicaGraphError", "Finding", "Graph", "Membership", "Overlap", "Result", "open_graph"]
