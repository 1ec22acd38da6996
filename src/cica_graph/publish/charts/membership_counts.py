"""Data that several charts need: organizations by name, members on a day, and shared members of pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from cica_graph.graph import Graph
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Actor
from cica_graph.model.results import Certainty
from cica_graph.pipeline.steps import derive

_NAMED: Final = 12  # organizations with a panel or a row of dots
_PAIRED: Final = 30  # organizations that are compared in pairs


@dataclass(frozen=True)
class Count:
    """A number of members: the certain ones, and the certain and possible ones."""

    sure: int
    most: int

    def __str__(self) -> str:
        return str(self.sure) if self.sure == self.most else f"{self.sure} to {self.most}"


@dataclass(frozen=True)
class Pair:
    """Two organizations, with the number of members of each and of both."""

    larger: Actor
    larger_total: Count
    smaller: Actor
    smaller_total: Count
    shared: Count

    @property
    def closeness(self) -> float:
        """The fraction of the members of the larger organization that are certainly in both, from 0 to 1."""
        return self.shared.sure / self.larger_total.sure if self.larger_total.sure else 0.0

    @property
    def closeness_at_most(self) -> float:
        """The same fraction, with certain and possible members."""
        return self.shared.most / self.larger_total.most if self.larger_total.most else 0.0


@dataclass(frozen=True)
class Pairs:
    """Organizations, the largest first, and all pairs of them.

    :ivar note: a sentence if some organizations are omitted, or empty.
    """

    sizes: Mapping[Actor, Count]
    pairs: Sequence[Pair]
    note: str


def named(graph: Graph, names: str, least: int = 1, most: int = _NAMED) -> list[Actor]:
    """Return the organizations in a comma-separated parameter, without duplicates.

    :raises NotFound: a name is unknown.
    :raises UsageError: there are fewer than ``least`` or more than ``most`` organizations.
    """
    organizations = dict.fromkeys(
        graph.names.find(name, ("organization",)) for part in names.split(",") if (name := part.strip())
    )
    if not least <= (number := len(organizations)) <= most:
        raise UsageError(f"expected {least} to {most} organizations, as in CICA,CIS,SCO; {names!r} has {number}")
    return list(organizations)


def members(graph: Graph, organization: Actor, on: date) -> dict[str, Certainty]:
    """Return the certain and possible members of an organization on a day, by IRI."""
    certainties: dict[str, Certainty] = {}
    for membership in graph.members(organization.iri, on=on):
        if certainties.get(membership.actor) != "certain":
            certainties[membership.actor] = membership.certainty
    return certainties


def count(certainties: Iterable[Certainty]) -> Count:
    """Count the certain memberships, and the certain and possible ones."""
    listed = list(certainties)
    return Count(listed.count("certain"), len(listed))


def pairs(graph: Graph, on: date, organizations: str) -> Pairs:
    """Return all pairs of the named organizations (default: the largest ones on the day).

    :raises NotFound: a name is unknown.
    :raises UsageError: there are fewer than two organizations, or too many names.
    """
    derive.snapshot(graph.store, on)
    sure, maybe = derive.members(graph.store, on)

    def both(*actors: Actor) -> Count:
        return Count(*(len(set.intersection(*(set(held.get(a.iri, ())) for a in actors))) for held in (sure, maybe)))

    every = [actor for iri, actor in graph.names.actors.items() if iri in maybe and actor.kind == "organization"]
    requested = named(graph, organizations, 2, _PAIRED) if organizations else every
    if len(requested) < 2:
        raise UsageError(f"fewer than two organizations have known members on {on}, so there is no data to compare")
    sizes = {actor: both(actor) for actor in requested}
    ordered = sorted(requested, key=lambda a: (-sizes[a].sure, -sizes[a].most, a.code.casefold(), a.iri))
    shown = ordered[:_PAIRED]
    return Pairs(
        {actor: sizes[actor] for actor in shown},
        [Pair(one, sizes[one], other, sizes[other], both(one, other)) for one, other in combinations(shown, 2)],
        f"The {_PAIRED} largest of {len(ordered)} organizations." if len(ordered) > _PAIRED else "",
    )
