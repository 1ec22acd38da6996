"""HTTP endpoint ``/api``: the operations, the cookbook, and their description.

An answer has the same bytes as that of the command with the same name. It is made in a process that can be killed.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Send

from cica_graph.formats.media_types import HTML, with_charset
from cica_graph.model.errors import UsageError
from cica_graph.operations import declaration
from cica_graph.operations.declaration import Operation
from cica_graph.operations.registry import operations
from cica_graph.serve.endpoints import openapi
from cica_graph.serve.endpoints.endpoint import HttpEndpoint
from cica_graph.serve.executor import REVALIDATE
from cica_graph.serve.http import request_fields, templates
from cica_graph.serve.http.conditional import matches
from cica_graph.serve.http.negotiation import choose
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.pool.call import Call
from cica_graph.serve.state import AppState

_SUFFIXES: Final = ("json", "csv", "tsv", "xml", "jsonl", "ttl")


def routes(state: AppState) -> list[BaseRoute]:
    """Return the routes of the API."""
    api = ApiEndpoint(state)
    return [Route("/api", api), Route("/api/{rest:path}", api)]


class ApiEndpoint(HttpEndpoint):
    """The API as an ASGI application, for ``Route``."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        every = operations().values()
        document = openapi.document(every, state.settings.address)
        self._document = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        links = {f"/api/{each.path}": openapi.links(each) for each in every}
        self._page = templates.render("api.html", paths=document["paths"], links=links).encode()

    async def _answer(self, request: Request, send: Send) -> None:
        parts = _parts(request)
        if parts == ["api"]:
            await Response(self._page, 200, REVALIDATE, HTML)(request.scope, request.receive, send)
            return
        if parts == ["api", "openapi.json"]:
            await Response(self._document, 200, REVALIDATE, "application/json")(request.scope, request.receive, send)
            return
        last, suffix = _suffix(parts[-1])
        operation, in_path = _find([*parts[1:-1], last])
        media = _media(operation, suffix, request.headers.get("accept"))
        try:
            fields = request_fields.fields(request.scope["query_string"])
            values = declaration.read(operation.parameters, fields | in_path)
        except UsageError as error:
            raise Problem(400, str(error)) from error
        call = Call(operation.name, (("form", operation.media[media]), *values))
        tag = self._executor.tag(call)
        if matches(request.headers.get("if-none-match"), tag):
            await Response(None, 304, {"ETag": tag, **REVALIDATE})(request.scope, request.receive, send)
            return
        reply = await self._executor.execute(call, request)
        headers = {"Content-Type": with_charset(media), "ETag": tag, **REVALIDATE}
        await self._executor.send(reply, headers, request, send)


def _find(parts: list[str]) -> tuple[Operation, dict[str, list[str]]]:
    """Return the operation at a path, and the values of the parameters in the path."""
    for operation in operations().values():
        if (values := operation.match(parts)) is not None:
            return operation, values
    raise Problem(404, "Unknown address. The page /api lists all operations.")


def _media(operation: Operation, suffix: str, accept: str | None) -> str:
    """Return the media type of the answer, which the suffix or the Accept header names."""
    if not suffix:
        if (media := choose(accept, list(operation.media))) is None:
            raise Problem(406, f"Not available in this form. Available: {', '.join(operation.media)}.")
        return media
    for media, form in operation.media.items():
        if form == suffix:
            return media
    forms = ", ".join(dict.fromkeys(f".{form}" for form in operation.media.values()))
    raise Problem(406, f"Not available as .{suffix}. Available: {forms}.")


def _parts(request: Request) -> list[str]:
    """Return the parts of the path. Each is decoded once, since a name may have an escaped slash."""
    parts = request.scope["raw_path"][1:].split(b"/")
    return [request_fields.text(unquote_to_bytes(part), "A part of the path") for part in parts]


def _suffix(name: str) -> tuple[str, str]:
    """Return a name without the suffix of a form, and the suffix, or an empty text."""
    stem, _, suffix = name.rpartition(".")
    return (stem, suffix) if stem and suffix in _SUFFIXES else (name, "")
