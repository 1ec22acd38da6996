"""What is known of a state or organization: as columns to add to a table, and as conditions on what is looked for.

Besides those of ``properties.tsv`` each organization that has members gives one, ``joined:org/cica``: when a member
joined it. What depends on a day is for the day that is asked about; without one it holds at any time.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from cica_graph.linking.candidate import LONGEST, Code
from cica_graph.linking.candidate import code as in_one_form
from cica_graph.model import normalise
from cica_graph.reconcile.catalog import TYPES, Catalog, Entity, Spell
from cica_graph.reconcile.days import Period

_KEPT: Final = 1 << 11  # properties of things of which it is remembered how their values are written
JOINED: Final = "joined:"
CODES: Final = ("iso2", "iso3", "m49", "cow", "wikidata", "geonames")
DAY: Final = "on"  # not of a thing, but the day that a question is about


Form = str | Code | None  # a value as it is compared with others


@dataclass(frozen=True)
class Property:
    """A property.

    :ivar types: ids of the types of things that may have it.
    """

    id: str
    types: tuple[str, ...]
    name: str
    description: str


class Value(NamedTuple):
    """A value: a text, or an entity by its id with what it is called."""

    text: str
    id: str = ""
    language: str = ""


class Asked(NamedTuple):
    """How a property is asked for: the days it is about and the language of labels."""

    over: Period | None = None
    language: str = "en"


@cache
def _listed() -> tuple[Property, ...]:
    text = (Path(__file__).parent / "properties.tsv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return tuple(Property(r["id"], tuple(r["types"].split()), r["name"], r["description"]) for r in rows)


ON: Final = Property(
    DAY, tuple(TYPES), "day", "The day, month or year that a row is about: names and memberships are those of then."
)


class Properties:
    """The properties of one catalog, and their values."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        joined = (
            Property(
                JOINED + e.id, tuple(TYPES), f"joined {e.code}",
                f"When it became a member of {e.label}, as the source has it; more than one date if it came back.",
            )
            for e in catalog.organizations
        )  # fmt: skip
        self.extending = {p.id: p for p in (*_listed(), *joined)}
        self.all = {DAY: ON, **self.extending}
        self._forms = lru_cache(_KEPT)(self._read_forms)
        self._names: dict[str, frozenset[str]] = {}  # of those that are values, by id

    def forms(self, entity: Entity, ident: str, asked: Asked) -> frozenset[Form]:
        """Return the values of a property as they are compared, see :meth:`form`."""
        return self._forms(entity.id, ident, asked)

    def of_type(self, ident: str) -> list[Property]:
        """Return what may be asked of things of a type, of all for a type that is not known."""
        return [p for p in self.extending.values() if ident in p.types or ident not in TYPES]

    def values(self, entity: Entity, ident: str, asked: Asked = Asked()) -> list[Value]:  # noqa: B008  # immutable
        """Return the values of a property, none where it is not known."""
        if ident.startswith(JOINED):
            return self._joined(entity, ident.removeprefix(JOINED))
        read = _VALUES.get(ident)
        return [] if read is None else list(dict.fromkeys(read(self._catalog, entity, asked)))

    def _joined(self, entity: Entity, organization: str) -> list[Value]:
        other = self._catalog.by_id.get(organization)
        starts = [s.lasting.start for s in entity.memberships if other and s.other == other.thing.iri and s.counts]
        return [Value(start) for start in dict.fromkeys(starts) if start]

    @staticmethod
    def form(ident: str, value: str) -> Form:
        """Return a value of a property in the one form in which it is compared; None if it can be no value of it."""
        if len(value) > LONGEST:
            return None
        if ident in CODES:
            return in_one_form(ident, value)
        return normalise.squashed(value) if ident in ("name", "label") else normalise.caseless(value)

    def _read_forms(self, entity_id: str, ident: str, asked: Asked) -> frozenset[Form]:
        """Return the forms of every value of a property, and of every way to write it."""
        entity = self._catalog.by_id[entity_id]
        if ident in CODES:
            return frozenset(entity.thing.codes)
        if ident in ("name", "label"):
            return frozenset(normalise.squashed(value.text) for value in self.values(entity, "name"))
        values = self.values(entity, ident, asked)
        return frozenset(form for value in values for form in self._called(value))

    def _called(self, value: Value) -> frozenset[str]:
        if not value.id:
            return frozenset([normalise.caseless(value.text)])
        if value.id not in self._names:
            other = self._catalog.by_id[value.id]
            known = (value.id, value.text, other.code, other.thing.iri, *other.thing.acronyms)
            names = (name for name, _ in other.thing.names)
            self._names[value.id] = frozenset(map(normalise.caseless, (*known, *names)))
        return self._names[value.id]


def _held(spells: Iterable[Spell], asked: Asked, at_least: str = "certain", *, counts: bool = True) -> Iterable[str]:
    """Yield the other side of each spell that held, for certain or at least possibly, over the days asked about."""
    wanted = ("certain",) if at_least == "certain" else ("certain", "possible")
    for spell in spells:
        if (spell.counts or not counts) and (asked.over is None or spell.lasting.holds(asked.over) in wanted):
            yield spell.other


def _entities(catalog: Catalog, iris: Iterable[str]) -> list[Value]:
    found = [catalog.by_iri[iri] for iri in set(iris) if iri in catalog.by_iri]
    return [Value(e.label, e.id) for e in sorted(found, key=lambda e: (e.label.casefold(), e.id))]


def _label(_: Catalog, entity: Entity, asked: Asked) -> list[Value]:
    if asked.language in ("", "en"):
        return [Value(entity.label, language="en")]
    return [Value(entity.labels[asked.language], language=asked.language)] if asked.language in entity.labels else []


def _codes(scheme: str) -> Callable[[Catalog, Entity, Asked], list[Value]]:
    return lambda _, entity, asked: [Value(text) for kind, text in sorted(entity.thing.codes) if kind == scheme]


def _names(_: Catalog, entity: Entity, asked: Asked) -> list[Value]:
    return [*(Value(text, language=language) for text, language in entity.thing.names),
            *(Value(text) for text in entity.thing.acronyms)]  # fmt: skip


_VALUES: Final[Mapping[str, Callable[[Catalog, Entity, Asked], list[Value]]]] = {
    **{scheme: _codes(scheme) for scheme in CODES},
    "id": lambda _, e, asked: [Value(e.id)],
    "iri": lambda _, e, asked: [Value(e.thing.iri)],
    "code": lambda _, e, asked: [Value(e.code)],
    "label": _label,
    "name": _names,
    "formerName": lambda _, e, asked: [Value(f"{text} ({lasting})") for text, lasting in e.dated],
    "region": lambda _, e, asked: [Value(text) for text in e.concepts.get("region", ())],
    "kind": lambda _, e, asked: [Value(text) for text in e.concepts.get("kind", ())],
    "start": lambda _, e, asked: [Value(e.lasting.start)] if e.lasting.start else [],
    "end": lambda _, e, asked: [Value(e.lasting.end)] if e.lasting.end else [],
    "memberOf": lambda c, e, asked: _entities(c, _held(e.memberships, asked)),
    "possiblyMemberOf": lambda c, e, asked: _entities(c, _held(e.memberships, asked, "possible")),
    "takesPartIn": lambda c, e, asked: _entities(c, _held(e.memberships, asked, counts=False)),
    "member": lambda c, e, asked: _entities(c, _held(e.members, asked)),
}
