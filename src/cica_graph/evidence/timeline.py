"""Answers about one member, organization and role for all days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

from cica_graph.evidence.records import HIGH, LOW, Answer, Bounds, Policy
from cica_graph.evidence.rules import Pair, answer


class Stretch(NamedTuple):
    """Days in a row with the same answer."""

    first: int
    last: int
    answer: Answer
    contested: bool


class Stand(NamedTuple):
    """A stretch of membership with its settled bounds: four comparisons give the answer of any day in it.

    :ivar open_ended: no source reports an end, so it is presumed after the last attestation.
    :ivar disputed: sources dispute all of it, and nobody settles it.
    :ivar contested: sources dispute some of it, and it was settled or is disputed.
    """

    bounds: Bounds
    open_ended: bool = False
    disputed: bool = False
    contested: bool = False

    def on(self, day: int) -> Answer:
        """Return the answer on a day."""
        earliest_start, latest_start, earliest_end, latest_end = self.bounds
        if not earliest_start <= day <= latest_end:
            return "no"
        if self.disputed:
            return "disputed"
        if latest_start <= day <= earliest_end:
            return "certain"
        return "presumed" if self.open_ended and latest_start <= day else "possible"


def timeline(evidence: Pair, policy: Policy) -> list[Stretch]:
    """Return the answers about a pair from the first day to the last, as stretches without gaps."""
    breaks = [LOW + 1, *(day for day in evidence.breaks() if day > LOW + 1)]
    found = [(first, *answer(evidence, first, policy)) for first in breaks]
    result = list[Stretch]()
    for (kind, contested), group in groupby(found, key=lambda f: (f[1], f[2])):
        first = next(group)[0]
        if result:
            result[-1] = result[-1]._replace(last=first - 1)
        result.append(Stretch(first, HIGH, kind, contested))
    return result


def stands(stretches: Sequence[Stretch]) -> list[Stand]:
    """Return the stretches in which a membership is certain, presumed, possible or disputed, as few as will do."""
    return [stand for run in _runs(stretches) for stand in _split(run)]


def _runs(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    for is_no, group in groupby(stretches, key=lambda s: s.answer in ("no", "not recorded")):
        if not is_no:
            yield list(group)


def _split(run: Sequence[Stretch]) -> Iterator[Stand]:
    """Cut a run where the answers stop following the order possible, certain, then presumed or possible."""
    rest = list(run)
    while rest:
        if rest[0].answer == "disputed":
            first, last = rest[0].first, rest[0].last
            yield Stand(_outer(first, HIGH, LOW, last), disputed=True, contested=True)
            rest = rest[1:]
            continue
        taken = _take(rest, "possible") + _take(rest, "certain")
        tail: Answer = "presumed" if rest and rest[0].answer == "presumed" else "possible"
        yield _stand(taken + _take(rest, tail))


def _take(rest: list[Stretch], kind: Answer) -> list[Stretch]:
    """Remove the stretches of one answer from the front of a list and return them."""
    taken = list(takewhile(lambda s: s.answer == kind, rest))
    del rest[: len(taken)]
    return taken


def _stand(taken: Sequence[Stretch]) -> Stand:
    certain = [s for s in taken if s.answer == "certain"]
    presumed = [s for s in taken if s.answer == "presumed"]
    begun = certain or presumed
    return Stand(
        _outer(
            taken[0].first,
            begun[0].first if begun else HIGH,
            certain[-1].last if certain else LOW,
            taken[-1].last,
        ),
        open_ended=bool(presumed),
        contested=any(s.contested for s in taken),
    )


def _outer(first: int, begun: int, lasted: int, last: int) -> Bounds:
    return Bounds(LOW if first == LOW + 1 else first, begun, lasted, last)
