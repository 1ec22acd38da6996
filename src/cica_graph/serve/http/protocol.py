"""A client's connection, with what uvicorn leaves out: limits on how long it may be waited for, and on its size.

Whoever sends a head or a body bit by bit, or takes an answer so, keeps the server waiting. Once a second the server
looks which connections have done so for too long. When there are too many, the one that has done so longest makes room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cica_graph.serve.config import Limits

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

CONNECTION: Final = "cica-graph.connection"
_REFUSALS: Final = {
    400: (b"Bad Request", b"This is not HTTP as the server understands it.", b""),
    408: (b"Request Timeout", b"The request did not come whole in time.", b""),
    431: (b"Request Header Fields Too Large", b"The address and the headers are too long; send a query by POST.", b""),
    503: (b"Service Unavailable", b"There are too many connections.", b"retry-after: 2\r\n"),
}


class _Corked:
    """A transport that holds a head back until its body comes: one packet in place of two, and half the work."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = b""

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not self._held and not data.startswith(b"HTTP/1.1 100 "):
            self._held = data
        elif data or self._held:
            self._transport.write(self._held + data)
            self._held = b""

    def close(self) -> None:
        self.write(b"")
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """One connection. :func:`limited` gives a class of these.

    A request finds it in its scope, under :data:`CONNECTION`.

    :ivar when_gone: what to do if the client goes away before it has its answer.
    """

    limits: Limits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.since = self.loop.time()  # when it became whoever's turn it is
        self.when_gone: Callable[[], object] | None = None
        self._head: int | None = None  # bytes of a head that is not whole
        self._refusal = 400

    def waits(self) -> bool:
        """Tell whether it is the client's turn: to ask, to go on with a body, or to take what was written."""
        busy = self.cycle is not None and not self.cycle.response_complete
        return self.flow.write_paused or not busy or self.cycle.more_body

    def tire(self, now: float) -> None:
        """Close the connection if the client has had its turn for too long."""
        if not self.waits() or now - self.since <= self.limits.patience:
            return
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(408)
        else:
            self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or another's place, or none."""
        super().connection_made(cast(asyncio.Transport, _Corked(transport)))
        if len(self.connections) > self.limits.connections:
            idle = [c for c in self.connections if isinstance(c, Connection) and c is not self and c.waits()]
            if idle:
                min(idle, key=lambda c: c.since).transport.abort()
            else:
                self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever works for the client that it has gone."""
        super().connection_lost(exc)
        if self.when_gone is not None:
            self.when_gone()

    def data_received(self, data: bytes) -> None:
        """Read what came, and refuse a head that goes on and on."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > self.limits.head:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._head, self.since = 0, self.loop.time()

    def on_headers_complete(self) -> None:
        """Begin to answer it."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head:
            self._refusal = 431
            raise ValueError  # the parser stops, and send_400_response is called
        self._head, self.since = None, self.loop.time()
        self.scope["extensions"] = {CONNECTION: {"connection": self}}
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on to the next."""
        self.since = self.loop.time()
        self.transport.write(b"")  # what is held back, if the answer has no body
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what was written."""
        self.since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Write on."""
        self.since = self.loop.time()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with a request that is not answered."""
        self._refuse(self._refusal)

    def _refuse(self, status: int) -> None:
        if self.transport.is_closing():
            return
        phrase, text, header = _REFUSALS[status]
        lines = (
            b"HTTP/1.1 %d %b\r\n" % (status, phrase),
            header,
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\n" % len(text),
            b"connection: close\r\n\r\n",
            text,
        )
        self.transport.write(b"".join(lines))
        self.transport.close()


def limited(limits: Limits) -> type[Connection]:
    """Return the class of connections that keep these limits."""

    class Limited(Connection):
        pass

    Limited.limits = limits
    return Limited
