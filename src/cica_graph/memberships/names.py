"""Reader for the names of a graph's states and organizations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.model.dates import Day
from cica_graph.model.errors import NotFound, QueryError
from cica_graph.model.names import KINDS, Actor, ActorKind, Names
from cica_graph.model.terms import CONCEPT
from cica_graph.store.store import Store, day_literal, value


def read_names(store: Store) -> Names:
    """Return the states and organizations of a store with all their names."""
    rows = store.select(queries.shipped("select", "names").text)
    return Names(_actors(store), ((value(r["name"]), value(r["actor"]), int(value(r["rank"]))) for r in rows))


def _actors(store: Store) -> Iterator[Actor]:
    for row in store.select(queries.shipped("select", "actors").text):
        code = value(row["code"])
        label = value(row["label"]) if "label" in row else code
        yield Actor(value(row["actor"]), cast(ActorKind, value(row["kind"])), code, label)


def parameter_term(query: queries.Query, name: str, text: str, names: Names) -> ox.NamedNode | ox.Literal:
    """Return the value of a parameter of a query, of the type that the query declares.

    :raises QueryError: the query has no such parameter, or the value is invalid.
    :raises NotFound: the value names an unknown state, organization or concept.
    """
    kind = query.params.get(name)
    if kind is None:
        raise QueryError(
            f"query {query.name} has no parameter {name!r}; its parameters are: {', '.join(query.params) or 'none'}"
        )
    if kind == "xsd:date":
        return day_literal(Day.of(text))
    if kind in ("cg:Organization", "cg:State", "cg:Actor"):
        kinds = tuple(k for k in KINDS if kind in ("cg:Actor", f"cg:{k.capitalize()}"))
        return ox.NamedNode(names.find(text, kinds).iri)
    if kind == "skos:Concept":
        try:
            return ox.NamedNode(text if text.startswith("http") else CONCEPT + text.removeprefix("c:"))
        except ValueError:
            raise NotFound(f"unknown concept {text!r} for parameter {name!r}") from None
    if kind == "xsd:integer":
        try:
            return ox.Literal(int(text))
        except ValueError:
            raise QueryError(f"parameter {name!r} must be a whole number, not {text!r}") from None
    return ox.Literal(text)
