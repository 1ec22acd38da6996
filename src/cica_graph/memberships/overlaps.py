"""Overlaps of organizations, from sets of members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from cica_graph.model.names import Names
from cica_graph.model.results import Overlap
from cica_graph.model.terms import local

Members = Mapping[str, AbstractSet[str]]  # IRIs of members, by IRI of the organization
_NONE: frozenset[str] = frozenset()


def overlaps(names: Names, organizations: Sequence[str], certain: Members, possible: Members) -> list[Overlap]:
    """Return the overlaps of the first organization with the others, sorted.

    Without others, the result has every organization that may share a member with it. Without any, it has the overlaps
    of every organization.
    """
    first, others = organizations[:1], organizations[1:]
    found = (
        overlap(names, organization, other, certain, possible)
        for organization in first or possible
        for other in others or possible
        if others or (other != organization and possible.get(organization, _NONE) & possible[other])
    )
    return sorted(found, key=lambda o: (o.organization.casefold(), o.organization, o.other.casefold(), o.other))


def overlap(names: Names, organization: str, other: str, certain: Members, possible: Members) -> Overlap:
    """Return the overlap of two organizations, given by IRI."""

    def code(iri: str) -> str:
        return names[iri].code if iri in names.actors else local(iri)

    mine, theirs = certain.get(organization, _NONE), certain.get(other, _NONE)
    mine_at_most, theirs_at_most = possible.get(organization, _NONE), possible.get(other, _NONE)
    return Overlap(
        organization=code(organization),
        other=code(other),
        shared=len(mine & theirs),
        shared_at_most=len(mine_at_most & theirs_at_most),
        total=len(theirs),
        total_at_most=len(theirs_at_most),
        both=tuple(sorted(map(code, mine & theirs))),
        missing=tuple(sorted(map(code, theirs - mine_at_most))),
    )
