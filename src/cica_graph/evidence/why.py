"""The proof of an answer: the reports, coverages and lives that it follows from, as a tree of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from cica_graph.evidence.read import Reading
from cica_graph.evidence.records import HIGH, LOW, Answer, Bounds, Coverage, Evidence, Policy, Span
from cica_graph.evidence.rules import Pair, answer, pair, says

Rule = Literal["begun", "not begun", "lasting", "over", "left out", "between", "other role", "life", "silent"]


@dataclass(frozen=True)
class Leaf:
    """One reason: a report, a coverage or a life that says something about the day.

    :ivar rule: the kind of reason.
    :ivar first: the first day on which the reason is true, None when unbounded.
    :ivar last: the last day on which it is true, None when unbounded.
    :ivar source: IRI of the source, or ``editors``.
    :ivar node: IRI of the membership, report, coverage or actor that states it.
    :ivar states: the dates that the node states, as EDTF.
    """

    rule: Rule
    first: date | None
    last: date | None
    source: str
    node: str
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """Why a member has, or does not have, a role in an organization on a day.

    :ivar considered: how many reports and coverages of the pair there are; a proof that hides one is wrong.
    :ivar settled_by: the source that settled a dispute, or None.
    :ivar supporting: the reasons for membership.
    :ivar opposing: the reasons against it.
    :ivar membership: IRI of the membership of the spell that gives the answer, or None.
    """

    member: str
    organization: str
    role: str
    on: date
    answer: Answer
    contested: bool
    considered: int
    settled_by: str | None
    supporting: tuple[Leaf, ...]
    opposing: tuple[Leaf, ...]


def explain(
    evidence: Evidence, readings: Mapping[str, Reading], member: str, organization: str, role: str, on: date,
    policy: Policy,
) -> Proof:  # fmt: skip
    """Return the proof of the answer about a member, an organization and a role on a day.

    :param readings: every membership and report of the graph, by IRI.
    """
    heard = evidence.only(policy.only) if policy.only else evidence
    ready, day = pair(heard, member, organization, role, policy), on.toordinal()
    found, contested = answer(ready, day, policy)
    coverages = [c for c in heard.coverages.get(organization, ()) if c.role == role]
    leaves = [
        *_lives(heard, member, organization, day),
        *_reports(ready, readings, day),
        *_denials(ready, coverages, day),
    ]
    return Proof(
        member=member,
        organization=organization,
        role=role,
        on=on,
        answer=found,
        contested=contested,
        considered=len(heard.reports.get((member, organization), ())) + len(coverages),
        settled_by=_settled_by(ready, day, policy) if contested and found != "disputed" else None,
        supporting=tuple(leaf for leaf in leaves if leaf.rule in ("begun", "lasting")),
        opposing=tuple(leaf for leaf in leaves if leaf.rule not in ("begun", "lasting")),
    )


def _lives(evidence: Evidence, member: str, organization: str, day: int) -> Iterator[Leaf]:
    for actor in (member, organization):
        first, last = evidence.lives.get(actor, (LOW, HIGH))
        if not first <= day <= last:
            yield Leaf("life", _day(first), _day(last), "editors", actor)


def _reports(ready: Pair, readings: Mapping[str, Reading], day: int) -> Iterator[Leaf]:
    for report in ready.reports:
        states = _states(readings.get(report.node))
        for rule, (first, last) in _windows(report.bounds).items():
            if first <= day <= last:
                yield Leaf(rule, _day(first), _day(last), report.source, report.node, states)


def _windows(bounds: Bounds) -> dict[Rule, Span]:
    """Return the days on which each of the four bits of a report is set."""
    windows: dict[Rule, Span] = {
        "begun": (bounds.latest_start, HIGH),
        "not begun": (LOW, bounds.earliest_start - 1),
        "lasting": (LOW, bounds.earliest_end),
        "over": (bounds.latest_end + 1, HIGH),
    }
    unknown: dict[Rule, bool] = {
        "begun": bounds.latest_start == HIGH,
        "not begun": bounds.earliest_start == LOW,
        "lasting": bounds.earliest_end == LOW,
        "over": bounds.latest_end == HIGH,
    }
    return {rule: window for rule, window in windows.items() if not unknown[rule]}


def _denials(ready: Pair, coverages: Sequence[Coverage], day: int) -> Iterator[Leaf]:
    for source, spans in ready.denials.items():
        for first, last in spans:
            if first <= day <= last:
                by_source = [c.node for c in coverages if c.source == source and c.first <= day <= c.last]
                node = by_source[0] if by_source else ""
                yield Leaf("left out" if node else "other role", _day(first), _day(last), source, node)
    for first, last in ready.elsewhere:
        if first <= day <= last:
            yield Leaf("other role", _day(first), _day(last), "all sources", "")
    for first, last in ready.silences if ready.reports else ():
        if first <= day <= last:
            yield Leaf("silent", _day(first), _day(last), "", "")


def _settled_by(ready: Pair, day: int, policy: Policy) -> str | None:
    return next((source for source in policy.prefer if says(source, ready, day) is not None), None)


def _states(reading: Reading | None) -> dict[str, str]:
    if reading is None:
        return {}
    stated = {"start": reading.start, "end": reading.end, "attested": " ".join(reading.attested)}
    return {name: text for name, text in stated.items() if text}


def _day(ordinal: int) -> date | None:
    return None if ordinal in (LOW, HIGH) else date.fromordinal(ordinal)
