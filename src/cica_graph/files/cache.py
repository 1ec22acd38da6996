"""Cache of computed results on the disk, kept between runs.

The name of an entry is a digest of all its inputs: the files, the code and queries of this package, and the versions
of the libraries. An entry is a file or a directory and has a digest of its content, so a damaged one is detected and
computed again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from cica_graph.files import atomic

MAX_ENTRIES = 40  # of one name; a project has two or three, and older ones belong to earlier versions of its files
_SIZE = 20
_DIGEST = "digest"  # the name of a file in a directory


def directory() -> Path:
    """Return the directory of the cache: ``$CICA_GRAPH_CACHE``, else the user's cache directory."""
    if chosen := os.environ.get("CICA_GRAPH_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("cica-graph")


def digest(parts: Iterable[str]) -> str:
    """Return one digest of several texts."""
    whole = hashlib.blake2b(digest_size=_SIZE)
    for part in parts:
        data = part.encode()
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


@cache
def code_digest() -> str:
    """Return a digest of the files of this package and the versions of its engines."""
    here = Path(__file__).parents[1]
    parts = [f"{name} {metadata.version(name)}" for name in ("edtf", "owlrl", "pyoxigraph", "pyshifty", "rdflib")]
    for path in sorted(here.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            parts.append(path.relative_to(here).as_posix())
            parts.append(hashlib.blake2b(path.read_bytes(), digest_size=_SIZE).hexdigest())
    return digest(parts)


def get_or_make(name: str, key: str, make: Callable[[], bytes], keep: int = MAX_ENTRIES) -> bytes:
    """Return the entry for a key, or make and store it. The ``keep`` entries of a name used last are kept.

    A cache that cannot be written (a read-only home, a full disk) is not an error: the result is computed each time.
    """
    path = _path(name, key)
    with suppress(OSError):
        found = path.read_bytes()
        content = found[_SIZE:]
        if hashlib.blake2b(content, digest_size=_SIZE).digest() == found[:_SIZE]:
            _use(path)
            return content
    content = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.binary_files(path) as (file,):
            file.write(hashlib.blake2b(content, digest_size=_SIZE).digest() + content)
        _forget(path.parent.glob(f"{name}-*"), keep)
    return content


def find_directory(name: str, key: str) -> Path | None:
    """Return the directory that ``keep_directory`` stored for a key, or None if it is missing or damaged."""
    path = _path(name, key)
    with suppress(OSError):
        if (path / _DIGEST).read_bytes() == _directory_digest(path):
            _use(path)
            return path
    return None


def keep_directory(name: str, key: str, fill: Callable[[Path], None], keep: int = MAX_ENTRIES) -> None:
    """Store a directory for a key: ``fill`` writes its files. The ``keep`` entries of a name used last are kept.

    An entry that another process has stored meanwhile stays: a reader may have its files open.

    A cache that cannot be written is not an error: nothing is stored.
    """
    path = _path(name, key)
    with suppress(OSError), atomic.directory(path) as new:
        fill(new)
        (new / _DIGEST).write_bytes(_directory_digest(new))
        if find_directory(name, key):
            raise FileExistsError(path)
    with suppress(OSError):
        _forget(path.parent.glob(f"{name}-*"), keep)


def _path(name: str, key: str) -> Path:
    return directory() / f"{name}-{digest([code_digest(), key])}"


def _directory_digest(path: Path) -> bytes:
    whole = hashlib.blake2b(digest_size=_SIZE)
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.name != _DIGEST:
            content = hashlib.blake2b(file.read_bytes(), digest_size=_SIZE).digest()
            whole.update(file.relative_to(path).as_posix().encode() + b"\0" + content)
    return whole.digest()


def _use(path: Path) -> None:
    """Mark an entry as new, so that the entries that are in use are kept."""
    with suppress(OSError):
        os.utime(path)


def _forget(entries: Iterable[Path], keep: int) -> None:
    for old in sorted(entries, key=lambda p: p.stat().st_mtime, reverse=True)[keep:]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)
