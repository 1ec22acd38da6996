"""Properties of states and organizations, as columns to add to a table and as conditions of a query.

They are listed in ``properties.tsv``. In addition, each organization with members has a property such as
``joined:org/cica``, the date on which a member joined. Memberships are those on the requested day, or on any day if no
day is given.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cica_graph.linking.candidate import LONGEST, Code, code
from cica_graph.model import normalise
from cica_graph.model.results import Certainty
from cica_graph.reconcile.catalog import TYPES, Catalog, Entity, MembershipPeriod
from cica_graph.reconcile.days import Period

_CACHE_SIZE: Final = 1 << 11  # entries of the cache of comparable values
JOINED: Final = "joined:"
CODES: Final = ("iso2", "iso3", "m49", "cow", "wikidata", "geonames")
DAY: Final = "on"  # a condition only: the day that a query is about


ComparableValue = str | Code | None  # a value in the form in which values are compared


@dataclass(frozen=True)
class ReconcileProperty:
    """A property.

    :ivar types: ids of the types with this property.
    """

    id: str
    types: tuple[str, ...]
    name: str
    description: str


class PropertyValue(NamedTuple):
    """A value: a text, or the label of an entity with its id."""

    text: str
    id: str = ""
    language: str = ""


class PropertyRequest(NamedTuple):
    """The days for which a property is requested, and the language of labels."""

    period: Period | None = None
    language: str = "en"


@cache
def _listed() -> tuple[ReconcileProperty, ...]:
    text = (Path(__file__).parent / "properties.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(ReconcileProperty(r["id"], tuple(r["types"].split()), r["name"], r["description"]) for r in rows)


ON: Final = ReconcileProperty(
    DAY, tuple(TYPES), "day", "The day, month or year of a row. Names and memberships are those of that time."
)


class Properties:
    """The properties of one catalog, and their values."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        joined = (
            ReconcileProperty(
                JOINED + e.id, tuple(TYPES), f"joined {e.code}",
                f"The date on which it joined {e.label}, as the source gives it, or several dates.",
            )
            for e in catalog.organizations
        )  # fmt: skip
        self.extending = {p.id: p for p in (*_listed(), *joined)}
        self.all = {DAY: ON, **self.extending}
        self._forms = lru_cache(_CACHE_SIZE)(self._read_forms)
        self._names: dict[str, frozenset[str]] = {}  # the names of an entity that is a value, by its id

    def forms(self, entity: Entity, ident: str, request: PropertyRequest) -> frozenset[ComparableValue]:
        """Return the values of a property in the form of :meth:`form`."""
        return self._forms(entity.id, ident, request)

    def of_type(self, ident: str) -> list[ReconcileProperty]:
        """Return the properties of a type, or all properties if the type is unknown."""
        return [p for p in self.extending.values() if ident in p.types or ident not in TYPES]

    def values(self, entity: Entity, ident: str, request: PropertyRequest = PropertyRequest()) -> list[PropertyValue]:  # noqa: B008  # immutable
        """Return the values of a property, or an empty list if it has none."""
        if ident.startswith(JOINED):
            return self._joined(entity, ident.removeprefix(JOINED))
        read = _VALUES.get(ident)
        return [] if read is None else list(dict.fromkeys(read(self._catalog, entity, request)))

    def _joined(self, entity: Entity, organization: str) -> list[PropertyValue]:
        other = self._catalog.by_id.get(organization)
        starts = [s.interval.start for s in entity.memberships if other and s.other == other.thing.iri and s.counts]
        return [PropertyValue(start) for start in dict.fromkeys(starts) if start]

    @staticmethod
    def form(ident: str, value: str) -> ComparableValue:
        """Return a value in the form in which it is compared, or None if it is not valid for the property."""
        if len(value) > LONGEST:
            return None
        if ident in CODES:
            return code(ident, value)
        return normalise.squashed(value) if ident in ("name", "label") else normalise.caseless(value)

    def _read_forms(self, entity_id: str, ident: str, request: PropertyRequest) -> frozenset[ComparableValue]:
        """Return the comparable forms of all values of a property."""
        entity = self._catalog.by_id[entity_id]
        if ident in CODES:
            return frozenset(entity.thing.codes)
        if ident in ("name", "label"):
            return frozenset(normalise.squashed(value.text) for value in self.values(entity, "name"))
        values = self.values(entity, ident, request)
        return frozenset(form for value in values for form in self._names_of(value))

    def _names_of(self, value: PropertyValue) -> frozenset[str]:
        if not value.id:
            return frozenset([normalise.caseless(value.text)])
        if value.id not in self._names:
            other = self._catalog.by_id[value.id]
            known = (value.id, value.text, other.code, other.thing.iri, *other.thing.acronyms)
            names = (name for name, _ in other.thing.names)
            self._names[value.id] = frozenset(map(normalise.caseless, (*known, *names)))
        return self._names[value.id]


_LEVELS: Final[Mapping[Certainty, tuple[Certainty, ...]]] = {
    "certain": ("certain",),
    "presumed": ("certain", "presumed"),
    "possible": ("certain", "presumed", "possible", "disputed"),
}


def _held(
    memberships: Iterable[MembershipPeriod],
    request: PropertyRequest,
    at_least: Certainty = "certain",
    *,
    counts: bool = True,
) -> Iterable[str]:
    """Yield the other side of each membership with a sufficient answer for the requested days."""
    levels = _LEVELS[at_least]
    for membership in memberships:
        on_time = request.period is None or membership.interval.certainty(request.period) in levels
        if on_time and (membership.counts or not counts):
            yield membership.other


def _entities(catalog: Catalog, iris: Iterable[str]) -> list[PropertyValue]:
    found = [catalog.by_iri[iri] for iri in set(iris) if iri in catalog.by_iri]
    return [PropertyValue(e.label, e.id) for e in sorted(found, key=lambda e: (e.label.casefold(), e.id))]


def _label(_: Catalog, entity: Entity, request: PropertyRequest) -> list[PropertyValue]:
    if request.language in ("", "en"):
        return [PropertyValue(entity.label, language="en")]
    return (
        [PropertyValue(entity.labels[request.language], language=request.language)]
        if request.language in entity.labels
        else []
    )


def _codes(scheme: str) -> Callable[[Catalog, Entity, PropertyRequest], list[PropertyValue]]:
    return lambda _, e, request: [PropertyValue(text) for kind, text in sorted(e.thing.codes) if kind == scheme]


def _names(_: Catalog, entity: Entity, request: PropertyRequest) -> list[PropertyValue]:
    return [*(PropertyValue(text, language=language) for text, language in entity.thing.names),
            *(PropertyValue(text) for text in entity.thing.acronyms)]  # fmt: skip


_VALUES: Final[Mapping[str, Callable[[Catalog, Entity, PropertyRequest], list[PropertyValue]]]] = {
    **{scheme: _codes(scheme) for scheme in CODES},
    "id": lambda _, e, request: [PropertyValue(e.id)],
    "iri": lambda _, e, request: [PropertyValue(e.thing.iri)],
    "code": lambda _, e, request: [PropertyValue(e.code)],
    "label": _label,
    "name": _names,
    "formerName": lambda _, e, request: [PropertyValue(f"{text} ({interval})") for text, interval in e.dated],
    "region": lambda _, e, request: [PropertyValue(text) for text in e.concepts.get("region", ())],
    "kind": lambda _, e, request: [PropertyValue(text) for text in e.concepts.get("kind", ())],
    "start": lambda _, e, request: [PropertyValue(e.interval.start)] if e.interval.start else [],
    "end": lambda _, e, request: [PropertyValue(e.interval.end)] if e.interval.end else [],
    "memberOf": lambda c, e, request: _entities(c, _held(e.memberships, request)),
    "presumedMemberOf": lambda c, e, request: _entities(c, _held(e.memberships, request, "presumed")),
    "possiblyMemberOf": lambda c, e, request: _entities(c, _held(e.memberships, request, "possible")),
    "takesPartIn": lambda c, e, request: _entities(c, _held(e.memberships, request, counts=False)),
    "member": lambda c, e, request: _entities(c, _held(e.members, request)),
}
