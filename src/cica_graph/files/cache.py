"""What a step gave for the same input, kept between runs.

An entry is named by a digest of everything that its content depends on: the files, this package's own code,
queries and libraries. It begins with a digest of itself, so a damaged one is noticed, thrown away and made
anew. Nothing is ever read that does not match.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from cica_graph.files import atomic

MAX_ENTRIES = 40  # entries; a project has two or three, and old ones are of files that have changed since
_SIZE = 20


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
    """Return a digest of what does the work: this package's files, and the versions of the engines."""
    here = Path(__file__).parents[1]
    parts = [f"{name} {metadata.version(name)}" for name in ("edtf", "owlrl", "pyoxigraph", "pyshifty", "rdflib")]
    for path in sorted(here.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            parts.append(path.relative_to(here).as_posix())
            parts.append(hashlib.blake2b(path.read_bytes(), digest_size=_SIZE).hexdigest())
    return digest(parts)


def get_or_make(name: str, key: str, make: Callable[[], bytes], keep: int = MAX_ENTRIES) -> bytes:
    """Return the entry for a key, or make it and keep it; of one name, the newest ``keep`` stay.

    A cache that cannot be written (a read-only home, a full disk) is no error: the work is done each time.
    """
    path = directory() / f"{name}-{digest([code_digest(), key])}"
    with suppress(OSError):
        found = path.read_bytes()
        content = found[_SIZE:]
        if hashlib.blake2b(content, digest_size=_SIZE).digest() == found[:_SIZE]:
            return content
    content = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.binary_files(path) as (file,):
            file.write(hashlib.blake2b(content, digest_size=_SIZE).digest() + content)
        _forget(path.parent.glob(f"{name}-*"), keep)
    return content


def _forget(entries: Iterable[Path], keep: int) -> None:
    for old in sorted(entries, key=lambda p: p.stat().st_mtime, reverse=True)[keep:]:
        old.unlink(missing_ok=True)
