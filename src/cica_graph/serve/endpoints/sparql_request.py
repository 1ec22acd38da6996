"""Requests of the SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/ section 2.1.

Additional parameters: ``format`` names the format of the answer, for clients that cannot set Accept; ``on`` is a day:
the query sees the snapshot of that day; ``example`` is a query of the cookbook to show in the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from starlette.requests import Request

from cica_graph.formats.media_types import NAMES
from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.queries.guard import MAX_CHARACTERS
from cica_graph.serve.config import Limits
from cica_graph.serve.http import request_fields
from cica_graph.serve.http.negotiation import Accepted, accepted_types
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.http.request_fields import Fields
from cica_graph.serve.pool.messages import SparqlQuery

QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
_READ_ONLY: Final = "This endpoint is read-only. To change the data, edit the files of the project."


@dataclass(frozen=True)
class SparqlRequest:
    """A request to the endpoint.

    :ivar query: the query; None if the request has none.
    :ivar accepted: the formats that the client accepts.
    :ivar has_format: True if ``format`` named the format: then a link was followed, and the client wants a file.
    :ivar example: the name of a query of the cookbook; or empty.
    """

    query: SparqlQuery | None
    accepted: Accepted
    has_format: bool
    example: str


async def read(request: Request, limits: Limits) -> SparqlRequest:
    """Parse a request.

    :raises Problem: it is not a request of the protocol, or it is an update.
    """
    fields = request_fields.fields(request.scope["query_string"])
    queries = list(fields.pop("query", []))
    if request.method == "POST":
        media, charset = request_fields.content_type(request)
        body = await request_fields.body(request, limits)
        if media == request_fields.FORM:
            for name, values in request_fields.fields(body).items():
                fields.setdefault(name, []).extend(values)
            queries += fields.pop("query", [])
            if not queries and "update" not in fields:
                raise Problem(400, 'The form has no field "query".')
        elif media == QUERY:
            if charset not in ("", "utf-8", "us-ascii"):
                raise Problem(415, f"The charset of the query is {charset}. Use UTF-8.")
            queries.append(request_fields.text(body, "The query"))
        elif media == UPDATE:
            raise Problem(403, _READ_ONLY)
        else:
            accepted = {"Accept-Post": f"{QUERY}, {request_fields.FORM}"}
            raise Problem(
                415,
                f"The Content-Type is {media or 'missing'}. Send a query as {QUERY} or as {request_fields.FORM}.",
                accepted,
            )
    if "update" in fields:
        raise Problem(403 if request.method == "POST" else 400, _READ_ONLY)
    if len(queries) > 1:
        raise Problem(400, "The request has more than one query. Send one at a time.")
    accepted_formats, has_format = _formats(request, fields)
    query = _query(queries[0], accepted_formats, fields) if queries else None
    return SparqlRequest(query, accepted_formats, has_format, request_fields.one(fields, "example"))


def _query(text: str, accepted: Accepted, fields: Fields) -> SparqlQuery:
    if len(text) > MAX_CHARACTERS:
        raise Problem(413, f"The query is too long: {len(text):,} characters (maximum {MAX_CHARACTERS:,}).")
    try:
        on = Day.of(day).isoformat() if (day := request_fields.one(fields, "on")) else ""
    except InvalidDate as error:
        raise Problem(400, f"on: {error}") from error
    return SparqlQuery(text, accepted.results, accepted.graph, _graphs(fields, "default"), _graphs(fields, "named"), on)


def _graphs(fields: Fields, kind: str) -> tuple[str, ...] | None:
    names = fields.get(f"{kind}-graph-uri")
    for name in names or []:
        try:
            ox.NamedNode(name)
        except ValueError as error:
            raise Problem(400, f"{kind}-graph-uri is not an absolute IRI: {error}") from error
    return None if names is None else tuple(names)


def _formats(request: Request, fields: Fields) -> tuple[Accepted, bool]:
    """Return the formats in the parameter, or else in the Accept header, and whether the parameter has any."""
    accepted = accepted_types(request.headers.get("accept"))
    # Some clients send two names for the same format, and we know one of them.
    names = [name for name in [*fields.get("format", []), *fields.get("output", [])] if name]
    if not names:
        return accepted, False
    known = [NAMES[name] for name in names if name in NAMES]
    if not known:
        raise Problem(400, f"Unknown format. Use one of {', '.join(NAMES)}.")
    results, graph = known[0]
    return Accepted(results or accepted.results, graph or accepted.graph), True
