"""Errors as people and programs read them: a page, or RFC 9457 (application/problem+json)."""

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


class Problem(HTTPException):
    """A request that is not answered as it was put. Raise it in a route.

    :ivar detail: one sentence that says what is wrong and what to do.
    """


def for_people(request: Request) -> bool:
    """Tell whether it is a browser that asks, which wants a page."""
    return choose(request.headers.get("accept"), [JSON, "application/json", HTML]) == HTML


def problem(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that went wrong."""
    title = HTTPStatus(status).phrase
    told = {"Vary": "Accept", **(headers or {})}
    if for_people(request):
        root = "../" * (request.scope["raw_path"].count(b"/") - 1)
        return Response(templates.render("problem.html", title=title, detail=detail, root=root), status, told, HTML)
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail}, ensure_ascii=False)
    return Response(body.encode(), status, told, JSON)


async def handle(request: Request, error: Exception) -> Response:
    """Turn what a route raised into an answer; what it did not mean to raise says nothing of the inside."""
    if not isinstance(error, HTTPException):
        return problem(request, 500, "The server failed at this request. It is written down; please report it.")
    detail = error.detail
    if detail == HTTPStatus(error.status_code).phrase:  # what the framework raises, without words of its own
        detail = {404: "There is nothing under this address.", 405: "This address does not take this method."}.get(
            error.status_code, detail
        )
    return problem(request, error.status_code, detail, error.headers)
