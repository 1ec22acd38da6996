"""Settled answers of a whole graph: the standings of each membership."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cica_graph.evidence.records import EDITORS, HIGH, LOW, Bounds, Evidence, Policy, Report, Span
from cica_graph.evidence.rules import Pair, pair
from cica_graph.evidence.timeline import Stand, stands, timeline

_DEFAULT = Policy()


class Settled(NamedTuple):
    """A stretch in which a member has a role in an organization, under a policy.

    :ivar node: IRI of the membership or report.
    :ivar number: 1 for the first stretch of a node, 2 for the next.
    """

    node: str
    number: int
    member: str
    organization: str
    role: str
    stand: Stand


def settle(evidence: Evidence, policy: Policy = _DEFAULT) -> list[Settled]:
    """Return the stretches of every membership in a graph, sorted by membership."""
    if policy.only:
        evidence = evidence.only(policy.only)
    found = list[Settled]()
    for (member, organization), reports in evidence.reports.items():
        for role in sorted({r.role for r in reports}):
            mine = [r for r in reports if r.role == role]
            if evidence.rejected.isdisjoint(r.node for r in mine) and _is_simple(evidence, mine, reports, policy):
                life = _life(evidence, member, organization)
                stand = _clipped(_own(mine), life)
                if stand is not None:
                    found.append(Settled(mine[0].node, 1, member, organization, role, stand))
                continue
            found += _contested(evidence, member, organization, role, policy)
    return sorted(found, key=lambda s: (s.node, s.number))


def _is_simple(evidence: Evidence, mine: Sequence[Report], every: Sequence[Report], policy: Policy) -> bool:
    """Return whether the reports are those of one membership alone, which no report can dispute."""
    if len({r.node for r in every}) > 1 or any(r.organization in evidence.coverages for r in mine[:1]):
        return False
    return policy.prefer == (EDITORS,) or len({r.bounds for r in mine}) == 1


def _own(mine: Sequence[Report]) -> Bounds:
    return Bounds(
        max(r.bounds.earliest_start for r in mine), min(r.bounds.latest_start for r in mine),
        max(r.bounds.earliest_end for r in mine), min(r.bounds.latest_end for r in mine),
    )  # fmt: skip


def _life(evidence: Evidence, member: str, organization: str) -> Span:
    lives = [evidence.lives.get(iri, (LOW, HIGH)) for iri in (member, organization)]
    return max(first for first, _ in lives), min(last for _, last in lives)


def _clipped(bounds: Bounds, life: Span) -> Stand | None:
    """Return the bounds within the lives of member and organization, or None if no day is left."""
    first, last = max(bounds.earliest_start, life[0]), min(bounds.latest_end, life[1])
    if first > last:
        return None
    begun = max(bounds.latest_start, first) if bounds.latest_start < HIGH else HIGH
    clipped = Bounds(first, begun, min(bounds.earliest_end, last), last)
    return Stand(clipped, open_ended=bounds.latest_end == HIGH and bounds.latest_start < HIGH)


def _contested(evidence: Evidence, member: str, organization: str, role: str, policy: Policy) -> list[Settled]:
    found = list[Settled]()
    for spell in pair(evidence, member, organization, role, policy).each_spell():
        (reports,) = spell.spells
        node = min(reports, key=lambda r: (r.source != EDITORS, r.node)).node
        for number, stand in enumerate(stands(timeline(spell, policy)), 1):
            found.append(Settled(node, number, member, organization, role, _by_period(stand, spell)))
    return found


def _by_period(stand: Stand, spell: Pair) -> Stand:
    """Return a stretch without a certain day with the days by which it had begun and until which it lasted.

    "1950 to 1950" is possible on each day of 1950, but certain on some day of the year.
    """
    first, begun, lasted, last = stand.bounds
    if stand.disputed or lasted > LOW or (begun == HIGH and last == HIGH):
        return stand
    latest = min(b.latest_start for b in spell.bounds[0].values())
    earliest = max(b.earliest_end for b in spell.bounds[0].values())
    if not (first <= latest < HIGH and LOW < earliest <= last):
        return stand
    begun, lasted = min(latest, last), max(earliest, first)
    return stand._replace(bounds=Bounds(first, begun, lasted, last)) if lasted < begun else stand
