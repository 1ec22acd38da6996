"""Operation ``panel``: one row for each organization, state or pair of them, and each year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cica_graph.graph import Graph
from cica_graph.model.results import PANEL_KINDS, PANEL_LAYOUTS
from cica_graph.operations.answer import Answer
from cica_graph.operations.declaration import Operation, Parameter
from cica_graph.operations.overlaps import YEARS
from cica_graph.operations.policy import POLICY, under_policy
from cica_graph.publish.export.panel import chunks

if TYPE_CHECKING:
    from cica_graph.memberships.panels import Panel

_MEDIA: Final[Mapping[str, str]] = {"text/csv": "csv", "application/jsonl": "jsonl"}


@dataclass(frozen=True)
class PanelAnswer(Answer):
    """A panel, written as it is computed."""

    panel: Panel

    def write(self, form: str) -> Iterator[bytes]:
        """Yield the panel as ``csv`` or ``jsonl``, a bounded number of rows at a time."""
        return chunks(self.panel, form)


def make_panel(
    graph: Graph, *, kind: str, since: int | None, until: int | None, any_day: bool, roles: str, layout: str | None
) -> PanelAnswer:
    """Answer :data:`PANEL`."""
    names = [role.strip() for role in roles.split(",")]
    return PanelAnswer(graph.panel(kind, since=since, until=until, roles=names, any_day=any_day, layout=layout))


PANEL: Final = Operation(
    "panel",
    "panel/{kind}",
    "Write one row for each organization, state or pair of them, and each year.",
    (
        Parameter(
            "kind", "Kind of panel.", required=True, positional=True, choices=PANEL_KINDS, metavar="PANEL",
            example="dyad-year",
        ),
        *(p._replace(example="2012" if p.kind == "number" else "") for p in YEARS),
        Parameter(
            "roles", "Roles to count, separated by commas, or 'any'.", default="member", metavar="ROLE,...",
        ),
        Parameter("layout", "Use the columns of the R package igoR, for dyad-year.", choices=PANEL_LAYOUTS),
        *POLICY,
    ),
    under_policy(make_panel),
    description="org-year counts the members of organizations, state-year the memberships of states. dyad-year counts "
    "the organizations that two states share, org-dyad-year the members that two organizations share. Each row has "
    "the codes that researchers use to merge data, and each count has three columns: certain members, these and "
    "presumed members, these and possible members. A count is empty where the members are not recorded.",
    media=_MEDIA,
)  # fmt: skip
