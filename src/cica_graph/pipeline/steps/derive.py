"""Snapshots of single days, and the counts on these days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set
from datetime import date
from heapq import nsmallest
from itertools import combinations
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.populations import Census
from cica_graph.memberships.counting import KnownMembers, Members
from cica_graph.model.terms import CG, CONCEPT, GRAPH, ID, PREFIXES, RDF_TYPE, local
from cica_graph.store.store import Store, day_literal, snapshot_graph, value

FINDINGS = ox.NamedNode(GRAPH + "findings")

_LINKS: Final = (CG + "memberOf", CG + "presumedMemberOf", CG + "possiblyMemberOf")


def days(store: Store) -> list[date]:
    """Return the days that get a snapshot: the day with most claims, the latest of several; none without claims."""
    rows = store.select(queries.shipped("derive", "days").text)
    claims = {date.fromisoformat(value(row["day"])): int(value(row["claims"])) for row in rows if "day" in row}
    return sorted(claims, key=lambda day: (claims[day], day))[-1:]


def snapshot(store: Store, day: date) -> None:
    """Add the snapshot of a day to the store, unless it already exists."""
    graph = snapshot_graph(day)
    if not store.has_graph(graph):
        store.load_construct(graph, queries.shipped("derive", "snapshot").bind(asOf=day_literal(day)))


def members(store: Store, day: date) -> KnownMembers:
    """Return the members of each organization from the snapshot of a day."""
    found = {link: defaultdict[str, set[str]](set) for link in _LINKS}
    for row in store.select(queries.shipped("select", "shared").text, day):
        who, organization = row["who"], row["organization"]
        if isinstance(who, ox.NamedNode) and isinstance(organization, ox.NamedNode):  # otherwise the shapes report it
            found[value(row["link"])][organization.value].add(who.value)
    return KnownMembers(*found.values())


def closest(known: KnownMembers, most: int) -> Iterator[tuple[str, list[str]]]:
    """Yield each organization with those that share most members with it, largest overlap first.

    Certain members count first, then presumed members, then possible ones. The limit avoids output that grows with
    the square of the organizations.

    :param most: maximum number for each organization.
    """
    by_member = [_by_member(members) for members in known]
    for organization in sorted(known.possible):
        certain, presumed, possible = (
            Counter(other for who in members.get(organization, ()) for other in of[who])
            for members, of in zip(known, by_member, strict=True)
        )
        del possible[organization]
        yield (
            organization,
            nsmallest(most, possible, key=lambda o: (-certain[o], -presumed[o], -possible[o], o)),
        )


def _by_member(members: Members) -> defaultdict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for organization, those in members.items():
        for who in those:
            found[who].append(organization)
    return found


def findings(store: Store) -> None:
    """Add the numbers that claims are about to the store: of a population or an overlap, on the day of the claim."""
    census = Census(store)
    for row in store.select(queries.shipped("derive", "claimed").text):
        try:
            day = date.fromisoformat(value(row["asOf"]))
        except ValueError:
            continue  # the shapes report it
        organization = value(row["organization"])
        if "other" in row:
            store.add_quads(_claimed_overlap(organization, value(row["other"]), day, census))
        elif "population" in row:
            store.add_quads(_tally(organization, value(row["population"]), day, census))


def listings(store: Store) -> None:
    """Add what pages that make claims list themselves: the members that two organizations share by their pages.

    For each claimed overlap with lists of both pages, and for pairs without a claim if both pages list all overlaps.
    """
    lists, whole = defaultdict[str, set[str]](set), set[str]()
    for row in store.select(queries.shipped("derive", "listed").text):
        lists[value(row["organization"])].add(value(row["who"]))
        if "whole" in row:
            whole.add(value(row["organization"]))
    rows = store.select(queries.shipped("derive", "claimed").text)
    claimed = {(value(r["organization"]), value(r["other"])): value(r["asOf"]) for r in rows if "other" in r}
    census = Census(store)
    for (ours, other), day in sorted(claimed.items()):
        if other in lists and (ours in lists or ours == _UN):
            members = lists.get(ours) or {
                c.who for c in census.cases(ours, _MEMBERS, date.fromisoformat(day)) if c.flags[2]
            }
            if ours != _UN or not lists[other] & census.parts:
                store.add_quads(_listing(ours, other, members, lists[other]))
    for ours, other in combinations(sorted(whole), 2):
        if (ours, other) not in claimed and (other, ours) not in claimed and lists[ours] & lists[other]:
            store.add_quads(_listing(ours, other, lists[ours], lists[other]))


_MEMBERS: Final = CONCEPT + "members"
_UN: Final = ID + "org/un"


def _listing(ours: str, other: str, mine: Set[str], theirs: Set[str]) -> Iterator[ox.Quad]:
    listing = ox.NamedNode(f"{ID}finding/{local(ours)}-{local(other)}-lists")
    stated: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF_TYPE, ox.NamedNode(CG + "Overlap")),
        (PREFIXES["qb"] + "dataSet", ox.NamedNode(GRAPH + "listings")),
        (CG + "about", ox.NamedNode(ours)),
        (CG + "counterpart", ox.NamedNode(other)),
        (CG + "count", ox.Literal(len(mine & theirs))),
        (CG + "total", ox.Literal(len(theirs))),
    ]
    names = {
        "except": theirs - mine,
        "exceptHere": mine - theirs if ours != _UN else set[str](),
        "inBoth": mine & theirs,
    }
    for name, those in names.items():
        stated += ((CG + name, ox.NamedNode(who)) for who in sorted(those))
    yield from (ox.Quad(listing, ox.NamedNode(predicate), term, FINDINGS) for predicate, term in stated)


def _tally(organization: str, population: str, day: date, census: Census) -> Iterator[ox.Quad]:
    cases = census.cases(organization, population, day)
    counts = [len({case.who for case in cases if case.flags[level]}) for level in range(3)]
    tally = ox.NamedNode(f"{ID}finding/{local(organization)}-{local(population)}-{day}")
    stated: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (RDF_TYPE, ox.NamedNode(CG + "Tally")),
        (PREFIXES["qb"] + "dataSet", FINDINGS),
        (CG + "about", ox.NamedNode(organization)),
        (CG + "population", ox.NamedNode(population)),
        (CG + "asOf", day_literal(day)),
        *((CG + name, ox.Literal(n)) for name, n in zip(("count", "presumed", "atMost"), counts, strict=True)),
    ]
    counted = sorted({case.membership for case in cases if case.flags[0]} - {""})
    stated += ((CG + "counted", ox.NamedNode(membership)) for membership in counted)
    yield from (ox.Quad(tally, ox.NamedNode(predicate), term, FINDINGS) for predicate, term in stated)


def _claimed_overlap(ours: str, other: str, day: date, census: Census) -> Iterator[ox.Quad]:
    """Yield the overlap, everybody whom a bracket may name, and the memberships that were counted."""
    cases = {organization: census.cases(organization, _MEMBERS, day) for organization in (ours, other)}
    known = KnownMembers(
        *({o: {c.who for c in those if c.flags[level]} for o, those in cases.items()} for level in range(3))
    )
    quads = list(_overlap(ours, other, known, day))
    if not quads:
        return
    overlap = quads[0].subject
    either = [members[ours] | members[other] for members in known]
    shared = known.certain[other]
    names = {
        "exceptHere": known.missing(other, ours),
        "inBoth": known.of(ours, other)[1],
        "inDoubt": either[2] - either[1],
        "counted": {c.membership for those in cases.values() for c in those if c.flags[0] and c.who in shared},
    }
    yield from quads
    for name, those in names.items():
        yield from (ox.Quad(overlap, ox.NamedNode(CG + name), ox.NamedNode(who), FINDINGS) for who in sorted(those))


def overlaps(store: Store, day: date, pairs: Iterable[tuple[str, str]]) -> None:
    """Add the overlaps on a day of pairs of organizations (IRIs) that may share a member to the store.

    Only the requested pairs: the number of all pairs is the square of the number of organizations.
    """
    snapshot(store, day)
    known = members(store, day)
    store.add_quads(quad for pair in pairs for quad in _overlap(*pair, known, day))


def _overlap(ours: str, other: str, known: KnownMembers, day: date) -> Iterator[ox.Quad]:
    both, total = known.size(ours, other), known.size(other)
    if ours == other or not both.possible:
        return
    overlap = ox.NamedNode(f"{ID}finding/{local(ours)}-{local(other)}-{day}")
    said: tuple[tuple[str, ox.NamedNode | ox.Literal], ...] = (
        (RDF_TYPE, ox.NamedNode(CG + "Overlap")),
        (PREFIXES["qb"] + "dataSet", FINDINGS),
        (CG + "about", ox.NamedNode(ours)),
        (CG + "counterpart", ox.NamedNode(other)),
        (CG + "asOf", day_literal(day)),
        (CG + "count", ox.Literal(both.certain)),
        (CG + "presumed", ox.Literal(both.presumed)),
        (CG + "atMost", ox.Literal(both.possible)),
        (CG + "total", ox.Literal(total.certain)),
        (CG + "totalPresumed", ox.Literal(total.presumed)),
        (CG + "totalAtMost", ox.Literal(total.possible)),
        *((CG + "except", ox.NamedNode(who)) for who in known.missing(ours, other)),
    )
    yield from (ox.Quad(overlap, ox.NamedNode(predicate), term, FINDINGS) for predicate, term in said)
