"""Errors, as a page for browsers and as RFC 9457 (application/problem+json) for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cica_graph.formats.media_types import HTML
from cica_graph.serve.http import templates
from cica_graph.serve.http.negotiation import choose

JSON: Final = "application/problem+json"
INTERNAL: Final = "Internal server error. It has been logged; please report it."


class Problem(HTTPException):
    """An error to send to the client. Raise it in an endpoint.

    :ivar detail: one or two sentences: the problem, and how to avoid it.
    """


def wants_page(request: Request) -> bool:
    """Tell whether the client is a browser."""
    return choose(request.headers.get("accept"), [JSON, "application/json", HTML]) == HTML


def problem(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for an error."""
    title = HTTPStatus(status).phrase
    headers = {"Vary": "Accept", **(headers or {})}
    if wants_page(request):
        root = "../" * (request.scope["raw_path"].count(b"/") - 1)
        return Response(templates.render("problem.html", title=title, detail=detail, root=root), status, headers, HTML)
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}, ensure_ascii=False)
    return Response(body.encode(), status, headers, JSON)


def method_not_allowed(allow: str) -> Problem:
    """Return the error for a method that an address does not accept; ``allow`` is the Allow header."""
    *methods, last = sorted(allow.split(", "))
    return Problem(405, f"Method not allowed. Use {', '.join(methods)} or {last}.", {"Allow": allow})


async def handle(request: Request, error: Exception) -> Response:
    """Return the response for an exception; an unexpected one reveals nothing about the server."""
    if not isinstance(error, HTTPException):
        return problem(request, 500, INTERNAL)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and error.headers:  # from the framework
        error = method_not_allowed(error.headers["Allow"])
    return problem(request, error.status_code, error.detail, error.headers)
