"""The application: every route of the server, and what they have in common.

A part of the server is a function that takes the :class:`Site` and gives routes. To add one, add it to :data:`PARTS`.
"""

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
from cica_graph.serve.endpoints.linked_data import Linked
from cica_graph.serve.endpoints.sparql import Sparql
from cica_graph.serve.http.middleware import Front
from cica_graph.serve.http.problem import handle
from cica_graph.serve.state import Site

Part = Callable[[Site], Sequence[BaseRoute]]


def endpoint(site: Site) -> list[BaseRoute]:
    """Return the SPARQL endpoint, and what its page is drawn with."""
    return [Route("/sparql", Sparql(site)), *(_file(path, package) for path, package in _FILES.items())]


# A page of the endpoint looks like a page of the site.
_FILES: Final = {
    "static/style.css": "cica_graph.publish.site",
    "static/icon.svg": "cica_graph.publish.site",
    "static/sparql.css": "cica_graph.serve",
    "static/reconcile.css": "cica_graph.serve",
}
_MEDIA: Final = {"css": "text/css", "svg": "image/svg+xml"}


def _file(path: str, package: str) -> Route:
    content = files(package).joinpath(path).read_bytes()

    async def give(request: Request) -> Response:
        media = _MEDIA[path.rpartition(".")[2]]
        return Response(content, headers={"Cache-Control": "max-age=3600"}, media_type=media)

    return Route("/" + path, give)


PARTS: Final[tuple[Part, ...]] = (endpoint, api.routes, reconcile.routes, health.routes)


def app(site: Site, parts: Sequence[Part] = PARTS) -> ASGIApp:
    """Return the application for one process."""
    routes = [route for part in parts for route in part(site)]
    inner = Starlette(routes=routes, exception_handlers={HTTPException: handle, Exception: handle})
    # A redirect from /sparql/ would be to where the Host header says.
    inner.router.redirect_slashes = False
    inner.router.default = Linked(site)
    return Front(inner, site)
