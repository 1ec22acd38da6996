"""Snapshots of single days, and the counts on these days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from heapq import nsmallest
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.memberships.counting import KnownMembers, Members
from cica_graph.model.terms import CG, GRAPH, ID, PREFIXES, RDF_TYPE, local
from cica_graph.store.store import Store, day_literal, snapshot_graph, value

FINDINGS = ox.NamedNode(GRAPH + "findings")

_LINKS: Final = (CG + "memberOf", CG + "presumedMemberOf", CG + "possiblyMemberOf")


def days(store: Store) -> list[date]:
    """Return the days with claims, in order."""
    found = (row["day"] for row in store.select(queries.shipped("derive", "days").text))
    return sorted(date.fromisoformat(term.value) for term in found if isinstance(term, ox.Literal))


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


def derive(store: Store, day: date) -> None:
    """Add the snapshot of a day, its tallies, and the overlaps that have claims to the store."""
    snapshot(store, day)
    query = queries.shipped("derive", "tallies").bind(asOf=day_literal(day))
    store.add_quads(ox.Quad(t.subject, t.predicate, t.object, FINDINGS) for t in store.construct(query, day))
    claimed = store.select(queries.shipped("derive", "claimed").bind(asOf=day_literal(day)))
    overlaps(store, day, [(value(row["organization"]), value(row["other"])) for row in claimed])


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
