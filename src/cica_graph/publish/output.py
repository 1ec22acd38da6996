"""A published folder: replaced whole or not at all, and written anew only where something has changed.

``build.json`` in the folder says from what each page was made. The next build compares, and what was made from the
same is taken over as it stands, once its content is seen to be what ``SHA256SUMS`` says of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cica_graph.files import atomic, cache
from cica_graph.files.background import beside
from cica_graph.formats.checksums import checksums
from cica_graph.formats.rebase import check, rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE

MARK = "build.json"
SUMS = "SHA256SUMS"


def refuse_foreign(out: Path) -> None:
    """Let a directory be replaced only if it is empty or an earlier build made it.

    :raises UsageError: it holds something else, or is a file.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file()):
        raise UsageError(f"{out} was not made by build, so it is not replaced; name another directory with --out")


class Output(Protocol):
    """What files are put into, by their paths: a folder, or what a server keeps in memory.

    :ivar base: what IRIs are put below, at the edge, in whatever is text.
    :ivar sums: path and SHA-256 of every file so far.
    :ivar sizes: path and bytes of every file so far.
    """

    base: str
    sums: dict[str, str]
    sizes: dict[str, int]

    def add(self, path: str, data: bytes) -> None:
        """Put a file into it."""

    def make(self, path: str, inputs: str, produce: Callable[[], bytes]) -> None:
        """Put a file into it whose content may be known from before, if it was made from the same ``inputs``."""

    def again(self, path: str, source: str) -> None:
        """Put a file that is in it there once more, under another path."""


class Folder:
    """A folder in the making, put in the place of the old one when the block ends well.

    :ivar sums: path and SHA-256 of every file so far.
    :ivar sizes: path and bytes of every file so far.
    :ivar written: paths of the files that are new or have changed.
    """

    def __init__(self, out: Path, base: str = BASE) -> None:
        """Begin beside ``out``; IRIs are put below ``base`` at the edge, in whatever is text.

        What lies in ``out`` is read in a process beside this one, so the sooner this is called, the better.

        :raises UsageError: the base is none, see ``rebase.check``.
        """
        self.base = check(base)
        self.out = out
        self.sums: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.written: list[str] = []
        self._made: dict[str, str] = {}
        self._before = self._read_made()
        self._sums_before = self._read_sums()
        self._look = beside(self._read_old)
        self._folders: set[Path] = set()

    @contextmanager
    def open(self) -> Iterator[Folder]:
        """Take files while the block runs, and replace the old folder when it ends without an exception.

        :raises OSError: it cannot be written; the old folder stays.
        """
        with atomic.directory(self.out) as self._new:
            yield self
            self.add(MARK, json.dumps(self._made, indent=0, sort_keys=True).encode() + b"\n")
            self.add(SUMS, checksums(self.sums))

    def add(self, path: str, data: bytes) -> None:
        """Put a file into the folder. One whose content is that of the old folder's stays the very same file.

        :raises OSError: it could not be written.
        """
        data = rebase(data, self.base)
        digest = hashlib.sha256(data).hexdigest()
        if not (self._sums_before.get(path) == digest and self._keep(path, digest)):
            self._place(path).write_bytes(data)
            self.written.append(path)
        self.sums[path], self.sizes[path] = digest, len(data)

    def make(self, path: str, inputs: str, produce: Callable[[], bytes]) -> None:
        """Put a file into the folder, producing its content only when ``inputs`` are not those of the old one's.

        :raises OSError: it could not be written.
        """
        self._made[path] = cache.digest([cache.code_digest(), self.base, inputs])
        before = self._sums_before.get(path)
        if before and self._before.get(path) == self._made[path] and self._keep(path, before):
            self.sums[path], self.sizes[path] = self._old_files[path]
        else:
            self.add(path, produce())

    def again(self, path: str, source: str) -> None:
        """Put a file of the folder into it once more, under another path."""
        try:
            os.link(self._new / source, self._place(path))
        except OSError:  # a file system without hard links
            shutil.copyfile(self._new / source, self._place(path))
        self.sums[path], self.sizes[path] = self.sums[source], self.sizes[source]

    def _keep(self, path: str, digest: str) -> bool:
        """Take over a file of the old folder if it is there and nobody has touched it."""
        if self._old_files.get(path, ("", 0))[0] != digest:
            return False
        try:
            os.link(self.out / path, self._place(path))
        except OSError:
            return False
        return True

    @cached_property
    def _old_files(self) -> dict[str, tuple[str, int]]:
        """SHA-256 and bytes of the old folder's files, by path, as they are and not as they should be."""
        return self._look()

    def _read_old(self) -> dict[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        same: dict[int, tuple[str, int]] = {}  # a file that is there under two paths is read once
        for path in self._sums_before:
            with suppress(OSError):
                old = self.out / path
                number = old.stat().st_ino
                if number not in same:
                    data = old.read_bytes()
                    same[number] = hashlib.sha256(data).hexdigest(), len(data)
                found[path] = same[number]
        return found

    def _place(self, path: str) -> Path:
        place = self._new / path
        if place.parent not in self._folders:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(place.parent)
        return place

    def _read_made(self) -> dict[str, str]:
        try:
            found = json.loads((self.out / MARK).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _read_sums(self) -> dict[str, str]:
        try:
            lines = (self.out / SUMS).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            return {}
        return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
