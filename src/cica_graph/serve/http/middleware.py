"""What every answer passes on its way out: headers, the access log, the counters.

A request whose body was not read to its end gets its answer at once, and then a moment in which the rest is thrown
away: a connection that is closed while the client still sends looks to it like a failure, and the answer is lost.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cica_graph.serve.state import Site

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
LINGER: Final = 2.0  # seconds for the rest of a body that nobody reads
_MOST: Final = 64 << 20  # bytes of it
_LONGEST: Final = 1000  # characters of an address or a name in the log: a line stays whole in a pipe

# No script or style in a page but from here, no framing, no guessing of types; anybody may read from anywhere.
# A route that needs another of these sets it itself.
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


class Front:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begin, status, sent = time.perf_counter(), 0, 0
        body = _Body(scope, receive)

        async def passed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {name.lower() for name, _ in message["headers"]}
                headers = message["headers"] = [*message["headers"], *(h for h in HEADERS if h[0] not in own)]
                if scope["method"] == "OPTIONS":
                    headers += _PREFLIGHT
                if self._site.leaving or not body.read:
                    headers.append((b"connection", b"close"))
            else:
                sent += len(message.get("body", b""))
                if not body.read and not message.get("more_body"):
                    await send({**message, "more_body": True})
                    await body.throw_away()
                    message = {"type": "http.response.body"}
            await send(message)

        try:
            await self._app(scope, body.receive if not body.read else receive, passed)
        finally:
            seconds = time.perf_counter() - begin
            row = self._site.row
            row.add("requests", f"{status // 100}xx" if status else "gone")
            row.add("sent_bytes", amount=sent)
            row.took(seconds)
            self._log(scope, status, sent, seconds)

    def _log(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": scope["client"][0] if scope["client"] else "",
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1")[:_LONGEST],
            "query": scope["query_string"].decode("latin-1")[:_LONGEST],
            "status": status,
            "bytes": sent,
            "ms": round(seconds * 1000, 2),
            "agent": agent.decode("latin-1")[:_LONGEST],
        }
        if not write(_ENCODE(line) + "\n"):
            self._site.row.add("log_lines_lost")


def write(line: str) -> bool:
    """Write a line of the log, unless whoever reads it does not keep up or has gone: the server does not wait."""
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        if select.select([], [descriptor], [], 0)[1]:
            os.write(descriptor, line.encode())
            return True
    return False


class _Body:
    """The body of a request, and whether all of it has been read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = dict(scope["headers"])
        self.read = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers
        self._receive = receive

    async def receive(self) -> Message:
        message = await self._receive()
        if not message.get("more_body"):
            self.read = True
        return message

    async def throw_away(self) -> None:
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while not self.read and size < _MOST:
                    size += len((await self.receive()).get("body", b""))
