"""A published directory: replaced atomically, and only the changed files are written.

``build.json`` in the directory contains a digest of the inputs of each page. The next build compares it, and reuses a
file if its inputs and its content (by ``SHA256SUMS``) are unchanged.
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
from cica_graph.files.background import in_background
from cica_graph.formats.checksums import checksums
from cica_graph.formats.rebase import check, rebase
from cica_graph.model.errors import UsageError
from cica_graph.model.terms import BASE

MARK = "build.json"
SUMS = "SHA256SUMS"


def refuse_foreign(out: Path) -> None:
    """Refuse to replace a directory, unless it is empty or an earlier build made it.

    :raises UsageError: it contains other files, or is a file.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file()):
        raise UsageError(f"{out} was not made by `build` and is not replaced. Give another directory with --out.")


class Output(Protocol):
    """A target for files: a directory, or the memory of a server.

    :ivar base: base of the IRIs in text files.
    :ivar sums: path and SHA-256 of every file so far.
    :ivar sizes: path and size in bytes of every file so far.
    """

    base: str
    sums: dict[str, str]
    sizes: dict[str, int]

    def add(self, path: str, data: bytes) -> None:
        """Add a file."""

    def make(self, path: str, inputs: str, produce: Callable[[], bytes]) -> None:
        """Add a file. Its content may be reused if it was made from the same ``inputs``."""

    def again(self, path: str, source: str) -> None:
        """Add a file again under another path."""

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return a function that waits until ``work`` has added its files, which may happen in another process.

        Until then, nothing may add the same files.
        """


class Folder:
    """A new directory that replaces the old one when it is complete.

    :ivar sums: path and SHA-256 of every file so far.
    :ivar sizes: path and size in bytes of every file so far.
    :ivar written: paths of the new and changed files.
    """

    def __init__(self, out: Path, base: str = BASE) -> None:
        """Start to read the old files of ``out`` in a background process. Text files get IRIs below ``base``.

        :raises UsageError: the base is not valid, see ``rebase.check``.
        """
        self.base = check(base)
        self.out = out
        self.sums: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.written: set[str] = set()
        self._made: dict[str, str] = {}
        self._before = self._read_made()
        self._sums_before = self._read_sums()
        self._wait_for_old = in_background(self._read_old)
        self._folders: set[Path] = set()

    @contextmanager
    def open(self) -> Iterator[Folder]:
        """Accept files in the block, and replace the old directory when the block ends without an exception.

        :raises OSError: the directory cannot be written; the old one stays.
        """
        with atomic.directory(self.out) as self._new:
            yield self
            self.add(MARK, json.dumps(self._made, indent=0, sort_keys=True).encode() + b"\n")
            self.add(SUMS, checksums(self.sums))

    def add(self, path: str, data: bytes) -> None:
        """Add a file. If the old directory has the same content, the new one gets a hard link to it.

        :raises OSError: the file cannot be written.
        """
        data = rebase(data, self.base)
        digest = hashlib.sha256(data).hexdigest()
        if not (self._sums_before.get(path) == digest and self._reuse(path, digest)):
            self._path(path).write_bytes(data)
            self.written.add(path)
        self.sums[path], self.sizes[path] = digest, len(data)

    def make(self, path: str, inputs: str, produce: Callable[[], bytes]) -> None:
        """Add a file, and produce its content only if its ``inputs`` have changed.

        :raises OSError: the file cannot be written.
        """
        self._made[path] = cache.digest([cache.code_digest(), self.base, inputs])
        before = self._sums_before.get(path)
        if before and self._before.get(path) == self._made[path] and self._reuse(path, before):
            self.sums[path], self.sizes[path] = self._old_files[path]
        else:
            self.add(path, produce())

    def again(self, path: str, source: str) -> None:
        """Add a file of the directory again, under another path."""
        try:
            os.link(self._new / source, self._path(path))
        except OSError:  # a file system without hard links
            shutil.copyfile(self._new / source, self._path(path))
        self.sums[path], self.sizes[path] = self.sums[source], self.sizes[source]

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        """Start ``work`` in a forked process, and return a function that waits until it has added its files.

        :raises OSError: a file cannot be written.
        """
        self._old_files  # noqa: B018  (read them before the fork: only one process can wait for them)

        def run() -> tuple[dict[str, str], dict[str, int], dict[str, str], set[str]]:
            work()
            return self.sums, self.sizes, self._made, self.written

        wait = in_background(run)

        def join() -> None:
            sums, sizes, made, written = wait()
            self.sums |= sums
            self.sizes |= sizes
            self._made |= made
            self.written |= written

        return join

    def _reuse(self, path: str, digest: str) -> bool:
        """Link a file of the old directory if it exists and is unchanged; return whether it did."""
        if self._old_files.get(path, ("", 0))[0] != digest:
            return False
        try:
            os.link(self.out / path, self._path(path))
        except OSError:
            return False
        return True

    @cached_property
    def _old_files(self) -> dict[str, tuple[str, int]]:
        """Actual SHA-256 and size in bytes of the files of the old directory, by path."""
        return self._wait_for_old()

    def _read_old(self) -> dict[str, tuple[str, int]]:
        found: dict[str, tuple[str, int]] = {}
        same: dict[int, tuple[str, int]] = {}  # a file with two paths is read once
        for path in self._sums_before:
            with suppress(OSError):
                old = self.out / path
                number = old.stat().st_ino
                if number not in same:
                    data = old.read_bytes()
                    same[number] = hashlib.sha256(data).hexdigest(), len(data)
                found[path] = same[number]
        return found

    def _path(self, path: str) -> Path:
        new = self._new / path
        if new.parent not in self._folders:
            new.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(new.parent)
        return new

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
