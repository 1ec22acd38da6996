"""A graph into a store, so that it holds the whole of it or says that it does not."""

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

NOTED = 20  # small batches that may have to be sent again after an interruption


def fill(where: str, store: Store, queries: Iterable[str] = (), on_progress: OnProgress | None = None) -> bool:
    """Put a graph into a store, a folder or an address, in the place of what ``fill`` put there before.

    Return False if it holds just this. A folder has the old or the new at every moment. A store across the network is
    filled batch by batch, is not read from until all are there, and when called again goes on with the first that is
    missing.

    :param queries: their numbers of rows are left there, so that an answer of another number is noticed.
    :raises UsageError: it cannot be written, or holds statements of somebody else in a graph of the same name.
    """
    mark = store.digest()
    if not is_address(where):
        return folder_store.fill(Path(where), store.all_quads(), mark)
    rows = {digest(query): len(store.select(query)) for query in queries}
    return _fill(RemoteEngine(where), store, mark, rows, on_progress or (lambda done, of: None))


def refuse_unwritable(where: str) -> None:
    """Refuse a store that cannot be filled, before there is anything to wait for; some say so only when filled.

    :raises UsageError: a folder is used for something else, or there is none at an address that lets us write.
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
        # What is to go is remembered first, so that whoever is interrupted here knows it the next time.
        before = dict.fromkeys(held.graphs, 0) if held else {}
        remote.update(manifest_update(replace(new, graphs=before | counts)))
        names = sorted(before.keys() | counts)
        for start in range(0, len(names), NOTED):
            remote.update(" ;\n".join(f"DROP SILENT GRAPH <{name}>" for name in names[start : start + NOTED]))
        held = new
    # What there is of these data is gone on with, and whoever put it there stops, if he is still at it.
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
        remote.update(manifest_update(new))  # none of it is there, so that the next begins anew
        raise
    remote.update(manifest_update(replace(new, done=len(batches), owner="")))
    return True


def _parts(triples: list[ox.Triple], size: int) -> Iterator[list[ox.Triple]]:
    for start in range(0, len(triples), size):
        yield triples[start : start + size]


def _refuse_others(remote: RemoteEngine, graphs: Iterable[str]) -> None:
    """Refuse to take away what we did not put there."""
    for name in (*sorted(graphs), STORE.value):
        if remote.size(name):
            raise UsageError(
                f"{remote.url} has statements in the graph {name} that cica-graph did not put there; "
                "drop that graph if they are not needed"
            )


def _refuse_rival(remote: RemoteEngine, owner: str) -> None:
    """Stop when somebody else has begun to fill the store: two at once would leave neither's data whole."""
    held = remote.read_manifest()
    if held is None or held.owner != owner:
        raise UsageError(
            f"somebody else has begun to fill {remote.url} since, so this stops; when that is done, the store holds "
            "what they put there, and may be filled again"
        )


def _verify(remote: RemoteEngine, counts: Mapping[str, int]) -> None:
    for name, expected in counts.items():
        if (found := remote.size(name)) != expected:
            raise UsageError(
                f"{remote.url} holds {found:,} of the {expected:,} statements of {name} after all of them were sent; "
                "somebody else may be writing there, or the engine took some for the same. Fill it again"
            )
