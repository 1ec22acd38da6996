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

from cica_graph.serve import monitor
from cica_graph.serve.front import Front
from cica_graph.serve.problem import handle
from cica_graph.serve.site import Site
from cica_graph.serve.sparql import Sparql

Part = Callable[[Site], Sequence[BaseRoute]]


def endpoint(site: Site) -> list[BaseRoute]:
    """Return the SPARQL endpoint, and the style of its page."""
    style = files(__package__).joinpath("static", "serve.css").read_bytes()

    async def css(request: Request) -> Response:
        return Response(style, headers={"Cache-Control": "max-age=3600"}, media_type="text/css")

    return [Route("/sparql", Sparql(site)), Route("/static/serve.css", css)]


PARTS: Final[tuple[Part, ...]] = (endpoint, monitor.routes)


def app(site: Site, parts: Sequence[Part] = PARTS) -> ASGIApp:
    """Return the application for one process."""
    routes = [route for part in parts for route in part(site)]
    inner = Starlette(routes=routes, exception_handlers={HTTPException: handle, Exception: handle})
    # A redirect from /sparql/ would be to where the Host header says.
    inner.router.redirect_slashes = False
    return Front(inner, site)
