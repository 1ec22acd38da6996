"""Input of the reconciliation service: query batches of both versions, and data extension queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cica_graph.model.errors import InvalidDate
from cica_graph.reconcile.days import Period, period
from cica_graph.reconcile.properties import PropertyRequest
from cica_graph.reconcile.query import USUAL, Condition, Quantifier, ReconcileQuery
from cica_graph.serve.http import json_input
from cica_graph.serve.http.json_input import JsonInput
from cica_graph.serve.http.problem import Problem

BATCH: Final = 50  # queries of a batch
PROPERTIES: Final = 20  # conditions of a query, columns of an extension
VALUES: Final = 20  # values of a condition
TYPES: Final = 20  # types of a query
IDS: Final = 200  # ids of an extension
_QUANTIFIERS: Final[tuple[Quantifier, ...]] = ("any", "all", "none")


@dataclass(frozen=True)
class ExtensionColumn:
    """A property to extend data by.

    :ivar limit: maximum number of values; 0 for all.
    """

    id: str
    asked: PropertyRequest
    limit: int


@dataclass(frozen=True)
class DataExtension:
    """A data extension query: ids of entities, and columns."""

    ids: Sequence[str]
    columns: Sequence[ExtensionColumn]


def read_batch(text: str) -> dict[str, ReconcileQuery]:
    """Return the queries of a batch of version 0.2, section 4.1, by their keys.

    :raises Problem: the text is not a query batch, or is too large.
    """
    batch = json_input.parse(text, "queries").object(maximum=BATCH)
    return {key: _query(each) for key, each in batch.items()}


def _query(query: JsonInput) -> ReconcileQuery:
    members = query.object(("query", "type", "type_strict", "limit", "properties"))
    if not {"query", "properties"} & set(members):
        raise Problem(400, f'"{query.where}" needs a member "query" or "properties".')
    strict = members["type_strict"].one_of("any", "all", "should") if "type_strict" in members else "any"
    types = {each.text() for each in members["type"].one_or_more(TYPES)} if "type" in members else set[str]()
    if strict == "all" and len(types) > 1:
        return ReconcileQuery()  # no entity has two types
    properties = members["properties"].list(PROPERTIES) if "properties" in members else ()
    return ReconcileQuery(
        names=(members["query"].text(),) if "query" in members else (),
        types=tuple(sorted(types)),
        strict=strict != "should",
        conditions=tuple(_condition(each) for each in properties),
        limit=members["limit"].positive_number() if "limit" in members else USUAL,
    )


def _condition(condition: JsonInput) -> Condition:
    members = condition.object(required=("pid", "v"))
    return Condition(members["pid"].text(), _values(members["v"]))


def read_draft_batch(text: str) -> list[ReconcileQuery]:
    """Return the queries of a batch of the draft of version 1.0.

    :raises Problem: the text is not a query batch, or is too large.
    """
    members = json_input.parse(text, "request").object(required=("queries",))
    return [_draft_query(each) for each in members["queries"].list(BATCH)]


def _draft_query(query: JsonInput) -> ReconcileQuery:
    members = query.object(("type", "limit", "lang", "dir", "conditions"), required=("conditions",))
    conditions = [_draft_condition(each) for each in members["conditions"].list(PROPERTIES)]
    if not conditions:
        raise Problem(400, f'"{query.where}/conditions" is empty. Send at least one condition.')
    positive = {
        kind: [c for each, c in conditions if each == kind and c.quantifier != "none"] for kind in ("name", "id")
    }
    return ReconcileQuery(
        names=tuple(value for c in positive["name"] for value in c.values),
        ids=tuple(value for c in positive["id"] for value in c.values),
        types=(members["type"].text(),) if "type" in members else (),
        # A condition on all or none of several names or ids is a condition on a property.
        conditions=tuple(c for kind, c in conditions if kind == "property" or c.quantifier != "any"),
        limit=members["limit"].positive_number() if "limit" in members else USUAL,
        language=members["lang"].text() if "lang" in members else "",
        name_required=any(c.required for c in positive["name"]),
        id_required=any(c.required for c in positive["id"]),
    )


def _draft_condition(condition: JsonInput) -> tuple[str, Condition]:
    members = condition.object(required=("matchType", "propertyValue"))
    match = members["matchType"].one_of("name", "id", "property")
    if match == "property" and "propertyId" not in members:
        raise Problem(400, f'"{condition.where}" needs a member "propertyId", because "matchType" is "property".')
    return match, Condition(
        members["propertyId"].text() if match == "property" else match,
        _values(members["propertyValue"]),
        members["matchQuantifier"].one_of(*_QUANTIFIERS) if "matchQuantifier" in members else "any",
        members["required"].boolean() if "required" in members else False,
    )


def read_extension(text: str, name: str) -> DataExtension:
    """Return a data extension query, which is the same in both versions; ``name`` is what errors call it.

    :raises Problem: the text is not a data extension query, or is too large.
    """
    members = json_input.parse(text, name).object(required=("ids", "properties"))
    ids = [each.text() for each in members["ids"].list(IDS)]
    return DataExtension(ids, [_column(each) for each in members["properties"].list(PROPERTIES)])


def _column(column: JsonInput) -> ExtensionColumn:
    members = column.object(required=("id",))
    chosen = members["settings"].object() if "settings" in members else {}
    over: Period | None = None
    day = str(chosen["on"].value or "") if "on" in chosen else ""
    if day.strip():
        try:
            over = period(day)
        except InvalidDate as error:
            raise Problem(400, f'"{chosen["on"].where}": {error}') from error
    language = chosen["language"].text() if "language" in chosen else "en"
    return ExtensionColumn(members["id"].text(), PropertyRequest(over, language), _limit(chosen.get("limit")))


def _limit(limit: JsonInput | None) -> int:
    """Return the maximum number of values; OpenRefine sends a text or a number."""
    if limit is None or limit.value in (None, "", 0, "0"):
        return 0
    if isinstance(limit.value, str) and limit.value.isascii() and limit.value.isdigit() and len(limit.value) < 10:
        return int(limit.value)
    return limit.positive_number()


def _values(values: JsonInput) -> tuple[str, ...]:
    return tuple(_value(each) for each in values.one_or_more(VALUES))


def _value(value: JsonInput) -> str:
    """Return a value of a condition as text; the value of an entity is its id."""
    if isinstance(value.value, dict):
        return value.object(required=("id",))["id"].text()
    if isinstance(value.value, bool):
        return "true" if value.value else "false"
    if isinstance(value.value, int | float):
        number = value.value
        return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number)
    return value.text()
