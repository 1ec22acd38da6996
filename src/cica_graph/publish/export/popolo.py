"""Popolo JSON, https://www.popoloproject.com/specs/."""

from __future__ import annotations

import json
from typing import Any, Final

from cica_graph import queries
from cica_graph.store.store import Store, value

# The list properties of Popolo that we fill, with the two keys of each entry: the label and the value.
_PAIRS: Final = {
    "identifiers": ("scheme", "identifier"),
    "links": ("note", "url"),
    "other_names": ("note", "name"),
    "sources": ("note", "url"),
}


def popolo(store: Store) -> bytes:
    """Return the graph as one JSON object of ``organizations``, ``persons`` and ``memberships``, each sorted by id.

    All values are strings that a source states. If the graph has several values for a single-valued property, such as
    ``classification``, the first in order is used.
    """
    found: dict[str, dict[str, Any]] = {"organizations": {}, "persons": {}, "memberships": {}}
    rows = [
        {name: value(term) for name, term in row.items()}
        for row in store.select(queries.shipped("export", "popolo").text)
    ]
    for row in sorted(rows, key=lambda r: (r["id"], r["key"], r.get("note", ""), r["value"])):
        thing, key = found[row["class"]].setdefault(row["id"], {}), row["key"]
        if key in _PAIRS:
            thing.setdefault(key, []).append(dict(zip(_PAIRS[key], (row["note"], row["value"]), strict=True)))
        elif key == "member":  # https://www.popoloproject.com/specs/membership.html: a person has person_id instead
            thing.setdefault(key, {"@type": "Organization", "id": row["value"]})
        else:
            thing.setdefault(key, row["value"])
    lists = {name: [{"id": key, **thing} for key, thing in things.items()] for name, things in found.items()}
    return json.dumps(lists, ensure_ascii=False, indent=2).encode() + b"\n"
