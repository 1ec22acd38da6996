"""Memberships as arrays: who is in what on any day or in any year, and every overlap at once.

The other way to such an answer is SPARQL: ``queries/derive/snapshot.rq`` slices the graph on one day, and joins count.
Here the memberships are read once, and each further day costs a comparison of arrays, each table of overlaps one
matrix product. Both ways give the same, which the tests show on graphs made at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from cica_graph import queries
from cica_graph.memberships.recorded import Records
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import CONCEPT
from cica_graph.store.store import Store, value

Flags = NDArray[np.bool_]
Counts = NDArray[np.int32]
Period = tuple[date, date]

# A bound that is not known, as a day that makes the comparison come out as the answer has it: never certain, and
# always possible. Days are proleptic Gregorian ordinals, which are never negative.
_BEFORE: Final = -1
_AFTER: Final = np.iinfo(np.int32).max
_UNKNOWN: Final = {"earliest_start": _BEFORE, "latest_start": _AFTER, "earliest_end": _BEFORE, "latest_end": _AFTER}


def on(day: date) -> Period:
    """Return a single day as a period."""
    return day, day


def year(number: int, *, any_day: bool = False) -> Period:
    """Return what stands for a year: its last day or, with ``any_day``, the whole of it.

    Over a whole year somebody is a member who was one on some day of it, whichever.
    """
    last = date(number, 12, 31)
    return (date(number, 1, 1) if any_day else last), last


@dataclass(frozen=True)
class MembershipMatrix:
    """Who is in what over a period: a row for each organization, a column for each member.

    :ivar certain: true where the membership is certain on some day of the period.
    :ivar presumed: true where it is certain or presumed.
    :ivar possible: true where it is certain, presumed, possible or disputed.
    """

    certain: Flags
    presumed: Flags
    possible: Flags

    def at(self, rows: Sequence[int]) -> MembershipMatrix:
        """Return some of the rows, in the given order."""
        return MembershipMatrix(*(flags[rows] for flags in vars(self).values()))

    def turned(self) -> MembershipMatrix:
        """Return the matrix with a row for each member and a column for each organization."""
        return MembershipMatrix(*(flags.T for flags in vars(self).values()))

    def __and__(self, other: MembershipMatrix) -> MembershipMatrix:
        return MembershipMatrix(
            self.certain & other.certain, self.presumed & other.presumed, self.possible & other.possible
        )


@dataclass(frozen=True)
class IntervalArrays:
    """Things that last, each with a member, an organization and a role by number, and four bounds as ordinal days."""

    member: NDArray[np.int32]
    organization: NDArray[np.int32]
    role: NDArray[np.int32]
    earliest_start: NDArray[np.int32]
    latest_start: NDArray[np.int32]
    earliest_end: NDArray[np.int32]
    latest_end: NDArray[np.int32]
    open_ended: Flags
    disputed: Flags

    def where(self, chosen: Flags) -> IntervalArrays:
        """Return those rows for which it is true."""
        return IntervalArrays(*(column[chosen] for column in vars(self).values()))

    def during(self, period: Period, shape: tuple[int, int]) -> MembershipMatrix:
        """Return which member and organization some row joins over a period: see ``docs/time.md``."""
        first, last = period[0].toordinal(), period[1].toordinal()
        begun, possible = self.latest_start <= last, (self.earliest_start <= last) & (first <= self.latest_end)
        certain = possible & begun & (first <= self.earliest_end) & ~self.disputed
        presumed = certain | (possible & begun & self.open_ended & ~self.disputed)
        return MembershipMatrix(*(self._flags(chosen, shape) for chosen in (certain, presumed, possible)))

    def _flags(self, chosen: Flags, shape: tuple[int, int]) -> Flags:
        flags = np.zeros(shape, np.bool_)
        flags[self.organization[chosen], self.member[chosen]] = True
        return flags


@dataclass(frozen=True)
class MembershipArrays:
    """The memberships of a graph.

    :ivar members: IRIs of every state and of whatever else is a member of something, sorted.
    :ivar organizations: IRIs of every organization, sorted.
    :ivar roles: IRIs of the roles that occur, the broader ones too, sorted.
    :ivar states: which of the members are states.
    :ivar memberships: every membership, once for each of its roles.
    :ivar suspensions: every suspension of one, once for each role of the membership.
    """

    members: tuple[str, ...]
    organizations: tuple[str, ...]
    roles: tuple[str, ...]
    states: Flags
    memberships: IntervalArrays
    suspensions: IntervalArrays

    def in_role(self, role: str) -> MembershipArrays:
        """Return the memberships in a role or a narrower one, by its local name; ``any`` takes them all."""
        if role == "any":
            return self
        number = self.roles.index(CONCEPT + role) if CONCEPT + role in self.roles else -1
        spells, suspensions = (rows.where(rows.role == number) for rows in (self.memberships, self.suspensions))
        return replace(self, memberships=spells, suspensions=suspensions)

    def during(self, period: Period) -> MembershipMatrix:
        """Return who is in what on a day or over a longer period."""
        return self.memberships.during(period, self._shape)

    def suspended_during(self, period: Period) -> MembershipMatrix:
        """Return who is in what and suspended from it; the suspended are members all the same."""
        return self.during(period) & self.suspensions.during(period, self._shape)

    def unrecorded(self, role: str, period: Period, records: Records) -> Flags:
        """Return for which organizations the members over a period are not recorded.

        :param role: the role of these memberships: see :meth:`in_role`.
        """
        unrecorded = np.logical_not(self.during(period).possible.any(axis=1, keepdims=True).ravel())
        for place in np.flatnonzero(unrecorded).tolist():
            unrecorded[place] = records.of_nobody(self.organizations[place], role, *period) == "not recorded"
        return unrecorded

    def named(self, flags: Flags) -> dict[str, set[str]]:
        """Return the members for which it is true, as IRIs, by the IRI of the organization."""
        found: dict[str, set[str]] = {}
        for organization, member in np.argwhere(flags).tolist():
            found.setdefault(self.organizations[organization], set()).add(self.members[member])
        return found

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.organizations), len(self.members)

    def years(self, since: int | None = None, until: int | None = None) -> range:
        """Return the years from the first that bounds a membership to the last, or from and to those given.

        :raises UsageError: there are no such years: nothing is dated, or the last comes before the first.
        """
        bounds = [getattr(self.memberships, name) for name in _UNKNOWN]
        days = np.concatenate([b[(b != _BEFORE) & (b != _AFTER)] for b in bounds])
        if not days.size and (since is None or until is None):
            raise UsageError("no membership is dated, so the first and the last year must be given")
        first = date.fromordinal(days.min()).year if since is None else since
        last = date.fromordinal(days.max()).year if until is None else until
        if not date.min.year <= first <= last <= date.max.year:
            raise UsageError(
                f"there are no years from {first} to {last}; give two from 1 to 9999, the earlier one first"
            )
        return range(first, last + 1)


def shared_counts(held: Flags) -> Counts:
    """Return for each two rows in how many columns both are true; against itself, in how many a row is.

    Of organizations, that is the members that two share; of members (``held.T``), the organizations.
    """
    rows, columns = (np.flatnonzero(held.any(axis=axis)) for axis in (1, 0))
    # A product of floats is many times quicker than one of integers, and exact up to 16,777,216 columns.
    dense = held[np.ix_(rows, columns)].astype(np.float32)
    counts = np.zeros((len(held), len(held)), np.int32)
    # One thread: of several, on a machine that has other work, all wait for the one that waits.
    with _blas().limit(limits=1):
        counts[np.ix_(rows, rows)] = dense @ dense.T
    return counts


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def read(store: Store) -> MembershipArrays:
    """Read the memberships of a graph: every one whose bounds and roles have been worked out."""
    spells, suspensions = (
        store.select_columns(queries.shipped("select", name).text) for name in ("bounds", "suspended")
    )
    actors: dict[str, set[str]] = {"state": set(), "organization": set()}
    for row in store.select(queries.shipped("select", "actors").text):
        actors[value(row["kind"])].add(value(row["actor"]))
    members = sorted(actors["state"].union(spells[0], suspensions[0]))
    organizations = sorted(actors["organization"].union(spells[1], suspensions[1]))
    roles = sorted({*spells[2], *suspensions[2]})
    numbered = [{name: number for number, name in enumerate(axis)} for axis in (members, organizations, roles)]

    def rows(columns: list[list[str]]) -> IntervalArrays:
        member, organization, role = (_numbers(c, of) for c, of in zip(columns[:3], numbered, strict=True))
        days = zip(columns[3:7], _UNKNOWN.values(), strict=True)
        begin, begun, lasts, ends = (_numbers(column, _ordinals(column, unknown)) for column, unknown in days)
        open_ended, disputed = (np.array([text == "true" for text in column], np.bool_) for column in columns[7:])
        return IntervalArrays(
            member, organization, role, begin, begun, lasts, ends, open_ended | (ends == _AFTER), disputed
        )  # fmt: skip

    return MembershipArrays(
        members=tuple(members),
        organizations=tuple(organizations),
        roles=tuple(roles),
        states=np.array([m in actors["state"] for m in members], np.bool_),
        memberships=rows(spells),
        suspensions=rows(suspensions),
    )


def _numbers(column: list[str], of: dict[str, int]) -> NDArray[np.int32]:
    return np.fromiter(map(of.__getitem__, column), np.int32, len(column))


def _ordinals(texts: Iterable[str], unknown: int) -> dict[str, int]:
    """Return each text's day; a text that is no day bounds nothing, as in SPARQL, where comparing it is an error."""
    found = {}
    for text in set(texts):
        try:
            found[text] = date.fromisoformat(text).toordinal()
        except ValueError:
            found[text] = unknown
    return found
