"""Memberships as arrays: members on any day or in any year, and the overlaps of all organizations.

SPARQL can also answer this: ``queries/derive/snapshot.rq`` selects one day, and joins count. Here the memberships are
read once. Then each day costs a comparison of arrays, and each table of overlaps one matrix product. Tests compare both
methods on random graphs.
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
from cica_graph.model.names import KINDS
from cica_graph.model.terms import CONCEPT
from cica_graph.store.store import Store, value

Flags = NDArray[np.bool_]
Counts = NDArray[np.int32]
Period = tuple[date, date]

# Unknown bounds are days for which the comparison is never certain and always possible. Days are proleptic Gregorian
# ordinals, which are never negative.
_BEFORE: Final = -1
_AFTER: Final = np.iinfo(np.int32).max
_UNKNOWN: Final = {"earliest_start": _BEFORE, "latest_start": _AFTER, "earliest_end": _BEFORE, "latest_end": _AFTER}


def on(day: date) -> Period:
    """Return a single day as a period."""
    return day, day


def year(number: int, *, any_day: bool = False) -> Period:
    """Return the period of a year: its last day or, with ``any_day``, all of it.

    Over all of a year, a member is one that was a member on at least one day.
    """
    last = date(number, 12, 31)
    return (date(number, 1, 1) if any_day else last), last


@dataclass(frozen=True)
class MembershipMatrix:
    """Memberships in a period: a row for each organization, a column for each member.

    :ivar certain: true if the membership is certain on some day of the period.
    :ivar presumed: true if it is certain or presumed.
    :ivar possible: true if it is certain, presumed, possible or disputed.
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
    """Memberships or suspensions: member, organization and role as numbers, and four bounds as ordinal days."""

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
        """Return the rows with a true flag."""
        return IntervalArrays(*(column[chosen] for column in vars(self).values()))

    def during(self, period: Period, shape: tuple[int, int]) -> MembershipMatrix:
        """Return the members of each organization in a period, see ``docs/time.md``."""
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

    :ivar members: IRIs of all states and of all other members, sorted.
    :ivar organizations: IRIs of all organizations, sorted.
    :ivar roles: IRIs of the roles that occur and of their broader roles, sorted.
    :ivar states: true for each member that is a state.
    :ivar memberships: each membership, once for each of its roles.
    :ivar suspensions: each suspension, once for each role of its membership.
    """

    members: tuple[str, ...]
    organizations: tuple[str, ...]
    roles: tuple[str, ...]
    states: Flags
    memberships: IntervalArrays
    suspensions: IntervalArrays

    def in_role(self, role: str) -> MembershipArrays:
        """Return the memberships in a role or a narrower one, by its local name; ``any`` means all roles."""
        if role == "any":
            return self
        number = self.roles.index(CONCEPT + role) if CONCEPT + role in self.roles else -1
        spells, suspensions = (rows.where(rows.role == number) for rows in (self.memberships, self.suspensions))
        return replace(self, memberships=spells, suspensions=suspensions)

    def during(self, period: Period) -> MembershipMatrix:
        """Return the members of each organization in a period."""
        return self.memberships.during(period, self._shape)

    def suspended_during(self, period: Period) -> MembershipMatrix:
        """Return the suspended members of each organization in a period. They are still members."""
        return self.during(period) & self.suspensions.during(period, self._shape)

    def unrecorded(self, role: str, period: Period, records: Records) -> Flags:
        """Return for which organizations the members over a period are not recorded.

        :param role: the role of the memberships: see :meth:`in_role`.
        """
        unrecorded = np.logical_not(self.during(period).possible.any(axis=1, keepdims=True).ravel())
        for place in np.flatnonzero(unrecorded).tolist():
            unrecorded[place] = records.of_nobody(self.organizations[place], role, *period) == "not recorded"
        return unrecorded

    def named(self, flags: Flags) -> dict[str, set[str]]:
        """Return the IRIs of the members with a true flag, by the IRI of the organization."""
        found: dict[str, set[str]] = {}
        for organization, member in np.argwhere(flags).tolist():
            found.setdefault(self.organizations[organization], set()).add(self.members[member])
        return found

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.organizations), len(self.members)

    def years(self, since: int | None = None, until: int | None = None) -> range:
        """Return the years from the first to the last bound of a membership, unless other years are given.

        :raises UsageError: no membership has a date, or the last year is before the first.
        """
        bounds = [getattr(self.memberships, name) for name in _UNKNOWN]
        days = np.concatenate([b[(b != _BEFORE) & (b != _AFTER)] for b in bounds])
        if not days.size and (since is None or until is None):
            raise UsageError("No membership has a date. Give the first and the last year.")
        first = date.fromordinal(days.min()).year if since is None else since
        last = date.fromordinal(days.max()).year if until is None else until
        if not date.min.year <= first <= last <= date.max.year:
            raise UsageError(
                f"The years {first} to {last} are not valid. Give two years from 1 to 9999, the earlier one first."
            )
        return range(first, last + 1)


def shared_counts(flags: Flags) -> Counts:
    """Return the number of columns that are true in both of two rows, for each pair of rows.

    For organizations, these are their shared members; for members (``matrix.T``), their shared organizations. The
    diagonal has the numbers of single rows.
    """
    rows, columns = (np.flatnonzero(flags.any(axis=axis)) for axis in (1, 0))
    # A product of floats is several times faster than one of integers, and exact up to 16,777,216 columns.
    dense = flags[np.ix_(rows, columns)].astype(np.float32)
    counts = np.zeros((len(flags), len(flags)), np.int32)
    # One thread: on a busy machine, several threads wait for the slowest one.
    with _blas().limit(limits=1):
        counts[np.ix_(rows, rows)] = dense @ dense.T
    return counts


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def read(store: Store) -> MembershipArrays:
    """Return the memberships of a graph that have computed bounds and roles."""
    spells, suspensions = (
        store.select_columns(queries.shipped("select", name).text) for name in ("bounds", "suspended")
    )
    actors: dict[str, set[str]] = {kind: set() for kind in KINDS}
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
    """Return the day of each text. Another text is not a bound, as in SPARQL, where its comparison is an error."""
    found = {}
    for text in set(texts):
        try:
            found[text] = date.fromisoformat(text).toordinal()
        except ValueError:
            found[text] = unknown
    return found
