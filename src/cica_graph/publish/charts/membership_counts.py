"""Data that several charts need: organizations by name, members on a day, and shared members of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from cica_graph.graph import Graph
from cica_graph.memberships.counting import best_answers
from cica_graph.model.errors import UsageError
from cica_graph.model.names import Actor
from cica_graph.model.results import Certainty, Count
from cica_graph.pipeline.steps import derive

_NAMED: Final = 12  # organizations with a panel or a row of dots
_PAIRED: Final = 30  # named organizations that are compared in pairs
_LARGEST: Final = 10  # organizations that are compared if none are named: more would be illegible on a phone


@dataclass(frozen=True)
class OrganizationPair:
    """Two organizations, with the number of members of each and of both."""

    larger: Actor
    larger_total: Count
    smaller: Actor
    smaller_total: Count
    shared: Count

    @property
    def closeness(self) -> float:
        """The fraction of the presumed members of the larger organization that are in both, from 0 to 1."""
        return self.shared.presumed / self.larger_total.presumed if self.larger_total.presumed else 0.0

    @property
    def closeness_at_most(self) -> float:
        """The same fraction, with certain, presumed and possible members."""
        return self.shared.possible / self.larger_total.possible if self.larger_total.possible else 0.0


@dataclass(frozen=True)
class Pairs:
    """Organizations, the largest first, and all pairs of them.

    :ivar note: a sentence if some organizations are omitted, or empty.
    """

    sizes: Mapping[Actor, Count]
    pairs: Sequence[OrganizationPair]
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
    """Return the best answer about each member of an organization on a day, by IRI."""
    return best_answers(
        (membership.actor, membership.certainty) for membership in graph.members(organization.iri, on=on)
    )


def summary(graph: Graph, organization: Actor, count: Count, on: date) -> str:
    """Return a count as text: ``24``, ``28 presumed``, ``not recorded``, ``founded later`` or ``dissolved``."""
    record = "recorded" if count.possible else graph.record(organization.iri, on=on)
    return str(count) if record == "recorded" else record


def pairs(graph: Graph, on: date, organizations: str) -> Pairs:
    """Return all pairs of the named organizations (default: the largest ones on the day).

    :raises NotFound: a name is unknown.
    :raises UsageError: there are fewer than two organizations, or too many names.
    """
    derive.snapshot(graph.store, on)
    known = derive.members(graph.store, on)

    def both(*actors: Actor) -> Count:
        return known.size(*(actor.iri for actor in actors))

    every = [
        actor for iri, actor in graph.names.actors.items() if iri in known.possible and actor.kind == "organization"
    ]
    requested = named(graph, organizations, 2, _PAIRED) if organizations else every
    if len(requested) < 2:
        raise UsageError(f"fewer than two organizations have known members on {on}, so there is no data to compare")
    sizes = {actor: both(actor) for actor in requested}
    ordered = sorted(requested, key=lambda a: (*(-n for n in sizes[a]), a.code.casefold(), a.iri))
    shown = ordered if organizations else ordered[:_LARGEST]
    return Pairs(
        {actor: sizes[actor] for actor in shown},
        [
            OrganizationPair(one, sizes[one], other, sizes[other], both(one, other))
            for one, other in combinations(shown, 2)
        ],
        f"The {_LARGEST} largest of {len(ordered)} organizations." if len(ordered) > len(shown) else "",
    )
