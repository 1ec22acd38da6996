"""What several charts ask: which organizations are meant, who is in them on a day, how many each two share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

from cica_graph.errors import Misuse
from cica_graph.graph import Graph, Holds
from cica_graph.names import Actor
from cica_graph.store import Row, value

_MOST: Final = 12  # organizations that are named for one picture


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


def named(graph: Graph, names: str, least: int = 1) -> list[Actor]:
    """Return the organizations that a parameter names, separated by commas, each once.

    :raises UnknownName: no organization goes by one of the names.
    :raises Misuse: there are fewer than ``least`` of them, or more than fit in a picture.
    """
    found = dict.fromkeys(
        graph.names.find(name, ("organization",)) for part in names.split(",") if (name := part.strip())
    )
    if not least <= len(found) <= _MOST:
        raise Misuse(f"{names!r} names {len(found)} organizations; name {least} to {_MOST}, as in CICA,CIS,SCO")
    return list(found)


def answers(graph: Graph, organization: Actor, on: date) -> dict[str, Holds]:
    """Return who is a member of an organization on a day, by IRI, for certain or possibly."""
    found: dict[str, Holds] = {}
    for spell in graph.members(organization.iri, on=on):
        if found.get(spell.actor) != "certain":
            found[spell.actor] = spell.holds
    return found


def count(answers: Iterable[Holds]) -> Count:
    """Count what is certain, and what is possible with it."""
    listed = list(answers)
    return Count(listed.count("certain"), len(listed))


def pairs(graph: Graph, on: date) -> tuple[dict[Actor, Count], list[Pair]]:
    """Return the organizations that may have members on a day, the largest first, and each two of them.

    :raises Misuse: there are no two.
    """
    sizes = {
        graph.names[value(row["organization"])]: _count(row, "members", "atMost")
        for row in graph.query("organizations", on=on).rows
    }
    shared = {
        frozenset((value(row["organization"]), value(row["other"]))): _count(row, "shared", "sharedAtMost")
        for row in graph.query("matrix", on=on).rows
    }
    ordered = sorted(
        ((actor, size) for actor, size in sizes.items() if size.most),
        key=lambda item: (-item[1].sure, -item[1].most, item[0].code.casefold(), item[0].iri),
    )
    if len(ordered) < 2:
        raise Misuse(f"no two organizations are known to have members on {on}, so there is nothing to compare")
    return dict(ordered), [
        Pair(one, of, other, of_other, shared.get(frozenset((one.iri, other.iri)), Count(0, 0)))
        for (one, of), (other, of_other) in combinations(ordered, 2)
    ]


def _count(row: Row, sure: str, most: str) -> Count:
    return Count(int(value(row[sure])), int(value(row[most])))
