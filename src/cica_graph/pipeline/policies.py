"""A graph under another policy: other sources are heard, or settle disputes."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, Literal, cast, get_args

import pyoxigraph as ox

from cica_graph import queries
from cica_graph.evidence.records import EDITORS, Policy
from cica_graph.model.errors import NotFound, UsageError
from cica_graph.model.terms import GRAPH
from cica_graph.store.store import SNAPSHOT, Store

Disputed = Literal["apart", "in", "out"]
NOBODY: Final = "none"
_REPLACED: Final = {GRAPH + name for name in ("standings", "findings", "audit")}


def source_name(document: str) -> str:
    """Return the short name of a source: the IRI ``doc/NAME#document`` gives ``NAME``."""
    return document.rpartition("/")[2].partition("#")[0]


def policy(store: Store, only: Iterable[str], prefer: Iterable[str], disputed: str) -> Policy:
    """Return a policy from the short names of sources. A copy of a source counts as that source.

    :raises NotFound: the graph has no such source.
    :raises UsageError: ``disputed`` is not one of the three words.
    """
    if disputed not in get_args(Disputed):
        raise UsageError(f"disputed must be {', '.join(get_args(Disputed))}, not {disputed!r}.")
    originals, documents = _originals(store), {row[0] for row in _rows(store, "documents")}
    known: dict[str, str] = {source_name(iri): originals.get(iri, iri) for iri in documents}
    known[EDITORS] = EDITORS

    def source(name: str) -> str:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(near)}?" if near else " `cica-graph sources` lists them."
            raise NotFound(f"Unknown source {name!r}.{hint}")
        return known[name]

    settling = tuple(source(name) for name in prefer if name != NOBODY)
    return Policy(frozenset(map(source, only)), settling, cast(Disputed, disputed))


def settled_store(store: Store, chosen: Policy) -> Store:
    """Return a copy of a store in memory with the standings under a policy, without snapshots, findings and audits."""
    from cica_graph.pipeline.steps import settle

    result = Store()
    unheard = _unheard(store, chosen)
    for name in map(ox.NamedNode, store.graphs()):
        if name.value not in _REPLACED and not name.value.startswith(SNAPSHOT):
            kept = (t for t in store.graph(name) if t.subject not in unheard)
            result.add_quads(ox.Quad(t.subject, t.predicate, t.object, name) for t in kept)
    result.add_quads(settle.settled(result, chosen))
    return result


def _unheard(store: Store, chosen: Policy) -> set[object]:
    """Return the coverages of sources that a policy does not hear."""
    if not chosen.only:
        return set()
    originals, rows = _originals(store), _rows(store, "coverages")
    return {ox.NamedNode(row[0]) for row in rows if originals.get(row[1], row[1]) not in chosen.only}


def _originals(store: Store) -> dict[str, str]:
    return {row[0]: row[1] for row in _rows(store, "copies")}


def _rows(store: Store, name: str) -> list[tuple[str, ...]]:
    return list(zip(*store.select_columns(queries.shipped("evidence", name).text), strict=True))
