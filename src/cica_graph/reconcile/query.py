"""What is looked for, whichever version of the protocol or command asks: names, ids, types and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cica_graph.reconcile.catalog import Entity

Quantifier = Literal["any", "all", "none"]

USUAL: Final = 10  # candidates of a query that does not say how many
MOST: Final = 100  # candidates of a query, however many it asks for


@dataclass(frozen=True)
class Condition:
    """What a candidate should have.

    :ivar property: id of a property, or ``on``.
    :ivar values: as texts; of an entity, its id.
    :ivar quantifier: which of the values it should have.
    :ivar required: whether what does not meet it is no candidate at all.
    """

    property: str
    values: tuple[str, ...]
    quantifier: Quantifier = "any"
    required: bool = False

    def __str__(self) -> str:
        how = {"any": "", "all": "all of ", "none": "none of "}[self.quantifier]
        return f"{self.property} {how}{', '.join(self.values)[:60]}"


@dataclass(frozen=True)
class ReconcileQuery:
    """One query.

    :ivar names: what it may be called; any of them.
    :ivar ids: ids, IRIs, or codes of any kind; any of them.
    :ivar name_required: whether what goes by none of the names is no candidate, whatever its codes say.
    :ivar id_required: likewise of the ids.
    :ivar types: ids of types, any of which it has.
    :ivar strict: whether what has another type is no candidate; else it only fits less well.
    :ivar language: tag of the language that the names are in, or empty.
    :ivar similar: whether names that only resemble it are candidates too; they are never sure.
    """

    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    strict: bool = True
    conditions: tuple[Condition, ...] = ()
    limit: int = USUAL
    language: str = ""
    name_required: bool = False
    id_required: bool = False
    similar: bool = True


@dataclass(frozen=True)
class Match:
    """A candidate.

    :ivar score: from 0 to 100.
    :ivar sure: whether it is good enough to be taken without a person looking at it.
    :ivar reasons: what speaks for it and against it, the most important first.
    :ivar features: by id, what the score is made of.
    """

    entity: Entity
    score: float
    sure: bool
    reasons: Sequence[str]
    features: Mapping[str, bool | float]

    @property
    def description(self) -> str:
        """One line for a person: what it is, and why it is here."""
        entity = self.entity
        return "; ".join((f"{entity.thing.kind} {entity.code}", *self.reasons))


# What the features are called, in the order in which they are given.
FEATURES: Final[Mapping[str, str]] = {
    "name": "How well a name fits, from 0 to 100",
    "code": "Whether a code, an id or the acronym is its own",
    "type": "Whether it is of a type that was asked for",
    "properties": "Which share of the conditions it meets, from 0 to 1",
    "on": "On the day: 1 it went by that name then, 0.5 nothing known rules it out, 0 not then",
    "rivals": "How many others fit as well",
}
