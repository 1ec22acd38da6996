"""``/sparql``: the endpoint, its description, and its form."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cica_graph.formats.media_types import GRAPHS, HTML, with_charset
from cica_graph.serve.endpoints import sparql_page, sparql_request
from cica_graph.serve.endpoints.sparql_request import Asked
from cica_graph.serve.execute.sparql import Job
from cica_graph.serve.executor import AGAIN, Asking, Gone, NotAnswered
from cica_graph.serve.http.conditional import known
from cica_graph.serve.http.problem import Problem, problem
from cica_graph.serve.pool.worker_client import Reply
from cica_graph.serve.state import Site

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
_ALLOW: Final = {"Allow": ", ".join(METHODS)}
_ATTACHED: Final = {"text/csv": "answer.csv", "text/tab-separated-values": "answer.tsv"}


class Sparql:
    """The endpoint as an ASGI application, for ``Route``."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._row = site.row
        self._asking = Asking(site)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method not in METHODS:
                raise Problem(405, f"This address takes {_ALLOW['Allow']}.", _ALLOW)
            if request.method == "OPTIONS":
                await Response(None, 204, _ALLOW)(scope, receive, send)
                return
            asked = await sparql_request.read(request, self._site.settings.limits)
            await self._answer(request, asked, send)
        except Problem as error:
            self._row.add("queries", "refused")
            await problem(request, error.status_code, error.detail, error.headers)(scope, receive, send)

    async def _answer(self, request: Request, asked: Asked, send: Send) -> None:
        if asked.job is None and asked.wanted.graph == HTML:
            page = Response(sparql_page.empty(asked.example, self._site.settings.base), 200, AGAIN, HTML)
            await page(request.scope, request.receive, send)
            return
        job = asked.job or self._description(asked)
        tag = self._asking.tag(job)
        if known(request.headers.get("if-none-match"), tag):
            self._row.add("queries", "unchanged")
            await Response(None, 304, {"ETag": tag, **AGAIN})(request.scope, request.receive, send)
            return
        try:
            reply = await self._asking.reply(job, request)
        except Gone:
            return
        except NotAnswered as error:
            if not asked.wanted.for_people:
                answer = problem(request, error.status, error.detail, error.headers)
            else:
                text = sparql_page.failed(job.query, job.on, error.detail, self._site.settings.base)
                answer = Response(text, error.status, error.headers, HTML)
            await answer(request.scope, request.receive, send)
            return
        await self._asking.send(reply, _headers(reply, tag, asked), request, send)

    def _description(self, asked: Asked) -> Job:
        """Return the query that describes the service, https://www.w3.org/TR/sparql11-service-description/."""
        if not asked.wanted.graph:
            raise Problem(406, f"The description of this endpoint can be had as {', '.join(GRAPHS)}, {HTML}.")
        return Job(sparql_page.description(self._site.settings.address), "", asked.wanted.graph)


def _headers(reply: Reply, tag: str, asked: Asked) -> dict[str, str]:
    head = reply.head
    headers = {"Content-Type": with_charset(head.media), "Vary": "Accept"}
    headers |= {"ETag": tag, **AGAIN} if head.lasting else {"Cache-Control": "no-store"}
    if head.cut:
        headers["Truncated"] = head.cut
    if asked.named and head.media in _ATTACHED:
        headers["Content-Disposition"] = f'attachment; filename="{_ATTACHED[head.media]}"'
    return headers
