"""ASGI application of one web process: its routes, error handling and middleware."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from cica_graph.serve.endpoints import api, health, reconcile
from cica_graph.serve.endpoints.linked_data import LinkedDataEndpoint
from cica_graph.serve.endpoints.sparql import SparqlEndpoint
from cica_graph.serve.http.middleware import ServerMiddleware
from cica_graph.serve.http.problem import handle
from cica_graph.serve.state import AppState

# Static files of the server's pages: some are files of the site, because the pages look the same.
_STATIC: Final = {
    "static/style.css": "cica_graph.publish.site",
    "static/icon.svg": "cica_graph.publish.site",
    "static/sparql.css": "cica_graph.serve",
    "static/reconcile.css": "cica_graph.serve",
}
_MEDIA_TYPES: Final = {"css": "text/css", "svg": "image/svg+xml"}


def app(state: AppState) -> ASGIApp:
    """Return the application for one web process."""
    routes = [route for make_routes in _ROUTES for route in make_routes(state)]
    inner = Starlette(routes=routes, exception_handlers={HTTPException: handle, Exception: handle})
    # Without this, a redirect from /sparql/ would lead to the host in the Host header.
    inner.router.redirect_slashes = False
    inner.router.default = LinkedDataEndpoint(state)
    return ServerMiddleware(inner, state.counters, lambda: state.leaving)


def _sparql_routes(state: AppState) -> list[BaseRoute]:
    return [Route("/sparql", SparqlEndpoint(state)), *(_static(path, package) for path, package in _STATIC.items())]


def _static(path: str, package: str) -> Route:
    content = files(package).joinpath(path).read_bytes()
    media_type = _MEDIA_TYPES[path.rpartition(".")[2]]

    async def respond(request: Request) -> Response:
        return Response(content, headers={"Cache-Control": "max-age=3600"}, media_type=media_type)

    return Route("/" + path, respond)


# To add endpoints, add the function that returns their routes.
_ROUTES: Final[tuple[Callable[[AppState], Sequence[BaseRoute]], ...]] = (
    _sparql_routes,
    api.routes,
    reconcile.routes,
    health.routes,
)
