"""A store in a directory, which is always complete: a process that is killed leaves the old or the new data.

::

    DIRECTORY/data-<digest>/     Oxigraph's files (RocksDB)
    DIRECTORY/current            a link to the valid data
    DIRECTORY/lock               locked by the process that writes

New data are written next to the old data and synced to the disk. Then one step replaces the link. The old data stay
until the next time, because processes may be reading them.
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
BATCH: Final = 100_000  # statements in one write; larger batches need more memory, smaller ones more time
_DATA, _NEW, _LOCK_FILE = "data-", ".new-", "lock"


def is_filled(folder: Path) -> bool:
    """Return whether :func:`fill` filled a directory."""
    return (folder / CURRENT).is_dir()


def data_directory(folder: Path) -> Path:
    """Return the directory with Oxigraph's files, below one that :func:`fill` filled or the directory itself."""
    return (folder / CURRENT if is_filled(folder) else folder).resolve()


def open_engine(folder: Path) -> ox.Store:
    """Return the read-only engine of a directory.

    :raises UsageError: the directory contains no store, or a damaged one.
    """
    place = data_directory(folder)
    if not (place / "CURRENT").is_file():
        raise UsageError(f"{folder} contains no store. `cica-graph build --store {folder}` creates one.")
    try:
        return ox.Store.read_only(str(place))
    except (OSError, RuntimeError) as error:  # RuntimeError if the engine finds damaged files
        raise UsageError(f"{folder} cannot be opened: {error}. Remove it and build it again.") from error


def refuse_foreign(folder: Path) -> None:
    """Check that a directory may be filled.

    :raises UsageError: the directory contains other files, or is a file.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _LOCK_FILE).exists():
        raise UsageError(f"{folder} is not empty and not a store of cica-graph. Give another directory, or empty it.")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give a directory.")


def fill(folder: Path, quads: Iterable[ox.Quad], digest: str) -> bool:
    """Replace the data of a directory, and return False if it already contains these statements.

    :param digest: identifies the statements.
    :raises UsageError: the directory contains other files, another process is writing, or writing fails.
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
        # Remains of killed processes, and old data that no process has opened since the last time.
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
    """Lock a directory. The system releases the lock when the process ends in any way."""
    import fcntl

    with (folder / _LOCK_FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"Another process is writing to {folder}. Try again when it has finished.") from None
        yield
