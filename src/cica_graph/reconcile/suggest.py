"""Suggestions for the beginning of a name, code or id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from cica_graph.linking.candidate import LONGEST
from cica_graph.model.normalise import caseless, tokens
from cica_graph.reconcile.catalog import TYPES, Catalog, Entity
from cica_graph.reconcile.properties import Properties, ReconcileProperty

EXACT, BEGINS, WORD = range(3)  # how well a name fits the typed text, the best first


class EntityType(NamedTuple):
    """A type of entity."""

    id: str
    name: str
    description: str


KNOWN_TYPES: Sequence[EntityType] = (
    EntityType("State", "State", "A country or territory that can be a member of organizations."),
    EntityType("Organization", "Organization", "An intergovernmental body, forum or union."),
)


class Suggest:
    """Suggestions from one catalog."""

    def __init__(self, catalog: Catalog, properties: Properties) -> None:
        self._catalog, self._properties = catalog, properties

    def entities(self, prefix: str, types: Sequence[str] = ()) -> list[tuple[Entity, str]]:
        """Return the entities with a name, code or id that begins with a text, each with that name.

        Ids, codes and complete names come first, then names that begin with the text, then names with a word that
        does. Labels come before other names. An empty text returns everything.
        """
        if len(prefix) > LONGEST:
            return []
        kinds = {TYPES[ident] for ident in types if ident in TYPES}
        same, typed = caseless(prefix), " ".join(tokens(prefix))
        best: dict[str, tuple[int, bool, str, str]] = {}
        if (entity := self._catalog.entity(prefix)) is not None:
            best[entity.id] = EXACT, False, entity.label, entity.label
        for form, words, text, entity in self._forms:
            fit = _fit(same, typed, form, words)
            if fit is None or (types and entity.thing.kind not in kinds):
                continue
            place = fit, text != entity.label, entity.label.casefold(), text
            best[entity.id] = min(place, best.get(entity.id, place))
        ranked = sorted((place, ident) for ident, place in best.items())
        return [(self._catalog.by_id[ident], place[3]) for place, ident in ranked]

    def properties(self, prefix: str) -> list[ReconcileProperty]:
        """Return the properties with a word that begins with a text, in the id or the name."""
        return [p for p in self._properties.all.values() if _begins(prefix, (p.id, p.name))]

    def types(self, prefix: str) -> list[EntityType]:
        """Return the types with a word that begins with a text, in the id or the name."""
        return [t for t in KNOWN_TYPES if _begins(prefix, (t.id, t.name))]

    @cached_property
    def _forms(self) -> list[tuple[str, str, str, Entity]]:
        """Every name, code and id: without case, as words, as written, and its entity."""
        found = []
        for entity in self._catalog.by_iri.values():
            thing = entity.thing
            codes = (text for _, text in sorted(thing.codes))
            for text in dict.fromkeys((*(name for name, _ in thing.names), *thing.acronyms, entity.id, *codes)):
                found.append((caseless(text), " ".join(tokens(text)), text, entity))
        return found


def _fit(same: str, typed: str, form: str, words: str) -> int | None:
    if same == form:
        return EXACT
    if form.startswith(same) or (typed and words.startswith(typed)):
        return BEGINS
    return WORD if typed and f" {typed}" in f" {words}" else None


def _begins(prefix: str, texts: Iterable[str]) -> bool:
    same, typed = caseless(prefix), " ".join(tokens(prefix[:LONGEST]))
    return any(_fit(same, typed, caseless(text), " ".join(tokens(text))) is not None for text in texts)
