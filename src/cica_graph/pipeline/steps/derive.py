"""Snapshots of single days, and the counts on these days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from heapq import nsmallest
from typing import Final

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.terms import CG, GRAPH, ID, PREFIXES, RDF_TYPE, local
from cica_graph.store.store import Store, day_literal, snapshot_graph, value

FINDINGS = ox.NamedNode(GRAPH + "findings")

Members = Mapping[str, Set[str]]  # IRIs, by that of the organization
_NONE: Final = frozenset[str]()


def days(store: Store) -> list[date]:
    """Return the days with claims, in order."""
    found = (row["day"] for row in store.select(queries.shipped("derive", "days").text))
    return sorted(date.fromisoformat(term.value) for term in found if isinstance(term, ox.Literal))


def snapshot(store: Store, day: date) -> None:
    """Add the snapshot of a day to the store, unless it already exists."""
    graph = snapshot_graph(day)
    if not store.has_graph(graph):
        store.load_construct(graph, queries.shipped("derive", "snapshot").bind(asOf=day_literal(day)))


def members(store: Store, day: date) -> tuple[Members, Members]:
    """Return the certain and the possible members of each organization, as IRIs, from the snapshot of a day."""
    sure, maybe = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for row in store.select(queries.shipped("select", "shared").text, day):
        who, organization = row["who"], row["organization"]
        if isinstance(who, ox.NamedNode) and isinstance(organization, ox.NamedNode):  # otherwise the shapes report it
            (sure if value(row["link"]) == CG + "memberOf" else maybe)[organization.value].add(who.value)
    return sure, maybe


def closest(sure: Members, maybe: Members, most: int) -> Iterator[tuple[str, list[str]]]:
    """Yield each organization with those that share most members with it, largest overlap first.

    Certain members count before possible ones. The limit avoids output that grows with the square of the organizations.

    :param most: maximum number for each organization.
    """
    of, perhaps_of = _by_member(sure), _by_member(maybe)
    for organization in sorted(maybe):
        shared = Counter(other for who in maybe[organization] for other in perhaps_of[who])
        certain = Counter(other for who in sure.get(organization, ()) for other in of[who])
        del shared[organization]
        yield organization, nsmallest(most, shared, key=lambda other: (-certain[other], -shared[other], other))


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
    sure, maybe = members(store, day)
    store.add_quads(quad for pair in pairs for quad in _overlap(*pair, sure, maybe, day))


def _overlap(ours: str, other: str, sure: Members, maybe: Members, day: date) -> Iterator[ox.Quad]:
    both, certain = maybe.get(ours, _NONE) & maybe.get(other, _NONE), sure.get(other, _NONE)
    if ours == other or not both:
        return
    overlap = ox.NamedNode(f"{ID}finding/{local(ours)}-{local(other)}-{day}")
    said: tuple[tuple[str, ox.NamedNode | ox.Literal], ...] = (
        (RDF_TYPE, ox.NamedNode(CG + "Overlap")),
        (PREFIXES["qb"] + "dataSet", FINDINGS),
        (CG + "about", ox.NamedNode(ours)),
        (CG + "counterpart", ox.NamedNode(other)),
        (CG + "asOf", day_literal(day)),
        (CG + "count", ox.Literal(len(sure.get(ours, _NONE) & certain))),
        (CG + "atMost", ox.Literal(len(both))),
        (CG + "total", ox.Literal(len(certain))),
        (CG + "totalAtMost", ox.Literal(len(maybe[other]))),
        *((CG + "except", ox.NamedNode(who)) for who in certain - maybe[ours]),
    )
    yield from (ox.Quad(overlap, ox.NamedNode(predicate), term, FINDINGS) for predicate, term in said)
