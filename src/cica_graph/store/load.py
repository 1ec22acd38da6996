"""Loading of a graph into a store, complete or recognizably incomplete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pyoxigraph as ox

from cica_graph.model.errors import UsageError
from cica_graph.model.progress import OnProgress
from cica_graph.store import folder_store, quirks
from cica_graph.store.remote import DEFAULT, STORE, Manifest, RemoteEngine, digest, manifest_update, progress_update
from cica_graph.store.store import Store, is_address

NOTED = 20  # maximum number of small batches to send again after an interruption


def fill(where: str, store: Store, queries: Iterable[str] = (), on_progress: OnProgress | None = None) -> bool:
    """Replace the graph in a store, and return False if the store already contains it.

    The store is a directory or an address. A directory contains the old or the new graph at any moment. A store across
    the network gets the graph in batches and refuses queries until it is complete. After an interruption, another call
    continues with the first missing batch.

    :param queries: the store also gets their numbers of rows, to recognize incomplete answers.
    :raises UsageError: writing fails, or the store contains another graph with the same name.
    """
    mark = store.digest()
    if not is_address(where):
        return folder_store.fill(Path(where), store.all_quads(), mark)
    rows = {digest(query): len(store.select(query)) for query in queries}
    return _fill(RemoteEngine(where), store, mark, rows, on_progress or (lambda done, of: None))


def refuse_unwritable(where: str) -> None:
    """Check that a store can be filled, before a long computation. Some stores refuse only later.

    :raises UsageError: a directory contains other files, or an address has no writable store.
    """
    if is_address(where):
        remote = RemoteEngine(where)
        remote.read_manifest()
        remote.refuse_read_only()
    else:
        folder_store.refuse_foreign(Path(where))


def _fill(remote: RemoteEngine, store: Store, mark: str, rows: Mapping[str, int], on_progress: OnProgress) -> bool:
    held = remote.read_manifest()
    size = quirks.engine_kind(remote.server).batch
    graphs = {name: store.graph(ox.NamedNode(name)) for name in store.graphs()} | {DEFAULT.value: store.triples()}
    batches = [(ox.NamedNode(name), part) for name, all_ in graphs.items() for part in _parts(all_, size)]
    counts = {name: len(triples) for name, triples in graphs.items()}
    new = Manifest(mark, counts, rows, 0, len(batches), uuid4().urn)
    if held is not None and held == replace(new, done=held.done) and held.done == held.batches:
        return False
    if held is None:
        _refuse_others(remote, counts)
    if held is None or held != replace(new, done=held.done) or held.done == 0:
        # The graphs to remove are recorded first, so that another call after an interruption knows them.
        before = dict.fromkeys(held.graphs, 0) if held else {}
        remote.update(manifest_update(replace(new, graphs=before | counts)))
        names = sorted(before.keys() | counts)
        for start in range(0, len(names), NOTED):
            remote.update(" ;\n".join(f"DROP SILENT GRAPH <{name}>" for name in names[start : start + NOTED]))
        held = new
    # Continue with the existing batches. Another process that is still filling the store will stop.
    held = replace(held, owner=new.owner)
    remote.update(manifest_update(held))
    noted = held.done
    for number, (graph, triples) in enumerate(batches[held.done :], held.done + 1):
        remote.add(graph, triples)
        if number < len(batches) and (number - noted >= NOTED or len(triples) == size):
            _refuse_rival(remote, new.owner)
            remote.update(progress_update(noted, number, new.owner))
            noted = number
        on_progress(number, len(batches))
    _refuse_rival(remote, new.owner)
    try:
        _verify(remote, counts)
    except UsageError:
        remote.update(manifest_update(new))  # record no batch, so that the next call begins again
        raise
    remote.update(manifest_update(replace(new, done=len(batches), owner="")))
    return True


def _parts(triples: list[ox.Triple], size: int) -> Iterator[list[ox.Triple]]:
    for start in range(0, len(triples), size):
        yield triples[start : start + size]


def _refuse_others(remote: RemoteEngine, graphs: Iterable[str]) -> None:
    """Raise UsageError if the store contains graphs from other programs, which would be removed."""
    for name in (*sorted(graphs), STORE.value):
        if remote.size(name):
            raise UsageError(
                f"{remote.url} has a graph {name} from another program. Drop that graph if it is not needed."
            )


def _refuse_rival(remote: RemoteEngine, owner: str) -> None:
    """Raise UsageError if another process has begun to fill the store: together they would damage the data."""
    held = remote.read_manifest()
    if held is None or held.owner != owner:
        raise UsageError(
            f"Another process has begun to fill {remote.url}, so this one stops. The store will contain the graph of "
            "the other process."
        )


def _verify(remote: RemoteEngine, counts: Mapping[str, int]) -> None:
    for name, expected in counts.items():
        if (found := remote.size(name)) != expected:
            raise UsageError(
                f"{remote.url} contains {found:,} of the {expected:,} statements of {name} after the last "
                "batch. Another program may be writing there, or the engine merged some. Fill the store again."
            )
