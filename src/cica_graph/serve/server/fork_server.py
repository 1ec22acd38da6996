"""Fork server: the process that has the graph in memory, and forks web processes and workers.

A forked process shares the memory of the fork server until it writes to it. So a worker starts in two milliseconds,
even with a large graph. The graph cannot be pickled, which is why ``multiprocessing`` and its fork server are
not used. Forking is safe only in a process without threads, so this process only waits for orders.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from cica_graph.serve.config import Settings
from cica_graph.serve.execute import worker
from cica_graph.serve.http import templates
from cica_graph.serve.metrics import Metrics
from cica_graph.serve.pool.fork import fork
from cica_graph.serve.pool.signal_pipe import SignalPipe, reap
from cica_graph.serve.release import Release
from cica_graph.serve.server.web_process import KILL, ORDER, READY, START, START_LONG, WebProcess
from cica_graph.serve.site_archive import SiteBuild

_NICENESS: Final = 5  # of workers for long queries, compared with the other processes
_PAUSE: Final = 1.0  # seconds before a process that ended is started again


@dataclass
class _Child:
    """A web process: our end of its socket, and the process ids of its workers, by its numbers for them."""

    pid: int
    orders: socket.socket
    workers: dict[int, int] = field(default_factory=dict)
    ready: bool = False


class ForkServer:
    """Runs one release until a signal: SIGTERM to stop, SIGHUP to leave to the next release.

    :param supervisor: socket to the supervisor, which gets a message when the release answers. If the supervisor ends,
        the fork server stops.
    :param numbers: numbers of the web processes, one for each listening socket.
    """

    def __init__(
        self, settings: Settings, release: Release, listening: list[socket.socket], supervisor: socket.socket,
        metrics: Metrics, numbers: range,
    ) -> None:  # fmt: skip
        self._settings, self._release = settings, release
        self._listening, self._supervisor, self._metrics, self._numbers = listening, supervisor, metrics, numbers
        self._children: dict[int, _Child] = {}
        self._missing = dict.fromkeys(range(len(listening)), 0.0)  # web processes to start, and when
        self._stopping = self._reported = False
        self._site_build = SiteBuild() if release.project is not None else None
        self._builder: int | None = None  # process id of the site build
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Start the processes, and watch them until all have ended."""
        templates.load()
        self._release.warm()
        gc.collect()
        gc.freeze()  # a collection in a child would write to every object, and so copy every page of memory
        signals = SignalPipe((signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(signals.descriptor, selectors.EVENT_READ)
        self._selector.register(self._supervisor, selectors.EVENT_READ)
        if self._site_build is not None:
            self._builder = fork(self._build_site, self._site_build.builder_descriptors)
            self._site_build.close_builder_end()
        while self._children or self._missing:
            for index in [n for n, when in self._missing.items() if when <= time.monotonic()]:
                self._start(index)
            for key, _ in self._selector.select(_PAUSE if self._missing else None):
                if isinstance(key.data, _Child):
                    self._obey(key.data)
                elif key.fileobj is self._supervisor:
                    self._selector.unregister(self._supervisor)
                    self._stop(signal.SIGTERM)
            for each in signals.read() & {signal.SIGHUP, signal.SIGTERM}:
                self._stop(each)
            self._replace_ended()
        if self._builder is not None:
            for kill in (os.killpg, os.kill):  # the process may not be a group yet
                with contextlib.suppress(ProcessLookupError):
                    kill(self._builder, signal.SIGKILL)

    def _build_site(self) -> None:
        os.setpgid(0, 0)  # a process group, so that it can be killed together with its children
        if self._site_build is not None:
            self._site_build.run(self._release, self._settings)

    def _start(self, index: int) -> None:
        del self._missing[index]
        ours, theirs = socket.socketpair()
        listening = self._listening[index]
        process = WebProcess(
            self._settings, self._release, listening, theirs, self._metrics, self._numbers[index], self._site_build
        )
        files = self._site_build.reader_descriptors if self._site_build is not None else ()
        with theirs:
            pid = fork(process.run, [listening.fileno(), theirs.fileno(), *files])
        self._children[index] = child = _Child(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, child)

    def _stop(self, number: int) -> None:
        self._stopping = True
        self._missing.clear()
        for child in self._children.values():
            os.kill(child.pid, number)

    def _obey(self, child: _Child) -> None:
        """Carry out one order of a web process."""
        message, descriptors, _, _ = socket.recv_fds(child.orders, ORDER.size, 1)
        if len(message) < ORDER.size:
            self._selector.unregister(child.orders)  # it has ended; _replace_ended does the rest
            return
        order, number = ORDER.unpack(message)
        if order in (START, START_LONG):
            with socket.socket(fileno=descriptors[0]) as end:
                child.workers[number] = fork(lambda: self._work(end, order == START_LONG), [end.fileno()], mute=True)
        elif order == KILL and number in child.workers:
            os.kill(child.workers[number], signal.SIGKILL)
        elif order == READY:
            child.ready = True
            if not self._missing and all(each.ready for each in self._children.values()) and not self._reported:
                self._reported = True
                self._supervisor.send(json.dumps({"digest": self._release.digest}).encode())

    def _work(self, end: socket.socket, long: bool) -> None:
        if long:
            os.nice(_NICENESS)
        worker.work(end, self._release, self._settings)

    def _replace_ended(self) -> None:
        """Forget processes that have ended, and schedule new web processes in place of those that should run."""
        ended = reap()
        if self._builder in ended:
            self._builder = None
        for index, child in list(self._children.items()):
            for number, pid in list(child.workers.items()):
                if pid in ended:
                    del child.workers[number]
            if child.pid in ended:
                for pid in child.workers.values():
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(KeyError):
                    self._selector.unregister(child.orders)
                child.orders.close()
                del self._children[index]
                if not self._stopping:
                    self._missing[index] = time.monotonic() + _PAUSE
