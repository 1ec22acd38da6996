"""Executor: runs a job in a worker, or takes its answer from the cache, and streams the answer to the client."""

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

from cica_graph.serve.http.protocol import DISCONNECT
from cica_graph.serve.pool.messages import Job, Reply
from cica_graph.serve.pool.scheduler import QueueFull
from cica_graph.serve.pool.worker_client import TimeLimitExceeded, WorkerDied
from cica_graph.serve.state import AppState

MAX_UNSENT: Final = 32  # multiple of the largest answer: bytes of long answers that may wait for their clients
PART: Final = 64 << 10  # bytes of an answer sent at a time
REVALIDATE: Final = {"Cache-Control": "no-cache", "Vary": "Accept"}  # clients may cache, but must revalidate
_RETRY: Final = {"Retry-After": "2"}


class ClientDisconnected(Exception):
    """The client closed its connection before it had the answer."""


class ExecutionFailed(Exception):
    """A job has no answer.

    :ivar outcome: the label of the counter.
    :ivar detail: the problem, and how to avoid it.
    """

    def __init__(self, outcome: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.status, self.detail, self.headers = outcome, status, detail, headers


class Executor:
    """Executes jobs, and counts their outcomes."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._counters = state.counters

    def tag(self, job: Job) -> str:
        """Return the entity tag of an answer. It is weak, because rows without ORDER BY have no fixed order."""
        key = repr((self._state.release.digest, self._state.settings.base, job)).encode()
        return f'W/"{hashlib.blake2b(key, digest_size=16).hexdigest()}"'

    async def execute(self, job: Job, request: Request) -> Reply:
        """Return the answer to a job, from the cache or new.

        :raises ClientDisconnected: the client has disconnected.
        :raises ExecutionFailed: there is no answer; the failure has been counted.
        """
        try:
            return await self._execute(job, request)
        except ClientDisconnected:
            self._counters.add("queries", "gone")
            raise
        except ExecutionFailed as error:
            self._counters.add("queries", error.outcome)
            raise

    async def send(self, reply: Reply, headers: dict[str, str], request: Request, send: Send) -> None:
        """Send an answer to the client, and close its file."""
        if reply.file is None:
            await Response(reply.body, 200, headers)(request.scope, request.receive, send)
            return
        size = os.fstat(reply.file).st_size
        self._state.unsent += size
        try:
            parts = (os.pread(reply.file, PART, start) for start in range(0, size, PART))
            await stream(parts, size, headers, send)
        finally:
            self._state.unsent -= size
            reply.close()

    async def _execute(self, job: Job, request: Request) -> Reply:
        if cached := self._state.cache.get(job):
            self._counters.add("queries", "cached")
            return Reply(cached.head, cached.body, None)
        reply = await self._run(job, request)
        head = reply.head
        if head.status != HTTPStatus.OK:
            raise ExecutionFailed("refused", head.status, reply.body.decode())
        if reply.file is not None and self._state.unsent > MAX_UNSENT * self._state.settings.limits.size:
            reply.close()
            raise ExecutionFailed("busy", 503, "Too many long answers are being sent. Try again later.", _RETRY)
        self._counters.add("queries", "truncated" if head.truncated else "answered")
        if head.cacheable and reply.file is None:
            self._state.cache.put(job, head, reply.body)
        return reply

    async def _run(self, job: Job, request: Request) -> Reply:
        """Run a job in a worker; stop it if the client disconnects."""
        limits = self._state.settings.limits
        notify_on_disconnect = request.scope["extensions"][DISCONNECT]["notify"]
        task, disconnected = asyncio.current_task(), False

        def stop() -> None:
            nonlocal disconnected
            disconnected = True
            assert task is not None  # this code runs in a task
            task.cancel()

        notify_on_disconnect(stop)
        try:
            return await self._state.scheduler.run(job)
        except asyncio.CancelledError:
            if disconnected:
                raise ClientDisconnected from None
            raise
        except TimeLimitExceeded:
            detail = f"The query was stopped: it ran longer than {limits.seconds:g} seconds. Ask for less at a time."
            raise ExecutionFailed("too_long", 504, detail) from None
        except WorkerDied:
            detail = (
                f"The worker process ended. The query needs more than {limits.memory >> 20:,} MB of memory, or is too "
                "deeply nested for the engine, or the process was killed. Ask for less at a time, or try again."
            )
            raise ExecutionFailed("died", 500, detail) from None
        except QueueFull:
            raise ExecutionFailed("busy", 503, "Too many queries at the same time. Try again later.", _RETRY) from None
        finally:
            notify_on_disconnect(None)


async def stream(parts: Iterable[bytes], size: int, headers: Mapping[str, str], send: Send) -> None:
    """Send an answer in parts, as fast as the client reads it; ``size`` is the size of all parts together."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(size).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})
