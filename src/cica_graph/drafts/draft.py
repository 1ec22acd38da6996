"""Turtle of a draft: the facts of a page under the names of a project, for ``templates/profile.ttl``."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.drafts.facts import ClaimedCount, ClaimedOverlap, NamedInstrument, Origin, Profile, TextLeft
from cica_graph.drafts.layout import PartName, parts
from cica_graph.drafts.members import FAMILIES, KnownMembership, MemberReading, known_memberships, readings
from cica_graph.drafts.names import NameResolver, PrintedName
from cica_graph.model import normalise
from cica_graph.model.terms import BASE, CONCEPT, GRAPH, ID, local
from cica_graph.store.store import Store, value

SHOWN: Final = 90  # characters of a sentence in the summary
TODO: Final = BASE + "todo/"  # a name in doubt; `check` reports it until it is replaced
# The prefixes of a draft are those of the files in data/.
PREFIXES: Final = {
    "c": CONCEPT, "cg": BASE + "ns#", "e": ID + "event/", "g": GRAPH, "i": ID + "instrument/", "m": ID + "membership/",
    "n": ID + "person/", "o": ID + "org/", "s": ID + "state/", "t": ID + "situation/", "todo": TODO,
    "u": ID + "organ/", "x": ID + "claim/",
}  # fmt: skip
_LOCAL: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)


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


@dataclass
class Draft:
    """All that the template needs.

    :ivar slug: name of the source, which no graph of the project has.
    :ivar organization: the organization, as Turtle writes it.
    :ivar doubts: the names in doubt, by their ``todo:`` term.
    """

    profile: Profile
    slug: str
    organization: str
    short: str
    known: bool
    united_nations: str
    label: str
    doubts: dict[str, PrintedName] = field(default_factory=dict)
    memberships: list[DraftMembership] = field(default_factory=list)
    namings: list[tuple[str, str, PrintedName, Origin]] = field(default_factory=list)
    instruments: list[tuple[NamedInstrument, str, bool, str]] = field(default_factory=list)
    organ_known: bool = False
    programme: bool = False

    @property
    def claims(self) -> bool:
        """True if the draft has claims. They need a day, not a month or a year."""
        return len(self.profile.day) == len("2012-06-13")

    def messages(self) -> Iterator[str]:
        """Yield a summary for a person, line by line."""
        profile = self.profile
        sizes = Counter(each.kind for each in profile.listed)
        claims = len(profile.counts) + len(profile.overlaps)
        yield (
            f"{profile.acronym}: {_count(sizes['current'], 'member')}, {sizes['former']} former, "
            f"{sizes['pending']} pending, {_count(claims, 'claim')}, {_count(len(profile.instruments), 'instrument')}"
        )
        if not self.claims and claims:
            yield "the page does not give its day, so the draft has no claims; use --as-of"
        for todo, name in self.doubts.items():
            yield f"in doubt: {name.text!r} ({todo}): {name.candidates}"
        yield f"sentences and items: {profile.encoded} encoded, {len(profile.left)} left to do"
        for left in profile.left:
            yield f"  {left.origin.place}: {left.text if len(left.text) <= SHOWN else left.text[:SHOWN] + ' ...'}"

    def term(self, name: PrintedName) -> str:
        """Return the term of a name; a name in doubt gets a ``todo:`` term."""
        if name.iri:
            return term(name.iri)
        short = "todo:" + slug(name.text)
        self.doubts.setdefault(short, name)
        return short


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def term(iri: str) -> str:
    """Return an IRI as Turtle writes it."""
    for prefix, base in PREFIXES.items():
        if iri.startswith(base) and _LOCAL.fullmatch(iri[len(base) :]):
            return f"{prefix}:{iri[len(base) :]}"
    return str(ox.NamedNode(iri))


def slug(text: str, words: int = 8) -> str:
    """Return a text as a part of an IRI: words of ASCII letters and digits."""
    parts = re.findall(r"[a-z0-9]+", " ".join(normalise.tokens(text)))
    return "-".join(parts[:words])[:60].strip("-") or "x"


def make_draft(profile: Profile, store: Store, names: NameResolver) -> Draft:
    """Return the draft of a page for a project."""
    entity = names.find_organization(profile.name, profile.acronym)
    short = local(entity.thing.iri) if entity is not None else slug(profile.acronym)
    organization = entity.thing.iri if entity is not None else f"{ID}org/{short}"
    un = names.find("United Nations", organization=True)
    draft = Draft(
        profile, _unused(store, f"{short}-profile"), term(organization), short, entity is not None,
        term(un.iri) if un.iri else "", entity.label if entity is not None else profile.name,
    )  # fmt: skip
    for name in _printed(profile):
        draft.term(name)
    draft.organ_known = bool(store.graphs_with(f"{ID}organ/{short}-secretariat"))
    draft.programme = bool(store.graphs_with(f"{ID}instrument/un-poa"))
    known = known_memberships(store, organization) if entity is not None else []
    draft.memberships = list(_memberships(draft, readings(profile), known))
    draft.namings = list(_namings(draft))
    draft.instruments = list(_instruments(draft, store))
    profile.left = sorted((*profile.left, *_left(draft)), key=lambda left: left.origin.place)
    return draft


def _printed(profile: Profile) -> Iterator[PrintedName]:
    """Yield the names outside of memberships."""
    if profile.country is not None:
        yield profile.country
    for overlap in profile.overlaps:
        if overlap.other is not None:
            yield overlap.other
        yield from (name for bracket in overlap.brackets if bracket.meaning == "not in this" for name in bracket.names)


def _left(draft: Draft) -> Iterator[TextLeft]:
    """Yield the claims, brackets and lists that the vocabulary does not express."""
    profile = draft.profile
    for count in profile.counts:
        names = sum(each.kind == "current" for each in profile.listed)
        if not draft.claims:
            yield TextLeft(count.origin, f"Claim without a day: {count.population} {count.count}")
        elif count.population == "members" and count.count != names:
            yield TextLeft(count.origin, f"The page claims {count.count} members and lists {names}.")
    for overlap in profile.overlaps:
        other = overlap.other.text if overlap.other is not None else "UN members among the members"
        claim = f"{overlap.count} of {overlap.total}, {other}"
        if not draft.claims:
            yield TextLeft(overlap.origin, f"Claim without a day: {claim}")
        for bracket in overlap.brackets:
            if bracket.meaning != "not in this" or not draft.claims:
                names_of = ", ".join(name.text for name in bracket.names)
                yield TextLeft(overlap.origin, f"Bracket of the claim {claim}: {bracket.meaning}: {names_of}")


def _unused(store: Store, name: str) -> str:
    """Return a name that no graph and no source of the project has."""
    number = 1
    while any(store.graphs_with(iri) or store.has_graph(ox.NamedNode(iri))
              for numbered in [name if number == 1 else f"{name}-{number}"]
              for iri in (GRAPH + numbered, f"{BASE}doc/{numbered}#document")):  # fmt: skip
        number += 1
    return name if number == 1 else f"{name}-{number}"


def _memberships(draft: Draft, found: list[MemberReading], known: list[KnownMembership]) -> Iterator[DraftMembership]:
    taken = Counter[str]()
    for each in known:
        taken[each.member] = max(taken[each.member], each.number)
    for reading in found:
        member = draft.term(reading.name)
        same = [k for k in known if k.member == reading.name.iri and FAMILIES.get(k.role) == reading.family]
        if same:
            yield _reported(draft, reading, member, same[-1])
            continue
        key = reading.name.iri or member
        taken[key] += 1
        code = local(reading.name.iri) if reading.name.iri else slug(reading.name.text)
        dated, listed = _split_origins(reading)
        reports = [PartReading("lists", "", "", "", listed)] if dated and listed else []
        reports += _former_list(reading, "")
        iri = f"m:{draft.short}-{code}-{taken[key]}"
        yield DraftMembership(iri, True, reading, member, taken[key], dated or listed, tuple(reports))


def _reported(draft: Draft, reading: MemberReading, member: str, known: KnownMembership) -> DraftMembership:
    """Return an existing membership, with a citation where the page agrees and a report where it does not."""
    sources, reports = list[PartName](), list[PartReading]()
    dated, listed = _split_origins(reading)
    role = reading.role if reading.role != known.role == "member" else ""
    if (known.start, known.end, "") == (reading.start, reading.end, role):
        sources += dated
    elif dated:
        reports.append(PartReading(draft.slug, role, reading.start, reading.end, dated))
    role = "" if dated else role
    if not known.start and not known.end and not role:
        sources += listed
    elif listed:
        reports.append(PartReading(f"{draft.slug}-lists", role, "", "", listed))
    reports += _former_list(reading, f"{draft.slug}-")
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


def _namings(draft: Draft) -> Iterator[tuple[str, str, PrintedName, Origin]]:
    """Yield a naming for each name on the page that is not the label of its state or organization."""
    profile, done = draft.profile, set[tuple[str, str]]()
    printed = [(each.name, each.origin) for each in profile.listed]
    printed += [(each.name, each.origin) for each in profile.changes]
    for name, origin in printed:
        if name.iri and name.text != name.label and name.kind != "Organization" and (name.iri, name.text) not in done:
            done.add((name.iri, name.text))
            number = sum(iri == name.iri for iri, _ in done)
            suffix = f"-{number}" if number > 1 else ""
            yield f"t:{local(name.iri)}-named-in-{draft.slug}{suffix}", term(name.iri), name, origin


def _instruments(draft: Draft, store: Store) -> Iterator[tuple[NamedInstrument, str, bool, str]]:
    """Yield the documents: each with its term, whether it is in the graph, and its kind."""
    known = dict[str, str]()
    for row in store.select(queries.shipped("tables", "instruments").text):
        if "label" in row:
            known[normalise.squashed(value(row["label"]))] = value(row["instrument"])
    taken = Counter[str]()
    for instrument in draft.profile.instruments:
        bare = re.sub(r"\s*\([^()]*\)$", "", instrument.title)
        iri = known.get(normalise.squashed(instrument.title)) or known.get(normalise.squashed(bare))
        if iri is not None:
            yield instrument, term(iri), True, ""
            continue
        name = f"{draft.short}-{slug(bare, 6)}" + (f"-{instrument.date[:4]}" if instrument.date else "")
        taken[name] += 1
        name += f"-{taken[name]}" if taken[name] > 1 else ""
        yield instrument, f"i:{name}", False, instrument_kind(instrument.title)


@cache
def _kinds() -> dict[str, str]:
    text = (Path(__file__).parent / "instruments.tsv").read_text("utf-8")
    return {row["word"]: row["kind"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def instrument_kind(title: str) -> str:
    """Return the kind of a document by the first word of its title that gives one, or an empty text."""
    words = normalise.tokens(title)
    return next((kind for word in words if (kind := _kinds().get(word))), "")


def section_titles() -> list[tuple[PartName, int, str]]:
    """Return the sections of a page: part, number and title."""
    return [(row.part, row.number, row.title) for row in parts()]


def claimed_counts(draft: Draft) -> Iterator[tuple[str, ClaimedCount, bool]]:
    """Yield the counts, each with the last part of its name, and whether the page names every case."""
    profile, taken = draft.profile, Counter[str]()
    sizes = {
        "members": len({each.name.text for each in profile.listed if each.kind == "current"}),
        "members-at-launch": sum(m.reading.role == "founding-member" for m in draft.memberships),
    }
    for count in profile.counts if draft.claims else ():
        taken[count.population] += 1
        suffix = f"-{taken[count.population]}" if taken[count.population] > 1 else ""
        size = sizes.get(count.population)
        yield count.population + suffix, count, count.complete if size is None else size >= count.count


def claimed_overlaps(draft: Draft) -> Iterator[tuple[str, ClaimedOverlap, str, str]]:
    """Yield the overlaps, each with the last part of its name, the organization and its counterpart."""
    taken = Counter[str]()
    for overlap in draft.profile.overlaps if draft.claims else ():
        name, about, counterpart = "un", draft.united_nations, draft.organization
        if overlap.other is not None:
            name = local(overlap.other.iri) if overlap.other.iri else slug(overlap.other.text)
            about, counterpart = draft.organization, draft.term(overlap.other)
        taken[name] += 1
        yield name + (f"-{taken[name]}" if taken[name] > 1 else ""), overlap, about, counterpart
