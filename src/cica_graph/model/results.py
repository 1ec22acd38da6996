"""Results of queries: memberships, overlaps of two organizations, audited claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

from cica_graph.model.names import ActorKind

Certainty = Literal["certain", "possible", "no"]
PanelKind = Literal["org-year", "state-year", "dyad-year", "org-dyad-year"]
PanelLayout = Literal["igor"]
Verdict = Literal["confirmed", "consistent", "undetermined", "contradicted", "unchecked"]

PANEL_KINDS: Final[tuple[PanelKind, ...]] = get_args(PanelKind)
PANEL_LAYOUTS: Final[tuple[PanelLayout, ...]] = get_args(PanelLayout)


@dataclass(frozen=True)
class Membership:
    """A membership, with its status on the requested day.

    :ivar membership: IRI of the membership.
    :ivar actor: IRI of the other side: the member in ``members``, the organization in ``memberships``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym of the other side.
    :ivar label: English label of the other side.
    :ivar kind: ``state`` or ``organization``.
    :ivar role: local name of the role, such as ``member`` or ``founding-member``.
    :ivar start: start as stated, in EDTF, or None.
    :ivar end: end as stated, in EDTF, or None if no end was reported.
    :ivar certainty: ``certain``, ``possible`` or ``no`` on the day.
    :ivar suspended: True if certainly suspended on the day, None if possibly, else False.
    :ivar last_attested: last day on which a source is known to confirm the membership, or None.
    :ivar sources: IRIs of the cited sections, sorted.
    """

    membership: str
    actor: str
    code: str
    label: str
    kind: ActorKind
    role: str
    start: str | None
    end: str | None
    certainty: Certainty
    suspended: bool | None
    last_attested: date | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """Overlap of two organizations on one day or in one year: ``shared`` of ``total`` members.

    :ivar organization: code of the organization: CICA in "6 of 9 CIS members are in CICA".
    :ivar other: code of the other organization: CIS in the same example.
    :ivar shared: number of states that are certainly members of both.
    :ivar shared_at_most: the same number with every possible member counted.
    :ivar total: number of certain members of the other organization.
    :ivar total_at_most: the same number with every possible member counted.
    :ivar both: codes of the states that are certainly members of both, sorted.
    :ivar missing: codes of certain members of ``other`` that are not even possibly members of ``organization``, sorted.
    """

    organization: str
    other: str
    shared: int
    shared_at_most: int
    total: int
    total_at_most: int
    both: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """A claim of a source, compared with the graph.

    :ivar claim: IRI of the claim.
    :ivar organization: code of the organization that the claim counts.
    :ivar population: local name of the population; for an overlap, code of the other organization.
    :ivar on: day of the claim.
    :ivar claimed: claimed number.
    :ivar claimed_total: claimed total of an overlap, or None.
    :ivar found: number of certain cases in the graph, or None if there was nothing to compare.
    :ivar found_at_most: the same number with every possible case counted, or None.
    :ivar verdict: ``confirmed``, ``consistent``, ``undetermined``, ``contradicted`` or ``unchecked``.
    :ivar independent: True if sources other than the claim's own support the found number.
    :ivar section: IRI of the section that makes the claim.
    :ivar reason: reason for the verdict, as a sentence.
    """

    claim: str
    organization: str
    population: str
    on: date
    claimed: int
    claimed_total: int | None
    found: int | None
    found_at_most: int | None
    verdict: Verdict
    independent: bool
    section: str
    reason: str
