"""Proofs of numbers: the members of a population, the members that two organizations share, and verdicts on claims.

Each is a list of proofs of answers, one for everybody whom a report names, so that nobody is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from cica_graph import queries
from cica_graph.evidence.populations import Census, Population
from cica_graph.evidence.records import HIGH, LOW, Answer, Policy
from cica_graph.evidence.rules import answer, pair
from cica_graph.evidence.why import Explainer, Proof
from cica_graph.model.results import Count
from cica_graph.model.terms import CONCEPT, GRAPH, local
from cica_graph.store.store import Row, Store, value

_COUNTED: Final[tuple[Answer, ...]] = ("certain", "presumed", "possible", "disputed")


@dataclass(frozen=True)
class CountProof:
    """Why an organization has a number of members of a population on a day.

    :ivar proofs: the answer about everybody with a report in the role, sorted by member. If a period, a suspension or
        another organization narrows the population, only about those who may belong to it.
    :ivar left_out: IRIs of those who do not belong to the population, such as founding members or organizations.
    :ivar listed: IRIs of those whom the files list, if the population does not follow from answers.
    """

    organization: str
    population: str
    on: date
    count: Count
    proofs: tuple[Proof, ...] = ()
    left_out: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()


class SharedMember(NamedTuple):
    """Proofs of the answers about one member of two organizations.

    :ivar ours: the answer about the organization.
    :ivar theirs: the answer about the other organization.
    """

    ours: Proof
    theirs: Proof


@dataclass(frozen=True)
class OverlapProof:
    """Why two organizations share a number of members on a day.

    :ivar shared: the members of both, None if the members of either are not recorded.
    :ivar total: the members of the other organization, None if not recorded.
    :ivar missing: IRIs of presumed members of the other that are not even possible members.
    :ivar proofs: the answers about everybody with a report as member of either, sorted by member.
    """

    organization: str
    other: str
    on: date
    shared: Count | None
    total: Count | None
    missing: tuple[str, ...]
    proofs: tuple[SharedMember, ...]


@dataclass(frozen=True)
class VerdictProof:
    """Why a claim has its verdict.

    :ivar reason: local name of the reason for the verdict.
    :ivar explanation: the reason as a sentence.
    :ivar finding: the number that the claim is compared with, None if the graph has none.
    :ivar complete: IRI of the claim that gives the size of the complete list, and the number of the graph; or None.
    """

    claim: str
    claimed: int
    claimed_total: int | None
    verdict: str
    reason: str
    explanation: str
    independent: bool
    section: str
    finding: CountProof | OverlapProof | None
    complete: tuple[str, CountProof] | None = None


@dataclass(frozen=True)
class NumberExplainer:
    """Maker of the proofs of numbers about the graph in a store."""

    store: Store

    def count(self, organization: str, population: str, on: date) -> CountProof:
        """Return the proof of the number of a population of an organization on a day.

        :param population: local name of a concept of the populations scheme.
        """
        group = self._census.populations.get(CONCEPT + population, Population())
        role = self._broadest(group.role)
        explainer = Explainer.of(self.store, organization)
        if not group.role or group.any_time or group.narrows_answers:
            cases = self._census.cases(organization, CONCEPT + population, on)
            sure, presumed, possible = ({case.who for case in cases if case.flags[level]} for level in range(3))
            about = sorted(possible) if group.role and not group.any_time else []
            proofs = tuple(explainer.explain(member, organization, role, on) for member in about)
            counts = Count(len(sure), len(presumed), len(possible))
            return CountProof(organization, population, on, counts, proofs, listed=tuple(sorted(sure)))
        members = _reported(explainer, organization, role)
        proofs = tuple(explainer.explain(member, organization, role, on) for member in members)
        if group.ended:
            former = tuple(p.member for p in proofs if p.answer not in _COUNTED and _began(explainer, p))
            return CountProof(organization, population, on, Count(*[len(former)] * 3), proofs, listed=former)
        left_out = tuple(member for member in members if not self._belongs(member, organization, group))
        counted = [p.answer for p in proofs if p.member not in left_out]
        return CountProof(organization, population, on, count_answers(counted), proofs, left_out)

    def overlap(self, organization: str, other: str, on: date) -> OverlapProof:
        """Return the proof of the number of members that two organizations share on a day."""
        explainers = {each: Explainer.of(self.store, each) for each in (organization, other)}
        members = sorted(
            {who for each, explainer in explainers.items() for who in _reported(explainer, each, "member")}
        )
        proofs = tuple(
            SharedMember(*(explainers[each].explain(member, each, "member", on) for each in (organization, other)))
            for member in members
        )
        unknown = [_unrecorded(explainers[each], each, answers, on) for each, answers in (
            (organization, [p.ours.answer for p in proofs]), (other, [p.theirs.answer for p in proofs])
        )]  # fmt: skip
        missing = (
            p.ours.member
            for p in proofs
            if p.theirs.answer in ("certain", "presumed") and p.ours.answer not in _COUNTED and not unknown[0]
        )
        return OverlapProof(
            organization, other, on,
            shared=None if any(unknown) else count_answers(_least(p.ours.answer, p.theirs.answer) for p in proofs),
            total=None if unknown[1] else count_answers(p.theirs.answer for p in proofs),
            missing=tuple(missing),
            proofs=proofs,
        )  # fmt: skip

    def verdict(self, claim: str) -> VerdictProof | None:
        """Return the proof of the verdict on a claim. Return None if the IRI is not that of a claim."""
        row = self._verdicts.get(claim)
        if row is None:
            return None
        cells = {name: value(term) for name, term in row.items()}
        organization, on = cells["about"], date.fromisoformat(cells["asOf"])
        finding: CountProof | OverlapProof | None = None
        if "finds" in cells and "counterpart" in cells:
            finding = self.overlap(organization, cells["counterpart"], on)
        elif "finds" in cells:
            finding = self.count(organization, local(cells["population"]), on)
        population = local(cells.get("population", "members"))
        return VerdictProof(
            claim=claim,
            claimed=int(cells["says"]),
            claimed_total=int(cells["of"]) if "of" in cells else None,
            verdict=local(cells["verdict"]),
            reason=local(cells["reason"]),
            explanation=cells.get("why", ""),
            independent=cells.get("independent") == "true",
            section=cells["section"],
            finding=finding,
            complete=self._complete(organization, population, on),
        )

    def finding(self, iri: str) -> CountProof | OverlapProof | None:
        """Return the proof of a number of the graph. Return None if the IRI is not that of a number."""
        cells = {local(t.predicate.value): value(t.object) for t in self.store.about([iri])}
        if cells.get("dataSet") != GRAPH + "findings" or "asOf" not in cells:
            return None
        on = date.fromisoformat(cells["asOf"])
        if "counterpart" in cells:
            return self.overlap(cells["about"], cells["counterpart"], on)
        return self.count(cells["about"], local(cells["population"]), on)

    def _complete(self, organization: str, population: str, on: date) -> tuple[str, CountProof] | None:
        for claim, about, counted, day, _ in sorted(self._memo("complete")):
            if (about, local(counted), day) == (organization, population, on.isoformat()):
                return claim, self.count(organization, population, on)
        return None

    def _belongs(self, member: str, organization: str, group: Population) -> bool:
        census = self._census
        if not group.has_traits(census.traits[member]) or (
            self._broadest(group.role) != local(group.role) and member not in census.members(organization, group.role)
        ):
            return False
        return group.founders or member not in census.members(organization, CONCEPT + "founding-member")

    def _broadest(self, role: str) -> str:
        return next((local(broad) for narrow, broad, _ in self._memo("roles") if narrow == role), local(role))

    @property
    def _verdicts(self) -> Mapping[str, Row]:
        """The first row about each claim."""
        query = queries.shipped("select", "audit")
        return self.store.memo("verdicts", lambda: {value(r["claim"]): r for r in self.store.select(query.text)[::-1]})

    @property
    def _census(self) -> Census:
        return self.store.memo("census", lambda: Census(self.store))

    def _rows(self, name: str) -> list[tuple[str, ...]]:
        columns = self.store.select_columns(queries.shipped("evidence", name).text)
        return list(zip(*columns, strict=True))

    def _memo(self, name: str) -> frozenset[tuple[str, ...]]:
        return self.store.memo(f"evidence {name}", lambda: frozenset(self._rows(name)))


def _reported(explainer: Explainer, organization: str, role: str) -> list[str]:
    return sorted(
        member
        for (member, about), reports in explainer.evidence.reports.items()
        if about == organization and any(r.role == role for r in reports)
    )


def _began(explainer: Explainer, proof: Proof) -> bool:
    """Return whether a member may have been one on an earlier day."""
    ready = pair(explainer.evidence, proof.member, proof.organization, proof.role, Policy())
    day = proof.on.toordinal()
    earlier = (each for each in (LOW + 1, *ready.breaks()) if each < day)
    return any(answer(ready, each, Policy())[0] in _COUNTED for each in earlier)


def _unrecorded(explainer: Explainer, organization: str, answers: Iterable[Answer], on: date) -> bool:
    """Return whether nobody is a member, but no source names everybody either."""
    evidence, day = explainer.evidence, on.toordinal()
    first, last = evidence.lives.get(organization, (LOW, HIGH))
    covers = (c for c in evidence.coverages.get(organization, ()) if c.role == "member" and c.first <= day <= c.last)
    covered = any(not c.unknown_for for c in covers)
    return not any(each in _COUNTED for each in answers) and first <= day <= last and not covered


def count_answers(answers: Iterable[Answer]) -> Count:
    """Return the number of members, from one answer for each."""
    each = Counter(answers)
    presumed = each["certain"] + each["presumed"]
    return Count(each["certain"], presumed, presumed + each["possible"] + each["disputed"])


def _least(ours: Answer, theirs: Answer) -> Answer:
    """Return the less certain of two answers."""
    return max((ours, theirs), key=_ORDER.index)


_ORDER: Final[tuple[Answer, ...]] = (*_COUNTED, "not recorded", "no")
