"""Populations: groups of members that are counted, as the graph describes them.

A population is a concept with properties: a role, the class of those counted, a region, another organization, when they
joined. A new population in a file can be counted without new code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from cica_graph import queries
from cica_graph.model.terms import CG, CONCEPT
from cica_graph.store.store import Row, Store, value

_NONE: Final = frozenset[str]()
_MEMBER, _FOUNDER = CONCEPT + "member", CONCEPT + "founding-member"
Flags = tuple[bool, bool, bool]  # certain, presumed, possible
_ALL: Final[Flags] = (True, True, True)


@dataclass(frozen=True)
class Population:
    """A group of actors that is counted. Empty sets exclude nothing.

    :ivar role: IRI of the role of those counted; empty if instruments are counted.
    :ivar traits: IRIs of classes, regions and wholes, all of which those counted have.
    :ivar no_traits: IRIs of classes and regions, none of which those counted have.
    :ivar within: organizations of which those counted are members on the same day.
    :ivar without: organizations of which none of those counted is a member on the same day.
    :ivar since: the first day on which those counted took up the role.
    :ivar until: the last day on which those counted took up the role.
    :ivar ended: True for those who no longer had the role on the day.
    :ivar any_time: True for those who had the role on any day.
    :ivar founders: False for a population without founding members.
    :ivar suspended: True for a population of suspended members.
    """

    role: str = ""
    traits: Set[str] = _NONE
    no_traits: Set[str] = _NONE
    within: Set[str] = _NONE
    without: Set[str] = _NONE
    since: date | None = None
    until: date | None = None
    ended: bool = False
    any_time: bool = False
    founders: bool = True
    suspended: bool = False

    @property
    def narrows_answers(self) -> bool:
        """True if more than the role on the day decides who is counted: a period, a suspension, another body."""
        return bool(self.since or self.until or self.suspended or self.within or self.without or not self.founders)

    def has_traits(self, traits: Set[str]) -> bool:
        """Return whether an actor with some traits may belong to the population."""
        return self.traits <= traits and not self.no_traits & traits


class TermBounds(NamedTuple):
    """The four bounds of a standing or of a suspension; None if unknown."""

    earliest_start: date | None
    latest_start: date | None
    earliest_end: date | None
    latest_end: date | None
    open_ended: bool = False
    disputed: bool = False

    def on(self, day: date) -> Flags:
        """Return whether it is certain, presumed and possible on a day."""
        possible = not (self.earliest_start and day < self.earliest_start) and not (
            self.latest_end and self.latest_end < day
        )
        begun = possible and self.latest_start is not None and self.latest_start <= day
        certain = begun and self.earliest_end is not None and day <= self.earliest_end and not self.disputed
        return certain, certain or (begun and (self.open_ended or self.latest_end is None)), possible


class Term(NamedTuple):
    """One standing of a membership in one role."""

    membership: str
    member: str
    bounds: TermBounds


class CountedActor(NamedTuple):
    """One actor that may be counted, by one membership; an instrument has none."""

    who: str
    membership: str
    flags: Flags


@dataclass(frozen=True)
class Census:
    """Counter of populations on any day, from the standings in a store."""

    store: Store

    @cached_property
    def populations(self) -> Mapping[str, Population]:
        """The populations, by IRI."""
        return populations(self.store)

    @cached_property
    def traits(self) -> Mapping[str, Set[str]]:
        """The classes, regions and wholes of each actor."""
        found = defaultdict[str, set[str]](set)
        for row in self._rows("traits"):
            found[value(row["actor"])].add(value(row["trait"]))
        return found

    @cached_property
    def terms(self) -> Mapping[tuple[str, str], Sequence[Term]]:
        """The standings by organization and role."""
        found = defaultdict[tuple[str, str], list[Term]](list)
        for row in self._rows("roles"):
            term = Term(value(row["membership"]), value(row["member"]), _bounds(row))
            found[value(row["organization"]), value(row["role"])].append(term)
        return found

    def cases(self, organization: str, population: str, day: date) -> list[CountedActor]:
        """Return everything that may belong to a population of an organization on a day, with its certainty."""
        group = self.populations.get(population)
        if group is None or not group.role:
            return [CountedActor(who, "", _ALL) for who in sorted(self._adopted[organization, population])]
        terms = [t for t in self.terms.get((organization, group.role), ()) if group.has_traits(self.traits[t.member])]
        if group.ended:
            return list(_ended(terms, day))
        founders = _NONE if group.founders else self.members(organization, _FOUNDER)
        founded = None if group.founders else self._begun.get(organization)
        return [
            CountedActor(term.member, term.membership, flags)
            for term in terms
            if term.member not in founders
            for flags in [self._flags(term, group, day, founded)]
            if flags[2]
        ]

    @cached_property
    def parts(self) -> Set[str]:
        """The actors that are organs, such as police forces."""
        return {actor for actor, traits in self.traits.items() if CG + "Organ" in traits}

    def members(self, organization: str, role: str) -> Set[str]:
        """Return everybody who has a role in an organization on any day."""
        return {term.member for term in self.terms.get((organization, role), ())}

    def _flags(self, term: Term, group: Population, day: date, founded: date | None) -> Flags:
        certain, presumed, possible = _ALL if group.any_time else term.bounds.on(day)
        parts = [(certain, presumed, possible), _joined(term.bounds, group, day, founded)]
        if group.suspended:
            parts.append(_any(each.on(day) for each in self._suspensions.get(term.membership, ())))
        parts += [self._in(term.member, other, day) for other in group.within]
        for other in group.without:
            is_in = self._in(term.member, other, day)
            parts.append((not is_in[2], not is_in[1], not is_in[0]))
        return (all(p[0] for p in parts), all(p[1] for p in parts), all(p[2] for p in parts))

    def _in(self, who: str, organization: str, day: date) -> Flags:
        return _any(t.bounds.on(day) for t in self.terms.get((organization, _MEMBER), ()) if t.member == who)

    @cached_property
    def _suspensions(self) -> Mapping[str, Sequence[TermBounds]]:
        found = defaultdict[str, list[TermBounds]](list)
        for row in self._rows("suspended"):
            found[value(row["membership"])].append(_bounds(row))
        return found

    @cached_property
    def _begun(self) -> Mapping[str, date]:
        rows = self._rows("founded")
        return {value(row["organization"]): date.fromisoformat(value(row["day"])) for row in rows}

    @cached_property
    def _adopted(self) -> Mapping[tuple[str, str], Set[str]]:
        found = defaultdict[tuple[str, str], set[str]](set)
        for row in self._rows("adopted"):
            found[value(row["organization"]), value(row["population"])].add(value(row["instrument"]))
        return found

    def _rows(self, name: str) -> list[Row]:
        return self.store.select(queries.shipped("derive", name).text)


def populations(store: Store) -> Mapping[str, Population]:
    """Return the populations that the graph describes, by IRI."""
    found = defaultdict[str, defaultdict[str, set[str]]](lambda: defaultdict(set))
    for row in store.select(queries.shipped("derive", "populations").text):
        found[value(row["population"])][value(row["property"]).removeprefix(CG)].add(value(row["value"]))
    return {iri: _population(given) for iri, given in found.items()}


def _population(given: Mapping[str, Set[str]]) -> Population:
    def days(name: str) -> date | None:
        return min(map(date.fromisoformat, given.get(name, ())), default=None)

    def all_of(*names: str) -> Set[str]:
        return frozenset().union(*(given.get(name, _NONE) for name in names))

    return Population(
        role=min(given.get("countsRole", ()), default=""),
        traits=all_of("ofClass", "inRegion", "partOf"),
        no_traits=all_of("notOfClass", "outsideRegion"),
        within=all_of("memberIn"),
        without=all_of("notMemberIn"),
        since=days("joinedSince"),
        until=days("joinedUntil"),
        ended=CONCEPT + "former" in all_of("countsTime"),
        any_time=CONCEPT + "any-time" in all_of("countsTime"),
        founders="false" not in all_of("countsFounders"),
        suspended="true" in all_of("countsSuspended"),
    )


def _joined(bounds: TermBounds, group: Population, day: date, founded: date | None) -> Flags:
    """Return whether an actor took up its role in the period of a population, and after the founding."""
    first, last = group.since or date.min, group.until or (date.max if group.any_time else day)
    if not group.since and not group.until and group.founders:
        return _ALL
    early, late = bounds.earliest_start, bounds.latest_start
    possible = not (early and last < early) and not (late and late < first)
    certain = late is not None and late <= last and (group.since is None or (early is not None and first <= early))
    if not group.founders:
        certain = certain and founded is not None and early is not None and founded < early
    return certain, certain, possible


def _ended(terms: Sequence[Term], day: date) -> Iterator[CountedActor]:
    """Yield the actors that had lost the role by a day and cannot have the role again on the day."""
    still = {term.member for term in terms if term.bounds.on(day)[2]}
    for term in terms:
        if term.bounds.latest_end is not None and term.bounds.latest_end < day and term.member not in still:
            yield CountedActor(term.member, term.membership, _ALL)


def _any(flags: Iterable[Flags]) -> Flags:
    each = list(flags)
    return any(f[0] for f in each), any(f[1] for f in each), any(f[2] for f in each)


def _bounds(row: Row) -> TermBounds:
    def day(name: str) -> date | None:
        return date.fromisoformat(value(row[name])) if name in row else None

    flags = (name in row and value(row[name]) == "true" for name in ("openEnded", "disputed"))
    return TermBounds(day("earliestStart"), day("latestStart"), day("earliestEnd"), day("latestEnd"), *flags)
