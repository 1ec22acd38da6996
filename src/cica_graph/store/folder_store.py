"""Store in a directory, which is replaced atomically: after a crash it contains either the old or the new graph.

::

    DIR/data-<digest>/     Oxigraph's own files (RocksDB)
    DIR/current            a symbolic link to the data directory in use
    DIR/lock               a file that the writing process locks

New data are written next to the old data and synced to the disk. Then the link is replaced in one step. The old data
are deleted when the store is filled the next time, so processes that read them can continue.
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
BATCH: Final = 100_000  # statements per write; a larger batch needs more memory, a smaller one more time
_DATA, _NEW, _LOCK_FILE = "data-", ".new-", "lock"


def is_filled(folder: Path) -> bool:
    """Return whether :func:`fill` filled a directory, so that it contains a graph of cica-graph."""
    return (folder / CURRENT).is_dir()


def data_directory(folder: Path) -> Path:
    """Return the directory of Oxigraph's files, in a directory that :func:`fill` or Oxigraph itself filled."""
    return (folder / CURRENT if is_filled(folder) else folder).resolve()


def open_engine(folder: Path) -> ox.Store:
    """Open a directory for reading.

    :raises UsageError: the directory contains no store, or the store is damaged.
    """
    place = data_directory(folder)
    if not (place / "CURRENT").is_file():
        raise UsageError(f"{folder} contains no store; `cica-graph build --store {folder}` creates one")
    try:
        return ox.Store.read_only(str(place))
    except (OSError, RuntimeError) as error:  # the engine raises RuntimeError if its files are damaged
        raise UsageError(f"{folder} cannot be opened: {error}; remove it and build it again") from error


def refuse_foreign(folder: Path) -> None:
    """Raise an error if a directory is used for something else.

    :raises UsageError: the directory contains other files, or is a file.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _LOCK_FILE).exists():
        raise UsageError(
            f"{folder} is not empty and contains no store of cica-graph; give another directory, or empty it"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a directory")


def fill(folder: Path, quads: Iterable[ox.Quad], digest: str) -> bool:
    """Replace the statements of a directory. Return False if it contains the same statements already.

    :param digest: digest of the statements.
    :raises UsageError: the directory is used for something else, cannot be written, or is locked by another process.
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
        # Data of a process that was killed, and data that the last fill replaced.
        if path.name.startswith((_DATA, _NEW)) and path.name not in (held, name):
            path.unlink() if path.is_symlink() else shutil.rmtree(path)
    if held == name:
        return False
    if not (folder / name).is_dir():
        new = folder / f"{_NEW}{os.getpid()}"
        write(new, quads)
        new.rename(folder / name)
    link = folder / f"{_NEW}link"
    link.symlink_to(name, target_is_directory=True)
    _sync(folder)
    link.rename(folder / CURRENT)
    _sync(folder)
    return True


def write(place: Path, quads: Iterable[ox.Quad]) -> None:
    """Write statements to a new directory of Oxigraph's files, and sync it to the disk.

    :raises OSError: the directory cannot be written.
    """
    store, left = ox.Store(str(place)), iter(quads)
    while part := list(islice(left, BATCH)):
        store.bulk_extend(part)
    store.flush()
    del store  # this closes the store
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
    """Lock a directory. The system releases the lock when the process ends, even after a crash."""
    import fcntl

    with (folder / _LOCK_FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"another process is writing to {folder}; try again when it has finished") from None
        yield
