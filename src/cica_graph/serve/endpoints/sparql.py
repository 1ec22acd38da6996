"""``/sparql``: the SPARQL endpoint, its description, and its page."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cica_graph.formats.media_types import GRAPHS, HTML, with_charset
from cica_graph.serve.endpoints import sparql_request
from cica_graph.serve.endpoints.sparql_request import SparqlRequest
from cica_graph.serve.execute import sparql_page
from cica_graph.serve.executor import REVALIDATE, ClientDisconnected, ExecutionFailed, Executor
from cica_graph.serve.http.conditional import matches
from cica_graph.serve.http.problem import Problem, method_not_allowed, problem
from cica_graph.serve.pool.messages import Reply, SparqlQuery
from cica_graph.serve.state import AppState

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
_ALLOW: Final = ", ".join(METHODS)
_FILE_NAMES: Final = {"text/csv": "answer.csv", "text/tab-separated-values": "answer.tsv"}


class SparqlEndpoint:
    """The endpoint as an ASGI application, for ``Route``."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._counters = state.counters
        self._executor = Executor(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method not in METHODS:
                raise method_not_allowed(_ALLOW)
            if request.method == "OPTIONS":
                await Response(None, 204, {"Allow": _ALLOW})(scope, receive, send)
                return
            await self._answer(request, await sparql_request.read(request, self._state.settings.limits), send)
        except Problem as error:
            self._counters.add("queries", "refused")
            await problem(request, error.status_code, error.detail, error.headers)(scope, receive, send)

    async def _answer(self, request: Request, sparql: SparqlRequest, send: Send) -> None:
        base = self._state.settings.base
        if sparql.query is None and sparql.accepted.graph == HTML:
            page = Response(sparql_page.empty(sparql.example, base), 200, REVALIDATE, HTML)
            await page(request.scope, request.receive, send)
            return
        query = sparql.query or self._description(sparql)
        tag = self._executor.tag(query)
        if matches(request.headers.get("if-none-match"), tag):
            self._counters.add("queries", "unchanged")
            await Response(None, 304, {"ETag": tag, **REVALIDATE})(request.scope, request.receive, send)
            return
        try:
            reply = await self._executor.execute(query, request)
        except ClientDisconnected:
            return
        except ExecutionFailed as error:
            if not sparql.accepted.wants_page:
                response = problem(request, error.status, error.detail, error.headers)
            else:
                text = sparql_page.failed(query.query, query.on, error.detail, base)
                response = Response(text, error.status, error.headers, HTML)
            await response(request.scope, request.receive, send)
            return
        await self._executor.send(reply, _headers(reply, tag, sparql), request, send)

    def _description(self, sparql: SparqlRequest) -> SparqlQuery:
        """Return the query that describes the service, https://www.w3.org/TR/sparql11-service-description/."""
        if not sparql.accepted.graph:
            raise Problem(406, f"The description of this endpoint is available as {', '.join(GRAPHS)}, {HTML}.")
        return SparqlQuery(sparql_page.description(self._state.settings.address), "", sparql.accepted.graph)


def _headers(reply: Reply, tag: str, sparql: SparqlRequest) -> dict[str, str]:
    media_type = reply.head.media_type
    headers = {"Content-Type": with_charset(media_type), "Vary": "Accept"}
    headers |= {"ETag": tag, **REVALIDATE} if reply.head.cacheable else {"Cache-Control": "no-store"}
    if reply.head.truncated:
        headers["Truncated"] = reply.head.truncated
    if sparql.has_format and media_type in _FILE_NAMES:
        headers["Content-Disposition"] = f'attachment; filename="{_FILE_NAMES[media_type]}"'
    return headers
