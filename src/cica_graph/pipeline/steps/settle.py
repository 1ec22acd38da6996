"""Settle step: the standings of each membership, from all evidence.

If the bounds of a membership give every answer, the membership is its own standing. Otherwise each stretch is a
``cg:Standing``, with bounds that take every report, coverage and life into account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.read import Reading, bounds_of, read, readings_of
from cica_graph.evidence.records import HIGH, LOW, Policy
from cica_graph.evidence.settle import Settled, settle
from cica_graph.model.errors import Finding
from cica_graph.model.terms import CG, GRAPH, RDF_TYPE, XSD
from cica_graph.store.store import Store, day_literal, value

STANDINGS = ox.NamedNode(GRAPH + "standings")
_DEFAULT = Policy()
_FEWEST, _SHARE = 5, 0.2  # disputed memberships of an organization that are reported together
_HINT = "Check the code of the organization in each source (data/concordance.tsv), and how each source is read."
_TRUE = ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))
_DAYS = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")


def settled(store: Store, policy: Policy = _DEFAULT) -> list[ox.Quad]:
    """Return the standings of every membership under a policy, as statements of one graph."""
    readings, wider = readings_of(store), defaultdict[str, list[str]](list)
    for role, other in zip(*store.select_columns(queries.shipped("evidence", "wider").text), strict=True):
        wider[role].append(other)
    by_node = {reading.node: reading for reading in readings}
    found = settle(read(store, readings), policy)
    return [quad for each in found for quad in _quads(each, by_node[each.node], wider)]


def disputed_bodies(store: Store) -> list[Finding]:
    """Return the organizations of which many memberships are disputed, without positions.

    Sources that contradict each other so often show a wrong reading or a wrong join, not many changes of membership.
    """
    findings = []
    for row in store.select(queries.shipped("select", "disputed-bodies").text):
        number, total = int(value(row["number"])), int(value(row["total"]))
        if number >= _FEWEST and number >= _SHARE * total:
            message = f"sources dispute {number} of its {total} memberships, and nobody settles them"
            findings.append(Finding("", 0, 0, "disputed-body", value(row["organization"]), message, _HINT))
    return findings


def _quads(settled: Settled, reading: Reading, wider: Mapping[str, Sequence[str]]) -> Iterator[ox.Quad]:
    node, stand = settled.node, settled.stand
    plain = bounds_of(reading) == stand.bounds and not stand.disputed and settled.number == 1 and not reading.membership
    # Part of the page of the membership. A report is such a part already.
    part = f"{'-' if '#' in node else '#'}standing-{settled.number}"
    standing = node if plain else node + part
    yield _quad(node, "standing", ox.NamedNode(standing))
    if stand.contested:
        yield _quad(node, "contested", _TRUE)
    if reading.membership:  # a report about a membership that the editors do not have
        for name, iri in (("member", settled.member), ("organization", settled.organization), ("role", reading.role)):
            yield _quad(node, name, ox.NamedNode(iri))
        for iri in wider.get(reading.role, ()):
            yield _quad(node, "inRole", ox.NamedNode(iri))
    if plain:
        return
    yield ox.Quad(ox.NamedNode(standing), ox.NamedNode(RDF_TYPE), ox.NamedNode(CG + "Standing"), STANDINGS)
    for name, day in zip(_DAYS, stand.bounds, strict=True):
        if LOW < day < HIGH:
            yield _quad(standing, name, day_literal(date.fromordinal(day)))
    if stand.open_ended and stand.bounds.latest_end < HIGH:
        yield _quad(standing, "openEnded", _TRUE)
    if stand.disputed:
        yield _quad(standing, "disputed", _TRUE)


def _quad(subject: str, name: str, term: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(CG + name), term, STANDINGS)
