"""Site archive: all files of the site in one file, built once for a release and shared by all web processes.

The server has to answer immediately, but the site takes seconds to build. So a separate process builds it while the web
processes already run. It is the site that ``build`` writes, made by the same functions. The archive is a temporary file
without a name; its first line is an index in JSON: offset, size and checksum of each path. There is no directory, so no
path can lead out of one. The cache keeps the archives of the current and of the previous data.
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
from typing import Final, Literal, NamedTuple

from cica_graph.files import cache
from cica_graph.formats.checksums import checksums
from cica_graph.formats.rebase import rebase
from cica_graph.model.errors import CicaGraphError
from cica_graph.publish.output import SUMS
from cica_graph.serve.config import Settings
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.release import Release

_CACHED: Final = 2  # archives in the cache: of the current data, and of the data before
_PATIENCE: Final = 30.0  # seconds that a request waits for the archive
_TAG: Final = 32  # hexadecimal digits of a checksum in an entity tag


class ArchivedFile(NamedTuple):
    """A file of the site, with its entity tag."""

    tag: str
    content: memoryview


class _MemoryOutput:
    """Output of a site build in memory, see ``publish.output.Output``."""

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

    def beside(self, work: Callable[[], None]) -> Callable[[], None]:
        return work  # another process has another memory


def packed(release: Release, settings: Settings) -> bytes:
    """Return the content of the archive, from the cache if possible.

    :raises UsageError: the data cannot be published.
    """
    key = [release.digest, settings.base, settings.public, os.environ.get("SOURCE_DATE_EPOCH", "")]
    return cache.get_or_make("site", cache.digest(key), lambda: _pack(release, settings), _CACHED)


def _pack(release: Release, settings: Settings) -> bytes:
    from cica_graph.publish.site.build import build

    output = _MemoryOutput(settings.base)
    build(release.graph, output, lambda step: nullcontext(), settings.public or None)
    for path in filter(_for_web_servers, list(output.sums)):
        del output.sums[path]
    output.add(SUMS, checksums(output.sums))
    offsets, offset = dict[str, int](), 0
    for digest, data in output.contents.items():
        offsets[digest] = offset
        offset += len(data)
    index = {path: [offsets[digest], output.sizes[path], digest[:_TAG]] for path, digest in sorted(output.sums.items())}
    return b"\n".join([json.dumps(index).encode(), b"".join(output.contents.values())])


def _for_web_servers(path: str) -> bool:
    """Tell whether a file is only for another web server: its configuration, or a file with a dot before its name."""
    dotted = any(part.startswith(".") for part in path.removeprefix(".well-known/").split("/"))
    return dotted or path in ("nginx.conf", "Caddyfile")


class SiteArchive:
    """All files of the site, by path."""

    def __init__(self, descriptor: int) -> None:
        archive = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        index = archive.readline()
        self._contents = memoryview(archive)[len(index) :]
        self._index: dict[str, tuple[int, int, str]] = json.loads(index)

    def __contains__(self, path: str) -> bool:
        return path in self._index

    def get(self, path: str) -> ArchivedFile | None:
        """Return the file at a path, or None if it does not exist."""
        if path not in self._index:
            return None
        offset, size, tag = self._index[path]
        return ArchivedFile(f'"{tag}"', self._contents[offset : offset + size])


class SiteBuild:
    """The build of an archive in another process. Create it before the processes that use the archive are forked.

    :ivar file: descriptor of the archive.
    :ivar done: descriptor of a pipe; the other end is closed when the archive is complete or the build has failed.
    """

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self.file = os.dup(file.fileno())
        self.done, self._building = os.pipe()

    def run(self, release: Release, settings: Settings) -> None:
        """Build the archive, in the process for that; if this fails, print why."""
        try:
            data = packed(release, settings)
        except CicaGraphError as error:
            print(f"The server has no pages, because the site cannot be built: {error}", file=sys.stderr, flush=True)
            return
        with os.fdopen(os.dup(self.file), "wb") as file:
            file.write(data)

    @property
    def reader_descriptors(self) -> tuple[int, int]:
        """Descriptors that a process with a :class:`PendingArchive` keeps open."""
        return self.file, self.done

    @property
    def builder_descriptors(self) -> tuple[int, int]:
        """Descriptors that the process of :meth:`run` keeps open."""
        return self.file, self._building

    def close_builder_end(self) -> None:
        """Close the end of the pipe that belongs to the process of :meth:`run`."""
        os.close(self._building)


class PendingArchive:
    """The archive in a process with an event loop; a request that comes before it is complete waits."""

    def __init__(self, site_build: SiteBuild) -> None:
        self._build = site_build
        self._archive: SiteArchive | None = None
        self._done = asyncio.Event()
        asyncio.get_running_loop().add_reader(site_build.done, self._open)

    @property
    def status(self) -> Literal["building", "ready", "failed"]:
        """Progress of the build."""
        if not self._done.is_set():
            return "building"
        return "failed" if self._archive is None else "ready"

    async def get(self) -> SiteArchive:
        """Return the archive.

        :raises Problem: it is not complete yet, or its build has failed.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._done.wait()
        if not self._done.is_set():
            raise Problem(503, "The pages are still being built. Try again later.", {"Retry-After": "2"})
        if self._archive is None:
            raise Problem(500, "The pages could not be built. The error output of the server contains the reason.")
        return self._archive

    def _open(self) -> None:
        asyncio.get_running_loop().remove_reader(self._build.done)
        if os.fstat(self._build.file).st_size:
            self._archive = SiteArchive(self._build.file)
        self._done.set()
