"""All operations, by name."""

from __future__ import annotations

from functools import cache

from cica_graph.operations.declaration import Operation


@cache
def operations() -> dict[str, Operation]:
    """Return every operation by its name; the queries of the cookbook come last."""
    from cica_graph.operations.audit import AUDIT, CHECKS
    from cica_graph.operations.compare import COMPARE
    from cica_graph.operations.match import MATCH
    from cica_graph.operations.memberships import MEMBERS, MEMBERSHIPS
    from cica_graph.operations.overlaps import ALL_OVERLAPS, OVERLAPS
    from cica_graph.operations.panel import PANEL
    from cica_graph.operations.query import cookbook
    from cica_graph.operations.sources import SOURCES, STALE_SOURCES
    from cica_graph.operations.why import WHY, WHY_RESOURCE

    every = (
        MEMBERS, MEMBERSHIPS, OVERLAPS, ALL_OVERLAPS, AUDIT, CHECKS, COMPARE, PANEL, MATCH, WHY, WHY_RESOURCE, SOURCES,
        STALE_SOURCES, *cookbook(),
    )  # fmt: skip
    return {operation.name: operation for operation in every}
