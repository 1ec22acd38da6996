"""The first process: it listens, starts an edition, and another when the data have changed.

It has neither graph nor event loop, so there is little in it that can go wrong. The sockets stay open here, so no
connection is refused while one edition takes over from another; one that cannot begin changes nothing.

    server --- parent (the graph) --+-- process (event loop), one for each of --workers
                                    +-- worker (queries), as many as the lanes of each process have places
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass, replace
from typing import Final

from cica_graph.model.errors import CicaGraphError, UsageError, ValidationFailed
from cica_graph.serve import release
from cica_graph.serve.config import Settings
from cica_graph.serve.pool.counters import Counters
from cica_graph.serve.pool.fork import fork
from cica_graph.serve.pool.signal_pipe import Signs, ended
from cica_graph.serve.server.fork_server import Parent

_FILES: Final = 4096  # descriptors that a process may have open, where the system lets it
_BACKLOG: Final = 2048
_PAUSE: Final = 1.0  # seconds before an edition that ended is started again


def serve(settings: Settings) -> None:
    """Serve until a signal says to stop, and return when the last answer is out.

    SIGTERM and SIGINT stop, and a second one does not wait. SIGHUP begins a new edition even if nothing has changed.

    :raises UsageError: there are no data, or the address cannot be listened on.
    :raises ValidationFailed: the data have findings.
    """
    release.digest(settings)  # so that a wrong directory is known before anything is done
    _allow_many_files()
    listening = _listen(settings)
    here = _address(listening[0])
    _Server(replace(settings, address=settings.address or here, public=settings.address), listening, here).run()


@dataclass
class _Running:
    """An edition: its parent process, and our end to it."""

    pid: int
    below: socket.socket
    digest: str = ""


class _Server:
    def __init__(self, settings: Settings, listening: list[socket.socket], here: str) -> None:
        self._settings, self._listening, self._here = settings, listening, here
        self._counters = Counters(2 * settings.workers)  # there are two editions at most: one that comes, one that goes
        self._turn = 0
        self._coming: _Running | None = None
        self._current: _Running | None = None
        self._going: _Running | None = None
        self._due: float | None = 0.0  # when an edition is to begin
        self._look_at = 0.0  # when to see whether the data have changed
        self._tried = ""  # the digest of the data when an edition was last begun
        self._stopping = False
        self._failure: CicaGraphError | None = None
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        signs = Signs((signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
        self._selector.register(signs.descriptor, selectors.EVENT_READ)
        while not self._stopping or self._all():
            now = time.monotonic()
            if not self._stopping:
                self._look(now)
                if self._due is not None and now >= self._due and self._coming is None and self._going is None:
                    self._begin()
            for key, _ in self._selector.select(_PAUSE):
                if isinstance(key.data, _Running):
                    self._hear(key.data)
            came = signs.read()
            if came & {signal.SIGINT, signal.SIGTERM}:
                self._stop()
            if signal.SIGHUP in came:
                self._due = now
            for pid in ended():
                self._bury(pid)
        if self._failure is not None:
            raise self._failure

    def _all(self) -> list[_Running]:
        return [each for each in (self._coming, self._current, self._going) if each is not None]

    def _look(self, now: float) -> None:
        """See whether the data have changed since an edition was last begun."""
        if not self._settings.watch or now < self._look_at or self._current is None:
            return
        self._look_at = now + self._settings.watch
        with contextlib.suppress(UsageError):  # they are being replaced, and are looked at again
            if release.digest(self._settings) != self._tried:
                self._due = now

    def _begin(self) -> None:
        self._due = None
        with contextlib.suppress(UsageError):
            self._tried = release.digest(self._settings)
        ours, theirs = socket.socketpair()
        workers = self._settings.workers
        rows = range(self._turn * workers, (self._turn + 1) * workers)
        self._turn = 1 - self._turn
        keep = [theirs.fileno(), *(each.fileno() for each in self._listening)]
        with theirs:
            pid = fork(lambda: self._edition(theirs, rows), keep)
        self._coming = _Running(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, self._coming)

    def _edition(self, above: socket.socket, rows: range) -> None:
        """Run an edition, in its own process."""
        try:
            edition = release.edition(self._settings)
        except (UsageError, ValidationFailed) as error:
            above.send(json.dumps({"error": str(error), "found": isinstance(error, ValidationFailed)}).encode())
            return
        Parent(self._settings, edition, self._listening, above, self._counters, rows).run()

    def _hear(self, running: _Running) -> None:
        """Take what an edition says: its digest when it answers, or why it cannot."""
        said = running.below.recv(1 << 16)
        if not said:
            self._selector.unregister(running.below)
            return
        message = json.loads(said)
        if error := message.get("error"):
            if self._current is None:
                self._failure = ValidationFailed(error, []) if message["found"] else UsageError(error)
                self._stop()
            else:
                _say(f"the data have changed and are not served, the build before is: {error}")
            return
        running.digest = message["digest"]
        if self._current is not None:
            os.kill(self._current.pid, signal.SIGHUP)
        self._going, self._current, self._coming = self._current, running, None
        _say(f"serving {self._here} (build {running.digest[:12]})")

    def _bury(self, pid: int) -> None:
        for running in self._all():
            if running.pid == pid:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(running.below)
                running.below.close()
                if running is self._current and not self._stopping:
                    _say("the process that holds the graph ended; another is started")
                    self._due = time.monotonic() + _PAUSE
                self._coming, self._current, self._going = (
                    None if each is running else each for each in (self._coming, self._current, self._going)
                )

    def _stop(self) -> None:
        """Have every edition finish; when asked again, end."""
        for running in self._all():
            os.kill(running.pid, signal.SIGKILL if self._stopping else signal.SIGTERM)
        self._stopping = True


def _listen(settings: Settings) -> list[socket.socket]:
    """Return a listening socket for each process: the kernel spreads connections over sockets, but not over processes.

    :raises UsageError: the address is another's, or no address of this machine.
    """
    host, port = settings.host, settings.port
    sockets: list[socket.socket] = []
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # With SO_REUSEPORT a second server could listen on the same port; without it, the first bind says so.
        with _socket(family) as alone:
            alone.bind(address)
        for _ in range(settings.workers):
            each = _socket(family)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind((address[0], sockets[0].getsockname()[1] if sockets else port, *address[2:]))
            each.listen(_BACKLOG)
            sockets.append(each)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}; choose with --host and --port") from error
    return sockets


def _socket(family: socket.AddressFamily) -> socket.socket:
    # The protocol is named, since asyncio sends small packets at once only on what it knows to be TCP.
    each = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return each


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/"


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _FILES:
        most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
