"""What several charts ask: which organizations are meant, who is in them on a day, how many each two share."""

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

_NAMED: Final = 12  # organizations with a panel or a row of dots each
_PAIRED: Final = 30  # organizations of which each is laid beside each other one


@dataclass(frozen=True)
class Count:
    """A number of members: those that are certain, and those together with all that are possible."""

    sure: int
    most: int

    def __str__(self) -> str:
        return str(self.sure) if self.sure == self.most else f"{self.sure} to {self.most}"


@dataclass(frozen=True)
class Pair:
    """Two organizations with the number of members of each, and of both."""

    larger: Actor
    of: Count
    smaller: Actor
    of_smaller: Count
    shared: Count

    @property
    def closeness(self) -> float:
        """The part of the larger one's members that are in both for certain, from 0 to 1."""
        return self.shared.sure / self.of.sure if self.of.sure else 0.0

    @property
    def closeness_at_most(self) -> float:
        """The same if all that is possible held."""
        return self.shared.most / self.of.most if self.of.most else 0.0


@dataclass(frozen=True)
class Pairs:
    """Organizations, the largest first, and each two of them.

    :ivar note: says so when not all organizations are there.
    """

    sizes: Mapping[Actor, Count]
    pairs: Sequence[Pair]
    note: str


def named(graph: Graph, names: str, least: int = 1, most: int = _NAMED) -> list[Actor]:
    """Return the organizations that a parameter names, separated by commas, each once.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: there are fewer than ``least`` of them, or more than ``most``.
    """
    found = dict.fromkeys(
        graph.names.find(name, ("organization",)) for part in names.split(",") if (name := part.strip())
    )
    if not least <= len(found) <= most:
        raise UsageError(f"{names!r} names {len(found)} organizations; name {least} to {most}, as in CICA,CIS,SCO")
    return list(found)


def answers(graph: Graph, organization: Actor, on: date) -> dict[str, Certainty]:
    """Return who is a member of an organization on a day, by IRI, for certain or possibly."""
    found: dict[str, Certainty] = {}
    for spell in graph.members(organization.iri, on=on):
        if found.get(spell.actor) != "certain":
            found[spell.actor] = spell.certainty
    return found


def count(answers: Iterable[Certainty]) -> Count:
    """Count what is certain, and what is possible with it."""
    listed = list(answers)
    return Count(listed.count("certain"), len(listed))


def pairs(graph: Graph, on: date, organizations: str) -> Pairs:
    """Return the organizations that are named, or the largest of all that may have members on a day.

    :raises NotFound: no organization goes by one of the names.
    :raises UsageError: there are no two, or more are named than fit.
    """
    derive.snapshot(graph.store, on)
    sure, maybe = derive.members(graph.store, on)

    def both(*actors: Actor) -> Count:
        return Count(*(len(set.intersection(*(set(held.get(a.iri, ())) for a in actors))) for held in (sure, maybe)))

    every = [actor for iri, actor in graph.names.actors.items() if iri in maybe and actor.kind == "organization"]
    wanted = named(graph, organizations, 2, _PAIRED) if organizations else every
    if len(wanted) < 2:
        raise UsageError(f"no two organizations are known to have members on {on}, so there is nothing to compare")
    sizes = {actor: both(actor) for actor in wanted}
    ordered = sorted(wanted, key=lambda a: (-sizes[a].sure, -sizes[a].most, a.code.casefold(), a.iri))
    shown = ordered[:_PAIRED]
    return Pairs(
        {actor: sizes[actor] for actor in shown},
        [Pair(one, sizes[one], other, sizes[other], both(one, other)) for one, other in combinations(shown, 2)],
        f"The {_PAIRED} largest of {len(ordered)} are drawn." if len(ordered) > _PAIRED else "",
    )
