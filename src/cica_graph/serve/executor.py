"""A question of a client, put to a process that can be killed, and its answer on the way back."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from cica_graph.serve.http.protocol import CONNECTION, Connection
from cica_graph.serve.pool.scheduler import Busy
from cica_graph.serve.pool.worker_client import Died, Question, Reply, TooLong
from cica_graph.serve.state import Site

HELD: Final = 32  # times the largest answer: how much of long ones may wait for clients to take it
_LATER: Final = {"Retry-After": "2"}
PART: Final = 64 << 10  # bytes of an answer sent at a time
AGAIN: Final = {"Cache-Control": "no-cache", "Vary": "Accept"}  # keep it, and ask whether it still holds


class Gone(Exception):
    """The client does not wait for the answer any more."""


class NotAnswered(Exception):
    """There is no answer.

    :ivar outcome: as it is counted.
    :ivar detail: why, and what to do.
    """

    def __init__(self, outcome: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.status, self.detail, self.headers = outcome, status, detail, headers


class Asking:
    """Puts questions, and counts what became of them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._row = site.row

    def tag(self, question: Question) -> str:
        """Return what tells an answer from that of another edition: weak, since rows without ORDER BY have no order."""
        said = repr((self._site.edition.digest, self._site.settings.base, question)).encode()
        return f'W/"{hashlib.blake2b(said, digest_size=16).hexdigest()}"'

    async def reply(self, question: Question, request: Request) -> Reply:
        """Return the answer, known from before or new.

        :raises Gone: nobody waits for it.
        :raises NotAnswered: there is none; it has been counted.
        """
        try:
            return await self._reply(question, request)
        except Gone:
            self._row.add("queries", "gone")
            raise
        except NotAnswered as error:
            self._row.add("queries", error.outcome)
            raise

    async def send(self, reply: Reply, headers: dict[str, str], request: Request, send: Send) -> None:
        """Send an answer, and let go of it."""
        if reply.file is None:
            await Response(reply.body, 200, headers)(request.scope, request.receive, send)
            return
        size = os.fstat(reply.file).st_size
        self._site.held += size
        try:
            parts = (os.pread(reply.file, PART, start) for start in range(0, size, PART))
            await stream(parts, size, headers, send)
        finally:
            self._site.held -= size
            reply.close()

    async def _reply(self, question: Question, request: Request) -> Reply:
        """Return the answer, known from before or new."""
        if known := self._site.kept.get(question):
            self._row.add("queries", "kept")
            return Reply(*known, None)
        reply = await self._run(question, request)
        head = reply.head
        if head.status != HTTPStatus.OK:
            raise NotAnswered("refused", head.status, reply.body.decode())
        if reply.file is not None and self._site.held > HELD * self._site.settings.limits.size:
            reply.close()
            raise NotAnswered("busy", 503, "Too many long answers are on their way; try again in a moment.", _LATER)
        self._row.add("queries", "cut" if head.cut else "answered")
        if head.lasting and reply.file is None:
            self._site.kept.keep(question, head, reply.body)
        return reply

    async def _run(self, question: Question, request: Request) -> Reply:
        """Run the query, unless the client goes away."""
        limits = self._site.settings.limits
        connection: Connection = request.scope["extensions"][CONNECTION]["connection"]
        task, gone = asyncio.current_task(), False

        def stop() -> None:
            nonlocal gone
            gone = True
            assert task is not None  # this runs in one
            task.cancel()

        connection.when_gone = stop
        try:
            return await self._site.queries.run(question)
        except asyncio.CancelledError:
            if gone:
                raise Gone from None
            raise
        except TooLong:
            detail = f"The query was stopped: it ran longer than {limits.seconds:g} seconds. Ask for less at a time."
            raise NotAnswered("too_long", 504, detail) from None
        except Died:
            detail = (
                f"The process that ran the query ended: the query needs more than {limits.memory >> 20:,} MB of memory "
                "or is too deep for the engine, or somebody killed the process. Ask for less at a time, or again."
            )
            raise NotAnswered("died", 500, detail) from None
        except Busy:
            detail = "Too many queries at once; try again in a moment."
            raise NotAnswered("busy", 503, detail, _LATER) from None
        finally:
            connection.when_gone = None


async def stream(parts: Iterable[bytes], size: int, headers: Mapping[str, str], send: Send) -> None:
    """Send an answer part by part, as fast as the client takes it; ``size`` is that of all parts."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(size).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})
