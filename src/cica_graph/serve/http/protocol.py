"""HTTP protocol class with limits on time and size that uvicorn lacks, which is why the server has its own.

A client that sends a head or a body, or reads an answer, in small pieces makes the server wait. Once a second the
server closes the connections that have done so for too long. If there are too many connections, it closes the one that
has been waiting for its client for the longest time.
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

# Extension of the ASGI scope: under "notify" a function that takes a callback, which is called when the client
# disconnects before it has its answer, or None.
DISCONNECT: Final = "cica-graph.disconnect"
_REFUSALS: Final = {
    400: (b"Bad Request", b"The request is not valid HTTP.", b""),
    408: (b"Request Timeout", b"The request was not complete in time.", b""),
    431: (b"Request Header Fields Too Large", b"The URL and the headers are too long. Send the query by POST.", b""),
    503: (b"Service Unavailable", b"Too many connections. Try again later.", b"retry-after: 2\r\n"),
}


class _CorkedTransport:
    """A transport that delays a head until its body comes: one packet instead of two, and half the work."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._delayed = b""

    def write(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 ") and not self._delayed and not data.startswith(b"HTTP/1.1 100 "):
            self._delayed = data
        elif data or self._delayed:
            self._transport.write(self._delayed + data)
            self._delayed = b""

    def close(self) -> None:
        self.write(b"")
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Use :func:`protocol_class` to get a subclass with limits."""

    limits: Limits

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.since = self.loop.time()  # when the server began to wait for the client, or the client for the server
        self._on_disconnect: Callable[[], object] | None = None
        self._head: int | None = None  # bytes of a head that is not complete
        self._refusal = 400

    def waits_for_client(self) -> bool:
        """Tell whether the client has to act: to send a request, to continue a body, or to read an answer."""
        busy = self.cycle is not None and not self.cycle.response_complete
        return self.flow.write_paused or not busy or self.cycle.more_body

    def close_if_overdue(self, now: float) -> None:
        """Close the connection if the client has exceeded the limit."""
        if not self.waits_for_client() or now - self.since <= self.limits.patience:
            return
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(408)
        else:
            self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, if necessary in place of another, or refuse it."""
        super().connection_made(cast(asyncio.Transport, _CorkedTransport(transport)))
        if len(self.connections) > self.limits.connections:
            others = [c for c in self.connections if isinstance(c, LimitedProtocol) and c is not self]
            waiting = [c for c in others if c.waits_for_client()]
            if waiting:
                min(waiting, key=lambda c: c.since).transport.abort()
            else:
                self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:
        """Notify the task that works on the client's request."""
        super().connection_lost(exc)
        if self._on_disconnect is not None:
            self._on_disconnect()

    def data_received(self, data: bytes) -> None:
        """Parse data, and refuse a head that is too long."""
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > self.limits.head:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        super().on_message_begin()
        self._head, self.since = 0, self.loop.time()

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head:
            self._refusal = 431
            raise ValueError  # the parser stops, and send_400_response is called
        self._head, self.since = None, self.loop.time()
        self.scope["extensions"] = {DISCONNECT: {"notify": self._notify}}
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Continue with the next request."""
        self.since = self.loop.time()
        self.transport.write(b"")  # a head that is still delayed because the answer has no body
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait until the client has read what was written."""
        self.since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Continue to write."""
        self.since = self.loop.time()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that cannot be parsed."""
        self._refuse(self._refusal)

    def _notify(self, callback: Callable[[], object] | None) -> None:
        self._on_disconnect = callback

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


def protocol_class(limits: Limits) -> type[LimitedProtocol]:
    """Return a protocol class with these limits."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits})
