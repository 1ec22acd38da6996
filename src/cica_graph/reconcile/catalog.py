"""What a graph has to offer: its states and organizations, with everything that may be asked of them.

It is read once and never changes, so that a query takes a millisecond and needs no store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cica_graph import queries
from cica_graph.linking.matcher import Index, Thing, things
from cica_graph.model import normalise
from cica_graph.model.terms import CG, ID, PREFIXES, SKOS, local
from cica_graph.reconcile.days import Lasting, told
from cica_graph.store.store import Row, Store, value

Name = tuple[str, str]  # text, language tag or ""
TYPES: Final = {"State": "state", "Organization": "organization"}  # a type's id -> the kind of Thing
_KINDS: Final = {kind: ident for ident, kind in TYPES.items()}


@dataclass(frozen=True)
class Spell:
    """A membership.

    :ivar other: IRI of the organization, or of the member, on the other side.
    :ivar role: local name of the role.
    :ivar counts: whether the role is one of a member.
    """

    other: str
    role: str
    counts: bool
    lasting: Lasting


@dataclass(frozen=True)
class Entity:
    """A state or organization.

    :ivar id: its IRI without what all of them begin with: ``state/KAZ``, ``org/cica``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym; where neither exists, the last part of the IRI.
    :ivar labels: the preferred name in each language.
    :ivar dated: names of which it is known when they were used, each with the time.
    :ivar lasting: when it began and ended.
    :ivar concepts: region or kind, by the property's local name: what they are called.
    :ivar memberships: its own, in whatever role.
    :ivar members: those of others in it.
    """

    thing: Thing
    id: str
    code: str
    labels: Mapping[str, str]
    dated: Sequence[tuple[str, Lasting]]
    lasting: Lasting
    concepts: Mapping[str, Sequence[str]]
    memberships: Sequence[Spell]
    members: Sequence[Spell]

    @property
    def label(self) -> str:
        """What it is called in English, else in any language."""
        return self.thing.label

    @property
    def type(self) -> str:
        """The id of its type."""
        return _KINDS[self.thing.kind]

    @cached_property
    def former(self) -> Mapping[str, list[Lasting]]:
        """When it went by a name, by the name as ``fold.squashed`` has it; names without a date are not in it."""
        found = defaultdict[str, list[Lasting]](list)
        current = {normalise.squashed(text) for text in self.labels.values()}
        for text, lasting in self.dated:
            if (form := normalise.squashed(text)) not in current:
                found[form].append(lasting)
        return dict(found)


class Catalog:
    """The states and organizations of a graph."""

    def __init__(self, store: Store) -> None:
        ours = things(store)
        self.index = Index(ours)
        codes, spoken = self._codes(store), _spoken(store, [thing.iri for thing in ours])
        dated = _grouped(store, "namings", "actor")
        lifetimes = _grouped(store, "lifetimes", "actor")
        memberships, members = _spells(store)
        self.by_iri = {
            thing.iri: Entity(
                thing=thing,
                id=thing.iri.removeprefix(ID),
                code=codes.get(thing.iri, local(thing.iri)),
                labels=spoken[thing.iri].labels,
                dated=[(value(row["name"]), _lasting(row)) for row in dated.get(thing.iri, ())],
                lasting=_lasting(lifetimes[thing.iri][0]) if thing.iri in lifetimes else Lasting(),
                concepts=spoken[thing.iri].concepts,
                memberships=memberships.get(thing.iri, ()),
                members=members.get(thing.iri, ()),
            )
            for thing in ours
        }
        self.by_id = {entity.id: entity for entity in self.by_iri.values()}
        self.organizations = sorted(
            (e for e in self.by_iri.values() if e.members), key=lambda e: (e.code.casefold(), e.id)
        )

    @staticmethod
    def _codes(store: Store) -> dict[str, str]:
        return {value(r["actor"]): value(r["code"]) for r in store.select(queries.shipped("select", "actors").text)}

    def entity(self, text: str) -> Entity | None:
        """Return the entity with an id, an IRI or a prefixed name such as ``state:KAZ``."""
        text = text.strip()
        if found := self.by_id.get(text) or self.by_iri.get(text):
            return found
        prefix, _, rest = text.partition(":")
        return self.by_iri.get(PREFIXES[prefix] + rest) if prefix in ("state", "organization") else None

    @property
    def languages(self) -> list[str]:
        """Tags of the languages of labels, English first."""
        return sorted(
            {"en"}.union(*(e.labels for e in self.by_iri.values())) - {""}, key=lambda tag: (tag != "en", tag)
        )

    @cached_property
    def names(self) -> list[tuple[str, str, Entity]]:
        """Every name as the words that are its own (``fold.core``), as it is written, and whose it is; sorted."""
        found = {
            (" ".join(words), text, entity.id)
            for entity in self.by_iri.values()
            for text, _ in entity.thing.names
            if (words := normalise.core(text))
        }
        return [(words, text, self.by_id[ident]) for words, text, ident in sorted(found)]

    @cached_property
    def acronyms(self) -> dict[str, set[str]]:
        """The IRIs of those that an acronym stands for."""
        found = defaultdict[str, set[str]](set)
        for iri, entity in self.by_iri.items():
            for text in entity.thing.acronyms:
                found[normalise.caseless(text)].add(iri)
        return dict(found)


class _Spoken:
    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.concepts: dict[str, list[str]] = defaultdict(list)


_CONCEPTS: Final = {CG + name: name for name in ("region", "kind")}


def _spoken(store: Store, iris: Sequence[str]) -> dict[str, _Spoken]:
    """Return the labels of things and what concepts are said of them."""
    found = {iri: _Spoken() for iri in iris}
    concepts = defaultdict[str, list[tuple[str, str]]](list)
    for t in store.about(iris):
        subject, predicate = value(t.subject), t.predicate.value
        if predicate == SKOS + "prefLabel":
            found[subject].labels[getattr(t.object, "language", None) or ""] = value(t.object)
        elif predicate in _CONCEPTS:
            concepts[value(t.object)].append((subject, _CONCEPTS[predicate]))
    called = {iri: local(iri) for iri in concepts}
    for t in store.about(sorted(concepts)):
        if t.predicate.value == SKOS + "prefLabel" and getattr(t.object, "language", None) == "en":
            called[value(t.subject)] = value(t.object)
    for iri in sorted(concepts):
        for subject, name in concepts[iri]:
            found[subject].concepts[name].append(called[iri])
    return found


def _grouped(store: Store, query: str, by: str) -> dict[str, list[Row]]:
    found = defaultdict[str, list[Row]](list)
    for row in store.select(queries.shipped("select", query).text):
        found[value(row[by])].append(row)
    return {iri: sorted(rows, key=str) for iri, rows in found.items()}


def _spells(store: Store) -> tuple[dict[str, list[Spell]], dict[str, list[Spell]]]:
    """Return the memberships of each member and those in each organization, by time."""
    memberships, members = defaultdict[str, list[Spell]](list), defaultdict[str, list[Spell]](list)
    for row in store.select(queries.shipped("select", "standing").text):
        who, what = value(row["member"]), value(row["organization"])
        role, counts, lasting = local(value(row["role"])), value(row["counts"]) == "true", _lasting(row)
        memberships[who].append(Spell(what, role, counts, lasting))
        members[what].append(Spell(who, role, counts, lasting))
    return _ordered(memberships), _ordered(members)


def _ordered(spells: Mapping[str, Iterable[Spell]]) -> dict[str, list[Spell]]:
    return {iri: sorted(some, key=lambda s: (s.other, s.lasting.start, s.lasting.end, s.role))
            for iri, some in spells.items()}  # fmt: skip


def _lasting(row: Row) -> Lasting:
    text = {name: value(row[name]) if name in row else "" for name in ("start", "end", *_BOUNDS)}
    return Lasting(text["start"], text["end"], *(told(text[name]) for name in _BOUNDS))


_BOUNDS: Final = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")
