"""Loading of a graph into a store. A store that is not complete is marked as such."""

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

NOTED = 20  # small batches between two updates of the progress; an interruption repeats at most these


def fill(where: str, store: Store, queries: Iterable[str] = (), on_progress: OnProgress | None = None) -> bool:
    """Load a graph into a store, a directory or an address, and replace the graph that ``fill`` loaded before.

    Return False if the store contains the same graph already. A directory is replaced atomically. A store across the
    network is filled batch by batch, and cannot be queried until it is complete. After an interruption, the next call
    continues with the first missing batch.

    :param queries: queries for which the number of rows is saved, so that an incomplete answer is detected later.
    :raises UsageError: the store cannot be written, or has statements of another program in a graph of the same name.
    """
    mark = store.digest()
    if not is_address(where):
        return folder_store.fill(Path(where), store.all_quads(), mark)
    rows = {digest(query): len(store.select(query)) for query in queries}
    return _fill(RemoteEngine(where), store, mark, rows, on_progress or (lambda done, of: None))


def is_filled(where: str) -> bool:
    """Return whether a store contains a whole graph that :func:`fill` loaded."""
    if not is_address(where):
        return folder_store.is_filled(Path(where))
    held = RemoteEngine(where).read_manifest()
    return held is not None and held.done == held.batches


def refuse_unwritable(where: str) -> None:
    """Raise an error early if a store cannot be filled. Some servers refuse only later, when they are filled.

    :raises UsageError: the directory is used for something else, or the server at the address is not writable.
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
        # The graphs to drop are saved first, so that the next call knows them after an interruption.
        before = dict.fromkeys(held.graphs, 0) if held else {}
        remote.update(manifest_update(replace(new, graphs=before | counts)))
        names = sorted(before.keys() | counts)
        for start in range(0, len(names), NOTED):
            remote.update(" ;\n".join(f"DROP SILENT GRAPH <{name}>" for name in names[start : start + NOTED]))
        held = new
    # Batches that are already loaded stay. A process that is still loading them stops, because the owner changes.
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
        remote.update(manifest_update(new))  # zero batches done, so the next call starts again
        raise
    remote.update(manifest_update(replace(new, done=len(batches), owner="")))
    return True


def _parts(triples: list[ox.Triple], size: int) -> Iterator[list[ox.Triple]]:
    for start in range(0, len(triples), size):
        yield triples[start : start + size]


def _refuse_others(remote: RemoteEngine, graphs: Iterable[str]) -> None:
    """Raise an error if a graph to be replaced contains statements of another program."""
    for name in (*sorted(graphs), STORE.value):
        if remote.size(name):
            raise UsageError(
                f"{remote.url} has statements in the graph {name} that cica-graph did not load; "
                "drop that graph if you do not need them"
            )


def _refuse_rival(remote: RemoteEngine, owner: str) -> None:
    """Raise an error if another process has started to fill the store; both would be incomplete."""
    held = remote.read_manifest()
    if held is None or held.owner != owner:
        raise UsageError(
            f"another process has started to fill {remote.url}, so this one stops; wait until it has finished, and "
            "fill the store again if you need to"
        )


def _verify(remote: RemoteEngine, counts: Mapping[str, int]) -> None:
    for name, expected in counts.items():
        if (found := remote.size(name)) != expected:
            raise UsageError(
                f"{remote.url} contains {found:,} of the {expected:,} statements of {name} after all of them were "
                "sent; another program may have changed the graph, or the engine treated different statements as "
                "equal. Fill it again"
            )
