"""``/health`` and ``/metrics``, answered without a query."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cica_graph.serve.state import Site


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes for those who watch the server."""

    async def health(request: Request) -> Response:
        status = {"status": "ok", "build": site.edition.digest, "waiting": site.queries.waiting}
        if site.files is not None:
            status["pages"] = site.files.state
        return JSONResponse(status, headers={"Cache-Control": "no-store"})

    async def metrics(request: Request) -> Response:
        text = site.counters.text(site.edition.digest)
        return Response(text, headers={"Cache-Control": "no-store"}, media_type="text/plain; version=0.0.4")

    return [Route("/health", health), Route("/metrics", metrics)]
