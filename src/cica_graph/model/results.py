"""What a graph answers with: a spell of membership, an overlap of two organizations, an audited claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

Certainty = Literal["certain", "possible", "no"]
ActorKind = Literal["state", "organization"]
PanelKind = Literal["org-year", "state-year", "dyad-year", "org-dyad-year"]
PanelLayout = Literal["igor"]
Verdict = Literal["confirmed", "consistent", "undetermined", "contradicted", "unchecked"]

PANEL_KINDS: Final[tuple[PanelKind, ...]] = get_args(PanelKind)
PANEL_LAYOUTS: Final[tuple[PanelLayout, ...]] = get_args(PanelLayout)


@dataclass(frozen=True)
class Membership:
    """One spell of membership, as it stands on the day asked about.

    :ivar membership: IRI of the membership.
    :ivar actor: IRI of the other side: the member in ``members``, the organization in ``memberships``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym of the other side.
    :ivar label: English label of the other side.
    :ivar kind: ``state`` or ``organization``.
    :ivar role: local name of the role, such as ``member`` or ``founding-member``.
    :ivar start: EDTF text as stated, or None.
    :ivar end: EDTF text as stated, or None: no end was reported.
    :ivar certainty: ``certain``, ``possible`` or ``no`` on the day.
    :ivar suspended: True when certainly suspended on the day, None when possibly, else False.
    :ivar last_attested: the last day on which some source is known to vouch for it, or None.
    :ivar sources: IRIs of the sections cited, sorted.
    """

    membership: str
    actor: str
    code: str
    label: str
    kind: str
    role: str
    start: str | None
    end: str | None
    certainty: Certainty
    suspended: bool | None
    last_attested: date | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """How far two memberships overlap on one day or in one year: ``shared`` of ``total``.

    :ivar organization: code of the organization, the CICA in "6 of 9 CIS members are in CICA".
    :ivar other: code of the other organization, the CIS.
    :ivar shared: members of the other that are certainly members of both.
    :ivar shared_at_most: the same with every possible case counted.
    :ivar total: certain members of the other.
    :ivar total_at_most: the same with every possible case counted.
    :ivar both: codes of those certainly in both, sorted.
    :ivar missing: codes of certain members of the other that are not even possibly in the other, sorted.
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
    """One claim of a source beside what the graph finds.

    :ivar claim: IRI of the claim.
    :ivar organization: code of the organization counted.
    :ivar population: local name of the population, or code of the counterpart for an overlap.
    :ivar on: the day.
    :ivar claimed: the number claimed.
    :ivar claimed_total: the total claimed, for an overlap.
    :ivar found: the number certain, None when there was nothing to compare.
    :ivar found_at_most: the number if every possible case held.
    :ivar verdict: ``confirmed``, ``consistent``, ``undetermined``, ``contradicted`` or ``unchecked``.
    :ivar independent: True when sources other than the claim's own carry the finding.
    :ivar section: IRI of the section that makes the claim.
    :ivar reason: why, as a sentence.
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
