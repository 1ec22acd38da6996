"""Differences between two sources of memberships.

Dates differ only if both cannot be right about the same day. If one is less precise, or is absent, that is a
separate kind of difference. An absent end does not state that a membership continues.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Final

import pyoxigraph as ox

from cica_graph.compare.sources import Side, SourceMembership
from cica_graph.formats.tables import Record
from cica_graph.memberships.counting import best
from cica_graph.model import edtf
from cica_graph.model.errors import InvalidDate
from cica_graph.model.names import Names
from cica_graph.model.results import Certainty
from cica_graph.model.terms import CG, CONCEPT, ID, RDF_TYPE, local

KINDS: Final = (
    "missing-there", "missing-here", "start-differs", "end-differs", "role-differs", "suspension-differs",
    "precision-differs",
)  # fmt: skip

_NOTHING: Final[tuple[Certainty, bool]] = ("no", False)  # the answer, and whether it is suspended

Pair = tuple[str, str]  # member, organization


@dataclass(frozen=True)
class Difference:
    """One point on which two sources differ.

    :ivar kind: one of :data:`KINDS`, a concept of the differences scheme.
    :ivar member: IRI of the member.
    :ivar organization: IRI of the organization.
    :ivar role: local name of the role, the broadest, that it is about; empty when it is the role that differs.
    :ivar here: the first source: a date, an EDTF interval in which unknown sides are empty, ``undated``,
        roles, or ``certain``, ``presumed``, ``possible``, ``disputed`` and ``no``; empty if it states nothing.
    :ivar there: the same of the second.
    :ivar from_year: first year of the difference in a comparison year by year, else None.
    :ivar to_year: last such year.
    :ivar here_spells: IRIs of the memberships of the first source that it is about, sorted.
    :ivar there_spells: the same of the second.
    """

    kind: str
    member: str
    organization: str
    role: str
    here: str
    there: str
    from_year: int | None = None
    to_year: int | None = None
    here_spells: tuple[str, ...] = ()
    there_spells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """The members and organizations that two sources can be compared on.

    :ivar pairs: members and organizations that both name, with the memberships of each.
    :ivar left_out: memberships of either that are about a member or organization the other never names.
    """

    pairs: Mapping[Pair, tuple[tuple[SourceMembership, ...], tuple[SourceMembership, ...]]]
    left_out: int


def scope(here: Side, there: Side, organizations: Iterable[str] = (), *, everything: bool = False) -> Scope:
    """Return what to compare: the members and organizations that both sources speak of.

    A source that never names an organization cannot show that a member is missing from it. Requested organizations are
    compared anyway, and ``everything`` compares all.
    """
    wanted = set(organizations)
    both_members = {m.member for m in here.memberships} & {m.member for m in there.memberships}
    both = {m.organization for m in here.memberships} & {m.organization for m in there.memberships}
    sides = defaultdict[Pair, tuple[list[SourceMembership], list[SourceMembership]]](lambda: ([], []))
    left_out = 0
    for number, side in enumerate((here, there)):
        for m in side.memberships:
            if wanted and m.organization not in wanted:
                continue
            if everything or (m.member in both_members and m.organization in (wanted or both)):
                sides[m.member, m.organization][number].append(m)
            else:
                left_out += 1
    return Scope({pair: (tuple(a), tuple(b)) for pair, (a, b) in sorted(sides.items())}, left_out)


def compare(scope: Scope) -> list[Difference]:
    """Return every difference over all time, by member and organization."""
    found: list[Difference] = []
    for pair, (here, there) in scope.pairs.items():
        if not here or not there:
            found += [_missing(pair, m, there=bool(here)) for m in (*here, *there)]
            continue
        found += _roles(pair, here, there)
        for role in sorted({m.top for m in here} & {m.top for m in there}):
            found += _spells(pair, role, [m for m in here if m.top == role], [m for m in there if m.top == role])
        if any(m.suspensions for m in here) != any(m.suspensions for m in there):
            found.append(_difference("suspension-differs", pair, "", _suspended(here), _suspended(there), here, there))
    return found


def on_day(scope: Scope, day: date) -> list[Difference]:
    """Return every difference in the answers for a day."""
    return [d for pair, (here, there) in scope.pairs.items() for d in _on(pair, here, there, day)]


def every_year(scope: Scope) -> list[Difference]:
    """Return the differences on the last day of each year; equal years in a row are one difference.

    From the first year that any date of the pair names to the last.
    """
    found: list[Difference] = []
    for pair, (here, there) in scope.pairs.items():
        bounds = (b for m in (*here, *there) for b in (m.bounds, *m.standings))
        years = sorted({day.year for each in bounds for day in each if day is not None})
        growing: dict[Difference, Difference] = {}  # by the difference without its years
        for year in range(years[0], years[-1] + 1) if years else ():
            now = list(_on(pair, here, there, date(year, 12, 31)))
            found += [growing.pop(d) for d in list(growing) if d not in now]
            for d in now:
                growing[d] = replace(growing.get(d, replace(d, from_year=year)), to_year=year)
        found += growing.values()
    return sorted(found, key=lambda d: (d.member, d.organization, d.from_year or 0, d.kind, d.role))


def records(found: Iterable[Difference], names: Names) -> list[Record]:
    """Return differences as rows of data."""
    return [
        {
            "kind": d.kind, "member": d.member, "member_code": _code(names, d.member), "organization": d.organization,
            "organization_code": _code(names, d.organization), "role": d.role, "here": d.here, "there": d.there,
            "from_year": d.from_year, "to_year": d.to_year, "here_spells": list(d.here_spells),
            "there_spells": list(d.there_spells),
        }
        for d in found
    ]  # fmt: skip


def _code(names: Names, iri: str) -> str:
    """Return what an actor is called in a table; one that is an import's own, by the last parts of its IRI."""
    return names[iri].code if iri in names.actors else iri.removeprefix(ID).partition("/")[2] or iri


def _difference(
    kind: str,
    pair: Pair,
    role: str,
    here: str,
    there: str,
    ours: Iterable[SourceMembership],
    theirs: Iterable[SourceMembership],
) -> Difference:
    spells = (tuple(sorted(m.iri for m in side)) for side in (ours, theirs))
    return Difference(kind, *pair, role, here, there, None, None, *spells)


def _on(
    pair: Pair, here: Sequence[SourceMembership], there: Sequence[SourceMembership], day: date
) -> Iterator[Difference]:
    a, b = _holding(here, day), _holding(there, day)
    left, right = ({role for role, (holds, _) in side.items() if holds == "certain"} for side in (a, b))
    if left and right and not left & right:
        yield _difference("role-differs", pair, "", ", ".join(sorted(left)), ", ".join(sorted(right)), here, there)
        return
    for role in sorted({*a, *b}):
        (mine, quiet), (yours, muted) = (side.get(role, _NOTHING) for side in (a, b))
        if mine != yours:
            kind = "precision-differs"
            if {mine, yours} == {"certain", "no"}:
                kind = "missing-there" if mine == "certain" else "missing-here"
            yield _difference(kind, pair, role, mine, yours, here, there)
        elif mine == "certain" and quiet != muted:
            said = ["suspended" if q else "not suspended" for q in (quiet, muted)]
            yield _difference("suspension-differs", pair, role, said[0], said[1], here, there)


def _holding(memberships: Iterable[SourceMembership], day: date) -> dict[str, tuple[Certainty, bool]]:
    """Return for each role whether it holds on a day, and whether it is then certainly suspended."""
    found: dict[str, tuple[Certainty, bool]] = {}
    for m in memberships:
        holds = best(each.holds(day) for each in m.standings)
        suspended = any(s.holds(day) == "certain" for s in m.suspensions)
        before, quiet = found.get(m.top, _NOTHING)
        found[m.top] = best((before, holds)), quiet or suspended
    return found


def _roles(pair: Pair, here: Sequence[SourceMembership], there: Sequence[SourceMembership]) -> Iterator[Difference]:
    """Yield roles that only one side has: as another role where both have one, else as spells that are missing."""
    mine, yours = {m.top for m in here}, {m.top for m in there}
    a, b = [m for m in here if m.top not in yours], [m for m in there if m.top not in mine]
    if a and b:
        left, right = (", ".join(sorted({m.top for m in side})) for side in (a, b))
        yield _difference("role-differs", pair, "", left, right, a, b)
    else:
        yield from (_missing(pair, m, there=bool(a)) for m in (*a, *b))


def _spells(pair: Pair, role: str, here: list[SourceMembership], there: list[SourceMembership]) -> Iterator[Difference]:
    pairs, here, there = _aligned(here, there)
    for a, b in pairs:
        for name, left, right, excluded in (
            ("start", a.start, b.start, _apart(a.bounds.start, b.bounds.start)),
            ("end", a.end, b.end, _apart(a.bounds.end, b.bounds.end)),
        ):
            if left is not None and left == right:
                continue
            if excluded:
                yield _difference(f"{name}-differs", pair, role, _said(a, name), _said(b, name), [a], [b])
            elif _span(left) != _span(right):
                mine, yours = (f"{name} {text or 'not given'}" for text in (left, right))
                yield _difference("precision-differs", pair, role, mine, yours, [a], [b])
    yield from (_missing(pair, m, there=True) for m in here)
    yield from (_missing(pair, m, there=False) for m in there)


def _aligned(
    here: list[SourceMembership], there: list[SourceMembership]
) -> tuple[list[tuple[SourceMembership, SourceMembership]], list[SourceMembership], list[SourceMembership]]:
    """Pair memberships that may be the same: equal ones and nearest starts first, then the others in order of time."""
    may = sorted(
        (a.bounds.stated != b.bounds.stated, abs(_near(a) - _near(b)), a.iri, b.iri, a, b)
        for a in here
        for b in there
        if a.bounds.stated == b.bounds.stated or not _apart(_whole(a), _whole(b))
    )
    pairs: list[tuple[SourceMembership, SourceMembership]] = []
    for *_, a, b in may:
        if a in here and b in there:
            pairs.append((a, b))
            here, there = [m for m in here if m != a], [m for m in there if m != b]
    here, there = sorted(here, key=_near), sorted(there, key=_near)
    count = min(len(here), len(there))
    return [*pairs, *zip(here[:count], there[:count], strict=True)], here[count:], there[count:]


def _whole(m: SourceMembership) -> tuple[date | None, date | None]:
    return m.bounds.earliest_start, m.bounds.latest_end


def _near(m: SourceMembership) -> int:
    day = m.bounds.earliest_start or m.bounds.latest_start or m.bounds.latest_end or m.bounds.earliest_end or date.max
    return day.toordinal()


def _apart(a: tuple[date | None, date | None], b: tuple[date | None, date | None]) -> bool:
    """Tell whether no day lies in both spans; a side that is not known bounds nothing."""
    return any(x[1] is not None and y[0] is not None and x[1] < y[0] for x, y in ((a, b), (b, a)))


def _span(text: str | None) -> tuple[date, date] | None:
    try:
        return edtf.span(text) if text else None
    except InvalidDate:
        return None


def _said(m: SourceMembership, name: str) -> str:
    """Return a date as stated, or what follows from the days on which a source attests it."""
    if name == "start":
        return m.start or f"by {m.bounds.latest_start}"
    return m.end or f"not before {m.bounds.earliest_end}"


def _missing(pair: Pair, m: SourceMembership, *, there: bool) -> Difference:
    when = m.bounds.stated if m.start or m.end else "undated"
    if there:
        return _difference("missing-there", pair, m.top, when, "", [m], [])
    return _difference("missing-here", pair, m.top, "", when, [], [m])


def _suspended(memberships: Iterable[SourceMembership]) -> str:
    return ", ".join(sorted(f"suspended {s.stated}" for m in memberships for s in m.suspensions))


def triples(found: Iterable[Difference]) -> list[ox.Triple]:
    """Return differences as ``cg:Difference`` resources; an IRI depends only on the content of the difference."""
    made: list[ox.Triple] = []
    for d in found:
        mark = hashlib.blake2b(repr(astuple(d)).encode(), digest_size=8).hexdigest()
        thing = ox.NamedNode(f"{ID}difference/{local(d.member)}-{local(d.organization)}-{mark}")
        links = [
            (RDF_TYPE, CG + "Difference"), (CG + "differs", CONCEPT + d.kind), (CG + "ofActor", d.member),
            (CG + "about", d.organization), *((CG + "here", iri) for iri in d.here_spells),
            *((CG + "there", iri) for iri in d.there_spells),
        ]  # fmt: skip
        years = f" ({d.from_year} to {d.to_year})" if d.from_year is not None else ""
        said = [("saidHere", d.here), ("saidThere", d.there)]
        made += [ox.Triple(thing, ox.NamedNode(p), ox.NamedNode(o)) for p, o in links]
        made += [ox.Triple(thing, ox.NamedNode(CG + p), ox.Literal(text + years)) for p, text in said if text]
    return made
