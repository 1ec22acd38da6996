"""Days for which the members of organizations are recorded.

Zero members are a finding only if a source names everybody. Otherwise the members are not recorded, and no number is
given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from cica_graph import queries
from cica_graph.model.terms import CONCEPT
from cica_graph.store.store import Store

Record = Literal["recorded", "not recorded", "founded later", "dissolved"]


class _Span(NamedTuple):
    first: str
    last: str


@dataclass(frozen=True)
class Records:
    """The days on which some source names everybody in a role, and the lives of organizations.

    :ivar covered: first and last days, by organization and broadest role.
    :ivar lives: first and last possible day, empty if unknown, by organization.
    :ivar broadest: the broadest role of each role.
    """

    covered: Mapping[tuple[str, str], Sequence[_Span]]
    lives: Mapping[str, _Span]
    broadest: Mapping[str, str]

    def of_members(self, organization: str) -> tuple[_Span, tuple[_Span, ...]]:
        """Return the first and last possible day of an organization, and the days on which all members are named."""
        spans = self.covered.get((organization, CONCEPT + "member"), ())
        return self.lives.get(organization, _Span("", "")), tuple(sorted(spans))

    def of_nobody(self, organization: str, role: str, first: date, last: date) -> Record:
        """Return what the absence of any member over a period means.

        :param role: local name of the role, or ``any``.
        """
        since, until = first.isoformat(), last.isoformat()
        born, died = self.lives.get(organization, _Span("", ""))
        if born and until < born:
            return "founded later"
        if died and died < since:
            return "dissolved"
        roles = set(self.broadest.values()) if role == "any" else {self.broadest.get(CONCEPT + role, CONCEPT + role)}
        spans = (span for each in roles for span in self.covered.get((organization, each), ()))
        return "recorded" if any(s.first <= until and since <= s.last for s in spans) else "not recorded"


def read_records(store: Store) -> Records:
    """Return the records of a store."""
    broadest = {row[0]: row[1] for row in _rows(store, "evidence", "roles")}
    covered = defaultdict[tuple[str, str], list[_Span]](list)
    for organization, role, first, last in _rows(store, "select", "covered"):
        covered[organization, broadest.get(role, role)].append(_Span(first, last))
    lives = {row[0]: _Span(row[3], row[6]) for row in _rows(store, "select", "lifetimes")}
    return Records(dict(covered), lives, broadest)


def _rows(store: Store, folder: str, name: str) -> list[tuple[str, ...]]:
    return list(zip(*store.select_columns(queries.shipped(folder, name).text), strict=True))
