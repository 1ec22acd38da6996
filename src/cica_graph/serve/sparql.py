"""``/sparql``: the endpoint, its description, and its form."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cica_graph.serve import form, protocol
from cica_graph.serve.answer import Job
from cica_graph.serve.connection import CONNECTION, Connection
from cica_graph.serve.formats import GRAPHS, HTML
from cica_graph.serve.lanes import Busy
from cica_graph.serve.problem import Problem, problem
from cica_graph.serve.protocol import Asked
from cica_graph.serve.query_process import Died, Reply, TooLong
from cica_graph.serve.site import Site

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
_ALLOW: Final = {"Allow": ", ".join(METHODS)}
_PART: Final = 64 << 10  # bytes of an answer sent at a time
_HELD: Final = 32  # times the largest answer: how much of long ones may wait for clients to take it
_LATER: Final = {"Retry-After": "2"}
_AGAIN: Final = {"Cache-Control": "no-cache", "Vary": "Accept"}  # keep it, and ask whether it still holds
_ATTACHED: Final = {"text/csv": "answer.csv", "text/tab-separated-values": "answer.tsv"}


class Sparql:
    """The endpoint as an ASGI application, for ``Route``."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._row = site.row
        self._held = 0  # bytes of long answers that clients have not taken yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method not in METHODS:
                raise Problem(405, f"This address takes {_ALLOW['Allow']}.", _ALLOW)
            if request.method == "OPTIONS":
                await Response(None, 204, _ALLOW)(scope, receive, send)
                return
            asked = await protocol.read(request, self._site.settings.limits)
            await self._answer(request, asked, send)
        except Problem as error:
            self._row.add("queries", "refused")
            await problem(request, error.status_code, error.detail, error.headers)(scope, receive, send)

    async def _answer(self, request: Request, asked: Asked, send: Send) -> None:
        if asked.job is None and asked.wanted.graph == HTML:
            page = Response(form.empty(asked.example), 200, _AGAIN, HTML)
            await page(request.scope, request.receive, send)
            return
        job = asked.job or self._description(asked)
        tag = self._tag(job)
        if tag in _tags(request):
            self._row.add("queries", "unchanged")
            await Response(None, 304, {"ETag": tag, **_AGAIN})(request.scope, request.receive, send)
            return
        try:
            reply = await self._reply(job, request)
        except _Gone:
            self._row.add("queries", "gone")
            return
        except _NotAnswered as error:
            self._row.add("queries", error.outcome)
            if not asked.wanted.for_people:
                answer = problem(request, error.status, error.detail, error.headers)
            else:
                answer = Response(form.failed(job.query, job.on, error.detail), error.status, error.headers, HTML)
            await answer(request.scope, request.receive, send)
            return
        headers = _headers(reply, tag, asked)
        if reply.file is None:
            await Response(reply.body, 200, headers)(request.scope, request.receive, send)
            return
        size = os.fstat(reply.file).st_size
        self._held += size
        try:
            await _stream(reply.file, size, headers, send)
        finally:
            self._held -= size
            reply.close()

    def _description(self, asked: Asked) -> Job:
        """Return the query that describes the service, https://www.w3.org/TR/sparql11-service-description/."""
        if not asked.wanted.graph:
            raise Problem(406, f"The description of this endpoint can be had as {', '.join(GRAPHS)}, {HTML}.")
        return Job(form.description(self._site.settings.address), "", asked.wanted.graph)

    def _tag(self, job: Job) -> str:
        """Return what tells an answer from that of another edition: weak, since rows without ORDER BY have no order."""
        said = repr((self._site.edition.digest, job)).encode()
        return f'W/"{hashlib.blake2b(said, digest_size=16).hexdigest()}"'

    async def _reply(self, job: Job, request: Request) -> Reply:
        """Return the answer, known from before or new."""
        if known := self._site.kept.get(job):
            self._row.add("queries", "kept")
            return Reply(*known, None)
        reply = await self._run(job, request)
        head = reply.head
        if head.status != HTTPStatus.OK:
            raise _NotAnswered("refused", head.status, reply.body.decode())
        if reply.file is not None and self._held > _HELD * self._site.settings.limits.size:
            reply.close()
            raise _NotAnswered("busy", 503, "Too many long answers are on their way; try again in a moment.", _LATER)
        self._row.add("queries", "cut" if head.cut else "answered")
        if head.lasting and reply.file is None:
            self._site.kept.keep(job, head, reply.body)
        return reply

    async def _run(self, job: Job, request: Request) -> Reply:
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
            return await self._site.queries.run(job)
        except asyncio.CancelledError:
            if gone:
                raise _Gone from None
            raise
        except TooLong:
            detail = f"The query was stopped: it ran longer than {limits.seconds:g} seconds. Ask for less at a time."
            raise _NotAnswered("too_long", 504, detail) from None
        except Died:
            detail = (
                f"The process that ran the query ended: the query needs more than {limits.memory >> 20:,} MB of memory "
                "or is too deep for the engine, or somebody killed the process. Ask for less at a time, or again."
            )
            raise _NotAnswered("died", 500, detail) from None
        except Busy:
            detail = "Too many queries at once; try again in a moment."
            raise _NotAnswered("busy", 503, detail, _LATER) from None
        finally:
            connection.when_gone = None


class _Gone(Exception):
    """The client does not wait for the answer any more."""


class _NotAnswered(Exception):
    def __init__(self, outcome: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.status, self.detail, self.headers = outcome, status, detail, headers


def _tags(request: Request) -> set[str]:
    """Return the entity tags of If-None-Match, RFC 9110 section 13.1.2, which compares weakly."""
    tags = (tag.strip() for tag in request.headers.get("if-none-match", "").split(","))
    return {tag if tag.startswith("W/") else f"W/{tag}" for tag in tags if tag}


def _headers(reply: Reply, tag: str, asked: Asked) -> dict[str, str]:
    head = reply.head
    text = head.media.startswith("text/")
    headers = {"Content-Type": f"{head.media}; charset=utf-8" if text else head.media, "Vary": "Accept"}
    headers |= {"ETag": tag, **_AGAIN} if head.lasting else {"Cache-Control": "no-store"}
    if head.cut:
        headers["Truncated"] = head.cut
    if asked.named and head.media in _ATTACHED:
        headers["Content-Disposition"] = f'attachment; filename="{_ATTACHED[head.media]}"'
    return headers


async def _stream(file: int, size: int, headers: dict[str, str], send: Send) -> None:
    """Send a file part by part, as fast as the client takes it."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(size).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    for start in range(0, size, _PART):
        body = os.pread(file, _PART, start)
        await send({"type": "http.response.body", "body": body, "more_body": start + _PART < size})
