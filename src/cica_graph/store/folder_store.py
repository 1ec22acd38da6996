"""A store in a folder, which is always whole: killed at any moment, it holds what it held before or what is new.

::

    FOLDER/data-<digest>/     Oxigraph's own files (RocksDB)
    FOLDER/current            a link to the folder that counts
    FOLDER/lock               held by whoever writes

New data are written beside the old and synced to the disk; then the link is replaced, in one step. The data before
stay until the next time, for whoever is reading them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from cica_graph.model.errors import UsageError

CURRENT: Final = "current"
BATCH: Final = 100_000  # statements written together; more take more memory, fewer more time
_DATA, _NEW, _LOCK_FILE = "data-", ".new-", "lock"


def is_filled(folder: Path) -> bool:
    """Tell whether :func:`fill` filled a folder, so that it holds a graph of cica-graph."""
    return (folder / CURRENT).is_dir()


def data_directory(folder: Path) -> Path:
    """Return where Oxigraph's files are: of a folder that :func:`fill` filled, or of one that is Oxigraph's itself."""
    return (folder / CURRENT if is_filled(folder) else folder).resolve()


def open_engine(folder: Path) -> ox.Store:
    """Open a folder to read it.

    :raises UsageError: there is no store in it, or one that is damaged.
    """
    place = data_directory(folder)
    if not (place / "CURRENT").is_file():
        raise UsageError(f"{folder} holds no store; `cica-graph build --store {folder}` makes one")
    try:
        return ox.Store.read_only(str(place))
    except (OSError, RuntimeError) as error:  # the latter where the engine finds its files damaged
        raise UsageError(f"{folder} cannot be opened: {error}; remove it and build it anew") from error


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that is used for something else.

    :raises UsageError: it is.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _LOCK_FILE).exists():
        raise UsageError(f"{folder} is not empty and holds no store of cica-graph; give another folder, or empty it")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} cannot be written: it is a file; give a folder")


def fill(folder: Path, quads: Iterable[ox.Quad], digest: str) -> bool:
    """Put statements in the place of what a folder holds; return False if it holds just these.

    :param digest: tells these statements from others.
    :raises UsageError: the folder is used for something else, somebody else is writing to it, or it cannot be written.
    """
    refuse_foreign(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder):
            return _fill(folder, quads, _DATA + digest)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {error.strerror or error}") from error


def _fill(folder: Path, quads: Iterable[ox.Quad], name: str) -> bool:
    held = data_directory(folder).name
    for path in folder.iterdir():
        # Those left by whoever was killed; and those that nobody has opened since the time before the last.
        if path.name.startswith((_DATA, _NEW)) and path.name not in (held, name):
            path.unlink() if path.is_symlink() else shutil.rmtree(path)
    if held == name:
        return False
    if not (folder / name).is_dir():
        new = folder / f"{_NEW}{os.getpid()}"
        _write(new, quads)
        new.rename(folder / name)
    link = folder / f"{_NEW}link"
    link.symlink_to(name, target_is_directory=True)
    _sync(folder)
    link.rename(folder / CURRENT)
    _sync(folder)
    return True


def _write(place: Path, quads: Iterable[ox.Quad]) -> None:
    store, left = ox.Store(str(place)), iter(quads)
    while part := list(islice(left, BATCH)):
        store.bulk_extend(part)
    store.flush()
    del store  # which closes it
    for path in (*place.iterdir(), place):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder; the system lets go of it when the process ends, however it ends."""
    import fcntl

    with (folder / _LOCK_FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"somebody else is writing to {folder}; try again when that is done") from None
        yield
