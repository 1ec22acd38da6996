"""Parameters of a policy: the sources that are heard, and those that settle disputes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from cica_graph.graph import Graph
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import Parameter

A = TypeVar("A", bound=Answer)

POLICY: Final = (
    Parameter(
        "only", "Hear only these sources, separated by commas: short names, or 'editors' (default: all).",
        metavar="SOURCE,...",
    ),
    Parameter(
        "prefer", "Sources that settle disputes, separated by commas, the first one first; 'none' for nobody.",
        default="editors", metavar="SOURCE,...",
    ),
    Parameter(
        "disputed", "How a dispute that nobody settles counts: apart, in as certain, or out as no.",
        default="apart", choices=("apart", "in", "out"),
    ),
)  # fmt: skip


def under(graph: Graph, only: str | None, prefer: str, disputed: str) -> Graph:
    """Return the graph under the policy of a request."""
    return graph.under(only=_names(only), prefer=_names(prefer), disputed=disputed)


def under_policy(answer: Callable[..., A]) -> Callable[..., A]:
    """Return a function that also takes the parameters of :data:`POLICY`, and answers under that policy."""

    def run(graph: Graph, *, only: str | None, prefer: str, disputed: str, **arguments: Any) -> A:
        return answer(under(graph, only, prefer, disputed), **arguments)

    return run


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]
