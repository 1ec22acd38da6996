"""``/health`` and ``/metrics``: monitoring, answered without a query."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cica_graph.serve.state import AppState

_HEADERS: Final = {"Cache-Control": "no-store"}


def routes(state: AppState) -> list[BaseRoute]:
    """Return the routes for monitoring."""

    async def health(request: Request) -> Response:
        status = {"status": "ok", "build": state.release.digest, "waiting": state.scheduler.waiting}
        if state.archive is not None:
            status["pages"] = state.archive.status
        return JSONResponse(status, headers=_HEADERS)

    async def metrics(request: Request) -> Response:
        text = state.metrics.text(state.release.digest)
        return Response(text, headers=_HEADERS, media_type="text/plain; version=0.0.4")

    return [Route("/health", health), Route("/metrics", metrics)]
