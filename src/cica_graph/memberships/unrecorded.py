"""Pairs of organization and member for which no source speaks of a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cica_graph.evidence.read import broadest_roles, read
from cica_graph.evidence.records import HIGH, LOW, Coverage, Evidence
from cica_graph.memberships.arrays import Flags, MembershipArrays, Period
from cica_graph.store.store import Store


@dataclass(frozen=True)
class PairRecords:
    """The coverages of sources, for questions about all pairs.

    :ivar evidence: the coverages, populations and lives of a graph; its reports are not used.
    :ivar broadest: the broadest role of each role, by local name.
    """

    evidence: Evidence
    broadest: Mapping[str, str]

    @classmethod
    def of(cls, store: Store) -> PairRecords:
        """Read the coverages of a store."""
        return cls(read(store, ()), broadest_roles(store))

    def unrecorded(self, engine: MembershipArrays, role: str, period: Period) -> Flags:
        """Return a row for each organization and a column for each member: true if the answer is not recorded.

        An answer is recorded if the membership is possible, if a source names everybody, if a membership of the pair
        in another period is known, or if the organization or the member did not exist.

        :param engine: the memberships in the role.
        """
        first, last = (day.toordinal() for day in period)
        possible = engine.during(period).possible
        known = possible.copy()
        known[engine.memberships.organization, engine.memberships.member] = True
        alive = self._alive(engine.members, first, last)
        places = {member: place for place, member in enumerate(engine.members)}
        for row, organization in enumerate(engine.organizations):
            covers = self._covers(organization, role, first, last)
            for cover in covers:
                silent = [places[member] for member in cover.unknown_for if member in places]
                known[row, silent] = possible[row, silent]
            for cover in covers:
                known[row] |= self._named(cover, places, max(first, cover.first), min(last, cover.last))
            born, died = self.evidence.lives.get(organization, (LOW, HIGH))
            known[row] |= ~alive | (last < born or died < first)
        return np.logical_not(known)

    def _covers(self, organization: str, role: str, first: int, last: int) -> list[Coverage]:
        roles = {"any": set(self.broadest.values())}.get(role, {self.broadest.get(role, role)})
        every = self.evidence.coverages.get(organization, ())
        return [c for c in every if c.role in roles and c.first <= last and first <= c.last]

    def _alive(self, members: tuple[str, ...], first: int, last: int) -> Flags:
        lives = [self.evidence.lives.get(member, (LOW, HIGH)) for member in members]
        return np.array([born <= last and first <= died for born, died in lives], np.bool_)

    def _named(self, cover: Coverage, places: Mapping[str, int], first: int, last: int) -> Flags:
        """Return the members about which a coverage speaks in a period."""
        named = np.full(len(places), not cover.among)
        for member, spans in self.evidence.populations.get(cover.among, {}).items():
            if member in places and any(a <= last and first <= b for a, b in spans):
                named[places[member]] = True
        named[[places[member] for member in cover.unknown_for if member in places]] = False
        return named
