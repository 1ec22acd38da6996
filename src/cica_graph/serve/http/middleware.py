"""Middleware for every answer: headers, the access log, and counters.

If the body of a request was not read to its end, the answer is sent first. Then the rest of the body is read and
discarded for a moment. A client sees a failure, and not the answer, if the server closes a connection while it sends.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cica_graph.serve.metrics import ProcessCounters

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
LINGER: Final = 2.0  # seconds in which the rest of a body is discarded
_MAX_DISCARDED: Final = 64 << 20  # bytes of it
_MAX_LOGGED: Final = (
    1000  # characters of a path, query or name in the log: a short line is written to a pipe in one piece
)

# Scripts and styles only from this server, no framing, no guessing of types; readable from any origin.
# A route that needs a different header sets it itself.
HEADERS: Final = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, Retry-After, Truncated"),
]
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
]


class ServerMiddleware:
    """Wraps the application.

    :param is_leaving: tells whether the process is about to end; then each answer closes its connection.
    """

    def __init__(self, app: ASGIApp, counters: ProcessCounters, is_leaving: Callable[[], bool]) -> None:
        self._app, self._counters, self._is_leaving = app, counters, is_leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begin, status, sent = time.perf_counter(), 0, 0
        body = _RequestBody(scope, receive)

        async def send_with_headers(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {name.lower() for name, _ in message["headers"]}
                headers = message["headers"] = [*message["headers"], *(h for h in HEADERS if h[0] not in own)]
                if scope["method"] == "OPTIONS":
                    headers += _PREFLIGHT
                if self._is_leaving() or not body.complete:
                    headers.append((b"connection", b"close"))
            else:
                sent += len(message.get("body", b""))
                if not body.complete and not message.get("more_body"):
                    await send({**message, "more_body": True})
                    await body.discard()
                    message = {"type": "http.response.body"}
            await send(message)

        try:
            await self._app(scope, receive if body.complete else body.receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - begin
            self._counters.add("requests", f"{status // 100}xx" if status else "gone")
            self._counters.add("sent_bytes", amount=sent)
            self._counters.observe(seconds)
            self._log(scope, status, sent, seconds)

    def _log(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": scope["client"][0] if scope["client"] else "",
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1")[:_MAX_LOGGED],
            "query": scope["query_string"].decode("latin-1")[:_MAX_LOGGED],
            "status": status,
            "bytes": sent,
            "ms": round(seconds * 1000, 2),
            "agent": agent.decode("latin-1")[:_MAX_LOGGED],
        }
        if not write(_ENCODE(line) + "\n"):
            self._counters.add("log_lines_lost")


def write(line: str) -> bool:
    """Write a line to the log. If the reader of the log is too slow or has closed it, return False without waiting."""
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, line.encode())
            return True
    return False


class _RequestBody:
    """The body of a request, and whether all of it has been read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        self.complete = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers
        self._receive = receive

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body"):
            self.complete = True
        return message

    async def discard(self) -> None:
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while not self.complete and size < _MAX_DISCARDED:
                    size += len((await self.receive()).get("body", b""))
