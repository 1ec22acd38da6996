"""Memberships of a page next to those of the graph: new memberships, citations and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cica_graph.drafts.layout import PartName
from cica_graph.drafts.members import FAMILIES, KnownMembership, MemberReading
from cica_graph.drafts.names import PrintedName
from cica_graph.drafts.terms import slug, term
from cica_graph.model.terms import local


class PartReading(NamedTuple):
    """The dates that parts of the page give for a membership, in a report with a name that ends with the suffix."""

    suffix: str
    role: str
    start: str
    end: str
    parts: tuple[PartName, ...]


@dataclass(frozen=True)
class DraftMembership:
    """A new membership, or an existing one that the page also reports.

    :ivar term: the membership, as Turtle writes it.
    :ivar new: False for a membership of the graph; the draft then adds a citation or reports.
    :ivar sources: the parts that state the membership with its dates.
    :ivar reports: the readings of other parts.
    """

    term: str
    new: bool
    reading: MemberReading
    member: str
    number: int
    sources: tuple[PartName, ...]
    reports: tuple[PartReading, ...]

    @property
    def code(self) -> str:
        """The member, as a part of an IRI."""
        return local(self.reading.name.iri) if self.reading.name.iri else slug(self.reading.name.text)

    @property
    def places(self) -> str:
        """The lines of the page, for a comment."""
        reading = self.reading
        origins = (*reading.dated, *reading.listed, *([reading.former[1]] if reading.former else []))
        places = ", ".join(dict.fromkeys(str(o.place) for o in origins))
        places += ", by inference" if reading.inferred else ""
        if not self.new:
            stated = (("start", reading.start), ("end", reading.end), ("note", reading.note))
            places += "".join(f", {name} {text}" for name, text in stated if text)
        return places


def merged(
    found: list[MemberReading],
    known: list[KnownMembership],
    short: str,
    source: str,
    to_term: Callable[[PrintedName], str],
) -> Iterator[DraftMembership]:
    """Yield the memberships of a page: new ones, and those of the graph that the page also reports.

    :param short: last part of the IRI of the organization.
    :param source: name of the source, for the names of reports.
    :param to_term: returns the term of a name.
    """
    taken = Counter[str]()
    for each in known:
        taken[each.member] = max(taken[each.member], each.number)
    for reading in found:
        member = to_term(reading.name)
        same = [k for k in known if k.member == reading.name.iri and FAMILIES.get(k.role) == reading.family]
        if same:
            yield _reported(reading, member, same[-1], source)
            continue
        key = reading.name.iri or member
        taken[key] += 1
        code = local(reading.name.iri) if reading.name.iri else slug(reading.name.text)
        dated, listed = _split_origins(reading)
        reports = [PartReading("lists", "", "", "", listed)] if dated and listed else []
        reports += _former_list(reading, "")
        iri = f"m:{short}-{code}-{taken[key]}"
        yield DraftMembership(iri, True, reading, member, taken[key], dated or listed, tuple(reports))


def _reported(reading: MemberReading, member: str, known: KnownMembership, source: str) -> DraftMembership:
    """Return an existing membership, with a citation where the page agrees and a report where it does not."""
    sources, reports = list[PartName](), list[PartReading]()
    dated, listed = _split_origins(reading)
    role = reading.role if reading.role != known.role == "member" else ""
    if (known.start, known.end, "") == (reading.start, reading.end, role):
        sources += dated
    elif dated:
        reports.append(PartReading(source, role, reading.start, reading.end, dated))
    role = "" if dated else role
    if not known.start and not known.end and not role:
        sources += listed
    elif listed:
        reports.append(PartReading(f"{source}-lists", role, "", "", listed))
    reports += _former_list(reading, f"{source}-")
    return DraftMembership(term(known.iri), False, reading, member, known.number, tuple(sources), tuple(reports))


def _former_list(reading: MemberReading, prefix: str) -> Iterator[PartReading]:
    """Yield what the list of former members states about a membership with an end: it ended before the day."""
    if reading.former is not None and reading.former[0]:
        yield PartReading(f"{prefix}former", "", "", reading.former[0], (reading.former[1].part,))


def _split_origins(reading: MemberReading) -> tuple[tuple[PartName, ...], tuple[PartName, ...]]:
    """Return the parts that give the dates of a membership, and those that only list it."""
    dated = tuple(dict.fromkeys(o.part for o in reading.dated)) if reading.start or reading.end else ()
    others = (*reading.listed, *(() if dated else reading.dated))
    return dated, tuple(dict.fromkeys(o.part for o in others if o.part not in dated))
