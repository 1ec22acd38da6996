"""Supervisor: the first process. It listens, starts a release, and starts another when the data change.

It has no graph and no event loop, so little can go wrong in it. The sockets stay open here, so no connection
is refused while one release takes over from another. If a new release cannot start, the old one stays.

    supervisor --- fork server (the graph) --+-- web processes (event loops), as many as --workers
                                             +-- query workers, as many as the scheduling of each web process says
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
from cica_graph.serve.config import Settings
from cica_graph.serve.metrics import Metrics
from cica_graph.serve.pool.fork import fork
from cica_graph.serve.pool.signal_pipe import SignalPipe, reap
from cica_graph.serve.release import current_digest, load_release
from cica_graph.serve.server.fork_server import ForkServer

_FILES: Final = 4096  # descriptors that a process may have open, if the system allows it
_BACKLOG: Final = 2048
_PAUSE: Final = 1.0  # seconds before a release that ended is started again


def serve(settings: Settings) -> None:
    """Serve until a signal, and return after the last answer is sent.

    SIGTERM and SIGINT stop the server; a second one stops it without waiting. SIGHUP starts a new release even if the
    data have not changed.

    :raises UsageError: there are no data, or the address is not available.
    :raises ValidationFailed: the data have findings.
    """
    current_digest(settings)  # so that a wrong directory is reported first
    _allow_many_files()
    listening = _listen(settings)
    local = _address(listening[0])
    _Supervisor(replace(settings, address=settings.address or local, public=settings.address), listening, local).run()


@dataclass
class _RunningRelease:
    """A release: the process id of its fork server, and our end of the socket to it."""

    pid: int
    fork_server: socket.socket
    digest: str = ""


class _Supervisor:
    def __init__(self, settings: Settings, listening: list[socket.socket], local_address: str) -> None:
        self._settings, self._listening, self._local_address = settings, listening, local_address
        self._metrics = Metrics(2 * settings.workers)  # at most two releases run at the same time
        self._turn = 0
        self._starting: _RunningRelease | None = None
        self._current: _RunningRelease | None = None
        self._leaving: _RunningRelease | None = None
        self._start_at: float | None = 0.0  # when to start a release
        self._check_at = 0.0  # when to check whether the data have changed
        self._started_digest = ""  # digest of the data when a release was last started
        self._stopping = False
        self._failure: CicaGraphError | None = None
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        signals = SignalPipe((signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
        self._selector.register(signals.descriptor, selectors.EVENT_READ)
        while not self._stopping or self._releases():
            now = time.monotonic()
            if not self._stopping:
                self._check_data(now)
                due = self._start_at is not None and now >= self._start_at
                if due and self._starting is None and self._leaving is None:
                    self._start()
            for key, _ in self._selector.select(_PAUSE):
                if isinstance(key.data, _RunningRelease):
                    self._receive(key.data)
            received = signals.read()
            if received & {signal.SIGINT, signal.SIGTERM}:
                self._stop()
            if signal.SIGHUP in received:
                self._start_at = now
            for pid in reap():
                self._forget(pid)
        if self._failure is not None:
            raise self._failure

    def _releases(self) -> list[_RunningRelease]:
        return [each for each in (self._starting, self._current, self._leaving) if each is not None]

    def _check_data(self, now: float) -> None:
        """Schedule a new release if the data have changed."""
        if not self._settings.watch or now < self._check_at or self._current is None:
            return
        self._check_at = now + self._settings.watch
        with contextlib.suppress(UsageError):  # the data are being replaced; the next check comes soon
            if current_digest(self._settings) != self._started_digest:
                self._start_at = now

    def _start(self) -> None:
        self._start_at = None
        with contextlib.suppress(UsageError):
            self._started_digest = current_digest(self._settings)
        ours, theirs = socket.socketpair()
        workers = self._settings.workers
        numbers = range(self._turn * workers, (self._turn + 1) * workers)
        self._turn = 1 - self._turn
        keep = [theirs.fileno(), *(each.fileno() for each in self._listening)]
        with theirs:
            pid = fork(lambda: self._run_release(theirs, numbers), keep)
        self._starting = _RunningRelease(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, self._starting)

    def _run_release(self, supervisor: socket.socket, numbers: range) -> None:
        """Run a release, in its own process."""
        try:
            release = load_release(self._settings)
        except (UsageError, ValidationFailed) as error:
            message = {"error": str(error), "findings": isinstance(error, ValidationFailed)}
            supervisor.send(json.dumps(message).encode())
            return
        ForkServer(self._settings, release, self._listening, supervisor, self._metrics, numbers).run()

    def _receive(self, running: _RunningRelease) -> None:
        """Receive a message of a fork server: its digest when it answers, or why it cannot start."""
        data = running.fork_server.recv(1 << 16)
        if not data:
            self._selector.unregister(running.fork_server)
            return
        message = json.loads(data)
        if error := message.get("error"):
            if self._current is None:
                self._failure = ValidationFailed(error, []) if message["findings"] else UsageError(error)
                self._stop()
            else:
                _print(f"the data have changed but cannot be served; still serving the previous build: {error}")
            return
        running.digest = message["digest"]
        if self._current is not None:
            os.kill(self._current.pid, signal.SIGHUP)
        self._leaving, self._current, self._starting = self._current, running, None
        _print(f"serving {self._local_address} (build {running.digest[:12]})")

    def _forget(self, pid: int) -> None:
        for running in self._releases():
            if running.pid == pid:
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(running.fork_server)
                running.fork_server.close()
                if running is self._current and not self._stopping:
                    _print("the process with the graph has ended; starting another")
                    self._start_at = time.monotonic() + _PAUSE
                self._starting, self._current, self._leaving = (
                    None if each is running else each for each in (self._starting, self._current, self._leaving)
                )

    def _stop(self) -> None:
        """Stop every release when its last answer is sent; the second time, immediately."""
        for running in self._releases():
            os.kill(running.pid, signal.SIGKILL if self._stopping else signal.SIGTERM)
        self._stopping = True


def _listen(settings: Settings) -> list[socket.socket]:
    """Return a listening socket for each web process: the kernel balances load over sockets, not over processes.

    :raises UsageError: the address is in use, or is not an address of this machine.
    """
    host, port = settings.host, settings.port
    sockets: list[socket.socket] = []
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # With SO_REUSEPORT a second server could listen on the same port, so the first socket binds without it.
        with _socket(family) as first:
            first.bind(address)
        for _ in range(settings.workers):
            each = _socket(family)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind((address[0], sockets[0].getsockname()[1] if sockets else port, *address[2:]))
            each.listen(_BACKLOG)
            sockets.append(each)
    except OSError as error:
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}. Use --host and --port.") from error
    return sockets


def _socket(family: socket.AddressFamily) -> socket.socket:
    # With the protocol named, asyncio knows that it is TCP and sends small packets without delay.
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
        maximum = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, hard))


def _print(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
