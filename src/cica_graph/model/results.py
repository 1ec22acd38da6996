"""What a graph answers with: a spell of membership, an overlap of two organizations, an audited claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Holds = Literal["certain", "possible", "no"]


@dataclass(frozen=True)
class Spell:
    """One spell of membership, as it stands on the day asked about.

    :ivar spell: IRI of the membership.
    :ivar actor: IRI of the other side: the member in ``members``, the organization in ``memberships``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym of the other side.
    :ivar label: English label of the other side.
    :ivar kind: ``state`` or ``organization``.
    :ivar role: local name of the role, such as ``member`` or ``founding-member``.
    :ivar start: EDTF text as stated, or None.
    :ivar end: EDTF text as stated, or None: no end was reported.
    :ivar holds: ``certain``, ``possible`` or ``no`` on the day.
    :ivar suspended: True when certainly suspended on the day, None when possibly, else False.
    :ivar last_attested: the last day on which some source is known to vouch for it, or None.
    :ivar sources: IRIs of the sections cited, sorted.
    """

    spell: str
    actor: str
    code: str
    label: str
    kind: str
    role: str
    start: str | None
    end: str | None
    holds: Holds
    suspended: bool | None
    last_attested: date | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Overlap:
    """How far two memberships overlap on one day or in one year: ``shared`` of ``total``.

    :ivar about: code of the organization asked about, the CICA in "6 of 9 CIS members are in CICA".
    :ivar organization: code of the counterpart, the CIS.
    :ivar shared: members of the counterpart that are certainly members of both.
    :ivar shared_at_most: the same with every possible case counted.
    :ivar total: certain members of the counterpart.
    :ivar total_at_most: the same with every possible case counted.
    :ivar both: codes of those certainly in both, sorted.
    :ivar missing: codes of certain members of the counterpart that are not even possibly in the other, sorted.
    """

    about: str
    organization: str
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
    :ivar about: code of the organization counted.
    :ivar counts: local name of the population, or code of the counterpart for an overlap.
    :ivar on: the day.
    :ivar says: the number claimed.
    :ivar of: the total claimed, for an overlap.
    :ivar finds: the number certain, None when there was nothing to compare.
    :ivar at_most: the number if every possible case held.
    :ivar verdict: ``confirmed``, ``consistent``, ``undetermined``, ``contradicted`` or ``unchecked``.
    :ivar independent: True when sources other than the claim's own carry the finding.
    :ivar section: IRI of the section that makes the claim.
    :ivar reason: why, as a sentence.
    """

    claim: str
    about: str
    counts: str
    on: date
    says: int
    of: int | None
    finds: int | None
    at_most: int | None
    verdict: str
    independent: bool
    section: str
    reason: str
