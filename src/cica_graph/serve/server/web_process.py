"""Web process: an event loop with the application."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import uvicorn

from cica_graph.serve.app import app
from cica_graph.serve.config import Settings
from cica_graph.serve.http.protocol import LimitedProtocol, protocol_class
from cica_graph.serve.metrics import Metrics, ProcessCounters
from cica_graph.serve.pool.scheduler import Scheduler
from cica_graph.serve.pool.worker_client import WorkerClient
from cica_graph.serve.release import Release
from cica_graph.serve.site_archive import PendingArchive, SiteBuild
from cica_graph.serve.state import AppState

# Orders of a web process to the fork server: an order, and the number by which the web process knows a worker.
ORDER: Final = struct.Struct("!cI")
START, START_LONG, KILL, READY = b"s", b"l", b"k", b"r"


@dataclass(frozen=True)
class WebProcess:
    """The process that answers requests on one listening socket.

    :ivar orders: socket to the fork server.
    :ivar number: of the process, for its counters.
    :ivar site_build: the build of the pages; None if the server has no pages.
    """

    settings: Settings
    release: Release
    listening: socket.socket
    orders: socket.socket
    metrics: Metrics
    number: int
    site_build: SiteBuild | None

    def run(self) -> None:
        """Answer requests until a signal: SIGTERM to stop, SIGHUP to leave to another release."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        limits, counters = self.settings.limits, self.metrics.counters(self.number)
        scheduler = Scheduler(_worker_starter(self.orders, counters), limits, self.settings.scheduling)
        archive = PendingArchive(self.site_build) if self.site_build is not None else None
        state = AppState(self.settings, self.release, scheduler, self.metrics, counters, archive)
        config = uvicorn.Config(
            app(state),
            http=protocol_class(limits),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=limits.idle,
            timeout_graceful_shutdown=int(limits.seconds + limits.patience),
        )
        await _UvicornServer(config, state, self.orders).serve([self.listening])
        scheduler.close()


def _worker_starter(orders: socket.socket, counters: ProcessCounters) -> Callable[[bool], WorkerClient]:
    """Return a function that starts a worker: the fork server forks it, and receives its end of a socket."""
    numbers = count()

    def start(long: bool) -> WorkerClient:
        number = next(numbers)
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(orders, [ORDER.pack(START_LONG if long else START, number)], [theirs.fileno()])
        counters.add("query_processes", "started")

        def kill() -> None:
            counters.add("query_processes", "killed")
            with contextlib.suppress(OSError):  # the fork server has ended, and its workers with it
                orders.send(ORDER.pack(KILL, number))

        return WorkerClient(ours, kill)

    return start


class _UvicornServer(uvicorn.Server):
    """uvicorn with another way to leave: on SIGHUP it accepts no more connections, and waits for the open ones."""

    def __init__(self, config: uvicorn.Config, state: AppState, orders: socket.socket) -> None:
        super().__init__(config)
        self._state, self._orders = state, orders
        self._leave_by = 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals in the event loop; uvicorn would raise them again at the end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._leave)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C goes to all processes; the supervisor decides
        loop.add_reader(self._orders.fileno(), self._stop)  # the fork server sends nothing here, so it has ended
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and tell the fork server."""
        await super().startup(sockets)
        self._orders.send(ORDER.pack(READY, 0))

    async def on_tick(self, counter: int) -> bool:
        """Set the gauges, and close overdue connections; called ten times a second."""
        connections = self.server_state.connections
        self._state.counters.set("connections", len(connections))
        self._state.counters.set("waiting_queries", self._state.scheduler.waiting)
        now = asyncio.get_running_loop().time()
        if counter % 10 == 0:
            for connection in list(connections):
                if isinstance(connection, LimitedProtocol):
                    connection.close_if_overdue(now)
        if self._state.leaving and (not connections or now > self._leave_by):
            return True
        return await super().on_tick(counter)

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._orders.fileno())
        self.should_exit = True

    def _leave(self) -> None:
        if self._state.leaving:
            return
        self._state.leaving = True
        limits = self._state.settings.limits
        self._leave_by = asyncio.get_running_loop().time() + limits.seconds + 3 * limits.patience
        for server in self.servers:
            server.close()
