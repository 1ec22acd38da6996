"""Check of the proof of one answer: a member, an organization, a role and a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise, zip_longest
from math import inf
from typing import Any, Final, NamedTuple

from cica_graph.proof_check.sources import Entry, Sources, Window

Json = Mapping[str, Any]

COUNTED: Final = ("certain", "presumed", "possible", "disputed")
_DENIALS: Final = ("left out", "between", "other role", "rejected")
WORST_FIRST: Final = ("no", "not recorded", "possible", "presumed", "disputed", "certain")


class Reason(NamedTuple):
    """A reason that the files give, without the node that states it."""

    spell: int
    source: str
    rule: str
    first: float
    last: float


class DeniedDays(NamedTuple):
    """Days on which a source says no, and the node from which that follows."""

    source: str
    rule: str
    first: float
    last: float
    node: str


class Spell(NamedTuple):
    """Reports of the same membership, with the bounds of each source and the nodes that give each bound."""

    bounds: Mapping[str, Sequence[float]]
    nodes: Mapping[str, Sequence[set[str]]]


class Case:
    """The evidence of the files about a member, an organization and a role."""

    def __init__(self, sources: Sources, proof: Json) -> None:
        self.sources = sources
        self.member, self.organization, self.role = (proof[name] for name in ("member", "organization", "role"))
        self.entries = sources.entries(self.member, self.organization)
        self.covers = [c for c in sources.covers if (c.organization, c.role) == (self.organization, self.role)]
        self.mine = self._ended([e for e in self.entries if e.role == self.role])
        self.excluded = sources.excluded(self.role)
        self._premise = proof["spells"], proof["other_spells"]

    def problems(self) -> Iterator[str]:
        """Yield the faults of the premise: each report must be in one spell."""
        spells, others = self._premise
        roles = {e.role for e in self.entries}
        for role, given in ((self.role, spells), *((role, others.get(role, [])) for role in self.excluded & roles)):
            stated = sorted((each["source"], each["node"]) for spell in given for each in spell)
            held = sorted({(e.source, e.node) for e in self.entries if e.role == role})
            if stated != held:
                yield f"the files have other reports in the role {role} than the proof"
        if set(others) - (self.excluded & roles):
            yield "the proof has a role that does not exclude this one"

    @staticmethod
    def _ended(entries: Iterable[Entry]) -> list[Entry]:
        """Return entries in which a membership without an end ends before the next one of the same source."""
        ordered = sorted(entries, key=lambda e: (e.source, e.begun, e.lasts, e.opens, e.closes, e.node))
        found = list[Entry]()
        for entry, later in zip_longest(ordered, ordered[1:]):
            if later and later.source == entry.source and later.node != entry.node and entry.closes == inf:
                ends = later.begun - 1
                if max(entry.begun, entry.lasts) <= ends < inf:
                    entry = entry._replace(closes=ends)
            found.append(entry)
        return found

    @cached_property
    def denials(self) -> list[DeniedDays]:
        """The days on which each source says no."""
        found = list[DeniedDays]()
        for c in self.covers:
            if self.member in c.unknown:
                continue
            spans = [
                (max(first, c.first), min(last, c.last)) for first, last in self.sources.populated(c.among, self.member)
            ]
            for entry in self.mine:
                if entry.source == c.source:
                    spans = [part for span in spans for part in _without(span, (entry.opens, entry.closes))]
            found += [DeniedDays(c.source, "left out", *span, c.node) for span in spans if span[0] <= span[1]]
        for a, b in pairwise(sorted(self.mine, key=lambda e: (e.source, e.begun, e.opens, e.lasts, e.closes, e.node))):
            if a.source == b.source and a.closes + 1 <= b.opens - 1:
                found.append(DeniedDays(a.source, "between", a.closes + 1, b.opens - 1, a.node))
        for entry in self.mine:
            if self.sources.rejected(entry.node):
                found.append(DeniedDays("editors", "rejected", entry.opens, entry.closes, entry.node))
        latest = max((e.begun for e in self.mine if e.source == "editors" and e.closes == inf), default=-inf)
        for entry in self.entries:
            last = entry.lasts
            if entry.source == "editors" and entry.closes == inf > entry.begun >= latest:
                last = max(last, self.sources.edited_until(self.organization))
            if entry.role in self.excluded and entry.begun <= last:
                found.append(DeniedDays(entry.source, "other role", entry.begun, last, entry.node))
        return found

    @cached_property
    def spells(self) -> list[Spell]:
        """The spells of the premise, with their bounds."""
        return [self._spell(spell) for spell in self._members(self._premise[0], self.mine)]

    @staticmethod
    def _members(premise: Sequence[Sequence[Json]], entries: Iterable[Entry]) -> list[list[Entry]]:
        known = list(entries)
        keys = [{(each["source"], each["node"]) for each in spell} for spell in premise]
        return [[e for e in known if (e.source, e.node) in spell] for spell in keys]

    def _spell(self, entries: Sequence[Entry]) -> Spell:
        bounds, nodes = dict[str, list[float]](), dict[str, list[set[str]]]()
        for source in {e.source for e in entries}:
            own = [e for e in entries if e.source == source]
            bounds[source] = [
                min(e.opens for e in own), min(e.begun for e in own),
                max(e.lasts for e in own), max(e.closes for e in own),
            ]  # fmt: skip
            nodes[source] = [
                {e.node for e in own if e[position + 3] == limit} for position, limit in enumerate(bounds[source])
            ]
            nodes[source][3] |= {e.node for e in self.mine if e.begun == bounds[source][3] + 1}
        begun, lasted = min(b[1] for b in bounds.values()), max(b[2] for b in bounds.values())
        seen = min((b[2] for b in bounds.values() if b[2] > -inf), default=inf)
        for denial in self.denials:
            own_bounds = bounds.setdefault(denial.source, [-inf, inf, -inf, inf])
            witnesses = nodes.setdefault(denial.source, [set(), set(), set(), set()])
            if denial.first < begun < inf and denial.first <= seen:
                _narrow(own_bounds, witnesses, 0, min(denial.last, begun - 1) + 1, denial.node)
            if denial.last > lasted > -inf and (denial.last >= begun or begun == inf):
                _narrow(own_bounds, witnesses, 3, max(denial.first, lasted + 1) - 1, denial.node)
        return Spell(bounds, nodes)

    def _elsewhere(self) -> Iterator[tuple[Window, set[str]]]:
        """Yield the days on which a spell in another role is certain, from all its reports."""
        for role, premise in self._premise[1].items():
            for spell in self._members(premise, self._ended([e for e in self.entries if e.role == role])):
                first = max(min(e.begun for e in spell), *(e.opens for e in spell))
                last = min(max(e.lasts for e in spell), *(e.closes for e in spell))
                if first <= last:
                    yield (first, last), {e.node for e in spell}

    def reasons(self, day: float) -> dict[Reason, set[str]]:
        """Return every reason that the files give for or against a day, with the nodes that may state it."""
        found = dict[Reason, set[str]]()

        def add(spell: int, source: str, rule: str, first: float, last: float, nodes: Iterable[str]) -> None:
            if first <= day <= last:
                found.setdefault(Reason(spell, source, rule, first, last), set()).update(nodes)

        for actor in (self.member, self.organization):
            first, last = self.sources.life(actor)
            if not first <= day <= last:
                found.setdefault(Reason(0, "editors", "life", first, last), set()).add(actor)
        for number, spell in enumerate(self.spells, 1):
            for source, (opens, begun, lasts, closes) in spell.bounds.items():
                nodes = spell.nodes[source]
                if begun < inf:
                    add(number, source, "begun", begun, inf, nodes[1])
                if opens > -inf:
                    add(number, source, "not begun", -inf, opens - 1, nodes[0])
                    if begun < inf:
                        add(number, source, "begins", opens, begun - 1, nodes[0])
                if lasts > -inf:
                    add(number, source, "lasting", -inf, lasts, nodes[2])
                if closes < inf:
                    add(number, source, "over", closes + 1, inf, nodes[3])
                    add(number, source, "ends", lasts + 1, closes, nodes[3])
        for denial in self.denials:
            add(0, denial.source, denial.rule, denial.first, denial.last, {denial.node})
        for (first, last), nodes_there in self._elsewhere():
            add(0, "all sources", "other role", first, last, nodes_there)
        silent = [c for c in self.covers if self.member in c.unknown and c.first <= day <= c.last]
        if self.mine and {e.source for e in self.mine} <= {c.source for c in silent}:
            for c in silent:
                if c.source in {e.source for e in self.mine}:
                    add(0, c.source, "silent", c.first, c.last, {c.node})
        return found

    def says(self, source: str, day: float) -> bool | None:
        """Return what one source says about a day: yes, no, or None."""
        own = [e for e in self.mine if e.source == source]
        until = self.sources.edited_until(self.organization) if source == "editors" else -inf
        for e in own:
            if e.begun <= day and (day <= e.lasts or (day <= until and e.closes == inf)):
                return True
        outside = bool(own) and all(day < e.opens or e.closes < day for e in own)
        denied = any(d.source == source and d.first <= day <= d.last for d in self.denials)
        return False if outside or denied else None

    def ever_before(self, day: float) -> bool:
        """Return whether the answer on an earlier day is that of a member."""
        days = {1.0}
        for spell in self.spells:
            for opens, begun, lasts, closes in spell.bounds.values():
                days |= {opens, begun, lasts + 1, closes + 1}
        for denial in self.denials:
            days |= {denial.first, denial.last + 1}
        for (first, last), _ in self._elsewhere():
            days |= {first, last + 1}
        for actor in (self.member, self.organization):
            first, last = self.sources.life(actor)
            days |= {first, last + 1}
        earlier = (each for each in days if 0 < each < day)
        return any(conclude(self, list(self.reasons(each)), each).answer in COUNTED for each in earlier)


class Conclusion(NamedTuple):
    """Conclusion from reasons: the answer, and the source that settles it if sources dispute it."""

    answer: str
    contested: bool
    settled_by: str | None


def conclude(case: Case, reasons: Sequence[Reason], day: float) -> Conclusion:
    """Return the conclusion from reasons about a day."""
    if any(r.rule == "life" for r in reasons):
        return Conclusion("no", False, None)
    elsewhere = any(r.rule == "other role" and r.source == "all sources" for r in reasons)
    denied = any(r.rule in _DENIALS and r.source != "all sources" for r in reasons)
    if not case.spells:
        return Conclusion("no" if denied else "not recorded", False, None)
    answers = [_row({r.rule for r in reasons if r.spell == n + 1}) for n in range(len(case.spells))]
    if not denied and set(answers) == {"no"} and any(r.rule == "silent" for r in reasons):
        return Conclusion("not recorded", False, None)
    if denied:
        answers = ["disputed" if each in ("certain", "disputed") else "no" for each in answers]
    if elsewhere:
        answers = ["no" if each in ("possible", "presumed") else each for each in answers]
    word, contested = case.says("editors", day), "disputed" in answers
    settled = {True: "certain", False: "no", None: "disputed"}[word]
    answer = max((settled if each == "disputed" else each for each in answers), key=WORST_FIRST.index)
    return Conclusion(answer, contested, "editors" if contested and word is not None and answer != "disputed" else None)


def _row(rules: set[str]) -> str:
    """Return the row of the truth table in docs/time.md that fits."""
    begun, unbegun, lasting, over = (name in rules for name in ("begun", "not begun", "lasting", "over"))
    match begun, unbegun, lasting, over:
        case (False, True, _, _) | (_, _, False, True):
            return "no"
        case (True, True, _, _) | (_, _, True, True):
            return "disputed"
        case (True, False, True, False):
            return "certain"
        case (True, False, False, False):
            return "possible" if "ends" in rules else "presumed"
    return "possible"


def check_answer(proof: Json, sources: Sources) -> list[str]:
    """Return the faults of the proof of one answer."""
    case, day = Case(sources, proof), float(date.fromisoformat(proof["on"]).toordinal())
    where = f"{proof['member']} in {proof['organization']} on {proof['on']}"
    faults = list(case.problems())
    if faults:
        return [f"{where}: {fault}" for fault in faults]
    if proof["considered"] != len(case.entries) + len(case.covers):
        faults.append(f"{proof['considered']} considered, the files have {len(case.entries) + len(case.covers)}")
    expected, given = case.reasons(day), dict[Reason, str]()
    for reason in proof["reasons"]:
        key = Reason(
            reason["spell"], reason["source"], reason["reason"], _ordinal(reason["first"], -inf),
            _ordinal(reason["last"], inf),
        )  # fmt: skip
        given[key] = reason["node"]
        if reason["node"] not in expected.get(key, ()):
            faults.append(f"the files do not give the reason {reason['reason']} of {reason['node']}")
    attested = max((e.lasts for e in case.mine if -inf < e.lasts <= day), default=-inf)
    if attested != _ordinal(proof["attested"], -inf):
        faults.append(f"the last attested day is not {proof['attested']}")
    faults += [f"the reason {key.rule} of {key.source} is missing" for key in expected if key not in given]
    found = conclude(case, list(given), day)
    if found != (proof["answer"], proof["contested"], proof["settled_by"]):
        faults.append(f"the answer is {found.answer}, not {proof['answer']}, or it is settled otherwise")
    return [f"{where}: {fault}" for fault in faults]


def _ordinal(text: str | None, unknown: float) -> float:
    return float(date.fromisoformat(text).toordinal()) if text else unknown


def _without(span: Window, hole: Window) -> list[Window]:
    parts = [(span[0], min(span[1], hole[0] - 1)), (max(span[0], hole[1] + 1), span[1])]
    return [(first, last) for first, last in parts if first <= last]


def _narrow(bounds: list[float], nodes: list[set[str]], position: int, limit: float, node: str) -> None:
    """Replace a bound by a narrower one, and keep the nodes that give it."""
    narrower = limit > bounds[position] if position == 0 else limit < bounds[position]
    if narrower:
        bounds[position] = limit
        nodes[position].clear()
    if narrower or limit == bounds[position]:
        nodes[position].add(node)
