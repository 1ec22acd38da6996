"""Overlaps of organizations, from sets of members."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from cica_graph.memberships.counting import KnownMembers
from cica_graph.model.names import Names
from cica_graph.model.results import Overlap
from cica_graph.model.terms import local

_NONE: frozenset[str] = frozenset()


def overlaps(
    names: Names, organizations: Sequence[str], known: KnownMembers, unrecorded: AbstractSet[str]
) -> list[Overlap]:
    """Return the overlaps of the first organization with the others, sorted.

    Without others, the result has every organization that may share a member with it. Without any, it has the overlaps
    of every organization.

    :param unrecorded: the organizations without recorded members.
    """
    first, others, possible = organizations[:1], organizations[1:], known.possible
    found = (
        overlap(names, organization, other, known, unrecorded)
        for organization in first or possible
        for other in others or possible
        if others or (other != organization and possible.get(organization, _NONE) & possible[other])
    )
    return sorted(found, key=lambda o: (o.organization.casefold(), o.organization, o.other.casefold(), o.other))


def overlap(
    names: Names, organization: str, other: str, known: KnownMembers, unrecorded: AbstractSet[str] = _NONE
) -> Overlap:
    """Return the overlap of two organizations, given by IRI."""

    def code(iri: str) -> str:
        return names[iri].code if iri in names.actors else local(iri)

    shared = None if {organization, other} & unrecorded else known.size(organization, other)
    total = None if other in unrecorded else known.size(other)
    missing = _NONE if organization in unrecorded else known.missing(organization, other)
    return Overlap(
        organization=code(organization),
        other=code(other),
        shared=shared and shared.certain,
        shared_presumed=shared and shared.presumed,
        shared_at_most=shared and shared.possible,
        total=total and total.certain,
        total_presumed=total and total.presumed,
        total_at_most=total and total.possible,
        both=tuple(sorted(map(code, known.of(organization, other)[0]))),
        missing=tuple(sorted(map(code, missing))),
    )
