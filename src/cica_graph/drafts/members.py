"""Memberships and reports from the names on a page, next to the memberships that the graph already has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.drafts.facts import DatedChange, ListedName, Origin, Profile, TextLeft
from cica_graph.drafts.names import PrintedName
from cica_graph.drafts.words import edtf_of
from cica_graph.model.edtf import span
from cica_graph.model.terms import local
from cica_graph.store.store import Store, value

Family = Literal["member", "observer", "dialogue-partner", "applicant"]
FAMILIES: Final[Mapping[str, Family]] = {
    "member": "member", "founding-member": "member", "observer": "observer", "dialogue-partner": "dialogue-partner",
    "partner": "dialogue-partner", "applicant": "applicant",
}  # fmt: skip
BY_INFERENCE: Final = (
    "Founding member by inference: the page counts {launch} members at the start, and names the {joined} that joined "
    "later."
)


@dataclass
class MemberReading:
    """The reading of one membership on the page.

    :ivar number: number of the membership, for a new one.
    :ivar dated: the places that give the dates.
    :ivar listed: the places that list the member without a date.
    :ivar former: for a former member with an end, the bounds that the list of former members gives, or an empty text,
        and the place of the list.
    """

    name: PrintedName
    role: str
    start: str = ""
    end: str = ""
    note: str = ""
    inferred: bool = False
    suspended: Origin | None = None
    suspended_since: str = ""
    dated: list[Origin] = field(default_factory=list)
    listed: list[Origin] = field(default_factory=list)
    former: tuple[str, Origin] | None = None

    @property
    def family(self) -> Family:
        """The role without its narrower forms."""
        return FAMILIES[self.role]


class KnownMembership(NamedTuple):
    """A membership of the graph."""

    iri: str
    member: str
    role: str
    number: int
    start: str
    end: str


def known_memberships(store: Store, organization: str) -> list[KnownMembership]:
    """Return the memberships in an organization, by member and number."""
    query = queries.shipped("select", "memberships-in").bind(organization=ox.NamedNode(organization))
    found = []
    for row in store.select(query):
        cells = {name: value(term) for name, term in row.items()}
        found.append(KnownMembership(
            cells["membership"], cells["member"], local(cells["role"]), int(cells["number"]), cells.get("start", ""),
            cells.get("end", ""),
        ))  # fmt: skip
    return sorted(found, key=lambda known: (known.member, known.number))


def readings(profile: Profile) -> list[MemberReading]:
    """Return the memberships that a page states, in the order of its lists."""
    found = dict[tuple[str, str], MemberReading]()
    for listed in profile.listed:
        if listed.kind == "former":
            continue
        role = "applicant" if listed.kind == "pending" else "founding-member" if listed.founding else "member"
        reading = found.setdefault((_key(listed.name), FAMILIES[role]), MemberReading(listed.name, role))
        reading.listed.append(listed.origin)
        reading.note = listed.note
        if listed.suspended:
            reading.suspended = listed.origin
    for change in profile.changes:
        _change(change, found)
    ended = list(_ended(profile))
    _infer_founders(profile, [each for each in found.values() if each.family == "member"], ended)
    return [*ended, *found.values()]


def _ended(profile: Profile) -> Iterator[MemberReading]:
    """Yield the memberships that had ended: of former members, and of members that left and returned."""
    former = [each for each in profile.listed if each.kind == "former"]
    for each in former:
        if (reading := _former(each, profile)) is not None:
            yield reading
        else:
            text = f"Former member: {each.name.text}. The page does not give its end."
            profile.left.append(TextLeft(each.origin, text))
    names = {_key(each.name) for each in former}
    for change in profile.changes:
        if change.change == "left" and _key(change.name) not in names:
            yield MemberReading(change.name, "member", end=change.date, dated=[change.origin])


def _key(name: PrintedName) -> str:
    return name.iri or name.text


def _change(change: DatedChange, found: dict[tuple[str, str], MemberReading]) -> None:
    """Add a change that the prose gives to the reading of its member."""
    if change.change == "left":
        return
    role = {"founder": "founding-member", "joined": "member", "suspended": "member"}.get(change.change, change.change)
    reading = found.setdefault((_key(change.name), FAMILIES[role]), MemberReading(change.name, role))
    if change.change == "suspended":
        reading.suspended, reading.suspended_since = change.origin, change.date
        if not reading.listed:
            reading.listed.append(change.origin)
        return
    if change.change == "founder":
        reading.role = role
    if change.date and not reading.start:
        reading.start = change.date
        reading.dated.append(change.origin)
    elif not change.date:
        reading.listed.append(change.origin)


def _infer_founders(profile: Profile, members: list[MemberReading], ended: list[MemberReading]) -> None:
    """Take the members that did not join later for founding members, if the numbers of the page agree with that."""
    joined = [reading for reading in members if reading.start and reading.role == "member"]
    named = [reading for reading in members if reading.role == "founding-member"]
    others = [reading for reading in (*members, *ended) if not reading.start and reading.role == "member"]
    launch = next((c for c in profile.counts if c.population == "members-at-launch"), None)
    since = next((c for c in profile.counts if c.population == "members-since-launch"), None)
    if launch is None or since is None or (launch.count, since.count) != (len(named) + len(others), len(joined)):
        return
    events = sorted((e for e in profile.events if not e.of_secretariat), key=lambda e: e.kind != "launch")
    for reading in others:
        reading.role, reading.inferred = "founding-member", True
        reading.note = BY_INFERENCE.format(launch=launch.count, joined=since.count)
        if events and not reading.end:
            reading.start = events[0].date
            reading.dated.append(events[0].origin)


def _former(listed: ListedName, profile: Profile) -> MemberReading | None:
    """Return the ended membership of a former member, or None if nothing bounds its end.

    The end is that of the prose, or the year in the bracket after the name. Otherwise, it is between the founding of
    the organization and the day of the page.
    """
    left = next((c for c in profile.changes if c.change == "left" and _key(c.name) == _key(listed.name)), None)
    begun = next((e.date for e in profile.events if not e.of_secretariat), "")
    bounds = _between(span(begun)[0], span(profile.day)[0] - timedelta(1)) if begun and profile.day else ""
    reading = MemberReading(listed.name, "member", note=listed.note)
    if left is not None:
        reading.end, reading.dated, reading.former = left.date, [left.origin], (bounds, listed.origin)
    else:
        reading.end, reading.dated = edtf_of(listed.note) or bounds, [listed.origin]
    return reading if reading.end else None


def _between(first: date, last: date) -> str:
    return f"[{first}..{last}]"
