"""The files of the site: made once for an edition, in a process of their own, and shared by all that answer.

The server has to answer at once, and the site takes seconds to make. So a process beside makes it, while the others
already run. It is the site that ``build`` writes, from the same functions, and lies in one file that has no name: the
first line says where in it each path lies and what tells it from others, in JSON. There is no folder to look into, so
no path can lead out of one. What was made for the same data is kept in the cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import mmap
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Final, NamedTuple

from cica_graph.files import cache
from cica_graph.formats.checksums import checksums
from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import CicaGraphError
from cica_graph.publish.output import SUMS
from cica_graph.serve.config import Settings
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.release import Edition

_KEPT: Final = 2  # sites in the cache: that of the data, and that of the data before
_PATIENCE: Final = 30.0  # seconds that a request waits for the site to be made
_NAME: Final = 32  # hexadecimal digits of a checksum that tell a file from others


class File(NamedTuple):
    """A file of the site: its entity tag, and what is in it."""

    tag: str
    content: memoryview


class _Memory:
    """What a site is put into, see ``publish.output.Output``."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.sums: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.contents: dict[str, bytes] = {}  # by checksum

    def add(self, path: str, data: bytes) -> None:
        data = rebase(data, self.base)
        self.sums[path], self.sizes[path] = hashlib.sha256(data).hexdigest(), len(data)
        self.contents[self.sums[path]] = data

    def make(self, path: str, inputs: str, produce: Callable[[], bytes]) -> None:
        self.add(path, produce())

    def again(self, path: str, source: str) -> None:
        self.sums[path], self.sizes[path] = self.sums[source], self.sizes[source]


def packed(edition: Edition, settings: Settings) -> bytes:
    """Return all files in one, from the cache when they were made before.

    :raises UsageError: something in the data cannot be published.
    """
    key = [edition.digest, settings.base, settings.public, os.environ.get("SOURCE_DATE_EPOCH", "")]
    return cache.get_or_make("site", cache.digest(key), lambda: _pack(edition, settings), _KEPT)


def _pack(edition: Edition, settings: Settings) -> bytes:
    from cica_graph.publish.site.build import build

    made = _Memory(settings.base)
    build(edition.graph, made, lambda step: nullcontext(), settings.public or None)
    for path in filter(_hidden, list(made.sums)):
        del made.sums[path]
    made.add(SUMS, checksums(made.sums))
    places, where = dict[str, int](), 0
    for digest, data in made.contents.items():
        places[digest] = where
        where += len(data)
    index = {path: [places[digest], made.sizes[path], digest[:_NAME]] for path, digest in sorted(made.sums.items())}
    return b"\n".join([json.dumps(index).encode(), b"".join(made.contents.values())])


def _hidden(path: str) -> bool:
    """Tell whether it is for a web server's eyes: its configuration, and what else begins with a dot."""
    dotted = any(part.startswith(".") for part in path.removeprefix(".well-known/").split("/"))
    return dotted or path in ("nginx.conf", "Caddyfile")


class Files:
    """All files of the site."""

    def __init__(self, descriptor: int) -> None:
        whole = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        head = whole.readline()
        self._contents = memoryview(whole)[len(head) :]
        self._index: dict[str, tuple[int, int, str]] = json.loads(head)

    def __contains__(self, path: str) -> bool:
        return path in self._index

    def get(self, path: str) -> File | None:
        """Return the file at a path, if there is one."""
        if path not in self._index:
            return None
        place, size, name = self._index[path]
        return File(f'"{name}"', self._contents[place : place + size])


class Making:
    """The making of the site, as those see it who need it: begun before they are forked, and done at some time.

    :ivar file: the descriptor of the file that all files are in.
    :ivar end: that of a pipe which is closed at the other end when the file is whole, or never will be.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self.file = os.dup(file.fileno())
        self.end, self._other = os.pipe()

    def write(self, edition: Edition, settings: Settings) -> None:
        """Make the site, in a process of its own; say so if that cannot be."""
        try:
            data = packed(edition, settings)
        except CicaGraphError as error:
            print(f"there are no pages, for the site cannot be made: {error}", file=sys.stderr, flush=True)
            return
        with os.fdopen(os.dup(self.file), "wb") as file:
            file.write(data)

    @property
    def descriptors(self) -> tuple[int, int]:
        """What those keep open who need the site."""
        return self.file, self.end

    @property
    def writing(self) -> tuple[int, int]:
        """What the one keeps open who makes it."""
        return self.file, self._other

    def forked(self) -> None:
        """Leave the other end to the process that makes it."""
        os.close(self._other)


class Awaited:
    """The files, in a process with an event loop; whoever asks too early waits for a moment."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._files: Files | None = None
        self._done = asyncio.Event()
        asyncio.get_running_loop().add_reader(making.end, self._read)

    @property
    def state(self) -> str:
        """How far the site is: ``making``, ``ready`` or ``failed``."""
        return "making" if not self._done.is_set() else "failed" if self._files is None else "ready"

    async def get(self) -> Files:
        """Return the files.

        :raises Problem: they are not made yet, or cannot be.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._done.wait()
        if not self._done.is_set():
            raise Problem(503, "The pages are being made; try again in a moment.", {"Retry-After": "2"})
        if self._files is None:
            raise Problem(500, "The pages could not be made; what the server said when it began tells why.")
        return self._files

    def _read(self) -> None:
        asyncio.get_running_loop().remove_reader(self._making.end)
        if os.fstat(self._making.file).st_size:
            self._files = Files(self._making.file)
        self._done.set()
