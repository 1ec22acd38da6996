"""The facts of a profile page, with their places in the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cica_graph.drafts.layout import PartName
from cica_graph.drafts.names import PrintedName
from cica_graph.drafts.page import LineRange

ListKind = Literal["current", "former", "pending"]
Change = Literal["founder", "joined", "left", "suspended", "observer", "dialogue-partner"]
Meaning = Literal["not in this", "not in the other", "in both"]
# The property of a claim for the names in a bracket.
BRACKETS: Final[Mapping[Meaning, str]] = {
    "not in this": "except", "not in the other": "exceptHere", "in both": "inBoth",
}  # fmt: skip
EventKind = Literal["establishment", "launch"]


@dataclass(frozen=True)
class Origin:
    """The place of a fact: the part of the page and the lines of the file."""

    part: PartName
    place: LineRange


@dataclass(frozen=True)
class ListedName:
    """A name in one of the three lists of members.

    :ivar founding: True if the type of the name is that of founding members.
    :ivar suspended: True if the type of the name is that of suspended members.
    :ivar note: the bracket after the name, such as ``acceding``.
    """

    origin: Origin
    kind: ListKind
    name: PrintedName
    founding: bool = False
    suspended: bool = False
    note: str = ""


@dataclass(frozen=True)
class ClaimedCount:
    """A claim that a population has a size. ``complete``: the page names every case."""

    origin: Origin
    population: str
    count: int
    complete: bool


@dataclass(frozen=True)
class NamedExceptions:
    """A bracket of a claim: names, and what the page states about all of them."""

    names: tuple[PrintedName, ...]
    meaning: Meaning


@dataclass(frozen=True)
class ClaimedOverlap:
    """A claim of the form "k of n". Without ``other`` it is that of UN members among the members."""

    origin: Origin
    count: int
    total: int
    other: PrintedName | None = None
    brackets: tuple[NamedExceptions, ...] = ()


@dataclass(frozen=True)
class DatedChange:
    """A change of a state or organization in its relation to this one. The date is EDTF, or empty."""

    origin: Origin
    change: Change
    name: PrintedName
    date: str


@dataclass(frozen=True)
class DatedEvent:
    """The founding or the launch of the organization or of its secretariat."""

    origin: Origin
    kind: EventKind
    of_secretariat: bool
    date: str


@dataclass(frozen=True)
class NamedInstrument:
    """A document of the organization. The date is EDTF, or empty."""

    origin: Origin
    title: str
    date: str
    binding: bool


@dataclass(frozen=True)
class ContactPerson:
    """The contact of the organization."""

    origin: Origin
    name: str


@dataclass(frozen=True)
class FormRemark:
    """A remark on the form of the page; ``kind`` is a concept such as ``value-lost``."""

    origin: Origin
    kind: str
    comment: str


@dataclass(frozen=True)
class TextLeft:
    """A sentence or bullet that is not encoded, or only in part.

    :ivar rest: the words that are not encoded, if the others are.
    """

    origin: Origin
    text: str
    rest: str = ""


PLAIN: Final = Origin("header", LineRange(1, 1))


@dataclass
class Profile:
    """The facts of one page. A fact that the page does not have is empty.

    :ivar taken: the time of the copy, as xsd:dateTime.
    :ivar day: the day that the page describes, as EDTF.
    :ivar day_basis: how the day is known.
    :ivar parts: the headings of the page.
    :ivar encoded: number of passages and sentences without a rest.
    """

    name: str = ""
    acronym: str = ""
    named: Origin = PLAIN
    taken: str = ""
    taken_at: Origin = PLAIN
    day: str = ""
    dated: Origin | None = None
    day_basis: str = "note on the page"
    homepage: str = ""
    city: str = ""
    country: PrintedName | None = None
    seated: Origin = PLAIN
    listed: list[ListedName] = field(default_factory=list)
    counts: list[ClaimedCount] = field(default_factory=list)
    overlaps: list[ClaimedOverlap] = field(default_factory=list)
    changes: list[DatedChange] = field(default_factory=list)
    events: list[DatedEvent] = field(default_factory=list)
    instruments: list[NamedInstrument] = field(default_factory=list)
    contact: ContactPerson | None = None
    remarks: list[FormRemark] = field(default_factory=list)
    left: list[TextLeft] = field(default_factory=list)
    parts: dict[PartName, LineRange] = field(default_factory=dict)
    encoded: int = 0
