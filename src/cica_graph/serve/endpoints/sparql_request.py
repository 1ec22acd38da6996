"""A request for SPARQL, read: SPARQL 1.1 Protocol, https://www.w3.org/TR/sparql11-protocol/ section 2.1.

Beside what the protocol has, ``format`` names a form where Accept cannot be set, ``on`` a day whose snapshot the query
sees, and ``example`` a query of the cookbook for the form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from starlette.requests import Request

from cica_graph.model.dates import Day
from cica_graph.model.errors import InvalidDate
from cica_graph.queries.guard import MAX_CHARACTERS
from cica_graph.serve.config import Limits
from cica_graph.serve.execute.sparql import Job
from cica_graph.serve.http import formats, request_fields
from cica_graph.serve.http.formats import Wanted
from cica_graph.serve.http.problem import Problem
from cica_graph.serve.http.request_fields import Fields

QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
_READ_ONLY: Final = "This endpoint is only read; the data are changed in the files of the project."


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    :ivar job: the query, or None when there is none.
    :ivar wanted: the forms that the client takes.
    :ivar named: whether ``format`` named the form: then it is a link that was followed, and wants a file.
    :ivar example: the name of a query of the cookbook, or empty.
    """

    job: Job | None
    wanted: Wanted
    named: bool
    example: str


async def read(request: Request, limits: Limits) -> Asked:
    """Read a request.

    :raises Problem: it is not one of the protocol, or asks to write.
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
                raise Problem(400, "The form has no field query.")
        elif media == QUERY:
            if charset not in ("", "utf-8", "us-ascii"):
                raise Problem(415, f"The query is in {charset}; send UTF-8.")
            queries.append(request_fields.text(body, "The query"))
        elif media == UPDATE:
            raise Problem(403, _READ_ONLY)
        else:
            said = f"not {media}" if media else "and the request has no Content-Type"
            accepted = {"Accept-Post": f"{QUERY}, {request_fields.FORM}"}
            raise Problem(415, f"A query is sent as {QUERY} or as {request_fields.FORM}, {said}.", accepted)
    if "update" in fields:
        raise Problem(403 if request.method == "POST" else 400, _READ_ONLY)
    if len(queries) > 1:
        raise Problem(400, "The request has more than one query; send them one by one.")
    wanted, named = _wanted(request, fields)
    job = _job(queries[0], wanted, fields) if queries else None
    return Asked(job, wanted, named, request_fields.one(fields, "example"))


def _job(query: str, wanted: Wanted, fields: Fields) -> Job:
    if len(query) > MAX_CHARACTERS:
        raise Problem(413, f"The query has {len(query):,} characters; {MAX_CHARACTERS:,} are the most.")
    try:
        on = Day.of(day).isoformat() if (day := request_fields.one(fields, "on")) else ""
    except InvalidDate as error:
        raise Problem(400, f"on: {error}") from error
    return Job(query, wanted.results, wanted.graph, _graphs(fields, "default"), _graphs(fields, "named"), on)


def _graphs(fields: Fields, kind: str) -> tuple[str, ...] | None:
    names = fields.get(f"{kind}-graph-uri")
    for name in names or []:
        try:
            ox.NamedNode(name)
        except ValueError as error:
            raise Problem(400, f"{kind}-graph-uri is not an absolute IRI: {error}") from error
    return None if names is None else tuple(names)


def _wanted(request: Request, fields: Fields) -> tuple[Wanted, bool]:
    """Return what the parameter says, and where that says nothing of tables or of graphs, what the header says."""
    accepted = formats.accepted(request.headers.get("accept"))
    # Some clients give two names for the same, one of which is ours.
    names = [name for name in [*fields.get("format", []), *fields.get("output", [])] if name]
    if not names:
        return accepted, False
    known = [formats.NAMES[name] for name in names if name in formats.NAMES]
    if not known:
        raise Problem(400, f"There is no such format; the formats are {', '.join(formats.NAMES)}.")
    results, graph = known[0]
    return Wanted(results or accepted.results, graph or accepted.graph), True
