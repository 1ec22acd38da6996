"""Results of a graph: memberships, overlaps of two organizations, audited claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple, get_args

from cica_graph.model.names import ActorKind

Certainty = Literal["certain", "presumed", "disputed", "possible", "not recorded", "no"]
PanelKind = Literal["org-year", "state-year", "dyad-year", "org-dyad-year"]
PanelLayout = Literal["igor"]
Verdict = Literal["confirmed", "consistent", "undetermined", "contradicted", "unchecked"]

PANEL_KINDS: Final[tuple[PanelKind, ...]] = get_args(PanelKind)
PANEL_LAYOUTS: Final[tuple[PanelLayout, ...]] = get_args(PanelLayout)


class Count(NamedTuple):
    """A number of members. The three numbers nest: each includes the one before.

    :ivar certain: members on which the sources leave no doubt.
    :ivar presumed: these, and members of which no source reports an end.
    :ivar possible: these, and members that no source rules out, or about which sources disagree.
    """

    certain: int
    presumed: int
    possible: int

    def __str__(self) -> str:
        """Return the count in few words: ``24``, ``24 to 26``, ``28 presumed`` or ``20 certain, 8 presumed``."""
        if self.certain == self.presumed:
            return str(self.certain) if self.certain == self.possible else f"{self.certain} to {self.possible}"
        return self.words()

    def words(self) -> str:
        """Return the parts of the count that are not zero: ``20 certain, 8 presumed, 2 possible``."""
        numbers = (self.certain, self.presumed - self.certain, self.possible - self.presumed)
        parts = (f"{n} {name}" for n, name in zip(numbers, ("certain", "presumed", "possible"), strict=True) if n)
        return ", ".join(parts) or "0"


@dataclass(frozen=True)
class Membership:
    """One membership, with its answer for a day: see ``docs/time.md``.

    :ivar membership: IRI of the membership.
    :ivar actor: IRI of the other side: the member in ``members``, the organization in ``memberships``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym of the other side.
    :ivar label: English label of the other side.
    :ivar kind: ``state`` or ``organization``.
    :ivar role: local name of the role, such as ``member`` or ``founding-member``.
    :ivar start: EDTF text as stated, or None.
    :ivar end: EDTF text as stated, or None: no end was reported.
    :ivar certainty: the answer for the day.
    :ivar suspended: True when certainly suspended on the day, None when possibly, else False.
    :ivar last_attested: the last day on which a source attests it, or None.
    :ivar sources: IRIs of the sections cited, sorted.
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
    """Members that two organizations share on one day or in one year: ``shared`` of ``total``.

    The counts nest: certain members, these and the presumed ones, these and the possible ones.

    :ivar organization: code of the organization, the CICA in "6 of 9 CIS members are in CICA".
    :ivar other: code of the other organization, the CIS.
    :ivar shared: certain members of both; None if the members of either are not recorded.
    :ivar shared_presumed: certain and presumed members of both, or None.
    :ivar shared_at_most: certain, presumed and possible members of both, or None.
    :ivar total: certain members of the other organization; None if its members are not recorded.
    :ivar total_presumed: certain and presumed members of the other, or None.
    :ivar total_at_most: certain, presumed and possible members of the other, or None.
    :ivar both: codes of the certain members of both, sorted.
    :ivar missing: codes of presumed members of the other that are not even possible members, sorted.
    """

    organization: str
    other: str
    shared: int | None
    shared_presumed: int | None
    shared_at_most: int | None
    total: int | None
    total_presumed: int | None
    total_at_most: int | None
    both: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def shared_count(self) -> Count | None:
        """The members of both, None if not recorded."""
        return _count(self.shared, self.shared_presumed, self.shared_at_most)

    @property
    def total_count(self) -> Count | None:
        """The members of the other organization, None if not recorded."""
        return _count(self.total, self.total_presumed, self.total_at_most)


@dataclass(frozen=True)
class Audit:
    """One claim of a source, compared with the number in the graph.

    :ivar claim: IRI of the claim.
    :ivar organization: code of the organization counted.
    :ivar population: local name of the population, or code of the counterpart for an overlap.
    :ivar on: the day.
    :ivar claimed: the number claimed.
    :ivar claimed_total: the total claimed, for an overlap.
    :ivar found: the certain number, None if there is nothing to compare.
    :ivar found_presumed: the same with the presumed cases.
    :ivar found_at_most: the same with the presumed and the possible cases.
    :ivar verdict: ``confirmed``, ``consistent``, ``undetermined``, ``contradicted`` or ``unchecked``.
    :ivar independent: True if sources other than the claim's own support the found number.
    :ivar section: IRI of the section that makes the claim.
    :ivar reason: reason for the verdict, as a sentence.
    :ivar reason_code: local name of the reason.
    """

    claim: str
    organization: str
    population: str
    on: date
    claimed: int
    claimed_total: int | None
    found: int | None
    found_presumed: int | None
    found_at_most: int | None
    verdict: Verdict
    independent: bool
    section: str
    reason: str
    reason_code: str = ""

    @property
    def count(self) -> Count | None:
        """The number in the graph, None if there is nothing to compare."""
        return _count(self.found, self.found_presumed, self.found_at_most)


@dataclass(frozen=True)
class PageCheck:
    """One statement of a page, compared with the page itself, with another page, or with the graph.

    :ivar check: IRI of the check, or of the audit. An overlap that neither of two pages lists is on both pages.
    :ivar page: IRI of the source.
    :ivar title: title of the source.
    :ivar organization: code of the organization that the page is about.
    :ivar aspect: kind of check, local name of a concept of the aspects scheme.
    :ivar says: the statement of the page, in words.
    :ivar finds: the result of the comparison, in words.
    :ivar verdict: as in :class:`Audit`, or ``omitted``.
    :ivar reason: local name of the reason for the verdict.
    :ivar why: the reason as a sentence.
    :ivar certainty: the basis of the verdict, in words.
    :ivar sources: titles of the sources that the verdict rests on, sorted.
    :ivar claim: IRI of the statement; empty if the page omits it.
    """

    check: str
    page: str
    title: str
    organization: str
    aspect: str
    says: str
    finds: str
    verdict: str
    reason: str
    why: str
    certainty: str
    sources: tuple[str, ...]
    claim: str

    @property
    def is_erratum(self) -> bool:
        """True if an editor of the page should look at the statement."""
        doubtful = ("sum-differs", "pages-date-differently", "same-figure", "bracket-fits-otherwise")
        return self.verdict in ("contradicted", "omitted") or self.reason in doubtful


def _count(certain: int | None, presumed: int | None, possible: int | None) -> Count | None:
    return None if certain is None or presumed is None or possible is None else Count(certain, presumed, possible)
