"""Turtle of a draft: the facts of a page under the names of a project, for ``templates/profile.ttl``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from cica_graph.drafts.facts import BRACKETS, ClaimedCount, ClaimedOverlap, Meaning, Origin, Profile, TextLeft
from cica_graph.drafts.instruments import DraftInstrument, instruments
from cica_graph.drafts.layout import PartName, parts
from cica_graph.drafts.members import known_memberships, readings
from cica_graph.drafts.merge import DraftMembership, merged
from cica_graph.drafts.names import NameResolver, PrintedName
from cica_graph.drafts.terms import slug, term
from cica_graph.model.terms import BASE, CG, DCTERMS, GRAPH, ID, RDFS, SKOS, local
from cica_graph.store.store import Store

SHOWN: Final = 90  # characters of a sentence in the summary


@dataclass
class Draft:
    """All that the template needs.

    :ivar slug: name of the source, which no graph of the project has.
    :ivar organization: the organization, as Turtle writes it.
    :ivar short: last part of the IRI of the organization.
    :ivar known: True if the project has the organization.
    :ivar united_nations: the United Nations, empty if the project does not have them.
    :ivar label: label of the organization in the project, or its name on the page.
    :ivar namings: the names that differ from a label: IRI, actor, name and place.
    :ivar brackets: the property for each meaning of a bracket, if the vocabulary of the project has one.
    :ivar organ_known: True if the project has the secretariat of the organization.
    :ivar programme: True if the project has the UN Programme of Action.
    :ivar doubts: the names in doubt, by their ``doubt:`` term.
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
    instruments: list[DraftInstrument] = field(default_factory=list)
    brackets: dict[Meaning, str] = field(default_factory=dict)
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
        for doubt, name in self.doubts.items():
            yield f"in doubt: {name.text!r} ({doubt}): {name.candidates}"
        yield f"sentences and items: {profile.encoded} encoded, {len(profile.left)} left to do"
        for left in profile.left:
            yield f"  {left.origin.place}: {left.text if len(left.text) <= SHOWN else left.text[:SHOWN] + ' ...'}"

    def term(self, name: PrintedName) -> str:
        """Return the term of a name; a name in doubt gets a ``doubt:`` term."""
        if name.iri:
            return term(name.iri)
        short = "doubt:" + slug(name.text)
        self.doubts.setdefault(short, name)
        return short


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def make_draft(profile: Profile, store: Store, names: NameResolver) -> Draft:
    """Return the draft of a page for a project."""
    label = SKOS + "prefLabel"
    entity = names.find_organization(profile.name, profile.acronym)
    if entity is not None:
        organization, known, title = entity.thing.iri, known_memberships(store, entity.thing.iri), entity.label
    else:
        unused = _unused(store, slug(profile.acronym), label, ID + "org/{}")
        organization, known, title = f"{ID}org/{unused}", [], profile.name
    short = local(organization)
    source = _unused(store, f"{short}-profile", DCTERMS + "title", GRAPH + "{}", BASE + "doc/{}#document")
    un = names.find("United Nations", organization=True)
    draft = Draft(
        profile, source, term(organization), short, entity is not None, term(un.iri) if un.iri else "", title,
        organ_known=bool(store.graphs_with(f"{ID}organ/{short}-secretariat", label)),
        programme=bool(store.graphs_with(f"{ID}instrument/un-poa", label)),
    )  # fmt: skip
    draft.brackets = {m: name for m, name in BRACKETS.items() if store.graphs_with(CG + name, RDFS + "label")}
    for name in _printed(draft):
        draft.term(name)
    draft.memberships = list(merged(readings(profile), known, short, draft.slug, draft.term))
    draft.namings = list(_namings(draft))
    draft.instruments = list(instruments(profile.instruments, short, store))
    profile.left = sorted((*profile.left, *_left(draft)), key=lambda left: left.origin.place)
    return draft


def _printed(draft: Draft) -> Iterator[PrintedName]:
    """Yield the names outside of memberships."""
    profile = draft.profile
    if profile.country is not None:
        yield profile.country
    for overlap in profile.overlaps:
        if overlap.other is not None:
            yield overlap.other
        yield from (name for bracket in overlap.brackets if bracket.meaning in draft.brackets for name in bracket.names)


def _left(draft: Draft) -> Iterator[TextLeft]:
    """Yield the claims, brackets and lists that the vocabulary does not express."""
    profile = draft.profile
    for claimed in profile.counts:
        names = sum(each.kind == "current" for each in profile.listed)
        if not draft.claims:
            yield TextLeft(claimed.origin, f"Claim without a day: {claimed.population} {claimed.count}")
        elif claimed.population == "members" and claimed.count != names:
            yield TextLeft(claimed.origin, f"The page claims {claimed.count} members and lists {names}.")
    for overlap in profile.overlaps:
        other = overlap.other.text if overlap.other is not None else "UN members among the members"
        claim = f"{overlap.count} of {overlap.total}, {other}"
        if not draft.claims:
            yield TextLeft(overlap.origin, f"Claim without a day: {claim}")
        elif overlap.other is None and not draft.united_nations:
            yield TextLeft(overlap.origin, f"The project does not have the United Nations: {claim}")
        for bracket in overlap.brackets:
            if bracket.meaning not in draft.brackets or not draft.claims:
                names_of = ", ".join(name.text for name in bracket.names)
                yield TextLeft(overlap.origin, f"Bracket of the claim {claim}: {bracket.meaning}: {names_of}")


def _unused(store: Store, name: str, predicate: str, *iris: str) -> str:
    """Return a name with which no IRI has a value of the predicate in the project: the given one, or with a number."""
    for number in count(1):
        numbered = name if number == 1 else f"{name}-{number}"
        if not any(store.graphs_with(iri.format(numbered), predicate) for iri in iris):
            return numbered
    raise AssertionError


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
    for claimed in profile.counts if draft.claims else ():
        taken[claimed.population] += 1
        suffix = f"-{taken[claimed.population]}" if taken[claimed.population] > 1 else ""
        size = sizes.get(claimed.population)
        yield claimed.population + suffix, claimed, claimed.complete if size is None else size >= claimed.count


def claimed_overlaps(draft: Draft) -> Iterator[tuple[str, ClaimedOverlap, str, str]]:
    """Yield the overlaps, each with the last part of its name, the organization and its counterpart."""
    taken = Counter[str]()
    for overlap in draft.profile.overlaps if draft.claims else ():
        name, about, counterpart = "un", draft.united_nations, draft.organization
        if overlap.other is None and not draft.united_nations:
            continue
        if overlap.other is not None:
            name = local(overlap.other.iri) if overlap.other.iri else slug(overlap.other.text)
            about, counterpart = draft.organization, draft.term(overlap.other)
        taken[name] += 1
        yield name + (f"-{taken[name]}" if taken[name] > 1 else ""), overlap, about, counterpart
