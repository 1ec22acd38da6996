"""Members, counted: each member once, however many memberships it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import date
from functools import reduce
from operator import and_
from typing import Final, NamedTuple

from cica_graph.model.results import Certainty, Count

Members = Mapping[str, Set[str]]  # IRIs, by that of the organization
_NONE: Final = frozenset[str]()
_BEST: Final[tuple[Certainty, ...]] = ("certain", "presumed", "possible", "disputed", "not recorded", "no")
_COUNTED: Final = _BEST[:4]


class KnownMembers(NamedTuple):
    """The members of each organization on a day or in a year, as IRIs. The three sets nest."""

    certain: Members
    presumed: Members
    possible: Members

    def of(self, *organizations: str) -> tuple[Set[str], Set[str], Set[str]]:
        """Return the certain, the presumed and the possible members of all of some organizations."""
        certain, presumed, possible = (
            reduce(and_, (members.get(iri, _NONE) for iri in organizations)) for members in self
        )
        return certain, presumed, possible

    def size(self, *organizations: str) -> Count:
        """Return the number of members of all of some organizations."""
        return Count(*map(len, self.of(*organizations)))

    def missing(self, organization: str, other: str) -> Set[str]:
        """Return the presumed members of another organization that are not even possible members of this one."""
        return self.presumed.get(other, _NONE) - self.possible.get(organization, _NONE)


def best(answers: Iterable[Certainty]) -> Certainty:
    """Return the most certain of several answers about one member, ``no`` for none."""
    return min(answers, key=_BEST.index, default="no")


def best_answers(answers: Iterable[tuple[str, Certainty]]) -> dict[str, Certainty]:
    """Return the most certain answer about each member."""
    by_member = defaultdict[str, list[Certainty]](list)
    for member, answer in answers:
        by_member[member].append(answer)
    return {member: best(each) for member, each in by_member.items()}


def headline(count: Count, last_attested: date | None) -> str:
    """Return a count in words. If some members are only presumed, it contains the last day that a source attests."""
    attested = f", last attested {last_attested}" if last_attested else ""
    return count.words() + (f"{attested}; none reported to have left" if count.presumed > count.certain else "")


def count_members(answers: Iterable[tuple[str, Certainty]]) -> Count:
    """Count the members in answers about each of their memberships."""
    each = list(best_answers(answers).values())
    certain, presumed = each.count("certain"), each.count("presumed")
    return Count(certain, certain + presumed, sum(answer in _COUNTED for answer in each))
