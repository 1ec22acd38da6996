"""The process that has the graph in memory, and forks all that answer from it: those with the event loop, and queries'.

A forked process shares the memory of its parent until it writes to it, so a query process is there in two milliseconds,
whatever the size of the graph. Forking is safe only where there is one thread: this process has no other, and does
nothing but wait for orders.
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
from cica_graph.serve.pool.counters import Counters
from cica_graph.serve.pool.fork import fork
from cica_graph.serve.pool.signal_pipe import Signs, ended
from cica_graph.serve.release import Edition
from cica_graph.serve.server import web_process
from cica_graph.serve.server.web_process import KILL, ORDER, READY, START, START_LONG
from cica_graph.serve.site_archive import Making

_NICER: Final = 5  # of long queries to short ones and to the event loops
_PAUSE: Final = 1.0  # seconds before a process that ended is started again


@dataclass
class _Loop:
    """A process with an event loop: our end to it, and the query processes that it ordered, by its numbers."""

    pid: int
    orders: socket.socket
    queries: dict[int, int] = field(default_factory=dict)
    ready: bool = False


class Parent:
    """Runs one edition until it is told to stop (SIGTERM), or to leave to the next (SIGHUP).

    :param above: to the process that started this one, which is told when all is ready; its end is that of this one.
    :param rows: of the counters, one for each listening socket and so for each process with a loop.
    """

    def __init__(
        self, settings: Settings, edition: Edition, listening: list[socket.socket], above: socket.socket,
        counters: Counters, rows: range,
    ) -> None:  # fmt: skip
        self._settings, self._edition = settings, edition
        self._listening, self._above, self._counters, self._rows = listening, above, counters, rows
        self._loops: dict[int, _Loop] = {}
        self._missing = dict.fromkeys(range(len(listening)), 0.0)  # loops to be started, and when
        self._stopping = self._told = False
        self._making = Making() if edition.project is not None else None
        self._maker: int | None = None  # the process that makes the site
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Start the processes, and look after them until none is left."""
        templates.load()
        self._edition.warm()
        gc.collect()
        gc.freeze()  # a collection in a child would write to every object, and so copy every page of memory
        signs = Signs((signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(signs.descriptor, selectors.EVENT_READ)
        self._selector.register(self._above, selectors.EVENT_READ)
        if self._making is not None:
            self._maker = fork(self._make, self._making.writing)
            self._making.forked()
        while self._loops or self._missing:
            for number in [n for n, when in self._missing.items() if when <= time.monotonic()]:
                self._start(number)
            for key, _ in self._selector.select(_PAUSE if self._missing else None):
                if isinstance(key.data, _Loop):
                    self._obey(key.data)
                elif key.fileobj is self._above:
                    self._selector.unregister(self._above)
                    self._stop(signal.SIGTERM)
            for sign in signs.read() & {signal.SIGHUP, signal.SIGTERM}:
                self._stop(sign)
            self._bury()
        if self._maker is not None:
            for kill in (os.killpg, os.kill):  # it may not have come so far as to be a group
                with contextlib.suppress(ProcessLookupError):
                    kill(self._maker, signal.SIGKILL)

    def _make(self) -> None:
        os.setpgid(0, 0)  # so that it can be ended together with what it begins
        if self._making is not None:
            self._making.write(self._edition, self._settings)

    def _start(self, number: int) -> None:
        del self._missing[number]
        ours, theirs = socket.socketpair()
        listening = self._listening[number]
        arguments = self._settings, self._edition, listening, theirs, self._counters, self._rows[number], self._making
        files = self._making.descriptors if self._making is not None else ()
        with theirs:
            pid = fork(lambda: web_process.run(*arguments), [listening.fileno(), theirs.fileno(), *files])
        self._loops[number] = loop = _Loop(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, loop)

    def _stop(self, sign: int) -> None:
        self._stopping = True
        self._missing.clear()
        for loop in self._loops.values():
            os.kill(loop.pid, sign)

    def _obey(self, loop: _Loop) -> None:
        """Carry out one order of a process with a loop."""
        order, descriptors, _, _ = socket.recv_fds(loop.orders, ORDER.size, 1)
        if len(order) < ORDER.size:
            self._selector.unregister(loop.orders)  # it has ended, and is buried when the system says so
            return
        what, number = ORDER.unpack(order)
        if what in (START, START_LONG):
            with socket.socket(fileno=descriptors[0]) as end:
                loop.queries[number] = fork(lambda: self._query(end, what == START_LONG), [end.fileno()], mute=True)
        elif what == KILL and number in loop.queries:
            os.kill(loop.queries[number], signal.SIGKILL)
        elif what == READY:
            loop.ready = True
            if not self._missing and all(each.ready for each in self._loops.values()) and not self._told:
                self._told = True
                self._above.send(json.dumps({"digest": self._edition.digest}).encode())

    def _query(self, end: socket.socket, long: bool) -> None:
        if long:
            os.nice(_NICER)
        worker.work(end, self._edition, self._settings)

    def _bury(self) -> None:
        """Forget the processes that have ended, and start those again that should not have."""
        dead = ended()
        if self._maker in dead:
            self._maker = None
        for number, loop in list(self._loops.items()):
            for query, pid in list(loop.queries.items()):
                if pid in dead:
                    del loop.queries[query]
            if loop.pid in dead:
                for pid in loop.queries.values():
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(KeyError):
                    self._selector.unregister(loop.orders)
                loop.orders.close()
                del self._loops[number]
                if not self._stopping:
                    self._missing[number] = time.monotonic() + _PAUSE
