"""Catalog of the states and organizations of a graph, with their names and memberships.

It is read once and never changes. A query therefore takes about a millisecond and does not need the store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from cica_graph import queries
from cica_graph.linking.matcher import Index, Thing, things
from cica_graph.model import normalise
from cica_graph.model.terms import CG, ID, PREFIXES, SKOS, local
from cica_graph.reconcile.days import Interval, bound
from cica_graph.store.store import Row, Store, value

Name = tuple[str, str]  # text, language tag or ""
TYPES: Final = {"State": "state", "Organization": "organization"}  # the kind of Thing, by the id of the type
_KINDS: Final = {kind: ident for ident, kind in TYPES.items()}


@dataclass(frozen=True)
class MembershipPeriod:
    """A membership, from one of its two sides.

    :ivar other: IRI of the other side: the organization or the member.
    :ivar role: local name of the role.
    :ivar counts: true if the role is a kind of member.
    """

    other: str
    role: str
    counts: bool
    interval: Interval


@dataclass(frozen=True)
class Entity:
    """A state or organization.

    :ivar id: the last two parts of its IRI: ``state/KAZ``, ``org/cica``.
    :ivar code: ISO 3166-1 alpha-3 code or acronym; the last part of the IRI if it has neither.
    :ivar labels: the preferred name in each language.
    :ivar dated: names with the time of their use.
    :ivar interval: the time from its beginning to its end.
    :ivar concepts: labels of its region or kind, by the local name of the property.
    :ivar memberships: its own memberships, in any role.
    :ivar members: the memberships of others in it.
    """

    thing: Thing
    id: str
    code: str
    labels: Mapping[str, str]
    dated: Sequence[tuple[str, Interval]]
    interval: Interval
    concepts: Mapping[str, Sequence[str]]
    memberships: Sequence[MembershipPeriod]
    members: Sequence[MembershipPeriod]

    @property
    def label(self) -> str:
        """The English label, or a label in another language."""
        return self.thing.label

    @property
    def type(self) -> str:
        """The id of the type."""
        return _KINDS[self.thing.kind]

    @cached_property
    def former(self) -> Mapping[str, list[Interval]]:
        """The times of former names, by the name in the form of ``normalise.squashed``, if they are known."""
        found = defaultdict[str, list[Interval]](list)
        current = {normalise.squashed(text) for text in self.labels.values()}
        for text, interval in self.dated:
            if (form := normalise.squashed(text)) not in current:
                found[form].append(interval)
        return dict(found)


class Catalog:
    """The states and organizations of one graph."""

    def __init__(self, store: Store) -> None:
        ours = things(store)
        self.index = Index(ours)
        codes, labelled = self._codes(store), _labels(store, [thing.iri for thing in ours])
        dated = _grouped(store, "namings", "actor")
        lifetimes = _grouped(store, "lifetimes", "actor")
        memberships, members = _memberships(store)
        self.by_iri = {
            thing.iri: Entity(
                thing=thing,
                id=thing.iri.removeprefix(ID),
                code=codes.get(thing.iri, local(thing.iri)),
                labels=labelled[thing.iri].labels,
                dated=[(value(row["name"]), _interval(row)) for row in dated.get(thing.iri, ())],
                interval=_interval(lifetimes[thing.iri][0]) if thing.iri in lifetimes else Interval(),
                concepts=labelled[thing.iri].concepts,
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
        """Return the entity with an id, an IRI or a prefixed name such as ``state:KAZ``, or None."""
        text = text.strip()
        if found := self.by_id.get(text) or self.by_iri.get(text):
            return found
        prefix, _, rest = text.partition(":")
        return self.by_iri.get(PREFIXES[prefix] + rest) if prefix in ("state", "organization") else None

    @property
    def languages(self) -> list[str]:
        """Language tags of the labels, English first."""
        return sorted(
            {"en"}.union(*(e.labels for e in self.by_iri.values())) - {""}, key=lambda tag: (tag != "en", tag)
        )

    @cached_property
    def acronyms(self) -> dict[str, set[str]]:
        """The IRIs by acronym."""
        found = defaultdict[str, set[str]](set)
        for iri, entity in self.by_iri.items():
            for text in entity.thing.acronyms:
                found[normalise.caseless(text)].add(iri)
        return dict(found)


class _Labels:
    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.concepts: dict[str, list[str]] = defaultdict(list)


_CONCEPTS: Final = {CG + name: name for name in ("region", "kind")}


def _labels(store: Store, iris: Sequence[str]) -> dict[str, _Labels]:
    """Return the labels and concepts of entities."""
    found = {iri: _Labels() for iri in iris}
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


def _memberships(store: Store) -> tuple[dict[str, list[MembershipPeriod]], dict[str, list[MembershipPeriod]]]:
    """Return the memberships of each member and of each organization, by time."""
    memberships, members = (
        defaultdict[str, list[MembershipPeriod]](list),
        defaultdict[str, list[MembershipPeriod]](list),
    )
    for row in store.select(queries.shipped("select", "standing").text):
        if "standing" not in row:
            continue  # outside the life of the member or of the organization
        who, what = value(row["member"]), value(row["organization"])
        flags = {name: name in row and value(row[name]) == "true" for name in ("openEnded", "disputed")}
        interval = replace(
            _interval(row), open_ended=flags["openEnded"] or "latestEnd" not in row, disputed=flags["disputed"]
        )
        role, counts = local(value(row["role"])), value(row["counts"]) == "true"
        memberships[who].append(MembershipPeriod(what, role, counts, interval))
        members[what].append(MembershipPeriod(who, role, counts, interval))
    return _ordered(memberships), _ordered(members)


def _ordered(memberships: Mapping[str, Iterable[MembershipPeriod]]) -> dict[str, list[MembershipPeriod]]:
    return {iri: sorted(some, key=lambda s: (s.other, s.interval.start, s.interval.end, s.role))
            for iri, some in memberships.items()}  # fmt: skip


def _interval(row: Row) -> Interval:
    text = {name: value(row[name]) if name in row else "" for name in ("start", "end", *_BOUNDS)}
    begin, begun, lasts, ends = (bound(text[name]) for name in _BOUNDS)
    return Interval(text["start"], text["end"], begin, begun, lasts, ends)


_BOUNDS: Final = ("earliestStart", "latestStart", "earliestEnd", "latestEnd")
