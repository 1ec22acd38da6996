"""A process that answers: the event loop, the application, and the way it begins and ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final

import uvicorn

from cica_graph.serve.app import app
from cica_graph.serve.config import Settings
from cica_graph.serve.http.protocol import Connection, limited
from cica_graph.serve.pool.counters import Counters, Row
from cica_graph.serve.pool.scheduler import Queries
from cica_graph.serve.pool.worker_client import QueryProcess
from cica_graph.serve.release import Edition
from cica_graph.serve.site_archive import Awaited, Making
from cica_graph.serve.state import Site

# What this process says to the one that forks query processes: which, and the number by which it knows it.
ORDER: Final = struct.Struct("!cI")
START, START_LONG, KILL, READY = b"s", b"l", b"k", b"r"


def run(settings: Settings, edition: Edition, listening: socket.socket, orders: socket.socket,
        counters: Counters, row: int, making: Making | None) -> None:  # fmt: skip
    """Answer requests until told to stop (SIGTERM) or to leave to another edition (SIGHUP).

    :param orders: to the process that forks.
    :param row: of the counters, for this process alone.
    :param making: of the site, whose pages are served; None when there is none.
    """
    asyncio.run(_serve(settings, edition, listening, orders, counters, row, making))


async def _serve(settings: Settings, edition: Edition, listening: socket.socket, orders: socket.socket,
                 counters: Counters, row: int, making: Making | None) -> None:  # fmt: skip
    limits = settings.limits
    queries = Queries(_starter(orders, counters.row(row)), limits, settings.lanes)
    site = Site(settings, edition, queries, counters, counters.row(row), Awaited(making) if making else None)
    config = uvicorn.Config(
        app(site),
        http=limited(limits),
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
    await _Server(config, site, orders).serve([listening])
    queries.close()


def _starter(orders: socket.socket, row: Row) -> Callable[[bool], QueryProcess]:
    """Return what starts a query process: the parent forks it, and gets its end of a socket."""
    numbers = count()

    def start(long: bool) -> QueryProcess:
        number = next(numbers)
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(orders, [ORDER.pack(START_LONG if long else START, number)], [theirs.fileno()])
        row.add("query_processes", "started")

        def kill() -> None:
            row.add("query_processes", "killed")
            with contextlib.suppress(OSError):  # the parent is gone, and with it whoever could be killed
                orders.send(ORDER.pack(KILL, number))

        return QueryProcess(ours, kill)

    return start


class _Server(uvicorn.Server):
    """uvicorn. On SIGTERM it stops as it does; on SIGHUP it takes no more connections, and waits for those it has."""

    def __init__(self, config: uvicorn.Config, site: Site, orders: socket.socket) -> None:
        super().__init__(config)
        self._site, self._orders = site, orders
        self._leave_by = 0.0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let the loop handle signals; uvicorn would raise them again at the end."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._leave)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C goes to all; the first process says what to do
        loop.add_reader(self._orders.fileno(), self._stop)  # nothing is ever said there, so this is its end
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._orders.send(ORDER.pack(READY, 0))

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections; ten times a second."""
        connections = self.server_state.connections
        self._site.row.set("connections", len(connections))
        self._site.row.set("waiting_queries", self._site.queries.waiting)
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(connections):
                if isinstance(connection, Connection):
                    connection.tire(now)
        if self._site.leaving and (not connections or asyncio.get_running_loop().time() > self._leave_by):
            return True
        return await super().on_tick(counter)

    def _stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._orders.fileno())
        self.should_exit = True

    def _leave(self) -> None:
        if self._site.leaving:
            return
        self._site.leaving = True
        limits = self._site.settings.limits
        self._leave_by = asyncio.get_running_loop().time() + limits.seconds + 3 * limits.patience
        for server in self.servers:
            server.close()
