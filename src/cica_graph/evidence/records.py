"""Reports, coverages and lives, as plain values.

Days are proleptic Gregorian ordinals. ``LOW`` and ``HIGH`` mean an unknown bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal, NamedTuple

LOW: Final = 0
HIGH: Final = 4_000_000
EDITORS: Final = "editors"

Span = tuple[int, int]  # first and last day
Answer = Literal["no", "not recorded", "possible", "presumed", "disputed", "certain"]
ORDER: Final[tuple[Answer, ...]] = ("no", "not recorded", "possible", "presumed", "disputed", "certain")


class Bounds(NamedTuple):
    """Four days that bound a stretch of time.

    :ivar earliest_start: it had not begun before this day.
    :ivar latest_start: it had begun by this day.
    :ivar earliest_end: it had not ended before this day.
    :ivar latest_end: it had ended after this day.
    """

    earliest_start: int = LOW
    latest_start: int = HIGH
    earliest_end: int = LOW
    latest_end: int = HIGH


class Report(NamedTuple):
    """Report of one source about one member, organization and role.

    :ivar source: IRI of the source, or :data:`EDITORS`.
    :ivar role: local name of the broadest role, such as ``member`` for a founding member.
    :ivar bounds: the days that bound it, those on which the source lists it included.
    :ivar node: IRI of the membership or report that states it.
    """

    source: str
    member: str
    organization: str
    role: str
    bounds: Bounds
    node: str = ""


class Coverage(NamedTuple):
    """The days on which a source names every member of its population with a role in an organization.

    :ivar among: IRI of the section with the lifetimes of the population; empty: everybody.
    :ivar unknown_for: the members about which the source states that it does not know.
    :ivar node: IRI of the coverage.
    """

    source: str
    organization: str
    role: str
    first: int
    last: int
    among: str = ""
    unknown_for: frozenset[str] = frozenset()
    node: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that is known, in the form that ``rules`` reads.

    :ivar reports: by member and organization.
    :ivar coverages: by organization.
    :ivar lives: first and last possible day of states and organizations, by IRI.
    :ivar populations: days in the population of a coverage, by its section and then by member.
    :ivar excluded: the roles that nobody has together with a role.
    :ivar edited_until: the last day for which the editors speak, by organization; without one, for every day.
    :ivar rejected: IRIs of the reports that the editors reject.
    """

    reports: Mapping[tuple[str, str], Sequence[Report]] = field(default_factory=dict)
    coverages: Mapping[str, Sequence[Coverage]] = field(default_factory=dict)
    lives: Mapping[str, Span] = field(default_factory=dict)
    populations: Mapping[str, Mapping[str, Sequence[Span]]] = field(default_factory=dict)
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    edited_until: Mapping[str, int] = field(default_factory=dict)
    rejected: frozenset[str] = frozenset()

    def only(self, sources: frozenset[str]) -> Evidence:
        """Return the evidence of some sources alone."""
        reports = {
            pair: kept for pair, given in self.reports.items() if (kept := [r for r in given if r.source in sources])
        }
        coverages = {
            organization: heard
            for organization, covers in self.coverages.items()
            if (heard := [c for c in covers if c.source in sources])
        }
        rejected = self.rejected if EDITORS in sources else frozenset[str]()
        return replace(self, reports=reports, coverages=coverages, rejected=rejected)


@dataclass(frozen=True)
class Policy:
    """Rules for the choice of sources and for the end of a dispute.

    :ivar only: the sources that are heard; all when empty.
    :ivar prefer: the sources that settle a dispute: the first that speaks for the day. None settles it when empty.
    :ivar disputed: how a dispute that nobody settles counts: ``apart``, ``in`` as certain, or ``out`` as no.
    """

    only: frozenset[str] = frozenset()
    prefer: tuple[str, ...] = (EDITORS,)
    disputed: Literal["apart", "in", "out"] = "apart"


def ordinal(day: date | None, unknown: int) -> int:
    """Return a day as a number, and the given number when there is no day."""
    return unknown if day is None else day.toordinal()
