"""Reader for the names of a graph's states and organizations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from cica_graph import queries
from cica_graph.model.names import Actor, ActorKind, Names
from cica_graph.store.store import Store, value


def read_names(store: Store) -> Names:
    """Return the states and organizations of a store with all their names."""
    rows = store.select(queries.shipped("select", "names").text)
    return Names(_actors(store), ((value(r["name"]), value(r["actor"]), int(value(r["rank"]))) for r in rows))


def _actors(store: Store) -> Iterator[Actor]:
    for row in store.select(queries.shipped("select", "actors").text):
        code = value(row["code"])
        label = value(row["label"]) if "label" in row else code
        yield Actor(value(row["actor"]), cast(ActorKind, value(row["kind"])), code, label)
