"""Queries for states and organizations, and their results.

Both versions of the protocol and the command ``match`` use them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cica_graph.reconcile.catalog import Entity

Quantifier = Literal["any", "all", "none"]

USUAL: Final = 10  # default number of candidates
MOST: Final = 100  # maximum number of candidates


@dataclass(frozen=True)
class Condition:
    """A condition on candidates.

    :ivar property: id of a property, or ``on``.
    :ivar values: texts, or the ids of entities.
    :ivar quantifier: how many of the values a candidate must have.
    :ivar required: true if it excludes the candidates that do not meet it. Otherwise they get a lower score.
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
    """A query.

    :ivar names: alternative names.
    :ivar ids: alternative ids, IRIs or codes.
    :ivar name_required: true if a candidate must have one of the names.
    :ivar id_required: true if a candidate must have one of the ids.
    :ivar types: ids of types; a candidate must have one of them.
    :ivar strict: true if other types are excluded. Otherwise they get a lower score.
    :ivar language: tag of the language of the names, or empty.
    :ivar similar: true to include candidates that only have a similar name. They are never sure.
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
    :ivar sure: true if it can be used without review.
    :ivar reasons: reasons for and against it, the most important first.
    :ivar features: the parts of the score, by id.
    """

    entity: Entity
    score: float
    sure: bool
    reasons: Sequence[str]
    features: Mapping[str, bool | float]

    @property
    def description(self) -> str:
        """A line for people: kind, code and reasons."""
        entity = self.entity
        return "; ".join((f"{entity.thing.kind} {entity.code}", *self.reasons))


# The features and their names, in the order of the output.
FEATURES: Final[Mapping[str, str]] = {
    "name": "Similarity of the name, from 0 to 100",
    "code": "Match of a code, an id or the acronym",
    "type": "Match of the type",
    "properties": "Share of the conditions that it meets, from 0 to 1",
    "on": "Existence with that name on the day: 1 yes, 0.5 unknown, 0 no",
    "rivals": "Number of other candidates with about the same score",
}
