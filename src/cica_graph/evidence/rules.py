"""Definition of the answer about a member, an organization, a role and a day, from the evidence.

The order of the rules is that of ``docs/time.md``: lives, spells, denials, silence, coverage, policy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from cica_graph.evidence.alignment import align
from cica_graph.evidence.records import (
    EDITORS,
    HIGH,
    LOW,
    ORDER,
    Answer,
    Bounds,
    Evidence,
    Policy,
    Report,
    Span,
)

_RANK: Final = {answer: number for number, answer in enumerate(ORDER)}


def standing(begun: bool, unbegun: bool, lasting: bool, over: bool, end_known: bool) -> Answer:
    """Return the answer of one spell on one day: the truth table of ``docs/time.md``.

    :param begun: according to a source, the membership had begun by the day.
    :param unbegun: according to a source, it had not begun on the day.
    :param lasting: according to a source, it had not ended before the day.
    :param over: according to a source, it had ended before the day.
    :param end_known: some source knows of an end at all.
    """
    if (unbegun and not begun) or (over and not lasting):
        return "no"
    if unbegun or over:
        return "disputed"
    if begun and lasting:
        return "certain"
    return "presumed" if begun and not end_known else "possible"


class Denial(NamedTuple):
    """Days on which a source says no.

    :ivar kind: ``left out`` by a coverage, ``between`` two memberships, in another role, or ``rejected`` by editors.
    :ivar node: IRI of the coverage or report from which this follows.
    """

    source: str
    first: int
    last: int
    kind: Literal["left out", "between", "other role", "rejected"]
    node: str


@dataclass(frozen=True)
class Pair:
    """The evidence about one member, organization and role, for any day.

    :ivar life: the days on which both the member and the organization exist.
    :ivar reports: every report that is heard.
    :ivar denials: the days on which each source says no.
    :ivar causes: the same days, each with the coverage or report from which they follow.
    :ivar silences: the days of which every source that reports states that it does not know.
    :ivar spells: the reports of each spell.
    :ivar bounds: of each spell, the bounds by source.
    :ivar covered: the days on which some source names everybody.
    :ivar elsewhere: the days on which all sources together give the member a role that excludes this one.
    """

    life: Span
    reports: Sequence[Report]
    denials: Mapping[str, Sequence[Span]]
    silences: Sequence[Span]
    spells: Sequence[Sequence[Report]]
    bounds: Sequence[Mapping[str, Bounds]]
    covered: Sequence[Span]
    elsewhere: Sequence[Span] = ()
    edited_until: int = HIGH
    causes: Sequence[Denial] = ()

    def each_spell(self) -> list[Pair]:
        """Return the evidence of each spell alone."""
        return [replace(self, spells=[s], bounds=[b]) for s, b in zip(self.spells, self.bounds, strict=True)]

    def breaks(self) -> list[int]:
        """Return the days on which the answer may change, sorted."""
        days = {LOW + 1, self.life[0], self.life[1] + 1}
        spans = [*self.silences, *self.covered, *self.elsewhere, *(s for given in self.denials.values() for s in given)]
        for first, last in spans:
            days |= {first, last + 1}
        for bounds in [b for each in self.bounds for b in each.values()] + [r.bounds for r in self.reports]:
            days |= {
                bounds.earliest_start, bounds.latest_start, bounds.earliest_end + 1, bounds.latest_end + 1,
            }  # fmt: skip
        days.add(self.edited_until + 1)
        return sorted(day for day in days if LOW < day < HIGH)


def pair(evidence: Evidence, member: str, organization: str, role: str, policy: Policy) -> Pair:
    """Return the evidence of a member, an organization and a role, under a policy."""
    given = evidence.reports.get((member, organization), ())
    excluded = evidence.excluded.get(role, frozenset())
    mine = _separate([r for r in given if r.role == role])
    other = [r for r in given if r.role in excluded]
    causes = list(_denials(evidence, member, organization, role, mine, other))
    denials = {
        source: sorted((d.first, d.last) for d in causes if d.source == source)
        for source in sorted({d.source for d in causes})
    }
    spells = align(mine, policy.prefer)
    lives = [evidence.lives.get(iri, (LOW, HIGH)) for iri in (member, organization)]
    return Pair(
        life=(max(first for first, _ in lives), min(last for _, last in lives)),
        reports=mine,
        denials=denials,
        silences=_silences(evidence, member, organization, role, mine),
        spells=spells,
        bounds=[_bounds(spell, denials) for spell in spells],
        covered=_covered(evidence, member, organization, role),
        elsewhere=_elsewhere(other, policy),
        edited_until=evidence.edited_until.get(organization, HIGH),
        causes=causes,
    )


def answer(evidence: Pair, day: int, policy: Policy) -> tuple[Answer, bool]:
    """Return the answer on a day, and whether sources dispute it."""
    if not evidence.life[0] <= day <= evidence.life[1]:
        return "no", False
    denied = any(_within(day, spans) for spans in evidence.denials.values())
    if not evidence.spells:
        return ("no" if denied or _within(day, evidence.covered) else "not recorded"), False
    found = [_spell_on(each.values(), day) for each in evidence.bounds]
    if not denied and set(found) == {"no"} and _within(day, evidence.silences):
        return "not recorded", False
    if denied:
        found = ["disputed" if kind in ("certain", "disputed") else "no" for kind in found]
    if _within(day, evidence.elsewhere):
        found = ["no" if kind in ("possible", "presumed") else kind for kind in found]
    settled = [_settled(evidence, day, policy) if kind == "disputed" else kind for kind in found]
    return max(settled, key=_RANK.__getitem__), "disputed" in found


def _spell_on(bounds: Iterable[Bounds], day: int) -> Answer:
    each = list(bounds)
    return standing(
        begun=any(b.latest_start <= day for b in each),
        unbegun=any(day < b.earliest_start for b in each),
        lasting=any(day <= b.earliest_end for b in each),
        over=any(b.latest_end < day for b in each),
        end_known=any(b.latest_end < HIGH for b in each),
    )


def _settled(evidence: Pair, day: int, policy: Policy) -> Answer:
    if policy.disputed != "apart" and not policy.prefer:
        return "certain" if policy.disputed == "in" else "no"
    for source in policy.prefer:
        word = says(source, evidence, day)
        if word is not None:
            return "certain" if word else "no"
    return {"apart": "disputed", "in": "certain", "out": "no"}[policy.disputed]  # type: ignore[return-value]


def says(source: str, evidence: Pair, day: int) -> bool | None:
    """Return what one source alone says of a day: yes, no, or None when it does not speak of the day.

    The editors speak until the day they state. A membership without an end continues until that day.
    """
    own = [r.bounds for r in evidence.reports if r.source == source]
    goes_on = source == EDITORS and day <= evidence.edited_until
    if any(b.latest_start <= day and (day <= b.earliest_end or (goes_on and b.latest_end == HIGH)) for b in own):
        return True
    outside = bool(own) and all(day < b.earliest_start or b.latest_end < day for b in own)
    return False if outside or _within(day, evidence.denials.get(source, ())) else None


def _separate(reports: Sequence[Report]) -> list[Report]:
    """Return reports in which a spell without a known end ends before the next spell of the same source begins."""
    result = list[Report]()
    by_source = defaultdict[str, list[Report]](list)
    for report in reports:
        by_source[report.source].append(report)
    for own in by_source.values():
        own.sort(key=lambda r: (r.bounds.latest_start, r.bounds.earliest_end, r))
        for report, later in zip(own, [*own[1:], None], strict=True):
            days = report.bounds
            if later is not None and later.node != report.node and days.latest_end == HIGH:
                ends = later.bounds.latest_start - 1
                if max(days.latest_start, days.earliest_end) <= ends < HIGH - 1:
                    days = days._replace(latest_end=ends)
            result.append(report._replace(bounds=days))
    return sorted(result)


def _denials(
    evidence: Evidence, member: str, organization: str, role: str, mine: Sequence[Report], other: Sequence[Report]
) -> Iterator[Denial]:
    """Yield the days on which each source says no: left out, between two spells, or in a role that excludes it."""
    by_source = defaultdict[str, list[Report]](list)
    for report in mine:
        by_source[report.source].append(report)
        if report.node in evidence.rejected:
            yield Denial(EDITORS, report.bounds.earliest_start, report.bounds.latest_end, "rejected", report.node)
    for coverage in evidence.coverages.get(organization, ()):
        if coverage.role == role and member not in coverage.unknown_for:
            spans = _population(evidence, coverage.among, member, (coverage.first, coverage.last))
            own = [(r.bounds.earliest_start, r.bounds.latest_end) for r in by_source[coverage.source]]
            for first, last in _minus(spans, own):
                yield Denial(coverage.source, first, last, "left out", coverage.node)
    for source, own_reports in by_source.items():
        ordered = sorted(own_reports, key=lambda r: (r.bounds.latest_start, r))
        for a, b in pairwise(ordered):
            if a.bounds.latest_end + 1 <= b.bounds.earliest_start - 1:
                yield Denial(source, a.bounds.latest_end + 1, b.bounds.earliest_start - 1, "between", a.node)
    for report in other:
        first, last = _other_role(report, mine, evidence.edited_until.get(organization, HIGH))
        if first <= last:
            yield Denial(report.source, first, last, "other role", report.node)


def _other_role(report: Report, mine: Sequence[Report], edited_until: int) -> Span:
    """Return the days on which a report of another role denies this one: those on which it has the other role.

    The latest role without an end that the editors give a member continues until the day for which they speak.
    """
    days = report.bounds
    own = [r.bounds for r in mine if r.source == EDITORS and r.bounds.latest_end == HIGH]
    begins = max((bounds.latest_start for bounds in own), default=LOW)
    if report.source == EDITORS and days.latest_end == HIGH > days.latest_start >= begins:
        return days.latest_start, max(days.earliest_end, edited_until)
    return days.latest_start, days.earliest_end


def _elsewhere(other: Sequence[Report], policy: Policy) -> list[Span]:
    """Return the days on which a spell in another role is certain, from all its reports together."""
    found = list[Span]()
    for role in sorted({r.role for r in other}):
        for spell in align(_separate([r for r in other if r.role == role]), policy.prefer):
            first = max(min(r.bounds.latest_start for r in spell), *(r.bounds.earliest_start for r in spell))
            last = min(max(r.bounds.earliest_end for r in spell), *(r.bounds.latest_end for r in spell))
            if first <= last:
                found.append((first, last))
    return found


def _covered(evidence: Evidence, member: str, organization: str, role: str) -> list[Span]:
    return [
        span
        for coverage in evidence.coverages.get(organization, ())
        if coverage.role == role and member not in coverage.unknown_for
        for span in _population(evidence, coverage.among, member, (coverage.first, coverage.last))
    ]


def _population(evidence: Evidence, among: str, member: str, period: Span) -> list[Span]:
    spans = evidence.populations.get(among, {}).get(member, ()) if among else [period]
    met = [(max(first, period[0]), min(last, period[1])) for first, last in spans]
    return [(first, last) for first, last in met if first <= last]


def _silences(evidence: Evidence, member: str, organization: str, role: str, mine: Sequence[Report]) -> list[Span]:
    """Return the days of which every source that reports the pair states that it does not know."""
    silent: list[Span] = [(LOW, HIGH)]
    for source in {r.source for r in mine}:
        gaps = [
            (c.first, c.last)
            for c in evidence.coverages.get(organization, ())
            if c.source == source and c.role == role and member in c.unknown_for
        ]
        silent = _minus(silent, _minus([(LOW, HIGH)], sorted(gaps)))
    return silent


def _bounds(spell: Sequence[Report], denials: Mapping[str, Sequence[Span]]) -> dict[str, Bounds]:
    """Return the bounds of a spell by source, narrowed by denials before and after it."""
    each = dict[str, Bounds]()
    for report in spell:
        was, days = each.get(report.source, Bounds(HIGH, HIGH, LOW, LOW)), report.bounds
        each[report.source] = Bounds(
            min(was.earliest_start, days.earliest_start), min(was.latest_start, days.latest_start),
            max(was.earliest_end, days.earliest_end), max(was.latest_end, days.latest_end),
        )  # fmt: skip
    begun, lasted = min(b.latest_start for b in each.values()), max(b.earliest_end for b in each.values())
    seen = min((b.earliest_end for b in each.values() if b.earliest_end > LOW), default=HIGH)
    for source, spans in denials.items():
        days = each.get(source, Bounds())
        for first, last in spans:
            # A denial that begins after a source saw the spell says nothing about its start, and the reverse.
            if first < begun < HIGH and first <= seen:
                days = days._replace(earliest_start=max(days.earliest_start, min(last, begun - 1) + 1))
            if last > lasted > LOW and (last >= begun or begun == HIGH):
                days = days._replace(latest_end=min(days.latest_end, max(first, lasted + 1) - 1))
        each[source] = days
    return each


def _minus(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    left = list(spans)
    for first, last in holes:
        left = [(a, b) for p, q in left for a, b in ((p, min(q, first - 1)), (max(p, last + 1), q)) if a <= b]
    return left


def _within(day: int, spans: Iterable[Span]) -> bool:
    return any(first <= day <= last for first, last in spans)
