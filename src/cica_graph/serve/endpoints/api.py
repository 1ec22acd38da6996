"""``/api``: questions that need no SPARQL, as JSON or CSV, and what there is to ask.

An answer is that of the command of the same name, and made in a process that can be killed.
"""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Send

from cica_graph import queries
from cica_graph.formats.media_types import HTML, RESULT_TYPES, RESULTS, ROWS, with_charset
from cica_graph.model.errors import UsageError
from cica_graph.operations import declared
from cica_graph.operations.declared import Parameter
from cica_graph.serve.endpoints import openapi
from cica_graph.serve.endpoints.endpoint import HttpEndpoint
from cica_graph.serve.executor import REVALIDATE
from cica_graph.serve.http import request_fields, templates
from cica_graph.serve.http.conditional import matches
from cica_graph.serve.http.negotiation import choose
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.pool.call import Call
from cica_graph.serve.state import AppState

_ROW_TYPES: Final = {form: media for media, form in ROWS.items()}


def routes(state: AppState) -> list[BaseRoute]:
    """Return the routes of the API."""
    if not state.settings.operations:
        return []
    api = ApiEndpoint(state)
    return [Route("/api", api), Route("/api/{rest:path}", api)]


class ApiEndpoint(HttpEndpoint):
    """The API as an ASGI application, for ``Route``."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        operations = state.settings.operations
        self._operations = {(each.command, each.place.count("{")): each.parameters for each in operations}
        self._queries = {query.name: openapi.parameters(query) for query in queries.folder("cookbook")}
        document = openapi.document(operations, state.settings.address)
        self._document = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
        declared_at = {each.place: each.parameters for each in operations}
        declared_at |= {f"/api/query/{name}": parameters for name, parameters in self._queries.items()}
        links = {place: openapi.links(place, parameters) for place, parameters in declared_at.items()}
        self._page = templates.render("api.html", paths=document["paths"], links=links).encode()

    async def _answer(self, request: Request, send: Send) -> None:
        parts = _parts(request)
        if parts == ["api"]:
            await Response(self._page, 200, REVALIDATE, HTML)(request.scope, request.receive, send)
            return
        if parts == ["api", "openapi.json"]:
            await Response(self._document, 200, REVALIDATE, "application/json")(request.scope, request.receive, send)
            return
        results = parts[1:-1] == ["query"]
        types = RESULT_TYPES if results else _ROW_TYPES
        last, form = _suffix(parts[-1], types)
        name, parameters, path = self._asked([*parts[1:-1], last])
        offers = RESULTS if results else ROWS
        media = choose(request.headers.get("accept"), list(offers)) if not form else ""
        if media is None:
            raise Problem(406, f"The answer can be had as {', '.join(offers)}.")
        form = form or offers[media]
        try:
            values = declared.read(parameters, request_fields.fields(request.scope["query_string"]) | path)
        except UsageError as error:
            raise Problem(400, str(error)) from error
        if results:
            values = (("query", last), *values)
        call = Call(name, (("form", form), *values))
        tag = self._executor.tag(call)
        if matches(request.headers.get("if-none-match"), tag):
            await Response(None, 304, {"ETag": tag, **REVALIDATE})(request.scope, request.receive, send)
            return
        reply = await self._executor.execute(call, request)
        await self._executor.send(
            reply, {"Content-Type": with_charset(types[form]), "ETag": tag, **REVALIDATE}, request, send
        )

    def _asked(self, parts: list[str]) -> tuple[str, tuple[Parameter, ...], dict[str, list[str]]]:
        """Return what is asked for, its parameters, and the values of those that are in the path."""
        match parts:
            case ["query", name] if name in self._queries:
                return "query", self._queries[name], {}
            case [name, *rest] if (name, len(rest)) in self._operations and all(rest):
                parameters = self._operations[name, len(rest)]
                places = [p.name for p in parameters if p.path]
                return name, parameters, {place: [text] for place, text in zip(places, rest, strict=True)}
        raise Problem(404, "There is nothing under this address; /api says what there is.")


def _parts(request: Request) -> list[str]:
    """Return the parts of the path, each decoded once: a name may hold a slash that is escaped."""
    parts = request.scope["raw_path"][1:].split(b"/")
    return [request_fields.text(unquote_to_bytes(part), "A part of the path") for part in parts]


def _suffix(name: str, forms: Container[str]) -> tuple[str, str]:
    """Return a name without the suffix that names a form, and the form, if there is such a suffix."""
    stem, _, suffix = name.rpartition(".")
    return (stem, suffix) if stem and suffix in forms else (name, "")
