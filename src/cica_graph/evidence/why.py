"""The proof of an answer: the reports, coverages and lives that it follows from, as a tree of plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple

from cica_graph.evidence.read import Reading, read, readings_of
from cica_graph.evidence.records import HIGH, LOW, Answer, Bounds, Coverage, Evidence, Policy, Report, Span
from cica_graph.evidence.rules import Pair, answer, pair, says
from cica_graph.store.store import Store

Rule = Literal[
    "begun",
    "not begun",
    "begins",
    "lasting",
    "over",
    "ends",
    "left out",
    "between",
    "other role",
    "rejected",
    "life",
    "silent",
]
Side = Literal["for", "against", "open"]

_SIDES: Final[Mapping[Rule, Side]] = {
    "begun": "for", "lasting": "for", "begins": "open", "ends": "open", "silent": "open",
}  # fmt: skip
ALL_SOURCES: Final = "all sources"


@dataclass(frozen=True)
class Leaf:
    """One reason: a report, a coverage or a life that says something about the day.

    :ivar rule: the kind of reason.
    :ivar first: the first day on which the reason is true, None when unbounded.
    :ivar last: the last day on which it is true, None when unbounded.
    :ivar source: IRI of the source, ``editors``, or ``all sources`` together.
    :ivar node: IRI of the membership, report, coverage or actor that states it.
    :ivar spell: number of the spell that the reason is about, 0 if it is about all.
    :ivar states: the dates that the node states, as EDTF.
    """

    rule: Rule
    first: date | None
    last: date | None
    source: str
    node: str
    spell: int = 0
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def side(self) -> Side:
        """The side that the reason takes: for or against the membership, or open."""
        return _SIDES.get(self.rule, "against")


class Witness(NamedTuple):
    """A report, given by its source and its IRI."""

    source: str
    node: str


Spells = tuple[tuple[Witness, ...], ...]


@dataclass(frozen=True)
class Proof:
    """Why a member has, or does not have, a role in an organization on a day.

    :ivar considered: how many reports and coverages of the pair there are; a proof that hides one is wrong.
    :ivar settled_by: the source that settled a dispute, or None.
    :ivar reasons: the reasons for and against membership.
    :ivar spells: the reports that are taken to be about the same membership. This is a premise.
    :ivar other_spells: the same for each role that excludes this one.
    :ivar attested: the last day, until ``on``, on which a source attests the membership, or None.
    :ivar nearest: the covered days before and after the day, if the answer is ``not recorded``.
    """

    member: str
    organization: str
    role: str
    on: date
    answer: Answer
    contested: bool
    considered: int
    settled_by: str | None
    reasons: tuple[Leaf, ...]
    spells: Spells
    other_spells: Mapping[str, Spells]
    attested: date | None = None
    nearest: tuple[date, ...] = ()

    @property
    def supporting(self) -> tuple[Leaf, ...]:
        """The reasons for membership."""
        return tuple(leaf for leaf in self.reasons if leaf.side == "for")

    @property
    def opposing(self) -> tuple[Leaf, ...]:
        """The reasons against membership."""
        return tuple(leaf for leaf in self.reasons if leaf.side == "against")


@dataclass(frozen=True)
class Explainer:
    """Maker of proofs from the evidence of a graph.

    :ivar readings: every membership and report of the graph, by IRI.
    """

    evidence: Evidence
    readings: Mapping[str, Reading]

    @classmethod
    def of(cls, store: Store, *organizations: str) -> Explainer:
        """Return the maker of proofs about organizations of the graph in a store, given by IRI (default: about all)."""

        def make() -> Explainer:
            about = sorted({*organizations} or {""})
            readings = [reading for each in about for reading in readings_of(store, each)]
            return cls(read(store, readings, about), {reading.node: reading for reading in readings})

        return store.memo(f"explainer {' '.join(organizations)}", make)

    def explain(self, member: str, organization: str, role: str, on: date, policy: Policy | None = None) -> Proof:
        """Return the proof of the answer about a member, an organization and a role on a day.

        :param role: local name of a broadest role.
        """
        policy = policy or Policy()
        heard = self.evidence.only(policy.only) if policy.only else self.evidence
        case = _Case(
            heard, self.readings, member, organization, role, on.toordinal(),
            pair(heard, member, organization, role, policy), heard.reports.get((member, organization), ()),
        )  # fmt: skip
        found, contested = answer(case.pair, case.day, policy)
        return Proof(
            member=member,
            organization=organization,
            role=role,
            on=on,
            answer=found,
            contested=contested,
            considered=len(case.given) + len(case.coverages),
            settled_by=_settled_by(case.pair, case.day, policy) if contested and found != "disputed" else None,
            reasons=tuple(case.leaves(policy)),
            spells=_witnesses(case.pair.spells),
            other_spells={name: _witnesses(pair(heard, member, organization, name, policy).spells)
                          for name in sorted(case.excluded & {r.role for r in case.given})},
            attested=case.attested(),
            nearest=case.nearest() if found == "not recorded" else (),
        )  # fmt: skip


def _witnesses(spells: Sequence[Sequence[Report]]) -> Spells:
    return tuple(tuple(Witness(r.source, r.node) for r in spell) for spell in spells)


@dataclass(frozen=True)
class _Case:
    """The evidence about one answer."""

    evidence: Evidence
    readings: Mapping[str, Reading]
    member: str
    organization: str
    role: str
    day: int
    pair: Pair
    given: Sequence[Report]

    @property
    def coverages(self) -> list[Coverage]:
        return [c for c in self.evidence.coverages.get(self.organization, ()) if c.role == self.role]

    @property
    def excluded(self) -> frozenset[str]:
        return self.evidence.excluded.get(self.role, frozenset())

    def leaves(self, policy: Policy) -> Iterator[Leaf]:
        yield from self._lives()
        for number, bounds in enumerate(self.pair.bounds, 1):
            yield from self._of_spell(number, bounds)
        for denial in self.pair.causes:
            if denial.first <= self.day <= denial.last:
                yield self._leaf(denial.kind, (denial.first, denial.last), denial.source, denial.node)
        for span in self._at(self.pair.elsewhere):
            yield self._leaf("other role", span, ALL_SOURCES, self._other_report(policy, span))
        if self._at(self.pair.silences) and self.pair.reports:
            yield from self._silences()

    def attested(self) -> date | None:
        return _day(
            max((r.bounds.earliest_end for r in self.pair.reports if r.bounds.earliest_end <= self.day), default=LOW)
        )

    def nearest(self) -> tuple[date, ...]:
        before = max((c.last for c in self.coverages if c.last < self.day), default=None)
        after = min((c.first for c in self.coverages if c.first > self.day), default=None)
        return tuple(date.fromordinal(day) for day in (before, after) if day is not None)

    def _at(self, spans: Sequence[Span]) -> list[Span]:
        return [(first, last) for first, last in spans if first <= self.day <= last]

    def _lives(self) -> Iterator[Leaf]:
        for actor in (self.member, self.organization):
            first, last = self.evidence.lives.get(actor, (LOW, HIGH))
            if not first <= self.day <= last:
                yield self._leaf("life", (first, last), "editors", actor)

    def _of_spell(self, number: int, bounds: Mapping[str, Bounds]) -> Iterator[Leaf]:
        for source, days in bounds.items():
            for rule, span in _windows(days).items():
                if self._at([span]):
                    node = self._node(rule, source, number, bounds)
                    yield self._leaf(rule, span, source, node, number)

    def _node(self, rule: Rule, source: str, number: int, bounds: Mapping[str, Bounds]) -> str:
        """Return the report, or else the denial, that gives a bound of a spell."""
        field_of = {"begun": 1, "not begun": 0, "begins": 0, "lasting": 2, "over": 3, "ends": 3}[rule]
        limit = bounds[source][field_of]
        own = [r for r in self.pair.spells[number - 1] if r.source == source and r.bounds[field_of] == limit]
        if own:
            return self._later(own) if field_of == 3 else min(own, key=lambda r: r.node).node
        begun, lasted = min(b.latest_start for b in bounds.values()), max(b.earliest_end for b in bounds.values())
        for d in self.pair.causes:
            narrowed = min(d.last, begun - 1) + 1 if field_of == 0 else max(d.first, lasted + 1) - 1
            if d.source == source and limit == narrowed:
                return d.node
        raise AssertionError("every bound comes from a report or a denial")

    def _later(self, own: Sequence[Report]) -> str:
        """Return the node that states the end of a report, or the later membership that ends it."""
        stated = {(r.source, r.node): r.bounds.latest_end for r in self.given}
        for report in sorted(own, key=lambda r: r.node):
            if stated[report.source, report.node] == report.bounds.latest_end:
                return report.node
        next_day = own[0].bounds.latest_end + 1
        later = [r for r in self.pair.reports if r.source == own[0].source and r.bounds.latest_start == next_day]
        return min(r.node for r in later)

    def _other_report(self, policy: Policy, span: Span) -> str:
        """Return a report of the membership in another role that lasts over a span."""
        for role in sorted(self.excluded):
            for spell in pair(self.evidence, self.member, self.organization, role, policy).spells:
                begins = min(r.bounds.latest_start for r in spell)
                if begins <= span[0] and max(r.bounds.earliest_end for r in spell) >= span[1]:
                    return min(r.node for r in spell if r.bounds.latest_start == begins)
        raise AssertionError("the span comes from a membership in another role")

    def _silences(self) -> Iterator[Leaf]:
        sources = {r.source for r in self.pair.reports}
        for c in self.coverages:
            if c.source in sources and self.member in c.unknown_for and self._at([(c.first, c.last)]):
                yield self._leaf("silent", (c.first, c.last), c.source, c.node)

    def _leaf(self, rule: Rule, span: Span, source: str, node: str, spell: int = 0) -> Leaf:
        reading = self.readings.get(node)
        stated = {}
        if reading is not None:
            stated = {"start": reading.start, "end": reading.end, "attested": " ".join(reading.attested)}
        states = {name: text for name, text in stated.items() if text}
        return Leaf(rule, _day(span[0]), _day(span[1]), source, node, spell, states)


def _windows(bounds: Bounds) -> dict[Rule, Span]:
    """Return the days on which each reason of a report or spell applies."""
    earliest_start, latest_start, earliest_end, latest_end = bounds
    windows: dict[Rule, Span] = {
        "begun": (latest_start, HIGH),
        "not begun": (LOW, earliest_start - 1),
        "begins": (earliest_start, latest_start - 1),
        "lasting": (LOW, earliest_end),
        "over": (latest_end + 1, HIGH),
        "ends": (earliest_end + 1 if earliest_end > LOW else LOW, latest_end),
    }
    unknown: dict[Rule, bool] = {
        "begun": latest_start == HIGH,
        "not begun": earliest_start == LOW,
        "begins": earliest_start == LOW or latest_start == HIGH,
        "lasting": earliest_end == LOW,
        "over": latest_end == HIGH,
        "ends": latest_end == HIGH,
    }
    return {rule: window for rule, window in windows.items() if not unknown[rule]}


def _settled_by(ready: Pair, day: int, policy: Policy) -> str | None:
    return next((source for source in policy.prefer if says(source, ready, day) is not None), None)


def _day(ordinal: int) -> date | None:
    return None if ordinal in (LOW, HIGH) else date.fromordinal(ordinal)
